"""Names that a person cannot tell apart."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable


def as_read(name: str) -> str:
    """The same for two names that a person reads alike."""
    seen = "".join(mark for mark in unicodedata.normalize("NFKC", name) if unicodedata.category(mark) != "Cf")
    return " ".join(seen.split()).casefold()


def alike(names: Iterable[str]) -> list[list[str]]:
    """Those of the names that are read alike, together."""
    found: dict[str, list[str]] = {}
    for name in names:
        found.setdefault(as_read(name), []).append(name)
    return [each for each in found.values() if len(each) > 1]
