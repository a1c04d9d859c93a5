"""Tables in, daily facts out: the one door of this room."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date

import ibis.expr.types as ir

from monitor.core.facts import BOOKINGS, BY_REP, DECIDED, DUE, PIPELINE, Deals, Facts
from monitor.core.policy import FactsPolicy
from monitor.core.tables import TABLES
from monitor.errors import DataError
from monitor.facts import daily, days, migration
from monitor.facts.clean import canonical, usable
from monitor.facts.deals import DealsOf
from monitor.facts.frames import CHANGE_CODES, SEGMENT_CODES, Rows, fingerprint
from monitor.facts.history import Diary, History, by_day, read_history, read_rest
from monitor.facts.intervals import Reader, carried, cut, read_log, states, won_by
from monitor.facts.odd import count_odd_changes, count_odd_deals
from monitor.facts.opportunities import needs, read_deals
from monitor.facts.people import Small, read_small, small_rows
from monitor.facts.quality import Tally
from monitor.facts.remarks import remarks
from monitor.facts.stages import count_new_stages
from monitor.facts.workspace import Workspace, workspace


@dataclass(frozen=True)
class Loaded:
    """One company's facts, and the door to the few deals behind them."""

    facts: Facts
    deals: Deals


def load(tables: Mapping[str, ir.Table], policy: FactsPolicy, as_of: date) -> Loaded:
    """Daily facts from canonical tables (data contract), each frame whole: any day can be read from it.

    `as_of` bounds only what concerns that day (`past_due_open`, `owner_left`, `by_rep_since`). Raises DataError where a
    needed table or column is missing or more than `policy.max_bad_rows` of a table cannot be used.
    """
    if not tables:
        raise DataError("The source has no table at all: there has to be one called opportunities.")
    work = workspace(tables, policy.timezone)
    tally = Tally(work)
    raw = canonical(tables, tally)
    small = read_small(tally, raw, policy)
    accounts = usable(tally, raw["accounts"], "accounts", _ACCOUNTS) if "accounts" in raw else None
    history = read_history(tally, raw["opportunity_history"]) if "opportunity_history" in raw else None
    need = needs(tally, raw["opportunities"], policy, segment_changes=history is not None and history.has("segment"))
    deals = read_deals(tally, raw["opportunities"], accounts, small, policy, need)
    tally.check("opportunities", policy.max_bad_rows)
    if not work.count(deals):
        raise DataError("Table opportunities has no row that can be used: put deals into it.")
    diary, log = Diary(), dict[str, ir.Table]()
    if history is not None:
        log = read_log(tally, history, deals, need, policy)
        _write_diary(tally, history, deals, log, diary)
        if "amount" in log:
            count_odd_changes(tally, log["amount"], deals)
    for name in tally.rows:
        tally.check(name, policy.max_bad_rows)
    migrated = migration.find(work, history, deals, diary, policy) if history is not None else None
    reader = Reader(tally, deals, log, policy, need, migrated)
    stand_in = policy.with_due and _due_dates_stand_in(reader)
    held = states(reader, reader.field("amount", "amount", carried(need)))
    owners = won_by(reader, small.reps)
    count_odd_deals(tally, deals, accounts, small, as_of)
    count_new_stages(tally, raw["opportunities"], history, diary)
    _place(tally, raw)
    work.forget("placed")
    facts = _facts(reader, held, owners, small, as_of)
    facts = replace(
        facts,
        activity=_activity(reader, diary),
        has_history=history is not None and tally.rows["opportunity_history"] > 0,
        empty_columns=_empty_columns(work, deals, accounts),
        due_dates_stand_in=stand_in,
    )
    tally.remarks += remarks(facts, reader)
    return Loaded(
        replace(facts, quality=tally.quality()),
        DealsOf(work, policy, raw, deals, held, history, migrated),
    )


class Companies:
    """The companies of one set of tables, told apart by a column. `names`: every value of it, ascending."""

    def __init__(self, tables: Mapping[str, ir.Table], policy: FactsPolicy, as_of: date, column: str) -> None:
        holding = {name: table for name, table in tables.items() if column in table.columns}
        if "opportunities" not in holding:
            raise DataError(f"Table opportunities has no column {column}, which `companies` names: mend the name.")
        self._tables, self._policy, self._as_of, self._column = tables, policy, as_of, column
        deals = holding["opportunities"]
        values = deals.select(company=deals[column].cast("string")).distinct().to_pyarrow()["company"].to_pylist()
        self.names = tuple(sorted(value for value in values if value))
        self.remarks: tuple[str, ...] = ()

    def one(self, name: str) -> Loaded:
        """The facts of one company. Raises DataError where its data cannot be used."""
        column = self._column
        own = {
            key: table.filter(table[column].cast("string") == name).drop(column) if column in table.columns else table
            for key, table in self._tables.items()
        }
        return load(own, self._policy, self._as_of)


