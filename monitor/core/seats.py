"""Who sat where: a person in one role and one segment, from one day to another."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True)
class Seat:
    """A person in one role and segment over an interval; `end` None: still there."""

    rep_id: str
    name: str | None
    role: str
    segment: str
    start: date
    end: date | None

    def covers(self, day: date) -> bool:
        return self.start <= day and (self.end is None or day <= self.end)
