"""New business: who buys what, from whom, and when it is decided."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from monitor.core.calendar import Quarter, parse_quarter
from monitor.sources.demo.days import LAST_DAY, PULLED_TO, busy_days, last_workday, next_workday
from monitor.sources.demo.draws import Draws
from monitor.sources.demo.motions import MID_MARKET, SMB, Motion
from monitor.sources.demo.people import Seat
from monitor.sources.demo.scenarios import CALENDAR, Chapter

MID_MARKET_WIN_RATE = 0.27

_COMES_BACK = 0.22
"""Share of deals with somebody who said no before."""
_PULLED = 0.2
"""Share of closings in a quarter's first days that reps manage to pull into the quarter before."""
_UNMARKED, _UNMARKED_BESIDE_MID_MARKET = 0.02, 0.4
"""Share of SMB deals whose segment nobody filled in, and how it grows with mid-market's share of all deals."""
_AMBIGUOUS = 0.5
"""Share of those that are small deals with larger companies, so that nobody can tell."""
_REPRICED = 0.3


@dataclass(frozen=True)
class Account:
    """A row of `accounts`. Its number gives its id and its name."""

    number: int
    employees: int
    fit: str | None
    created: int

    @property
    def account_id(self) -> str:
        return f"ACC-{self.number + 1:05d}"


@dataclass(frozen=True)
class Deal:
    """One deal and all that ever happens to it. `decided` may lie in the future: the deal is open then."""

    motion: Motion
    type: str
    account: Account
    created: int
    decided: int
    won: bool
    amount: int
    final_amount: int
    owners: tuple[tuple[int, str], ...]
    """(since which day, rep), the first since its creation."""
    source: str | None
    marked: bool = True
    """Whether somebody filled in the segment."""

    @property
    def closed(self) -> bool:
        return self.decided <= LAST_DAY


class Market:
    """Everybody who may buy, and the chance that decides it. `accounts` grows as deals are made."""

    def __init__(self, seats: Sequence[Seat], draws: Draws) -> None:
        self.seats, self.draws = seats, draws
        self.accounts: list[Account] = []
        self._said_no: list[tuple[int, Account]] = []
        self._aes: dict[tuple[str, int], list[Seat]] = {}

    def new_business(self, chapters: Sequence[Chapter]) -> list[Deal]:
        deals: list[Deal] = []
        for chapter in chapters:
            days = busy_days(quarter_of(chapter))
            for motion, count in ((SMB, chapter.deals), (MID_MARKET, chapter.mid_market_deals)):
                for place in range(count):
                    created = days[int((place + self.draws.unit()) / count * len(days))]
                    deals.append(self._deal(motion, chapter, created))
        return deals

    def account(self, motion: Motion, created: int, *, ambiguous: bool = False) -> Account:
        """A new one. An ambiguous one is larger than the segment's deals and has no score."""
        draws = self.draws
        employees = int(draws.between(60, 140)) if ambiguous else int(draws.along(motion.employees))
        fit = None if ambiguous or draws.below(0.12) else motion.segment
        account = Account(len(self.accounts), employees, fit, created - int(draws.between(0, 40)))
        self.accounts.append(account)
        return account

    def owners(self, segment: str, created: int, decided: int) -> tuple[tuple[int, str], ...]:
        """An AE, and who takes over when the AE leaves the seat. Half of those who move take their deals along."""
        seat = self.draws.pick(self._on(segment, created))
        found = [(created, seat.rep_id)]
        while seat.end is not None and seat.end.toordinal() < min(decided - 1, LAST_DAY):
            day = next_workday(seat.end.toordinal() + 1)
            if day >= decided or (self._moves(seat) and self.draws.below(0.5)):
                break
            seat = self.draws.pick(self._on(segment, day))
            found.append((day, seat.rep_id))
        return tuple(found)

    def _deal(self, motion: Motion, chapter: Chapter, created: int) -> Deal:
        draws = self.draws
        marked = motion is MID_MARKET or not draws.below(_unmarked(chapter))
        account = self._buyer(motion, created, ambiguous=not marked and draws.below(_AMBIGUOUS))
        chance = chapter.win_rate if motion is SMB else MID_MARKET_WIN_RATE
        won = draws.steady(motion.segment, chance)
        days = draws.along(motion.won_after if won else motion.lost_after)
        decided = self._decided(created, created + max(2, draws.rounded(days * chapter.pace)))
        amount = _tens(draws.along(motion.amount))
        final = _tens(amount * draws.between(0.82, 1.12)) if draws.below(_REPRICED) else amount
        if not won:
            self._said_no.append((decided, account))
        owners = self.owners(motion.segment, created, decided)
        source = draws.weighted(motion.sources)
        return Deal(motion, "new_business", account, created, decided, won, amount, final, owners, source, marked)

    def _buyer(self, motion: Motion, created: int, *, ambiguous: bool) -> Account:
        if motion is SMB and not ambiguous and self._said_no and self.draws.below(_COMES_BACK):
            place = int(self.draws.unit() * len(self._said_no))
            decided, account = self._said_no[place]
            if decided + 30 < created and account.fit != MID_MARKET.segment:
                self._said_no[place] = self._said_no[-1]
                self._said_no.pop()
                return account
        return self.account(motion, created, ambiguous=ambiguous)

    def _decided(self, created: int, day: int) -> int:
        """The working day on which a deal that would be decided on `day` is: pulled to a quarter's end, if near."""
        end = PULLED_TO.get(day)
        if end is not None and self.draws.below(_PULLED):
            pulled = last_workday(end - int(self.draws.unit() * 6))
            if pulled > created:
                return pulled
        return next_workday(day)

    def _on(self, segment: str, day: int) -> list[Seat]:
        """AEs of a segment in their seats on a day."""
        found = self._aes.get((segment, day))
        if found is None:
            found = [
                seat
                for seat in self.seats
                if seat.role == "ae"
                and seat.segment == segment
                and seat.start.toordinal() <= day
                and (seat.end is None or day <= seat.end.toordinal())
            ]
            self._aes[segment, day] = found
        return found

    def _moves(self, seat: Seat) -> bool:
        return any(other.rep_id == seat.rep_id and other.start > seat.start for other in self.seats)


def _unmarked(chapter: Chapter) -> float:
    share = chapter.mid_market_deals / (chapter.deals + chapter.mid_market_deals)
    return _UNMARKED + _UNMARKED_BESIDE_MID_MARKET * share


def quarter_of(chapter: Chapter) -> Quarter:
    quarter = parse_quarter(chapter.quarter, CALENDAR)
    assert quarter is not None
    return quarter


def _tens(amount: float) -> int:
    """Prices end in a nought."""
    return int(amount / 10 + 0.5) * 10
