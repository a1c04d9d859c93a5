"""All that one run of the engine found, here, in the order of the companies; one company's facts are cut out of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property

import ibis.expr.types as ir
import pyarrow as pa

from monitor.core.facts import BOOKINGS, BY_REP, DECIDED, DUE, PIPELINE, Facts, Quality
from monitor.core.policy import FactsPolicy
from monitor.errors import DataError
from monitor.facts import daily, days
from monitor.facts.deals import DealsOf
from monitor.facts.frames import CHANGE_CODES, SEGMENT_CODES, Kinds, Rows, fingerprint
from monitor.facts.grouping import COMPANY, ByCompany
from monitor.facts.history import Diary, History
from monitor.facts.intervals import Reader, cut
from monitor.facts.people import Small, small_kinds
from monitor.facts.quality import Listed, Tally
from monitor.facts.remarks import Signals, remarks
from monitor.facts.workspace import Workspace

_SMALL = ("reps", "quotas", "spend", "requisitions")
_DAYS = frozenset({"day", "closed_on"})
_MONTHS = frozenset({"created_month", "due_quarter"})


@dataclass(frozen=True)
class Frames:
    """The rows of every frame, by its name in `Facts`, and how they are read."""

    rows: Mapping[str, ByCompany]
    kinds: Mapping[str, Kinds]
    by_rep_since: date

    def of(self, company: int) -> dict[str, Rows]:
        """Those of one company."""
        return {name: Rows.of(rows.one(company), self.kinds[name]) for name, rows in self.rows.items()}


def read_frames(reader: Reader, parts: Sequence[ir.Table], owners: ir.Table, small: Small, as_of: date) -> Frames:
    """The daily facts of all companies, from `parts` of their states in the order of companies, and small tables."""
    policy = reader.policy
    since = policy.calendar.next(policy.calendar.quarter_of(as_of), -1).start
    # once for all parts: what it is made from is dropped then
    expected = reader.field("close_date", "due", ("created",)) if policy.with_due else None
    made = [_daily(policy, held, owners, days.number_of(since), expected) for held in parts]
    tables = {name: table for name in _SMALL if (table := getattr(small, name)) is not None}
    wanted = {name: [part[name] for part in made] for name in made[0]} | {name: [tables[name]] for name in tables}
    kinds = {name: small_kinds(name, tables[name]) if name in tables else _DAILY[name] for name in wanted}
    rows = {name: _fetched(reader.tally.work, found, kinds[name].columns) for name, found in wanted.items()}
    return Frames(rows, kinds, since)


def _daily(
    policy: FactsPolicy, held: ir.Table, owners: ir.Table, since: int, expected: ir.Table | None
) -> dict[str, ir.Table]:
    """The daily facts of some states; those by expected close only where `expected` has its intervals."""
    found = {
        "pipeline": daily.pipeline(held, policy),
        "decided": daily.decided(held, policy),
        "bookings": daily.bookings(held, owners),
        "by_rep": daily.by_rep(held, owners, since),
    }
    if expected is not None:
        found["due"] = daily.due(cut(held, expected, due=lambda other: other.value), policy)
    return found


def _kinds(columns: tuple[str, ...], *order: str) -> Kinds:
    """`order`: what the index asks for together stands together, by day."""
    codes = CHANGE_CODES if "change" in columns else SEGMENT_CODES
    return Kinds(columns, order, _DAYS & set(columns), _MONTHS & set(columns), codes, whole=True)


_DAILY: Mapping[str, Kinds] = {
    "pipeline": _kinds(PIPELINE, "segment", "fresh", "day", "change"),
    "decided": _kinds(DECIDED, "segment", "stale", "closed_on", "day", "created_month"),
    "bookings": _kinds(BOOKINGS, "segment", "closed_on", "day"),
    "by_rep": _kinds(BY_REP, "segment", "rep_id", "is_ae", "closed_on", "day"),
    "due": _kinds(DUE, "segment", "due_quarter", "day"),
}


def _fetched(work: Workspace, parts: Sequence[ir.Table], columns: Sequence[str]) -> ByCompany:
    chosen = (rows.select(COMPANY, *columns).order_by(COMPANY) for rows in parts)
    return ByCompany.of(pa.concat_tables(map(work.fetch, chosen)))


@dataclass(frozen=True)
class Spread:
    """What is told of each company beside its frames."""

    begins: Mapping[int, int]
    activity: ByCompany
    """`company`, `day`: every day on which something happened."""
    held: Mapping[int, frozenset[str]]
    """Columns that a segment or a booking can be told by and that hold something."""
    standing_in: frozenset[int]
    """Companies of which a closed deal has no history of its close date, so that the actual one stands in for it."""
    signals: Signals


def read_spread(reader: Reader, accounts: ir.Table | None, diary: Diary) -> Spread:
    """One look at the deals of all companies."""
    work, deals = reader.tally.work, reader.deals
    begins = work.dicts(deals.group_by(COMPANY).agg(begins=deals.created.min()))
    return Spread(
        {row[COMPANY]: row["begins"] for row in begins},
        _activity(work, deals, diary),
        _held(work, deals, accounts),
        _standing_in(reader) if reader.policy.with_due else frozenset(),
        Signals.of(reader),
    )


def _activity(work: Workspace, deals: ir.Table, diary: Diary) -> ByCompany:
    created = deals.select(COMPANY, day="created").distinct()
    closed = deals.filter(deals.closed.notnull()).select(COMPANY, day="closed").distinct()
    there = work.fetch(created.union(closed, distinct=True))
    return ByCompany.of(pa.concat_tables([there, diary.days.select([COMPANY, "day"]).cast(there.schema)]))


def _held(work: Workspace, deals: ir.Table, accounts: ir.Table | None) -> dict[int, frozenset[str]]:
    looked = [(deals, {"opportunities.amount": "amount", "opportunities.owner_id": "owner_id"})]
    if accounts is not None:
        looked.append((accounts, {"accounts.employees": "employees", "accounts.fit_segment": "fit_segment"}))
    held: dict[int, frozenset[str]] = {}
    for rows, columns in looked:
        counted = rows.group_by(COMPANY).agg(**{name: rows[column].count() for name, column in columns.items()})
        for row in work.dicts(counted):
            held[row[COMPANY]] = held.get(row[COMPANY], frozenset()) | {name for name in columns if row[name]}
    return held


def _standing_in(reader: Reader) -> frozenset[int]:
    closed = reader.deals.filter(reader.deals.closed.notnull())
    known = reader.log.get("close_date")
    bare = closed if known is None else closed.anti_join(known, "deal")
    return frozenset(row[COMPANY] for row in reader.tally.work.dicts(bare.select(COMPANY).distinct()))


_TOLD_BY = frozenset({"opportunities.amount", "opportunities.owner_id", "accounts.employees", "accounts.fit_segment"})


@dataclass(frozen=True)
class Part:
    """One company's part of a run, its rows not yet made into frames: small enough to be handed to another process."""

    rows: Mapping[str, Rows]
    by_rep_since: date
    begins: date
    activity: tuple[date, ...]
    quality: Quality
    history_begins: date | None
    has_history: bool
    says_before: bool
    due_dates_stand_in: bool
    empty_columns: frozenset[str]
    review: str
    """Why the segments of most deals cannot be told, should that be so."""

    def facts(self) -> Facts:
        """Its facts."""
        frames = {name: rows.frame() for name, rows in self.rows.items()}
        facts = Facts(
            begins=self.begins,
            activity=self.activity,
            pipeline=frames["pipeline"],
            decided=frames["decided"],
            bookings=frames["bookings"],
            by_rep=frames["by_rep"],
            by_rep_since=self.by_rep_since,
            quality=self.quality,
            due=frames.get("due"),
            reps=frames.get("reps"),
            quotas=frames.get("quotas"),
            spend=frames.get("spend"),
            requisitions=frames.get("requisitions"),
            history_begins=self.history_begins,
            has_history=self.has_history,
            says_before=self.says_before,
            due_dates_stand_in=self.due_dates_stand_in,
            empty_columns=self.empty_columns,
            fingerprint=fingerprint((name, self.rows.get(name)) for name in _PRINTED),
        )
        return replace(facts, quality=replace(facts.quality, remarks=tuple(remarks(facts, self.review))))


