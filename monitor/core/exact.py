"""The exact numbers of this program: rationals as of the standard library, by a library that has them compiled."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from fractions import Fraction  # what quicktions' is, which says no types
else:
    from quicktions import Fraction

__all__ = ["Fraction"]
