"""Who works there: seats (a person in one role and segment over an interval), and the quotas of AEs."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from monitor.core.calendar import DAY
from monitor.sources.demo.scenarios import BEGINS, CALENDAR, LAST

_RAMP = (0.5,)
"""Parts of the quota in an AE's first full quarters; before them there is none."""
_QUOTA = {"smb": 272_000, "mid_market": 240_000}
_SMALL_QUOTA = {"smb": 25_000, "mid_market": 60_000}


@dataclass(frozen=True)
class Seat:
    """A row of `reps`. `end` is the last day in the seat, None for who still sits there."""

    rep_id: str
    name: str
    role: str
    segment: str
    manager_id: str
    start: date
    end: date | None = None

    def sits(self, day: date) -> bool:
        return self.start <= day and (self.end is None or day <= self.end)


_FIRST_TEAM = """
M-01  Ruth Castellano   manager smb        -    2021-02-01
M-02  Owen Achterberg   manager mid_market -    2023-03-06
M-03  Imani Okafor      manager smb        -    2022-06-13
AE-01 Nina Alvarez      ae      smb        M-01 2021-08-09
AE-02 Tom Brandt        ae      smb        M-01 2021-11-01 {tom}
AE-03 Priya Raman       ae      smb        M-01 2022-01-17 {priya}
AE-04 Marcus Webb       ae      smb        M-01 2022-04-04
AE-05 Sofia Lindqvist   ae      smb        M-01 2022-07-11 {sofia}
AE-06 Dale Whitaker     ae      smb        M-01 2022-09-19 2024-08-09
AE-07 Hana Kobayashi    ae      smb        M-01 2023-01-09
AE-08 Luis Ferreira     ae      smb        M-01 2024-02-12
AE-09 Grace Mbeki       ae      smb        M-01 2024-09-16
AE-10 Ethan Cole        ae      smb        M-01 2025-01-13
AE-21 Carla Jimenez     ae      mid_market M-02 2023-03-06
SDR-1 Ben Ostrowski     sdr     smb        M-01 2022-05-02
SDR-2 Aisha Rahman      sdr     smb        M-01 2023-02-06
SDR-3 Kyle Donovan      sdr     smb        M-01 2023-08-14 {kyle}
CSM-1 Elena Petrova     csm     smb        M-03 2022-03-14
CSM-2 Jonah Fields      csm     smb        M-03 2023-05-08
SE-1  Mei Tanaka        se      smb        M-01 2022-10-03
"""

_POACHED = """
AE-22 Victor Hale       ae      mid_market M-02 2025-05-05
AE-23 Dana Kessler      ae      mid_market M-02 2025-08-18
AE-02 Tom Brandt        ae      mid_market M-02 2025-07-14
AE-05 Sofia Lindqvist   ae      mid_market M-02 2025-10-13
AE-03 Priya Raman       ae      mid_market M-02 2026-01-12
SDR-3 Kyle Donovan      sdr     mid_market M-02 2025-09-08
SDR-4 Zoe Marchetti     sdr     mid_market M-02 2025-06-02
SE-2  Peter Nakamura    se      mid_market M-02 2025-11-03
CSM-3 Laura Beckett     csm     mid_market M-02 2025-10-06
"""
"""Three of the best move to mid-market, one a quarter, and nobody takes their chairs."""

_GROWING = """
AE-11 Yusuf Demir       ae      smb        M-01 2025-08-11
AE-12 Claire Dubois     ae      smb        M-01 2026-02-09
AE-22 Victor Hale       ae      mid_market M-02 2025-05-05
AE-23 Dana Kessler      ae      mid_market M-02 2025-08-18
AE-24 Noah Sinclair     ae      mid_market M-02 2026-04-13
SDR-4 Zoe Marchetti     sdr     mid_market M-02 2025-06-02
SDR-5 Andre Boateng     sdr     smb        M-01 2025-10-06
SE-2  Peter Nakamura    se      mid_market M-02 2025-11-03
CSM-3 Laura Beckett     csm     mid_market M-02 2025-10-06
"""

_TWO = """
M-01  Ruth Castellano   manager smb        -    2022-02-07
AE-01 Nina Alvarez      ae      smb        M-01 2022-02-07
AE-02 Tom Brandt        ae      smb        M-01 2022-09-12
AE-21 Carla Jimenez     ae      mid_market M-01 2023-03-06
CSM-1 Elena Petrova     csm     smb        M-01 2023-03-06
"""

_STAY = {"tom": "", "priya": "", "sofia": "", "kyle": ""}
_LEAVE = {"tom": "2025-07-13", "sofia": "2025-10-12", "priya": "2026-01-11", "kyle": "2025-09-07"}
_TEAMS = {
    "poached": _FIRST_TEAM.format(**_LEAVE) + _POACHED,
    "growing": _FIRST_TEAM.format(**_STAY) + _GROWING,
    "two": _TWO,
}


def team(name: str) -> list[Seat]:
    """The seats of one of the teams above."""
    return [_seat(line.split()) for line in _TEAMS[name].splitlines() if line]


def _seat(cells: list[str]) -> Seat:
    rep_id, first, last, role, segment, manager, start, *end = cells
    return Seat(
        rep_id,
        f"{first} {last}",
        role,
        segment,
        "" if manager == "-" else manager,
        date.fromisoformat(start),
        date.fromisoformat(end[0]) if end else None,
    )


def quotas(seats: list[Seat], *, small: bool) -> list[tuple[str, date, int]]:
    """(rep, first day of the quarter, quota) of every AE in a seat on that day, ramp applied.

    A move to another segment is a new start: the ramp of the new seat begins with it.
    """
    full = _SMALL_QUOTA if small else _QUOTA
    found = []
    for quarter in CALENDAR.quarters(CALENDAR.quarter_of(BEGINS), CALENDAR.quarter_of(LAST)):
        for seat in seats:
            if seat.role == "ae" and seat.sits(quarter.start):
                before = _full_quarters(seat.start, quarter.start)
                part = _RAMP[before] if before < len(_RAMP) else 1.0
                found.append((seat.rep_id, quarter.start, int(full[seat.segment] * part)))
    return found


def _full_quarters(start: date, until: date) -> int:
    """Full quarters between taking a seat and the first day of another quarter."""
    first = CALENDAR.first_full(start)
    return len(list(CALENDAR.quarters(first, CALENDAR.quarter_of(until - DAY)))) if first.start < until else 0
