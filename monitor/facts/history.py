"""What changed when: the history table read field by field, and each field's values as intervals of days."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import cast

import ibis
import ibis.expr.types as ir
import pyarrow as pa
import pyarrow.compute as pc

from monitor.core.tables import TABLES, Column, Kind, Table
from monitor.facts.cells import as_text, identity, stripped
from monitor.facts.grouping import COMPANY
from monitor.facts.quality import BAD, Tally
from monitor.facts.reading import Reading, read_table

_SPEC = TABLES["opportunity_history"]
FIELDS = _SPEC.column("field").choices
_KINDS = {"amount": Kind.MONEY, "close_date": Kind.DATE}
"""How the values of a field are read; of the others, as text."""
_MANY = 100
"""Changes of a company among which one of an amount would be."""
_PAGE = pa.schema([(COMPANY, pa.int32()), ("day", pa.int32()), ("blanks", pa.int64())])


@dataclass(frozen=True)
class History:
    """The history table and how its fields are spelled there."""

    raw: ir.Table
    spellings: dict[str, tuple[str, ...]]
    """Raw values of `field`, by the field they name."""
    rows: dict[str, Counter[int]]
    """Rows of each field, by company."""

    def has(self, name: str) -> bool:
        return self.count(name) > 0

    def count(self, name: str) -> int:
        """The rows of one field, of all companies."""
        return sum(self.rows.get(name, Counter[int]()).values())

    def tells_amounts(self, company: int) -> bool:
        """Whether a change of an amount would stand in a company's history, which tells what was open on a past day.

        Among many changes without a single one of an amount, those of amounts are not kept.
        """
        changes = sum(counts[company] for counts in self.rows.values())
        return changes > 0 and (changes < _MANY or self.rows.get("amount", Counter[int]())[company] > 0)

    def of(self, *fields: str) -> Reading:
        """The rows of some fields, their values read as the first one's kind."""
        spelled = [name for each in dict.fromkeys(fields) for name in self.spellings.get(each, ())]
        kind = _KINDS.get(fields[0], Kind.TEXT)
        columns = (
            _SPEC.column("opportunity_id"),
            _SPEC.column("changed_at"),
            Column("old_value", kind),
            Column("new_value", kind),
            Column("field"),
        )
        spec = Table(_SPEC.name, columns)
        return read_table(self.raw.filter(self.raw.field.isin(spelled)), spec, [column.name for column in columns])


def read_history(tally: Tally, raw: ir.Table) -> History:
    """Looks which fields there are; rows of fields that nobody knows are set aside."""
    if not isinstance(raw.field, ir.StringValue):
        raw = raw.mutate(field=raw.field.cast("string"))
    found = tally.work.dicts(raw.group_by(COMPANY, "field").agg(rows=raw.count()))
    spellings: dict[str, dict[str, None]] = {}
    rows: dict[str, Counter[int]] = {}
    every: Counter[int] = Counter()
    for row in found:
        name = _field(row["field"])
        every[row[COMPANY]] += row["rows"]
        if name:
            spellings.setdefault(name, {})[row["field"]] = None
            rows.setdefault(name, Counter())[row[COMPANY]] += row["rows"]
    tally.rows[_SPEC.name] = every
    known = [name for names in spellings.values() for name in names]
    if every.total() > sum(counts.total() for counts in rows.values()):
        blank = stripped(raw.field).isnull()
        why = ibis.ifelse(blank, "missing_value", "bad_choice")
        why = ibis.coalesce(raw[BAD], why) if BAD in raw.columns else why
        strange = raw.filter(raw.field.isnull() | raw.field.notin(known)) if known else raw
        tally.set_aside(_SPEC.name, strange.mutate(key=as_text(stripped(strange.opportunity_id)), reason=why))
    return History(raw, {name: tuple(names) for name, names in spellings.items()}, rows)


def _field(raw: str | None) -> str | None:
    plain = "_".join((raw or "").strip().lower().replace("-", " ").split())
    return plain if plain in FIELDS else None


@dataclass
class Diary:
    """What the changes tell by the day."""

    pages: list[pa.Table] = field(default_factory=list)

    def write(self, rows: pa.Table) -> None:
        """Adds rows of `company`, `day` and `blanks` (changes that say nothing of before)."""
        self.pages.append(rows.select(_PAGE.names).cast(_PAGE))

    @cached_property
    def days(self) -> pa.Table:
        """Every day on which something changed, once: `company`, `day`, `blanks`; nothing is written any more."""
        pages = pa.concat_tables([_PAGE.empty_table(), *self.pages])
        summed = pages.group_by([COMPANY, "day"]).aggregate([("blanks", "sum")])
        return summed.rename_columns([COMPANY, "day", "blanks"])

    def has_any(self, first: int, last: int) -> bool:
        """Whether anything changed from one day to another, both included, in any company."""
        found = self.days.filter((pc.field("day") >= first) & (pc.field("day") <= last))
        return bool(found.num_rows)

    def newest(self) -> dict[int, int]:
        """The newest day of each company."""
        last = self.days.group_by(COMPANY).aggregate([("day", "max")])
        return dict(zip(last.column(COMPANY).to_pylist(), last.column("day_max").to_pylist(), strict=True))


