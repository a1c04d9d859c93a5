"""From the engine's rows to the frames of the core: plain ints, exact decimals, days as days, in a fixed order."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, cast

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from monitor.core.facts import CHANGES
from monitor.facts import days
from monitor.facts.segments import NAMES


@dataclass(frozen=True)
class Kinds:
    """Which columns a frame has, which its rows are sorted by, and how they are to be read; the others as they are."""

    columns: tuple[str, ...]
    order: tuple[str, ...]
    """No two rows are alike in all of these, or nobody can tell them apart."""
    days: frozenset[str] = field(default_factory=frozenset)
    months: frozenset[str] = field(default_factory=frozenset)
    codes: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    whole: bool = False
    """Decimals as whole numbers of the unit of their last digit."""


@dataclass(frozen=True)
class Rows:
    """One company's rows in an order of their own, so that no order of reading shows."""

    table: pa.Table
    kinds: Kinds

    @classmethod
    def of(cls, table: pa.Table, kinds: Kinds) -> Rows:
        """From rows as the engine gave them."""
        order = [(name, "ascending") for name in kinds.order]
        chosen = table.select(list(kinds.columns)).combine_chunks()
        return cls(chosen.sort_by(order) if chosen.num_rows else chosen, kinds)

    def frame(self) -> pd.DataFrame:
        """The frame: counts as int64, flags as bool, everything else as objects, None where there is nothing."""
        index = pd.RangeIndex(self.table.num_rows)  # one that all columns share spares pandas to align them
        columns = {name: self._column(name, index) for name in self.kinds.columns}
        return pd.DataFrame(columns, index=index, columns=list(columns), copy=False)

    def _column(self, name: str, index: pd.Index[Any]) -> pd.Series[Any]:
        column, kinds = self.table.column(name), self.kinds
        if name in kinds.days:
            values: Any = _looked_up(column, days.day_of)
        elif name in kinds.months:
            values = _looked_up(column, days.first_of_month)
        elif name in kinds.codes:
            values = _looked_up(column, kinds.codes[name].__getitem__)
        elif pa.types.is_integer(column.type):
            return pd.Series(column.to_numpy(), index, "int64")
        elif pa.types.is_decimal(column.type):
            values = _whole(column) if kinds.whole else _decimals(column)
        else:
            values = column.to_pylist()
        return pd.Series(values, index, bool if pa.types.is_boolean(column.type) else object)

    def printed(self) -> Iterator[bytes]:
        """Every column as bytes that are alike on every engine: whole numbers in one width, all else as text."""
        for name in self.kinds.columns:
            column = self.table.column(name)
            yield f"{name}\n".encode()
            yield column.is_valid().to_numpy().tobytes()
            if pa.types.is_integer(column.type) or pa.types.is_boolean(column.type):
                yield _filled(pc.cast(column, pa.int64()), 0).to_numpy().astype("<i8").tobytes()
            elif pa.types.is_decimal(column.type) and self.kinds.whole:
                yield _words(_filled(column, 0)).tobytes()
            else:
                texts = _filled(pc.cast(column, pa.string()), "")
                yield pc.binary_length(texts).to_numpy().astype("<i4").tobytes()
                yield "".join(texts.to_pylist()).encode()


def _filled(column: pa.ChunkedArray, nothing: int | str) -> pa.ChunkedArray:
    return pc.fill_null(column, nothing) if column.null_count else column


def _whole(column: pa.ChunkedArray) -> list[int]:
    """The digits of decimals without their point."""
    words = _words(column)
    low, high = words[::2], words[1::2]
    numbers = cast(list[int], low.tolist())
    for place in np.flatnonzero(high != low >> 63).tolist():
        numbers[place] = (int(high[place]) << 64) | (numbers[place] & _LOW)
    return numbers


_LOW = 2**64 - 1


def _words(column: pa.ChunkedArray) -> np.ndarray[Any, np.dtype[np.int64]]:
    """Decimals as the 128-bit numbers by which Arrow lays them out, low half first: it has no cast for that."""
    held = column.combine_chunks()
    return np.frombuffer(held.buffers()[1], dtype="<i8")[2 * held.offset : 2 * (held.offset + len(held))]


def _decimals(column: pa.ChunkedArray) -> list[Decimal | None]:
    """Through their text a third of the time that Arrow takes."""
    return [None if text is None else Decimal(text) for text in pc.cast(column, pa.string()).to_pylist()]


def _looked_up(column: pa.ChunkedArray, read: Any) -> np.ndarray[Any, np.dtype[np.object_]]:
    """Every distinct number is turned once."""
    coded = column.combine_chunks().dictionary_encode()
    known = np.array([*(read(number) for number in coded.dictionary.to_pylist()), None], dtype=object)
    places = pc.fill_null(coded.indices, len(known) - 1)
    turned: np.ndarray[Any, np.dtype[np.object_]] = known.take(places.to_numpy())
    return turned


def fingerprint(frames: Iterable[tuple[str, Rows | None]]) -> str:
    """SHA-256 over all that the rows hold; they have to be sorted."""
    digest = hashlib.sha256()
    for name, rows in frames:
        digest.update(f"\n[{name}] {0 if rows is None else rows.table.num_rows}\n".encode())
        for part in rows.printed() if rows is not None and rows.table.num_rows else ():
            digest.update(part)
    return digest.hexdigest()


SEGMENT_CODES: Mapping[str, tuple[str, ...]] = {"segment": NAMES}
CHANGE_CODES: Mapping[str, tuple[str, ...]] = {"segment": NAMES, "change": CHANGES}
