"""Tables in, daily facts out: the one door of this room, for one company and for many."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property

import ibis.expr.types as ir

from monitor.core.facts import Deals, Facts
from monitor.core.policy import FactsPolicy
from monitor.core.tables import TABLES
from monitor.errors import DataError
from monitor.facts import migration
from monitor.facts.clean import canonical, usable
from monitor.facts.grouping import COMPANY, Grouping, grouped, side_by_side
from monitor.facts.history import Diary, History, by_day, read_history, read_rest
from monitor.facts.hygiene import count_bulk_changes
from monitor.facts.intervals import Reader, carried, read_log, states, won_by
from monitor.facts.odd import count_odd_changes, count_odd_deals
from monitor.facts.opportunities import needs, read_deals
from monitor.facts.people import read_small
from monitor.facts.quality import Tally
from monitor.facts.results import Part, Results, read_frames, read_spread
from monitor.facts.silent import Silent, find_silent
from monitor.facts.stages import count_new_stages
from monitor.facts.workspace import Workspace, workspace


@dataclass(frozen=True)
class Loaded:
    """One company's facts, and the door to the few deals behind them."""

    facts: Facts
    deals: Deals


@dataclass(frozen=True)
class Companies:
    """The facts of many companies, worked out at once. Frames are made when asked for and not kept."""

    names: tuple[str, ...]
    """Every company that the data name, ascending."""
    remarks: tuple[str, ...]
    """Sentences about the tables as a whole, such as rows that belong to no company."""
    _found: Results

    def one(self, name: str) -> Loaded:
        """One company, as `load` would give it. Raises DataError where its data cannot be used, or there is none."""
        return _loaded(self._found, self._number(name))

    def part(self, name: str) -> Part:
        """What `one` makes its facts from, for another process. Raises DataError as it does."""
        return self._found.part(self._number(name))

    def _number(self, name: str) -> int:
        if name not in self._numbers:
            raise DataError(f"The data name no company '{name}': it has to stand in the column that tells them apart.")
        return self._numbers[name]

    @cached_property
    def _numbers(self) -> Mapping[str, int]:
        return {name: number for number, name in enumerate(self.names)}


def load(tables: Mapping[str, ir.Table], policy: FactsPolicy, as_of: date) -> Loaded:
    """Daily facts from canonical tables (data contract), each frame whole: any day can be read from it.

    `as_of` bounds only what concerns that day (`past_due_open`, `owner_left`, `by_rep_since`). Raises DataError where a
    needed table or column is missing or more than `policy.max_bad_rows` of a table cannot be used.
    """
    return _loaded(_find(_workspace(tables, policy), tables, policy, as_of, Grouping()), 0)


def find_companies(tables: Mapping[str, ir.Table], policy: FactsPolicy, column: str) -> Grouping:
    """The companies that `column` names, without reading anything else.

    Every table has the column, but for `fx_rates`, which may be the same for all. Raises DataError where it is missing
    or names nobody.
    """
    return grouped(_workspace(tables, policy), tables, column)


def load_companies(tables: Mapping[str, ir.Table], policy: FactsPolicy, as_of: date, companies: Grouping) -> Companies:
    """The same as `load` for every company, all in one run of the engine; no company touches another.

    Raises DataError where a needed table or column is missing.
    """
    work = _workspace(tables, policy)
    work.engine.make_room(work.backend)
    return Companies(companies.names, companies.remarks, _find(work, tables, policy, as_of, companies))


def _loaded(found: Results, company: int) -> Loaded:
    return Loaded(found.part(company).facts(), found.deals(company))


def _workspace(tables: Mapping[str, ir.Table], policy: FactsPolicy) -> Workspace:
    if not tables:
        raise DataError("The source has no table at all: there has to be one called opportunities.")
    return workspace(tables, policy.timezone)


def _find(
    work: Workspace, tables: Mapping[str, ir.Table], policy: FactsPolicy, as_of: date, grouping: Grouping
) -> Results:
    tally = Tally(work, range(len(grouping.names)))
    raw = canonical(tables, tally, grouping)
    small = read_small(tally, raw, policy)
    accounts = usable(tally, raw["accounts"], "accounts", _ACCOUNTS) if "accounts" in raw else None
    history = read_history(tally, raw["opportunity_history"]) if "opportunity_history" in raw else None
    need = needs(tally, raw["opportunities"], policy, history)
    deals = read_deals(tally, raw["opportunities"], accounts, small, policy, need)
    sizes = _sizes(tally, deals, policy)
    diary, log = Diary(), dict[str, ir.Table]()
    silent: Silent = {}
    if history is not None:
        log = read_log(tally, history, deals, need, policy)
        silent = find_silent(work, log, policy)
        _write_diary(tally, history, deals, log, diary)
        if "amount" in log:
            count_odd_changes(tally, log["amount"], deals, sizes)
        count_bulk_changes(tally, history, deals, log.get("amount"), policy, as_of, diary)
    for name in tally.rows:
        tally.check(name, policy.max_bad_rows)
    migrated = migration.find(tally, history, deals, diary, policy)
    reader = Reader(tally, deals, log, policy, need, migrated, silent)
    spread = read_spread(reader, accounts, diary)
    held = states(reader, reader.field("amount", "amount", carried(need)))
    owners = won_by(reader, small.reps)
    count_odd_deals(tally, deals, accounts, small, as_of)
    count_new_stages(tally, raw["opportunities"], history, diary)
    _place(tally, raw)
    work.forget("placed")
    frames = read_frames(reader, _parted(work, held, sizes), owners, small, as_of)
    return Results(reader, frames, spread, raw, held, history)


_ACCOUNTS = ("account_id", "employees", "fit_segment")


def _sizes(tally: Tally, deals: ir.Table, policy: FactsPolicy) -> dict[int, int]:
    """How many deals each company has; one whose deals cannot be used is stopped."""
    tally.check("opportunities", policy.max_bad_rows)
    counted = tally.work.dicts(deals.group_by(COMPANY).agg(deals=deals.count()))
    sizes = {row[COMPANY]: row["deals"] for row in counted}
    for company in tally.companies:
        if company not in sizes:
            tally.stop(company, "Table opportunities has no row that can be used: put deals into it.")
    return sizes


AT_ONCE = 2_500_000
"""Deals whose days an engine in this process sums at once: the sums of many companies are nearly as many as their
deals, and lie in memory until the last is done.
"""


def _parted(work: Workspace, states: ir.Table, sizes: Mapping[int, int]) -> list[ir.Table]:
    """The states of all companies, a part of the companies at a time where they have many deals."""
    spans = side_by_side(sizes, AT_ONCE) if work.engine.is_here else []
    return [states.filter(states[COMPANY].between(*span)) for span in spans] if len(spans) > 1 else [states]


def _write_diary(tally: Tally, history: History, deals: ir.Table, log: Mapping[str, ir.Table], diary: Diary) -> None:
    whole = [name for name in log if name != "owner_id"]
    for name in whole:
        diary.write(tally.work.fetch(by_day(log[name])))
    read_rest(tally, history, deals, whole, diary)


def _place(tally: Tally, raw: Mapping[str, ir.Table]) -> None:
    """Says where the listed rows stand."""
    for name in raw:
        key = TABLES[name].columns[0].name
        tally.place(name, raw[name], raw[name][key].cast("string"))
