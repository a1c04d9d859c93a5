"""Every way in which a folder cannot be read ends in one sentence; every broken row is handed on with its line."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from monitor.core.source_spec import SourceSpec, TableSpec
from monitor.errors import ConfigError, DataError, MonitorError
from monitor.sources import open_source
from tests.sources.company import company, read, rows_of, write_company, write_csv, write_parquet

DEALS = "opportunities.csv"
KEY = "source.tables.opportunities"


def _write(name: str, content: str | bytes) -> Callable[[Path], Any]:
    data = content if isinstance(content, bytes) else content.encode()
    return lambda folder: (folder / name).write_bytes(data)


def _edit(name: str, change: Callable[[bytes], bytes]) -> Callable[[Path], Any]:
    return lambda folder: (folder / name).write_bytes(change((folder / name).read_bytes()))


def _directory(name: str) -> Callable[[Path], None]:
    def make(folder: Path) -> None:
        (folder / name).unlink(missing_ok=True)
        (folder / name).mkdir()

    return make


def _swap(old: bytes, new: bytes) -> Callable[[Path], Any]:
    return _edit(DEALS, lambda content: content.replace(old, new))


def _clear(folder: Path) -> None:
    for path in folder.iterdir():
        path.unlink()


@dataclass(frozen=True)
class Case:
    """What is done to the folder, how it is configured, and words that the sentence has to hold."""

    name: str
    do: Callable[[Path], Any]
    words: tuple[str, ...]
    error: type[MonitorError] = DataError
    spec: dict[str, Any] = field(default_factory=dict)


def _tables(**tables: TableSpec) -> dict[str, Any]:
    return {"tables": tables}


def _nothing(folder: Path) -> None:
    """The company as it is."""


CASES = [
    Case("nothing in it", _clear, ("no table opportunities", "holds nothing")),
    Case("deals called otherwise", lambda f: (f / DEALS).rename(f / "deals.csv"), ("deals.csv", f"{KEY}.file")),
    Case("empty file", _write("reps.csv", ""), ("reps.csv is empty",)),
    Case("only blank lines", _write(DEALS, "\n \n"), ("opportunities.csv is empty",)),
    Case("header only", _edit(DEALS, lambda b: b.splitlines()[0]), (DEALS, "a header and no rows")),
    Case("directory for a file", _directory(DEALS), ("opportunities.csv", "directory")),
    Case("empty folder of parts", lambda f: (f / "spend").mkdir(), ("'spend'", "no CSV or Parquet file")),
    Case("file and folder", lambda f: write_csv(f / "reps" / "a.csv", company()["reps"]), ("'reps'", "'reps.csv'")),
    Case("two formats", lambda f: write_parquet(f / "reps.parquet", company()["reps"]), ("reps.csv", "reps.parquet")),
    Case("downloaded twice", lambda f: write_csv(f / "reps (1).csv", company()["reps"]), ("reps.csv", "reps (1).csv")),
    Case("link to nowhere", lambda f: (f / "spend.csv").symlink_to(f / "gone.csv"), ("spend.csv", "cannot be read")),
    Case("undecodable byte", _swap(b"Proposal", b"Propos\xe9"), (f"{DEALS}, line 4", "not utf-8", "source.encoding")),
    Case("workbook", _write("spend.csv", b"PK\x03\x04\x14"), ("spend.csv is an Excel workbook", "export it as CSV")),
    Case("old workbook", _write(DEALS, b"\xd0\xcf\x11\xe0\xa1\xb1"), (DEALS, "is an Excel workbook, and no CSV")),
    Case("configured workbook", _write("q.xlsx", b"PK\x03\x04"), ("q.xlsx is an Excel workbook", "name that file"),
         spec=_tables(quotas=TableSpec(file="q.xlsx"))),
    Case("torn UTF-16", _edit(DEALS, lambda b: b"\xff\xfe" + b.decode().encode("utf-16-le")[:-1]), (DEALS, "utf-16")),
    Case("NUL bytes", _swap(b"900", b"9\x000"), ("opportunities.csv, line 3", "NUL")),
    Case("UTF-16 without a mark", _edit(DEALS, lambda b: b.decode().encode("utf-16-le")), ("NUL", "utf-16")),
    Case("unclosed quote", _swap(b"Proposal", b'"Proposal'), ("opportunities.csv, line 4", "never closed")),
    Case("column twice", _swap(b"currency", b"Amount"), ("opportunities.csv, line 1", "'Amount'", "twice")),
    Case("broken header", _edit(DEALS, lambda b: b'"a"b,' + b), ("opportunities.csv, line 1", "quotes")),
    Case("missing column", _swap(b"created_date", b"create_date"),
         (DEALS, "no column 'created_date'", "nearest 'create_date'", f"{KEY}.columns")),
    Case("missing column in a part", lambda f: write_csv(f / "reps-2.csv", [{"rep_id": "R9", "role": "ae"}]),
         ("reps-2.csv", "no column 'segment'")),
    Case("corrupt Parquet", _write("spend.parquet", b"PAR1 and no more"), ("spend.parquet", "no readable Parquet")),
    Case("Parquet lacks a column", lambda f: write_parquet(f / "spend.parquet", [{"month": "2025-01-01"}]),
         ("spend.parquet", "no column 'segment'")),
    Case("no folder", _nothing, ("no folder", "source.path"), spec={"path": Path("nowhere/at all")}),
    Case("folder is a file", _nothing, ("is a file", "source.path"), spec={"path": Path(__file__)}),
    Case("no path", _nothing, ("source.path is missing",), ConfigError, {"path": None}),
    Case("unknown encoding", _nothing, ("source.encoding", "'utf-9'"), ConfigError, {"encoding": "utf-9"}),
    Case("configured file missing", _nothing, ("source.tables.reps.file", "'people.csv'", "reps.csv"),
         spec=_tables(reps=TableSpec(file="people.csv"))),
    Case("mapped column missing", _nothing, ("opportunities.csv", "'Ammount'", "columns.amount", "nearest 'amount'"),
         spec=_tables(opportunities=TableSpec(columns={"amount": "Ammount"}))),
    Case("quotas from no reps", lambda f: (f / "reps.csv").unlink(), ("quotas.from_reps", "reps"),
         spec=_tables(quotas=TableSpec(from_reps="quota"))),
    Case("quotas from no column", _nothing, ("'quota'", "source.tables.quotas.from_reps", "rep_id"),
         spec=_tables(quotas=TableSpec(from_reps="quota"))),
]  # fmt: skip


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_folder_that_cannot_be_read_is_one_sentence(case: Case, tmp_path: Path) -> None:
    case.do(write_company(tmp_path))
    source = open_source(SourceSpec(**({"path": tmp_path} | case.spec)))
    with pytest.raises(case.error) as caught:
        source.tables()
    sentence = str(caught.value)
    assert all(word in sentence for word in case.words), sentence
    assert "\n" not in sentence
    assert sentence.endswith(".")
    assert caught.value.exit_code == (2 if case.error is ConfigError else 3)


HEADER = "opportunity_id,created_date,is_closed,is_won,amount,stage\n"
GOOD = "D1,2025-01-06,true,true,100,Won\n"
BAD_ROWS = [
    ("too few fields", "D2,2025-01-07,true\n", {3: "wrong_number_of_fields"}),
    ("too many fields", "D2,2025-01-07,true,true,1,000,Won\n", {3: "wrong_number_of_fields"}),
    ("text after a quote", '"D2"x,2025-01-07,true,true,1,Won\n', {3: "broken_quotes"}),
    ("a stray quote swallows rows", 'D2,2025-01-07,true,true,1,"Won\nD3,2025-01-07,true,true,1,"\n',
     {3: "unclosed_quote", 4: "unclosed_quote"}),
    ("a stray quote meets a quoted cell", 'D2,"2025-01-07,true,true,1,Won\nD3,2025-01-07,true,true,1,"Won"\n',
     {3: "broken_quotes", 4: "broken_quotes"}),
    ("a cell without end", f'D2,2025-01-07,true,true,1,"{"x" * 200_000}"\n', {3: "broken_quotes"}),
]  # fmt: skip


@pytest.mark.parametrize(("rows", "bad"), [case[1:] for case in BAD_ROWS], ids=[case[0] for case in BAD_ROWS])
def test_a_broken_row_is_handed_on_with_its_line(rows: str, bad: dict[int, str], tmp_path: Path) -> None:
    (tmp_path / DEALS).write_text(HEADER + GOOD + rows + GOOD.replace("D1", "D9"))
    source = open_source(SourceSpec(path=tmp_path))
    found = source.tables()["opportunities"].to_pyarrow().to_pylist()
    source.close()
    assert {row["_line"]: row["_bad"] for row in found if row["_bad"]} == bad
    assert all(row["opportunity_id"] is None for row in found if row["_bad"])
    assert sorted(row["opportunity_id"] for row in found if not row["_bad"]) == ["D1", "D9"]


def test_lines_are_right_behind_cells_with_line_breaks(tmp_path: Path) -> None:
    (tmp_path / DEALS).write_bytes(
        b"\r\n"
        + HEADER.encode()
        + b'D1,2025-01-06,true,true,100,"Won,\r\nat last"\r\n\r\n'
        + GOOD.replace("D1", "D2").encode()
    )
    source = open_source(SourceSpec(path=tmp_path))
    found = source.tables()["opportunities"].to_pyarrow().to_pylist()
    source.close()
    assert {row["opportunity_id"]: row["_line"] for row in found} == {"D1": 3, "D2": 6}
    assert {row["_file"] for row in found} == {DEALS}


@pytest.mark.parametrize("cell", ["=1+1", "=cmd|' /C calc'!A0", "@SUM(A1)", "1.234,56", "-", "N/A", "1e3", "Ü—日本"])
def test_a_cell_is_text_and_nothing_else(cell: str, tmp_path: Path) -> None:
    rows = [dict(row, amount=cell) for row in company()["opportunities"]]
    write_csv(tmp_path / DEALS, rows)
    assert {dict(row)["amount"] for row in read(tmp_path)["opportunities"]} == {cell}


def test_old_encodings_are_read_as_configured(tmp_path: Path) -> None:
    write_csv(
        tmp_path / DEALS, [dict(row, stage="Abgeschloßen") for row in company()["opportunities"]], encoding="cp1252"
    )
    assert {dict(row)["stage"] for row in read(tmp_path, encoding="cp1252")["opportunities"]} == {"Abgeschloßen"}


def test_a_configured_delimiter_is_obeyed(tmp_path: Path) -> None:
    rows = company()["opportunities"]
    write_csv(tmp_path / DEALS, rows, delimiter="^")
    assert len(read(tmp_path, delimiter="^")["opportunities"]) == len(rows)


def test_files_that_are_no_tables_are_left_and_said_so(tmp_path: Path) -> None:
    write_company(tmp_path, quota=[{"rep_id": "R1"}], revenue_events=[{"event_id": "E1"}], fx_rates=company()["reps"])
    (tmp_path / "fx_rates.csv").write_text("currency,rate\n")
    (tmp_path / "~$opportunities.csv").write_text("locked")
    (tmp_path / "notes.txt").write_text("hello")
    (tmp_path / "Quotas 2026.xlsx").write_bytes(b"PK\x03\x04")
    source = open_source(SourceSpec(path=tmp_path))
    assert set(source.tables()) == set(company())
    assert source.remarks() == (
        "Quotas 2026.xlsx is not read: export its sheet as CSV, under the name of its table.",
        "quota.csv is not read: its name is no table's.",
        "fx_rates.csv holds no rows, so table fx_rates is taken as absent.",
        "revenue_events.csv is not read: it has not the columns of table revenue.",
    )
    source.close()


def test_columns_that_nobody_asked_for_keep_their_names(tmp_path: Path) -> None:
    rows = [dict(row, Region="EMEA", Acv="7") for row in company()["opportunities"]]
    write_csv(tmp_path / DEALS, rows)
    source = open_source(SourceSpec(path=tmp_path, tables={"opportunities": TableSpec(columns={"amount": "ACV"})}))
    table = source.tables()["opportunities"]
    assert {"amount", "Region", "amount (theirs)"} <= set(table.columns)
    assert "Acv" not in table.columns
    assert all(dict(row)["amount"] == "7" for row in rows_of(table))
    source.close()


def test_the_longest_table_name_wins(tmp_path: Path) -> None:
    write_company(tmp_path)
    (tmp_path / "opportunity_history.csv").rename(tmp_path / "Opportunity_History (2).csv")
    assert read(tmp_path)["opportunity_history"] == read(write_company(tmp_path / "plain"))["opportunity_history"]


def test_the_stamp_follows_every_change_of_a_file(tmp_path: Path) -> None:
    source = open_source(SourceSpec(path=write_company(tmp_path)))
    stamps = [source.stamp()]
    for change in ("spend.csv", "reps/late.csv", "deals.parquet"):
        (tmp_path / change).parent.mkdir(exist_ok=True)
        (tmp_path / change).write_text("new")
        stamps.append(source.stamp())
    (tmp_path / "spend.csv").write_text("NEW")
    stamps.append(source.stamp())
    (tmp_path / "notes.txt").write_text("nobody reads this")
    assert len(set(stamps)) == len(stamps)
    assert source.stamp() == stamps[-1]


def test_nothing_is_left_behind_after_closing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    source = open_source(SourceSpec(path=write_company(tmp_path / "company")))
    source.tables()
    assert list(tmp_path.glob("smb-monitor-*"))
    source.close()
    assert not list(tmp_path.glob("smb-monitor-*"))
