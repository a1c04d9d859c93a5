"""A preset's tables under the company's own mapping: counted, settled, and said what is missing."""

from __future__ import annotations

from collections.abc import Iterator

import ibis

from monitor.core.source_spec import SourceSpec, TableSpec
from monitor.core.tables import TABLES, Table
from monitor.errors import DataError
from monitor.sources.mapping import HELPERS, Names, check_columns, check_spec, map_table
from monitor.sources.presets.asking import dicts, kept
from monitor.sources.presets.preset import Preset
from monitor.sources.presets.settle import LEFT_OUT, REMARK, SENTENCES, remarked, settled
from monitor.sources.rep_quotas import add_quotas

NEEDED, HISTORY = "opportunities", "opportunity_history"


def loaded(preset: Preset, name: str, deals: str, spec: SourceSpec) -> Preset:
    """What `presets.load` gives; `deals` is the raw table of the deals, for sentences."""
    for table, table_spec in spec.tables.items():
        check_spec(TABLES[table], table_spec)
    if NEEDED not in preset.tables and not spec.table(NEEDED).is_elsewhere:
        raise DataError(f"There is no table {deals}, which the preset {name} makes the deals from: have it synced.")
    return _Loading(preset, name, deals, spec).run()


class _Loading:
    """One loading of a preset."""

    def __init__(self, preset: Preset, name: str, deals: str, spec: SourceSpec) -> None:
        self.preset = preset
        self.name = name
        self.deals = deals
        self.spec = spec
        self.remarks = list(preset.remarks)

    def run(self) -> Preset:
        tables: dict[str, ibis.Table] = {}
        for name, raw in self.preset.tables.items():
            if self.spec.table(name).is_elsewhere or self.spec.table(name).from_reps:
                continue
            of_deals = name == HISTORY and NEEDED in tables  # the history of deleted deals is nobody's fault
            table = self.made(name, raw.semi_join(tables[NEEDED], "opportunity_id") if of_deals else raw)
            tables |= {} if table is None else {name: table}
        self.add_quotas(tables)
        self.remarks += self.lacking(tables)
        return Preset(tables, tuple(self.remarks), users=self.preset.users)

    def add_quotas(self, tables: dict[str, ibis.Table]) -> None:
        """Those that a rule makes of the people, where these come from here too."""
        quotas = self.spec.table("quotas")
        if quotas.from_reps is None or self.spec.table("reps").is_elsewhere or NEEDED not in tables:
            return
        if "reps" not in tables:
            raise DataError(f"source.tables.quotas.from_reps needs the table reps. {self.remarks[-1]}")
        add_quotas(tables, quotas, self.spec)

    def made(self, name: str, raw: ibis.Table) -> ibis.Table | None:
        """One canonical table, None where it cannot be made or has no row."""
        table, table_spec = TABLES[name], self.spec.table(name)
        missing = _missing(raw, table, table_spec)
        if missing and name != NEEDED:
            self.remarks.append(
                f"Table {name} is taken as absent, because the preset {self.name} cannot tell {' and '.join(missing)}: "
                f"say them under source.tables.{name} (columns, defaults), or bring the table from elsewhere."
            )
            return None
        check_columns(table, table_spec, raw.columns, f"The preset's table {name}")
        rows = kept(settled(name, map_table(raw, table, table_spec, self.spec.currency), self.spec.calendar))
        counts = {row[REMARK]: row["rows"] for row in dicts(rows.group_by(REMARK).agg(rows=rows.count()))}
        self.remarks += [remarked(word, counts[word]) for word in SENTENCES if word in counts]
        if not sum(count for word, count in counts.items() if word not in LEFT_OUT):
            self.refuse_nothing(name)
            return None
        return self.canonical(name, rows.filter(rows[REMARK].isnull() | rows[REMARK].notin(LEFT_OUT)))

    def refuse_nothing(self, name: str) -> None:
        """Raises DataError for deals without a row; of another table says that it is absent."""
        if name != NEEDED:
            self.remarks.append(f"Table {name} has no row that could be used, so it is taken as absent.")
            return
        raw = self.preset.raw[name]
        count = dicts(raw.aggregate(rows=raw.count()))[0]["rows"]
        if not count:
            raise DataError(f"Table {self.deals} has no row, so nothing can be computed: look at its sync.")
        rows = f"every one of the {count:,} rows" if count > 1 else "the only row"
        raise DataError(
            f"Nothing can be computed, because {rows} of table {self.deals} is deleted or "
            "merged into another (is_deleted, archived, _fivetran_deleted, _fivetran_active): look at its sync."
        )

    def canonical(self, name: str, table: ibis.Table) -> ibis.Table:
        """The canonical and helper columns, and the one that a quota rule needs."""
        quota = self.spec.table("quotas").from_reps if name == "reps" else None
        wanted = {column.name for column in TABLES[name].columns} | set(HELPERS)
        wanted |= {Names(table.columns).find(quota) or ""} if quota else set()
        return table.select(*(column for column in table.columns if column in wanted))

    def lacking(self, tables: dict[str, ibis.Table]) -> Iterator[str]:
        """What a CRM does not hold and nobody gave."""
        wanted = [name for name in ("quotas", "spend") if name not in tables and not _given(self.spec.table(name))]
        if wanted:
            yield (
                f"The preset {self.name} finds no {' and no '.join(wanted)}: bring them from elsewhere, as in "
                f"source.tables.{wanted[0]}: {{type: csv, path: {wanted[0]}.csv}}."
            )


def _missing(raw: ibis.Table, table: Table, spec: TableSpec) -> list[str]:
    there = {column.lower() for column in raw.columns} | {*spec.columns, *spec.derive, *spec.defaults}
    return [name for name in table.required if name not in there]


def _given(spec: TableSpec) -> bool:
    return spec.is_elsewhere or spec.from_reps is not None
