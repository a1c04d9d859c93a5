"""One CSV file as people export them: encoding, delimiter, header, and rows that keep their line number."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from monitor.core.source_spec import SourceSpec
from monitor.errors import ConfigError, DataError
from monitor.sources.mapping import plain_name
from monitor.sources.source import BAD, FILE, LINE

DELIMITERS = ",;\t|"
ROWS_IN_BATCH = 50_000
_BOMS = (
    (b"\xef\xbb\xbf", "utf-8-sig"),
    (b"\xff\xfe\x00\x00", "utf-32"),
    (b"\x00\x00\xfe\xff", "utf-32"),
    (b"\xff\xfe", "utf-16"),
    (b"\xfe\xff", "utf-16"),
)
_NO_TEXT = (
    (b"PK\x03\x04", "an Excel workbook (or another archive)"),
    (b"\xd0\xcf\x11\xe0", "an Excel workbook"),
    (b"\x1f\x8b", "compressed by gzip"),
    (b"PAR1", "Parquet, whatever its name says"),
)
"""What files begin with that somebody has only renamed."""


@dataclass(frozen=True)
class CsvFile:
    """A CSV file whose header was read. `name` is how it is called in sentences and in the column `_file`."""

    path: Path
    name: str
    encoding: str
    delimiter: str
    header: tuple[str, ...]


class Row(NamedTuple):
    """One row and the lines it stands on; `bad` says why it cannot be used, `fields` are empty then."""

    first: int
    last: int
    fields: list[str]
    bad: str | None = None


def open_csv(path: Path, name: str, spec: SourceSpec, known: frozenset[str]) -> CsvFile:
    """Read the header. `known` are the expected columns, as `plain_name` writes them, to tell the delimiter by.

    Raises DataError for an empty file, a header that is broken or names a column twice, or bytes that are no text.
    """
    encoding = _encoding(path, name, spec.encoding)
    first = next((line for line in _lines(path, name, encoding) if line.strip()), None)
    if first is None:
        raise DataError(f"{name} is empty: put a header and rows into it, or take it away.")
    delimiter = spec.delimiter or max(DELIMITERS, key=lambda sign: _likeness(first, sign, known))
    row = next(_rows(path, name, encoding, delimiter))
    if row.bad:
        raise DataError(f"{name}, line {row.first}: the header's quotes do not match: mend the line.")
    return CsvFile(path, name, encoding, delimiter, _header(row, name))


def batches(files: list[CsvFile], columns: tuple[str, ...]) -> Iterator[pa.Table]:
    """All rows of all files as text under `columns` (the union of their headers), trimmed, empty cells null.

    Adds `_file`, `_line` (where the row begins) and `_bad`. Blank rows are left out. Raises DataError as `open_csv`.
    """
    for file in files:
        rows = _rows(file.path, file.name, file.encoding, file.delimiter)
        next(rows)  # the header
        while batch := list(islice(rows, ROWS_IN_BATCH)):
            yield _to_arrow(batch, file, columns)


def schema(columns: tuple[str, ...]) -> pa.Schema:
    """The shape of `batches`."""
    texts = [(column, pa.string()) for column in columns]
    return pa.schema([*texts, (FILE, pa.string()), (LINE, pa.int64()), (BAD, pa.string())])


def _encoding(path: Path, name: str, wanted: str) -> str:
    """What a byte order mark says, or else what the configuration says."""
    try:
        "".encode(wanted)
    except LookupError as error:
        raise ConfigError(f"source.encoding: '{wanted}' is no encoding: use one like utf-8 or cp1252.") from error
    try:
        with path.open("rb") as file:
            head = file.read(4)
    except OSError as error:
        raise DataError(
            f"{name} cannot be read ({error.strerror}): check that the file is there and its permissions."
        ) from error
    kind = next((kind for mark, kind in _NO_TEXT if head.startswith(mark)), None)
    if kind:
        raise DataError(f"{name} is {kind}, and no CSV: export it as CSV, and name that file.")
    return next((encoding for mark, encoding in _BOMS if head.startswith(mark)), wanted)


def _lines(path: Path, name: str, encoding: str) -> Iterator[str]:
    """The lines with their endings, whether of Unix, Windows or an old Mac."""
    number = 0
    try:
        with path.open(encoding=encoding, newline="") as file:
            for number, line in enumerate(file, start=1):
                if "\0" in line:
                    raise DataError(
                        f"{name}, line {number}: holds NUL bytes, so it is no text in {encoding}: export it again as "
                        "CSV, or set source.encoding (utf-16, say)."
                    )
                yield line
    except UnicodeError as error:
        line_number = _line_of_bad_byte(path, encoding) or number + 1
        raise DataError(
            f"{name}, line {line_number}: holds bytes that are not {encoding}: set source.encoding to what the file is "
            "written in (cp1252, say), or export it as UTF-8."
        ) from error
    except OSError as error:
        raise DataError(
            f"{name} cannot be read ({error.strerror}): check that the file is there and its permissions."
        ) from error


def _line_of_bad_byte(path: Path, encoding: str) -> int | None:
    """The line on which decoding fails. Reads the file again, since text is decoded in blocks."""
    content = path.read_bytes()
    try:
        content.decode(encoding)
    except UnicodeDecodeError as error:
        before = content[: error.start].decode(encoding, errors="ignore")
        return before.replace("\r\n", "\n").replace("\r", "\n").count("\n") + 1
    except UnicodeError:
        return None
    return None


def _likeness(line: str, delimiter: str, known: frozenset[str]) -> tuple[int, int]:
    names = {plain_name(name) for name in next(csv.reader([line], delimiter=delimiter, skipinitialspace=True), [])}
    return len(names & known), len(names)


def _header(row: Row, name: str) -> tuple[str, ...]:
    """The names of the columns, trimmed; one without a name is called by its place."""
    names = [field.strip() or f"(column {place})" for place, field in enumerate(row.fields, start=1)]
    names = [f"{column} (theirs)" if column.lower() in (FILE, LINE, BAD) else column for column in names]
    lowered = [column.lower() for column in names]
    twice = next((column for column in reversed(names) if lowered.count(column.lower()) > 1), None)
    if twice:
        raise DataError(
            f"{name}, line {row.first}: the column '{twice}' stands twice in the header: rename one of them."
        )
    return tuple(names)


def _rows(path: Path, name: str, encoding: str, delimiter: str) -> Iterator[Row]:
    """The rows, the header first. A row of lines that belong together only by a stray quote is given back line by
    line, so that what is set aside is counted as the lines that it is.
    """
    width: int | None = None
    reader = csv.reader(_lines(path, name, encoding), delimiter=delimiter, strict=True, skipinitialspace=True)
    while True:
        first = reader.line_num + 1
        try:
            fields, bad = next(reader), None
        except StopIteration:
            return
        except csv.Error as error:
            if "unexpected end" in str(error):
                raise DataError(
                    f"{name}, line {first}: a quote is opened there and never closed: mend the line."
                ) from error
            fields, bad = [], "broken_quotes"
        last = reader.line_num
        if bad is None and not any(fields):
            continue
        bad = bad or _why_bad(fields, last - first, delimiter, width)
        if bad is None:
            yield Row(first, last, fields)
        else:
            yield from (Row(line, line, [], bad) for line in range(first, last + 1))
        width = width or len(fields)


def _why_bad(fields: list[str], breaks: int, delimiter: str, width: int | None) -> str | None:
    if width is None:
        return None
    if len(fields) != width:
        return "wrong_number_of_fields"
    swallowed = breaks and any(line.count(delimiter) >= width - 1 for field in fields for line in field.splitlines())
    return "unclosed_quote" if swallowed else None


def _to_arrow(rows: list[Row], file: CsvFile, columns: tuple[str, ...]) -> pa.Table:
    empty = [""] * len(file.header)
    by_name = dict(
        zip(
            (name.lower() for name in file.header),
            zip(*(row.fields or empty for row in rows), strict=True),
            strict=True,
        )
    )
    size = len(rows)
    arrays = [
        _texts(by_name[column.lower()]) if column.lower() in by_name else pa.nulls(size, pa.string())
        for column in columns
    ]
    arrays += [
        pa.array([file.name] * size, pa.string()),
        pa.array([row.first for row in rows], pa.int64()),
        pa.array([row.bad for row in rows], pa.string()),
    ]
    return pa.Table.from_arrays(arrays, schema=schema(columns))


def _texts(cells: tuple[str, ...]) -> pa.Array:
    trimmed = pc.utf8_trim_whitespace(pa.array(cells, pa.string()))
    return pc.if_else(pc.equal(trimmed, ""), pa.scalar(None, pa.string()), trimmed)