def by_day(kept: ir.Table) -> ir.Table:
    """Changes of one field by company and day."""
    return kept.group_by(COMPANY, "day").agg(blanks=kept.old.isnull().sum())


def read_rest(tally: Tally, history: History, deals: ir.Table, used: Sequence[str], diary: Diary) -> None:
    """Looks through the fields that no interval needs: are they of known deals, and on which days?"""
    rest = [name for name in FIELDS if name not in used and history.has(name)]
    if not rest:
        return
    reading = history.of("stage", *rest)
    rows = reading.table
    rows = rows.select(COMPANY, "fine", deal=deal_of(rows), day="changed_at_day", blank=rows.old_value.isnull())
    known = rows.filter(rows.fine).semi_join(deals, "deal")
    found = tally.work.fetch(known.group_by(COMPANY, "day").agg(rows=known.count(), blanks=known.blank.sum()))
    diary.write(found)
    if sum(found.column("rows").to_pylist()) < sum(history.count(name) for name in rest):
        set_aside_unusable(tally, reading, deals)


def deal_of(rows: ir.Table) -> ir.IntegerValue:
    """The deal of each change, as `opportunities.read_deals` numbers it."""
    return identity(rows.opportunity_id, rows[COMPANY])


def changes(
    tally: Tally, history: History, deals: ir.Table, name: str, carried: Sequence[str], *, every: bool = True
) -> ir.Table:
    """The usable changes of one field of known deals, kept, with the deals' columns in `carried`.

    `every`: the deals are all there are, so that what does not fit them is set aside.
    """
    reading = history.of(name)
    rows = reading.table
    rows = rows.select(
        "fine",
        deal=deal_of(rows),
        instant="changed_at",
        day="changed_at_day",
        old="old_value",
        new="new_value",
    )
    joined = rows.inner_join(deals.select("deal", *carried), "deal")
    kept = tally.work.keep(f"{name}_changes", joined)
    fine, every_one = _counts(tally, kept)
    if every and fine < history.count(name):
        set_aside_unusable(tally, reading, deals)
    return kept.drop("fine") if fine == every_one else kept.filter(kept.fine).drop("fine")


def _counts(tally: Tally, kept: ir.Table) -> tuple[int, int]:
    found = tally.work.dicts(kept.agg(fine=kept.fine.sum(), rows=kept.count()))[0]
    return int(found["fine"] or 0), int(found["rows"])


def set_aside_unusable(tally: Tally, reading: Reading, deals: ir.Table) -> None:
    """Counts the rows with a fault and those of deals that are not known (or were set aside themselves)."""
    rows = reading.diagnosed()
    unknown = rows.filter(rows.reason.isnull()).mutate(deal=deal_of(rows))
    unknown = unknown.anti_join(deals, "deal").drop("deal").mutate(reason=ibis.literal("unknown_deal"))
    both = rows.filter(rows.reason.notnull()).union(unknown)
    tally.set_aside(_SPEC.name, both.mutate(key=both.opportunity_id))


def in_order(tally: Tally, kept: ir.Table, deals: ir.Table) -> ir.Table:
    """The changes of one field with their place in time, kept: `first` (of the deal), `next_day` (of its next change).

    Changes of one deal at one instant become a single one first.
    """
    placed = tally.work.keep("placed", _placed(kept))
    if tally.work.count(placed.filter(placed.tied)):
        placed = tally.work.keep("placed", _placed(_settled(tally, kept, deals)))
    return placed.drop("tied")


def _placed(rows: ir.Table) -> ir.Table:
    order = ibis.window(group_by="deal", order_by="instant")
    before = rows.instant.lag().over(order)
    placed = rows.mutate(before=before, next_day=rows.day.lead().over(order))
    tied = (placed.before == placed.instant).fill_null(False)
    return placed.mutate(first=placed.before.isnull(), tied=tied).drop("before", "instant")