def load_companies(tables: Mapping[str, ir.Table], policy: FactsPolicy, as_of: date, column: str) -> Companies:
    """The companies that `column` tells apart. Raises DataError where opportunities has no such column."""
    return Companies(tables, policy, as_of, column)


_ACCOUNTS = ("account_id", "employees", "fit_segment")


def _write_diary(tally: Tally, history: History, deals: ir.Table, log: Mapping[str, ir.Table], diary: Diary) -> None:
    whole = [name for name in log if name != "owner_id"]
    for name in whole:
        diary.write(tally.work.dicts(by_day(log[name])))
    read_rest(tally, history, deals, whole, diary)


def _place(tally: Tally, raw: Mapping[str, ir.Table]) -> None:
    """Says where the listed rows stand."""
    for name in raw:
        key = TABLES[name].columns[0].name
        tally.place(name, raw[name], raw[name][key].cast("string"))


def _empty_columns(work: Workspace, deals: ir.Table, accounts: ir.Table | None) -> frozenset[str]:
    """Columns that a segment or a booking can be told by and that hold nothing."""
    of_deals = work.dicts(deals.agg(amount=deals.amount.count(), owner=deals.owner_id.count()))[0]
    held = {"opportunities.amount": of_deals["amount"], "opportunities.owner_id": of_deals["owner"]}
    if accounts is not None:
        counts = work.dicts(accounts.agg(employees=accounts.employees.count(), fit=accounts.fit_segment.count()))[0]
        held |= {"accounts.employees": counts["employees"], "accounts.fit_segment": counts["fit"]}
    names = ("opportunities.amount", "opportunities.owner_id", "accounts.employees", "accounts.fit_segment")
    return frozenset(name for name in names if not held.get(name))


def _due_dates_stand_in(reader: Reader) -> bool:
    """Whether some closed deal has no history of its close date, so that the actual one stands in for the expected."""
    closed = reader.deals.filter(reader.deals.closed.notnull())
    known = reader.log.get("close_date")
    return reader.tally.work.count(closed if known is None else closed.anti_join(known, "deal")) > 0


def _activity(reader: Reader, diary: Diary) -> tuple[date, ...]:
    """Every day on which a deal was created, closed or changed."""
    deals, work = reader.deals, reader.tally.work
    created = {row["created"] for row in work.dicts(deals.select("created").distinct())}
    closed = {row["closed"] for row in work.dicts(deals.select("closed").distinct())} - {None}
    return tuple(days.day_of(number) for number in sorted(created | closed | diary.days))


def _facts(reader: Reader, held: ir.Table, owners: ir.Table, small: Small, as_of: date) -> Facts:
    work, policy = reader.tally.work, reader.policy
    quarter = policy.calendar.quarter_of(as_of)
    since = policy.calendar.next(quarter, -1).start
    some_days = frozenset({"day", "closed_on"})
    months = frozenset({"created_month", "due_quarter"})

    def rows(expr: ir.Table, columns: tuple[str, ...]) -> Rows:
        codes = CHANGE_CODES if "change" in columns else SEGMENT_CODES
        return Rows(work.fetch(expr), columns, some_days & set(columns), months & set(columns), codes).sorted()

    found: dict[str, Rows | None] = {
        "pipeline": rows(daily.pipeline(held, policy), PIPELINE),
        "decided": rows(daily.decided(held, policy), DECIDED),
        "bookings": rows(daily.bookings(held, owners), BOOKINGS),
        "by_rep": rows(daily.by_rep(held, owners, days.number_of(since)), BY_REP),
        "due": rows(daily.due(_due_states(reader, held), policy), DUE) if policy.with_due else None,
    }
    for name in ("reps", "quotas", "spend", "requisitions"):
        whole = small_rows(work, name, getattr(small, name))
        found[name] = whole.sorted() if whole else None
    frames = {name: each.frame() for name, each in found.items() if each is not None}
    begins = work.dicts(reader.deals.agg(begins=reader.deals.created.min()))[0]["begins"]
    return Facts(
        begins=days.day_of(begins),
        activity=(),
        pipeline=frames["pipeline"],
        decided=frames["decided"],
        bookings=frames["bookings"],
        by_rep=frames["by_rep"],
        by_rep_since=since,
        quality=reader.tally.quality(),
        history_begins=None if reader.migrated is None else days.day_of(reader.migrated),
        fingerprint=fingerprint(found.items()),
        due=frames.get("due"),
        reps=frames.get("reps"),
        quotas=frames.get("quotas"),
        spend=frames.get("spend"),
        requisitions=frames.get("requisitions"),
    )


def _due_states(reader: Reader, held: ir.Table) -> ir.Table:
    expected = reader.field("close_date", "due", ("created",))
    return cut(held, expected, due=lambda other: other.value)
