"""What every source in the list has to keep, and that the way a company was exported does not matter."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.core.source_spec import Derive, SourceSpec, TableSpec
from monitor.core.tables import TABLES
from monitor.errors import ConfigError
from monitor.sources import CALLING, SOURCES, open_source
from monitor.sources.source import BAD, FILE, LINE
from tests.sources.company import Rows, company, read, write_company, write_csv, write_parquet
from tests.sources.sql.databases import Database

ROOT = Path(__file__).resolve().parents[2]
HERE = [kind for kind in SOURCES if kind not in CALLING]
"""Those that call somebody up are held to the same beside the server that answers them."""


def _spec(kind: str, folder: Path) -> SourceSpec:
    if kind == "sql":
        Database(folder / "company.duckdb").put(company())
        return SourceSpec(type=kind, path=folder / "company.duckdb")
    return SourceSpec(type=kind, path=write_company(folder))


@pytest.mark.parametrize("kind", HERE)
def test_every_source_gives_canonical_tables(kind: str, tmp_path: Path) -> None:
    source = open_source(_spec(kind, tmp_path))
    tables = source.tables()
    assert "opportunities" in tables
    for name, table in tables.items():
        assert set(TABLES[name].required) <= set(table.columns)
        assert not {column for column in table.columns if column.startswith("_")} - {FILE, LINE, BAD}
        assert table.count().to_pyarrow().as_py() > 0
    source.close()


@pytest.mark.parametrize("kind", HERE)
def test_every_source_keeps_its_stamp_until_something_changes(kind: str, tmp_path: Path) -> None:
    spec = _spec(kind, tmp_path)
    assert open_source(spec).stamp() == open_source(spec).stamp()
    other = SourceSpec(
        type=kind, path=spec.path, seed=spec.seed + 1, tables={"reps": TableSpec(defaults={"role": "ae"})}
    )
    assert open_source(spec).stamp() != open_source(other).stamp()


@pytest.mark.parametrize("kind", HERE)
def test_no_source_imports_an_engine_for_its_stamp(kind: str, tmp_path: Path) -> None:
    place = str(_spec(kind, tmp_path).path)
    code = (
        "import sys, pathlib; from monitor.sources import open_source; from monitor.core.source_spec import SourceSpec;"
        f"open_source(SourceSpec(type={kind!r}, path=pathlib.Path({place!r}))).stamp();"
        "print(sorted({'ibis', 'duckdb', 'pandas', 'pyarrow'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize("kind", HERE)
def test_every_source_can_be_closed_at_any_time(kind: str, tmp_path: Path) -> None:
    source = open_source(_spec(kind, tmp_path))
    source.close()
    source.tables()
    source.close()
    source.close()


def test_a_type_that_nobody_knows_is_named_with_those_that_are() -> None:
    with pytest.raises(ConfigError, match=r"source.type: 'excel' is no source: use one of csv, sql"):
        open_source(SourceSpec(type="excel"))


# The same company, exported in other ways.


def _in_parts(folder: Path) -> None:
    for name, rows in company().items():
        write_csv(folder / f"{name}-2024.csv", rows[:1])
        write_csv(folder / f"{name}_2.csv", rows[1:])


def _in_folders(folder: Path) -> None:
    for name, rows in company().items():
        write_csv(folder / name / "a.csv", rows[:1])
        write_csv(folder / name / "b.csv", rows[1:])


def _with_named_parts(folder: Path) -> None:
    write_company(folder, opportunities=company()["opportunities"][:2])
    write_csv(folder / "opportunities-emea.csv", company()["opportunities"][2:])


def _parquet(folder: Path) -> None:
    for name, rows in company().items():
        write_parquet(folder / f"{name}.parquet", rows)


def _parquet_in_parts(folder: Path) -> None:
    for name, rows in company().items():
        write_parquet(folder / name / "part-0.parquet", rows[:1])
        write_parquet(folder / name / "part-1.parquet", rows[1:])


def _as_spark_writes(folder: Path) -> None:
    for name, rows in company().items():
        write_parquet(folder / f"{name}.parquet" / "part-0.parquet", rows)
        (folder / f"{name}.parquet" / "_SUCCESS").touch()


def _mixed_formats(folder: Path) -> None:
    write_company(folder)
    (folder / "reps.csv").unlink()
    write_parquet(folder / "reps.parquet", company()["reps"])


def _semicolons(folder: Path) -> None:
    for name, rows in company().items():
        write_csv(folder / f"{name}.csv", rows, delimiter=";")


def _tabs_in_utf16(folder: Path) -> None:
    for name, rows in company().items():
        write_csv(folder / f"{name}.csv", rows, delimiter="\t", encoding="utf-16")


def _pipes_with_bom(folder: Path) -> None:
    for name, rows in company().items():
        write_csv(folder / f"{name}.csv", rows, delimiter="|", encoding="utf-8-sig")


def _old_mac(folder: Path) -> None:
    for name, rows in company().items():
        write_csv(folder / f"{name}.csv", rows, lineterminator="\r")


def _all_quoted(folder: Path) -> None:
    for name, rows in company().items():
        write_csv(folder / f"{name}.csv", rows, quoting=1, lineterminator="\n")


def _shouting_with_spaces(folder: Path) -> None:
    for name, rows in company().items():
        loud = [{f" {key.upper()} ": f"  {cell} " if cell else " " for key, cell in row.items()} for row in rows]
        write_csv(folder / f"{name.title()}.CSV", loud)


def _blank_lines(folder: Path) -> None:
    write_company(folder)
    for path in folder.glob("*.csv"):
        lines = path.read_text().splitlines()
        blank = "," * lines[0].count(",")
        path.write_text("\n\n" + "\n\n   \n".join(lines) + f"\n{blank}\n\n")


EXPORTS = [
    _in_parts, _in_folders, _with_named_parts, _parquet, _parquet_in_parts, _as_spark_writes, _mixed_formats,
    _semicolons, _tabs_in_utf16, _pipes_with_bom, _old_mac, _all_quoted, _shouting_with_spaces, _blank_lines,
]  # fmt: skip


@pytest.mark.parametrize("export", EXPORTS, ids=lambda export: export.__name__.strip("_"))
def test_the_way_a_company_was_exported_does_not_matter(export: Callable[[Path], None], tmp_path: Path) -> None:
    export(tmp_path / "other")
    assert read(tmp_path / "other") == read(write_company(tmp_path / "plain"))


def test_a_mapped_company_gives_the_same_tables(tmp_path: Path) -> None:
    """Other names, values, dates and flags, mapped back."""
    write_csv(tmp_path / "theirs" / "crm export.csv", _foreign(company()["opportunities"]))
    write_csv(tmp_path / "theirs" / "reps.csv", [dict(row, role="") for row in company()["reps"]])
    write_csv(tmp_path / "theirs" / "opportunity_history.csv", company()["opportunity_history"])
    deals = TableSpec(
        file="crm export.csv",
        columns={"opportunity_id": "Opp ID", "stage": "Phase", "segment": "Size"},
        values={"segment": {"Small": "smb", "Mid-Market": "mid_market"}},
        derive={
            "is_closed": Derive("Phase", ("Proposal", "Discovery"), negate=True),
            "is_won": Derive("stage", ("closed won",)),
        },
        date_format="%d.%m.%Y",
    )
    mapped = read(tmp_path / "theirs", tables={"opportunities": deals, "reps": TableSpec(defaults={"role": "ae"})})
    plain = read(write_company(tmp_path / "plain"))
    lowered = {name: [tuple((key, cell.lower()) for key, cell in row) for row in rows] for name, rows in mapped.items()}
    assert lowered == {name: [tuple((k, c.lower()) for k, c in row) for row in rows] for name, rows in plain.items()}


def _foreign(rows: Rows) -> Rows:
    sizes = {"smb": "small", "mid_market": "Mid-Market ", "": ""}
    renamed = {"opportunity_id": "Opp ID", "stage": "Phase", "segment": "Size"}
    foreign = []
    for row in rows:
        dates = {name: ".".join(reversed(row[name].split("-"))) for name in ("created_date", "close_date")}
        theirs = row | dates | {"segment": sizes[row["segment"]]}
        foreign.append({renamed.get(key, key): cell for key, cell in theirs.items() if not key.startswith("is_")})
    return foreign


@settings(max_examples=25)
@given(places=st.lists(st.integers(0, 3), min_size=5, max_size=5), parquet=st.booleans())
def test_how_a_table_is_split_into_files_does_not_matter(
    places: list[int], parquet: bool, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("parts")
    write, ending = (write_parquet, "parquet") if parquet else (write_csv, "csv")
    for place in set(places):
        rows = [row for row, its in zip(company()["opportunities"], places, strict=True) if its == place]
        write(folder / f"opportunities.{place}.{ending}", rows)
    assert read(folder)["opportunities"] == read(write_company(tmp_path_factory.mktemp("plain")))["opportunities"]