def _settled(tally: Tally, kept: ir.Table, deals: ir.Table) -> ir.Table:
    """Each tie as one change: from the value that none of it leads to, to the one that none of it sets out from."""
    columns = kept.columns
    counted = kept.mutate(at_once=kept.count().over(ibis.window(group_by=["deal", "instant"])))
    tied = counted.filter(counted.at_once > 1).select(columns).distinct()
    tied = tied.mutate(old_text=_text(tied.old), new_text=_text(tied.new))
    froms = tied.select("deal", "instant", text="old_text").distinct()
    tos = tied.select("deal", "instant", text="new_text").distinct()
    tied = _flagged(tied, froms, "new_text", "is_last")
    tied = _flagged(tied, tos, "old_text", "is_first")
    ends = tied.group_by("deal", "instant").agg(
        lasts=tied.new_text.nunique(where=tied.is_last), firsts=tied.old_text.nunique(where=tied.is_first)
    )
    tied = tied.inner_join(ends, ["deal", "instant"])
    by_last = ibis.window(
        group_by=["deal", "instant"],
        order_by=[_number((tied.lasts == 1) & tied.is_last).desc(), tied.new_text.desc(), tied.old_text.desc()],
    )
    by_first = ibis.window(
        group_by=["deal", "instant"],
        order_by=[_number((tied.firsts == 1) & tied.is_first).desc(), tied.old_text.desc(), tied.new_text.desc()],
    )
    ranked = tied.mutate(nth=ibis.row_number().over(by_last), old=tied.old.first().over(by_first))
    single = tally.work.keep("settled", ranked.filter(ranked.nth == 0))
    unclear = single.filter((single.lasts != 1) | (single.firsts != 1))
    unclear = unclear.select("deal").inner_join(deals, "deal").select(COMPANY, key=deals.opportunity_id)
    tally.suspect(_SPEC.name, unclear.mutate(reason=ibis.literal("ambiguous_history")))
    return counted.filter(counted.at_once == 1).select(columns).union(single.select(columns))


def _flagged(tied: ir.Table, others: ir.Table, text: str, name: str) -> ir.Table:
    """`name`: whether the value in `text` is none of the other side's values at that instant."""
    others = others.view()
    on = [tied.deal == others.deal, tied.instant == others.instant, tied[text] == others.text]
    return tied.left_join(others, on).select(*tied.columns, **{name: others.text.isnull()})


def _number(holds: ir.BooleanValue) -> ir.IntegerValue:
    """For an order: PostgreSQL has no cast from a truth to a small number."""
    return cast(ir.IntegerValue, ibis.ifelse(holds, 1, 0))


def _text(value: ir.Value) -> ir.StringValue:
    return cast(ir.StringValue, value.cast("string").fill_null(""))


def values(
    placed: ir.Table,
    deals: ir.Table,
    current: str,
    carried: Sequence[str],
    migrated: Mapping[int, int],
    silent: Collection[int],
) -> ir.Table:
    """One field of every deal as intervals: `valid_from` to before `valid_to` (null: for good), `value`.

    The first begins when the deal was created: with what the first later change says was there before, or with what
    changes up to that day made of it. In a migrated history (`migrated`, by company the day's number) a first change
    that says nothing of before says that it was always so, and so does every first one of a company whose changes never
    say it (`silent`). A deal without changes has its `current` value for good.
    """
    none_next = placed.next_day.isnull()
    lasts = placed.filter(
        (none_next | (placed.next_day > placed.day)) & (none_next | (placed.next_day > placed.created))
    ).select(
        "deal",
        *carried,
        valid_from=ibis.greatest(placed.day, placed.created),
        valid_to=placed.next_day,
        value=placed.new,
    )
    firsts = _carried_back(placed.filter(placed.first & (placed.day > placed.created)), migrated, silent)
    initial = firsts.select("deal", *carried, valid_from=firsts.created, valid_to=firsts.day, value=firsts.old)
    untouched = deals.anti_join(placed.filter(placed.first), "deal").select(
        "deal", *carried, valid_from=deals.created, valid_to=ibis.null("int32"), value=deals[current]
    )
    return lasts.union(initial).union(untouched)


def _carried_back(firsts: ir.Table, migrated: Mapping[int, int], silent: Collection[int]) -> ir.Table:
    if silent:
        untold = firsts.old.isnull() & firsts[COMPANY].isin(sorted(silent))
        firsts = firsts.mutate(old=ibis.ifelse(untold, firsts.new, firsts.old))
    if not migrated:
        return firsts
    rows = [{"migrated": company, "begins": day} for company, day in sorted(migrated.items())]
    begun = ibis.memtable(rows, schema={"migrated": "int32", "begins": "int32"})
    joined = firsts.left_join(begun, [firsts[COMPANY] == begun.migrated, firsts.day == begun.begins])
    old = ibis.ifelse(begun.begins.notnull() & firsts.old.isnull(), firsts.new, firsts.old)
    return joined.select(**{name: firsts[name] for name in firsts.columns} | {"old": old})


def unchanged(deals: ir.Table, current: str, carried: Sequence[str]) -> ir.Table:
    """One field without any history: the current value for good."""
    return deals.select("deal", *carried, valid_from=deals.created, valid_to=ibis.null("int32"), value=deals[current])
