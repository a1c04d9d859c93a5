"""The open pipeline as runs saw it: sums by day, policy and segment, each written once and never changed."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import date
from decimal import Context, Decimal
from fractions import Fraction
from itertools import groupby
from typing import Any

from sqlalchemy import Connection, Row, insert, select

from monitor.core.seen import Held, SeenWeek
from monitor.core.sums import Sums
from monitor.errors import StoreError
from monitor.store.engine import Database
from monitor.store.schema import seen_weeks

_EXACT = Context(prec=76)


class Seen:
    """What was seen. Raises StoreError."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def weeks(self) -> list[SeenWeek]:
        """Every week that was seen, under whatever policy, oldest first."""
        wanted = select(seen_weeks).order_by(seen_weeks.c.as_of, seen_weeks.c.shape, seen_weeks.c.segment)
        with self._database.read() as connection:
            rows = connection.execute(wanted).all()
        return [_week(list(held)) for _, held in groupby(rows, key=lambda row: (row.as_of, row.shape))]


def insert_week(connection: Connection, week: SeenWeek) -> None:
    """Raises IntegrityError where the week was seen under this policy already."""
    rows = [_row(week, segment, held) for segment, held in sorted(week.held.items())]
    connection.execute(insert(seen_weeks), rows)


def _row(week: SeenWeek, segment: str, held: Held) -> dict[str, object]:
    return {
        "as_of": week.as_of.isoformat(),
        "shape": week.shape,
        "segment": segment,
        "seen_on": week.seen_on.isoformat(),
        "newest": week.newest.isoformat(),
        **_sums(held.every),
        **{f"fresh_{name}": value for name, value in _sums(held.fresh).items()},
        "due": None if held.due is None else _due_text(held.due),
        "stands_in": held.stands_in,
    }


def _sums(sums: Sums) -> dict[str, object]:
    return {
        "deals": sums.deals,
        "amount": _text(sums.amount),
        "squares": _text(sums.squares),
        "unpriced": sums.unpriced,
    }


def _text(amount: Fraction) -> str:
    """All decimals of an amount of money, or of a sum of squares."""
    return f"{_EXACT.divide(Decimal(amount.numerator), Decimal(amount.denominator)):f}"


def _due_text(due: Mapping[date, Sums]) -> str:
    return json.dumps({day.isoformat(): _sums(sums) for day, sums in due.items()}, separators=(",", ":"))


def _week(rows: list[Row[Any]]) -> SeenWeek:
    """Raises StoreError that names the day where a row was damaged."""
    first = rows[0]
    try:
        return SeenWeek(
            as_of=date.fromisoformat(first.as_of),
            seen_on=date.fromisoformat(first.seen_on),
            shape=first.shape,
            newest=date.fromisoformat(first.newest),
            held={row.segment: _held(row) for row in rows},
        )
    except (TypeError, ValueError, KeyError, AttributeError) as error:
        raise StoreError(
            f"what was seen of {first.as_of} was changed and cannot be read ({error}): restore a backup of the database"
        ) from error


def _held(row: Row[Any]) -> Held:
    found = None if row.due is None else json.loads(row.due)
    due = None if found is None else {date.fromisoformat(day): _read(sums.get) for day, sums in found.items()}
    fresh = _read(lambda name: getattr(row, f"fresh_{name}"))
    return Held(_read(lambda name: getattr(row, name)), fresh, due, row.stands_in)


def _read(value: Callable[[str], Any]) -> Sums:
    return Sums(value("deals"), Fraction(value("amount")), Fraction(value("squares")), value("unpriced"))
