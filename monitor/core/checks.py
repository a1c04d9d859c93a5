"""What `doctor` reports."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Outcome(StrEnum):
    """How a check ended. `note` is worth knowing and nothing to mend."""

    OK = "ok"
    NOTE = "note"
    WARNING = "warning"
    FAILED = "failed"


@dataclass(frozen=True)
class Check:
    """One check: the part it concerns, how it ended, what was seen, how to mend it, and lines of detail."""

    part: str
    outcome: Outcome
    text: str
    mend: str = ""
    details: tuple[str, ...] = ()
