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
    """Which columns a frame has and how they are to be read; the others as they are."""

    columns: tuple[str, ...]
    days: frozenset[str] = field(default_factory=frozenset)
    months: frozenset[str] = field(default_factory=frozenset)
    codes: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    whole: bool = False
    """Decimals as whole numbers of the unit of their last digit."""


@dataclass(frozen=True)
class Rows:
    """One company's rows in the order of their columns, so that no order of reading shows."""

    table: pa.Table
    kinds: Kinds

    @classmethod
    def of(cls, table: pa.Table, kinds: Kinds) -> Rows:
        """From rows as the engine gave them."""
        order = [(name, "ascending") for name in kinds.columns]
        chosen = table.select(list(kinds.columns)).combine_chunks()
        return cls(chosen.sort_by(order) if chosen.num_rows else chosen, kinds)

    def frame(self) -> pd.DataFrame:
        """The frame: counts as int64, flags as bool, everything else as objects, None where there is nothing."""
        columns = list(self.kinds.columns)
        return pd.DataFrame({name: self._column(name) for name in columns}, columns=columns)

    def _column(self, name: str) -> pd.Series[Any]:
        column, kinds = self.table.column(name), self.kinds
        if name in kinds.days:
            return _looked_up(column, days.day_of)
        if name in kinds.months:
            return _looked_up(column, days.first_of_month)
        if name in kinds.codes:
            return _looked_up(column, kinds.codes[name].__getitem__)
        if pa.types.is_boolean(column.type):
            return pd.Series(column.to_pylist(), dtype=bool)
        if pa.types.is_integer(column.type):
            return pd.Series(column.to_numpy(), dtype="int64")
        if pa.types.is_decimal(column.type):
            numbers = _whole(column) if kinds.whole else _decimals(column)
            return pd.Series(numbers, dtype=object)
        return pd.Series(column.to_pylist(), dtype=object)

    def printed(self) -> Iterator[bytes]:
        """Every column as bytes that are alike on every engine: whole numbers in one width, all else as text."""
        for name in self.kinds.columns:
            column = self.table.column(name)
            yield f"{name}\n".encode()
            yield column.is_valid().to_numpy().tobytes()
            if pa.types.is_integer(column.type) or pa.types.is_boolean(column.type):
                yield pc.fill_null(pc.cast(column, pa.int64()), 0).to_numpy().astype("<i8").tobytes()
            elif pa.types.is_decimal(column.type) and self.kinds.whole:
                yield _words(pc.fill_null(column, 0)).tobytes()
            else:
                texts = pc.fill_null(pc.cast(column, pa.string()), "")
                yield pc.binary_length(texts).to_numpy().astype("<i4").tobytes()
                yield "".join(texts.to_pylist()).encode()


def _whole(column: pa.ChunkedArray) -> list[int]:
    """The digits of decimals without their point."""
    words = _words(column)
    low, high = words[::2], words[1::2]
    if (high == low >> 63).all():
        return cast(list[int], low.tolist())
    return [(above << 64) | (below & _LOW) for above, below in zip(high.tolist(), low.tolist(), strict=True)]


_LOW = 2**64 - 1


def _words(column: pa.ChunkedArray) -> np.ndarray[Any, np.dtype[np.int64]]:
    """Decimals as the 128-bit numbers by which Arrow lays them out, low half first: it has no cast for that."""
    held = column.combine_chunks()
    return np.frombuffer(held.buffers()[1], dtype="<i8")[2 * held.offset : 2 * (held.offset + len(held))]


def _decimals(column: pa.ChunkedArray) -> list[Decimal | None]:
    """Through their text a third of the time that Arrow takes."""
    return [None if text is None else Decimal(text) for text in pc.cast(column, pa.string()).to_pylist()]


def _looked_up(column: pa.ChunkedArray, read: Any) -> pd.Series[Any]:
    """Every distinct number is turned once."""
    coded = column.combine_chunks().dictionary_encode()
    known = np.array([*(read(number) for number in coded.dictionary.to_pylist()), None], dtype=object)
    places = pc.fill_null(coded.indices, len(known) - 1)
    return pd.Series(known.take(places.to_numpy()), dtype=object)


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
