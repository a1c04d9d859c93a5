"""A small company whose readings can all be made, and hundreds of ways in which its export can be broken.

Each mutation takes a folder of CSV files and spoils it. Nothing in here is random without a seed.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from random import Random

from tests.sources.company import Rows

AS_OF = date(2026, 9, 27)
BEGINS = date(2025, 1, 1)
COLUMNS = {
    "accounts": "account_id name employees fit_segment created_date",
    "opportunities": "opportunity_id account_id owner_id type created_date close_date stage is_closed is_won amount "
    "currency segment source",
    "opportunity_history": "opportunity_id field old_value new_value changed_at",
    "quotas": "rep_id period_start amount",
    "reps": "rep_id name role segment manager_id start_date end_date",
    "spend": "month segment function amount currency",
}
DATES = [("accounts", "created_date"), ("opportunities", "created_date"), ("opportunities", "close_date"),
         ("opportunity_history", "changed_at"), ("quotas", "period_start"), ("reps", "start_date"),
         ("spend", "month")]  # fmt: skip
MONEY = [("opportunities", "amount"), ("quotas", "amount"), ("spend", "amount")]
FLAGS = [("opportunities", "is_closed"), ("opportunities", "is_won")]
CHOICES = [("opportunities", "segment"), ("opportunities", "type"), ("opportunities", "source"), ("reps", "role"),
           ("reps", "segment"), ("spend", "segment"), ("spend", "function"),
           ("opportunity_history", "field")]  # fmt: skip
IDS = [("accounts", "account_id"), ("opportunities", "opportunity_id"), ("opportunities", "account_id"),
       ("opportunities", "owner_id"), ("opportunity_history", "opportunity_id"), ("quotas", "rep_id"),
       ("reps", "rep_id")]  # fmt: skip


@dataclass(frozen=True)
class Mutation:
    """One way to spoil a folder. `harmless`: the same data in another dress, so every reading has to be the same."""

    name: str
    apply: Callable[[Path], object]
    harmless: bool = False


def clean_company() -> dict[str, Rows]:
    """Seven quarters of a company that is neither well nor ill: 8 AEs, a deal or two a day, four in ten won."""
    random = Random(20260927)
    reps = [f"R{number}" for number in range(8)]
    accounts = [f"A{number}" for number in range(60)]
    deals, history = _deals(random, reps, accounts)
    quarters = [date(2025 + number // 4, number % 4 * 3 + 1, 1) for number in range(8)]
    months = [date(2025 + number // 12, number % 12 + 1, 1) for number in range(20)]
    tables: dict[str, list[tuple[object, ...]]] = {
        "accounts": [
            (account, f"Company {account}, Ltd", random.randint(2, 45), "smb", BEGINS) for account in accounts
        ],
        "opportunities": deals,
        "opportunity_history": history,
        "quotas": [(rep, start, 90_000) for rep in reps for start in quarters],
        "reps": [(rep, f"Rep {rep}", "ae", "smb", "M1", date(2024, 7, 1), "") for rep in reps],
        "spend": [
            (month, "smb", function, f"{random.randint(40, 60) * 1000}.50", "USD")
            for month in months
            for function in ("sales", "marketing")
        ],
    }
    return {name: [_row(name, cells) for cells in rows] for name, rows in tables.items()}


def _row(table: str, cells: tuple[object, ...]) -> dict[str, str]:
    return dict(zip(COLUMNS[table].split(), map(str, cells), strict=True))


def _deals(
    random: Random, reps: list[str], accounts: list[str]
) -> tuple[list[tuple[object, ...]], list[tuple[object, ...]]]:
    deals: list[tuple[object, ...]] = []
    history: list[tuple[object, ...]] = []
    for number in range(900):
        created = BEGINS + timedelta(days=number * 635 // 900)
        closes = created + timedelta(days=random.randint(8, 60))
        closed, won = closes <= AS_OF, random.random() < 0.42
        stage = ("Closed Won" if won else "Closed Lost") if closed else "Proposal"
        amount = f"{random.randint(4000, 14000)}.{random.randint(10, 99)}"
        flags = (str(closed).lower(), str(closed and won).lower())
        place = (random.choice(accounts), random.choice(reps), "new_business", created, closes, stage)
        deals.append(
            (f"D{number:04}", *place, *flags, amount, "USD", "smb", random.choice(("inbound", "plg", "outbound")))
        )
        if number % 9 == 0:
            moment = f"{created + timedelta(days=3)}T10:{number % 60:02}:00"
            history.append((f"D{number:04}", "amount", f"{random.randint(4000, 14000)}.00", amount, moment))
    return deals, history


def mutations() -> Iterator[Mutation]:
    """Every mutation; names are unique."""
    for table, columns in COLUMNS.items():
        yield from _of_file(table)
        yield from _of_lines(table)
        for column in columns.split():
            yield from _of_column(table, column)
    for cases, column_mutations in (
        (DATES, _DATES),
        (MONEY, _MONEY),
        (FLAGS, _FLAGS),
        (CHOICES, _CHOICES),
        (IDS, _IDS),
    ):
        for table, column in cases:
            for kind, change, share in column_mutations:
                yield _cells(table, column, kind, change, share)
    yield from _of_rows()


# The file as a whole.


def _bytes(table: str, kind: str, change: Callable[[bytes], bytes], *, harmless: bool = False) -> Mutation:
    def apply(folder: Path) -> None:
        path = folder / f"{table}.csv"
        path.write_bytes(change(path.read_bytes()))

    return Mutation(f"{table}: {kind}", apply, harmless)


def _directory(table: str) -> Mutation:
    def apply(folder: Path) -> None:
        (folder / f"{table}.csv").unlink()
        (folder / f"{table}.csv").mkdir()

    return Mutation(f"{table}: directory", apply)


def _of_file(table: str) -> Iterator[Mutation]:
    yield Mutation(f"{table}: gone", lambda folder: (folder / f"{table}.csv").unlink())
    yield _directory(table)
    yield Mutation(
        f"{table}: copied", lambda f: (f / f"{table} (1).csv").write_bytes((f / f"{table}.csv").read_bytes())
    )
    yield _bytes(table, "empty", lambda _: b"")
    yield _bytes(table, "only spaces", lambda _: b"  \r\n \n")
    yield _bytes(table, "header only", lambda b: b.splitlines(keepends=True)[0])
    yield _bytes(table, "binary", lambda b: bytes(Random(1).randbytes(len(b))))
    yield _bytes(table, "a picture", lambda b: b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR" + b[:50])
    yield _bytes(table, "a workbook", lambda b: b"PK\x03\x04\x14\x00\x06\x00" + b[:50])
    yield _bytes(table, "a web page", lambda _: b"<!DOCTYPE html>\n<html><body>Please sign in</body></html>\n")
    yield _bytes(table, "JSON", lambda _: b'[{"id": 1, "amount": 2}]\n')
    yield _bytes(table, "NUL bytes", lambda b: b[: len(b) // 2] + b"\0\0" + b[len(b) // 2 :])
    yield _bytes(table, "UTF-16 unmarked", lambda b: b.decode().encode("utf-16-le"))
    yield _bytes(table, "latin-1", lambda b: b + b.splitlines()[-1].replace(b",", b"\xe9,", 1) + b"\r\n")
    yield _bytes(table, "a broken mark", lambda b: b"\xef\xbb" + b)
    yield _bytes(table, "unclosed quote", lambda b: b[: len(b) // 2] + b'\r\n"' + b[len(b) // 2 :])
    yield _bytes(table, "cut in a row", lambda b: b[: b.rindex(b",", 0, len(b) * 2 // 3)])
    yield _bytes(table, "UTF-8 with mark", lambda b: b"\xef\xbb\xbf" + b, harmless=True)
    yield _bytes(table, "UTF-16", lambda b: b.decode().encode("utf-16"), harmless=True)
    yield _bytes(table, "semicolons", lambda b: _restyled(b, delimiter=";"), harmless=True)
    yield _bytes(table, "tabs", lambda b: _restyled(b, delimiter="\t"), harmless=True)
    yield _bytes(table, "pipes", lambda b: _restyled(b, delimiter="|"), harmless=True)
    yield _bytes(table, "all quoted", lambda b: _restyled(b, quoting=csv.QUOTE_ALL), harmless=True)
    yield _bytes(table, "old Mac lines", lambda b: b.replace(b"\r\n", b"\r"), harmless=True)
    yield _bytes(table, "Unix lines", lambda b: b.replace(b"\r\n", b"\n"), harmless=True)
    yield _bytes(table, "doubled line ends", lambda b: b.replace(b"\r\n", b"\r\r\n"), harmless=True)


def _restyled(content: bytes, **style: object) -> bytes:
    buffer = io.StringIO()
    csv.writer(buffer, **style).writerows(csv.reader(io.StringIO(content.decode(), newline="")))  # type: ignore[arg-type]
    return buffer.getvalue().encode()


# Its lines.


def _lines(table: str, kind: str, change: Callable[[list[bytes]], list[bytes]], *, harmless: bool = False) -> Mutation:
    return _bytes(table, kind, lambda b: b"\r\n".join(change(b.splitlines())) + b"\r\n", harmless=harmless)


def _of_lines(table: str) -> Iterator[Mutation]:
    def middle(line: bytes) -> Callable[[list[bytes]], list[bytes]]:
        return lambda lines: [*lines[: len(lines) // 2], line, *lines[len(lines) // 2 :]]

    yield _lines(table, "no header", lambda lines: lines[1:])
    yield _lines(table, "title above", lambda lines: [b"Report of September", b"", *lines])
    yield _lines(table, "header twice", lambda lines: [*lines[:5], lines[0], *lines[5:]])
    yield _lines(table, "total below", lambda lines: [*lines, b"Total" + b"," * lines[0].count(b",")])
    yield _lines(table, "footer below", lambda lines: [*lines, b"", b"Confidential, do not share"])
    yield _lines(table, "short row", middle(b"x,y"))
    yield _lines(table, "long row", middle(b"x" + b",1" * 20))
    yield _lines(table, "quoted wrongly", middle(b'"a"b,' + b"," * 3))
    yield _lines(table, "formula row", middle(b"=cmd|' /C calc'!A0,=1+1"))
    yield _lines(table, "huge cell", middle(b"h" * 200_000))
    yield _lines(table, "rows longer than header", lambda lines: [lines[0], *(line + b",," for line in lines[1:])])
    yield _lines(table, "conflict marks", middle(b"<<<<<<< HEAD"))
    yield _lines(table, "rows in reverse", lambda lines: [lines[0], *reversed(lines[1:])], harmless=True)
    yield _lines(table, "trailing delimiters", lambda lines: [line + b"," for line in lines], harmless=True)
    yield _lines(table, "blank lines", lambda lines: [b"", *(line + b"\r\n" for line in lines)], harmless=True)
    yield _lines(table, "rows of delimiters", lambda lines: [*lines, b"," * lines[0].count(b",")], harmless=True)
    yield _lines(
        table, "header shouts", lambda lines: [b" , ".join(lines[0].upper().split(b",")), *lines[1:]], harmless=True
    )


# Its columns and cells.


def _rows(table: str, kind: str, change: Callable[[Rows], Rows], *, harmless: bool = False) -> Mutation:
    def apply(folder: Path) -> None:
        path = folder / f"{table}.csv"
        rows = change(list(csv.DictReader(io.StringIO(path.read_bytes().decode(), newline=""))))
        buffer = io.StringIO()
        writer = csv.DictWriter(buffer, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
        path.write_bytes(buffer.getvalue().encode())

    return Mutation(f"{table}: {kind}", apply, harmless)


def _of_column(table: str, column: str) -> Iterator[Mutation]:
    def renamed(row: dict[str, str], name: str) -> dict[str, str]:
        return {name if key == column else key: cell for key, cell in row.items()}

    names = COLUMNS[table].split()
    other = names[(names.index(column) + 1) % len(names)]
    if (table, column) not in _UNTELLABLE:
        yield _rows(table, f"no {column}", lambda rows: [{k: v for k, v in row.items() if k != column} for row in rows])
        yield _rows(table, f"{column} misspelt", lambda rows: [renamed(row, f"{column}_x") for row in rows])
        yield _rows(table, f"{column} empty", lambda rows: [row | {column: ""} for row in rows])
    yield _rows(table, f"{column} twice", lambda rows: [row | {column.upper(): row[column]} for row in rows])
    if not {(table, column), (table, other)} <= _UNTELLABLE:
        yield _rows(
            table,
            f"{column} and {other} swapped",
            lambda rows: [row | {column: row[other], other: row[column]} for row in rows],
        )
    yield _rows(table, f"{column} first", lambda rows: [{column: row[column]} | row for row in rows], harmless=True)
    yield _rows(
        table, f"{column} in spaces", lambda rows: [row | {column: f"  {row[column]}\t"} for row in rows], harmless=True
    )


_UNTELLABLE = {("accounts", "name"), ("reps", "name"), ("reps", "manager_id"), ("reps", "end_date")}
"""Columns that a company may lack, or swap with their like, without anybody being able to tell."""

Change = Callable[[str], str]
Kinds = list[tuple[str, Change, int]]
"""Name, what becomes of the cell, and every how many rows."""


def _cells(table: str, column: str, kind: str, change: Change, every: int) -> Mutation:
    def spoilt(rows: Rows) -> Rows:
        return [row | {column: change(row[column])} if at % every == 0 else row for at, row in enumerate(rows)]

    harmless = change in _HARMLESS
    return _rows(table, f"{column} {kind}", spoilt, harmless=harmless)


def _as_moment(cell: str) -> str:
    return cell if "T" in cell else f"{cell}T12:30:00"


def _shouted(cell: str) -> str:
    return cell.upper()


def _one_or_zero(cell: str) -> str:
    return {"true": "1", "false": "0"}[cell]


def _with_cents(cell: str) -> str:
    return cell if "." in cell else f"{cell}.00"


_HARMLESS = {_as_moment, _shouted, _one_or_zero, _with_cents}
_DATES: Kinds = [
    ("day first", lambda cell: f"{cell[8:10]}/{cell[5:7]}/{cell[:4]}", 1),
    ("month first", lambda cell: f"{cell[5:7]}/{cell[8:10]}/{cell[:4]}", 1),
    ("with dots, some", lambda cell: f"{cell[8:10]}.{cell[5:7]}.{cell[:4]}", 40),
    ("as a serial number", lambda _: "45678", 40),
    ("that no calendar has", lambda cell: f"{cell[:5]}02-30", 40),
    ("in words", lambda _: "last Tuesday", 40),
    ("of year 0", lambda cell: f"0000{cell[4:]}", 40),
    ("of year 20025", lambda cell: f"2{cell}", 40),
    ("empty, some", lambda _: "", 40),
    ("as moments", _as_moment, 1),
]
_MONEY: Kinds = [
    ("with decimal comma", lambda cell: cell.replace(".", ",") if "." in cell else f"{cell},00", 1),
    ("as 1.234,56", lambda _: "1.234,56", 40),
    ("with thousands commas", lambda cell: f"{float(cell):,.2f}", 1),
    ("with a currency sign", lambda cell: f"${cell}", 1),
    ("negative", lambda cell: f"-{cell}", 40),
    ("negative as accountants write", lambda cell: f"({cell})", 40),
    ("enormous", lambda _: "9" * 40, 40),
    ("beyond belief", lambda cell: f"{cell[0]}{'0' * 13}", 40),
    ("as 1e5", lambda _: "1e5", 40),
    ("NaN", lambda _: "NaN", 40),
    ("infinite", lambda _: "Infinity", 40),
    ("a formula", lambda _: "=SUM(A1:A9)", 40),
    ("a word", lambda _: "tbd", 40),
    ("with cents", _with_cents, 1),
]
_FLAGS: Kinds = [
    ("perhaps", lambda _: "perhaps", 40),
    ("empty, some", lambda _: "", 40),
    ("shouted", _shouted, 1),
    ("as numbers", _one_or_zero, 1),
    ("turned over", lambda cell: {"true": "false", "false": "true"}[cell], 1),
]
_CHOICES: Kinds = [
    ("unknown", lambda _: "elephant", 1),
    ("unknown, some", lambda _: "elephant", 10),
    ("with a formula", lambda cell: f"={cell}", 10),
    ("shouted", _shouted, 1),
]
_IDS: Kinds = [
    ("empty, some", lambda _: "", 40),
    ("all the same", lambda _: "X1", 1),
    ("of nobody", lambda cell: f"{cell}-x", 1),
    ("with line breaks", lambda cell: f"{cell}\nand more", 40),
    ("very long", lambda cell: cell * 30_000, 400),
]


def _of_rows() -> Iterator[Mutation]:
    def again(change: dict[str, str]) -> Callable[[Rows], Rows]:
        return lambda rows: rows + [row | change for row in rows[::40]]

    for table in COLUMNS:
        if table not in ("opportunity_history", "spend"):
            yield _rows(table, "rows twice", again({}))
    yield _rows("opportunities", "ids twice, other amounts", again({"amount": "1"}))
    yield _rows("opportunities", "ids twice, other stages", again({"is_won": "false", "stage": "Closed Lost"}))
    yield _rows("quotas", "two quotas for a quarter", again({"amount": "1"}))
    yield _rows("accounts", "two accounts with an id", again({"employees": "5000", "fit_segment": "strategic"}))
    yield _rows(
        "opportunities",
        "a currency without a rate",
        lambda rows: [r | {"currency": "XTS"} for r in rows[:20]] + rows[20:],
    )
    yield _rows(
        "spend", "a currency without a rate", lambda rows: [r | {"currency": "XTS"} for r in rows[:1]] + rows[1:]
    )
    yield _rows(
        "opportunities",
        "closed before created",
        lambda rows: [r | {"close_date": "2024-12-31"} for r in rows[:20]] + rows[20:],
    )
    yield _rows(
        "opportunities",
        "won, not closed",
        lambda rows: [r | {"is_closed": "false", "is_won": "true"} for r in rows[:20]] + rows[20:],
    )