@dataclass(frozen=True)
class Results:
    """One run of the engine."""

    reader: Reader
    frames: Frames
    spread: Spread
    raw: Mapping[str, ir.Table]
    states: ir.Table
    history: History | None

    @property
    def tally(self) -> Tally:
        return self.reader.tally

    @cached_property
    def _listed(self) -> Listed:
        return self.tally.listed()

    def part(self, company: int) -> Part:
        """What was found of one company. Raises DataError where its data cannot be used."""
        if company in self.tally.broken:
            raise DataError(self.tally.broken[company])
        spread, migrated = self.spread, self.reader.migrated.get(company)
        return Part(
            rows=self.frames.of(company),
            by_rep_since=self.frames.by_rep_since,
            begins=days.day_of(spread.begins[company]),
            activity=_days(spread.activity.one(company)),
            quality=self.tally.quality(company, self._listed, ()),
            history_begins=None if migrated is None else days.day_of(migrated),
            has_history=self.history is not None and self.history.tells_amounts(company),
            says_before=not any(company in companies for companies in self.reader.silent.values()),
            due_dates_stand_in=company in spread.standing_in,
            empty_columns=_TOLD_BY - spread.held[company],
            review=spread.signals.why(company),
        )

    def deals(self, company: int) -> DealsOf:
        """The door to the deals of one company."""
        reader, migrated = self.reader, self.reader.migrated.get(company)
        return DealsOf(
            self.tally.work,
            reader.policy,
            company,
            self.raw,
            reader.deals,
            self.states,
            self.history,
            migrated,
            company in reader.silent.get("owner_id", ()),
        )


_PRINTED = ("pipeline", "decided", "bookings", "by_rep", "due", *_SMALL)
"""What the fingerprint is made of, in this order."""


def _days(rows: pa.Table) -> tuple[date, ...]:
    return tuple(days.day_of(number) for number in sorted(set(rows.column("day").to_pylist())))
