"""After the sale: renewals, expansion, and the recurring revenue of each account."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from monitor.core.calendar import add_months
from monitor.sources.demo.days import FIRST_DAY, LAST_DAY, next_workday
from monitor.sources.demo.deals import Account, Deal, Market
from monitor.sources.demo.draws import Draws
from monitor.sources.demo.motions import SMB, Motion
from monitor.sources.demo.scenarios import BEGINS, CALENDAR, LAST

_YEAR = 365
_BEFORE_RENEWAL = 45
_BY_CONTRACT = 0.4
"""Share of customers on a yearly contract that somebody renews; the others stay or go without a deal."""
_GROWS = 0.3
_RISE = 1.03
"""What a renewal costs against the year before."""


@dataclass(frozen=True)
class Step:
    """From `day` on an account's recurring revenue is `arr`."""

    day: int
    account: Account
    motion: Motion
    arr: int


class Base:
    """The customers: those of before the data, and everybody who was won. Collects what happens to them."""

    def __init__(self, market: Market, kept: Mapping[str, float], draws: Draws) -> None:
        self.market, self.kept, self.draws = market, kept, draws
        self.deals: list[Deal] = []
        self.steps: list[Step] = []

    def inherit(self, count: int) -> None:
        """Customers from before the data, whose years end evenly over the first one."""
        for place in range(count):
            since = FIRST_DAY - _YEAR + int(_YEAR * place / count)
            arr = int(self.draws.along(SMB.amount))
            account = self.market.account(SMB, since)
            self.steps.append(Step(since, account, SMB, arr))
            self._follow(account, SMB, since, arr, "CSM-1")

    def win(self, deals: Sequence[Deal]) -> None:
        for deal in deals:
            if deal.won and deal.closed:
                self.steps.append(Step(deal.decided, deal.account, deal.motion, deal.final_amount))
                owner = "CSM-1" if deal.motion is SMB else deal.owners[-1][1]
                self._follow(deal.account, deal.motion, deal.decided, deal.final_amount, owner)

    def _follow(self, account: Account, motion: Motion, since: int, arr: int, owner: str) -> None:
        """Year after year, until the account leaves or the data end."""
        draws, contract = self.draws, self.draws.below(_BY_CONTRACT)
        while since <= LAST_DAY:
            if draws.below(_GROWS):
                arr += self._grow(account, motion, next_workday(since + int(draws.between(90, 280))), arr, owner)
            end = next_workday(since + _YEAR)
            stays = draws.steady("renewal", self._chance(end))
            if contract and end - _BEFORE_RENEWAL <= LAST_DAY:
                self._add("renewal", account, motion, (next_workday(end - _BEFORE_RENEWAL), end), stays, arr, owner)
            if end > LAST_DAY:
                return
            arr = int(arr * _RISE) if stays else 0
            self.steps.append(Step(end, account, motion, arr))
            if not stays:
                return
            since = end

    def _grow(self, account: Account, motion: Motion, created: int, arr: int, owner: str) -> int:
        """An expansion deal; what it added by the end of the data."""
        decided = next_workday(created + int(self.draws.between(8, 40)))
        more = int(arr * self.draws.between(0.15, 0.45) / 10) * 10
        won = self.draws.below(0.6)
        if created <= LAST_DAY:
            self._add("expansion", account, motion, (created, decided), won, more, owner)
        if not won or decided > LAST_DAY:
            return 0
        self.steps.append(Step(decided, account, motion, arr + more))
        return more

    def _add(
        self, kind: str, account: Account, motion: Motion, span: tuple[int, int], won: bool, amount: int, owner: str
    ) -> None:
        created, decided = span
        if created >= FIRST_DAY:
            owners = ((created, owner),)
            self.deals.append(Deal(motion, kind, account, created, decided, won, amount, amount, owners, None))

    def _chance(self, day: int) -> float:
        return self.kept.get(CALENDAR.quarter_of(date.fromordinal(day)).label, 0.89)


def revenue(steps: Sequence[Step]) -> Iterator[tuple[str, str, str, str]]:
    """Rows of `revenue`: each account at the end of each month that is over."""
    by_account: dict[str, list[Step]] = {}
    for step in sorted(steps, key=lambda step: step.day):
        by_account.setdefault(step.account.account_id, []).append(step)
    months = _months()
    for account_id, own in by_account.items():
        ends = [*(step.day for step in own[1:]), LAST_DAY + _YEAR]
        for step, until in zip(own, ends, strict=True):
            if step.arr:
                arr, segment = str(step.arr), step.motion.segment
                for month, end in months:
                    if step.day <= end < until:
                        yield month, account_id, segment, arr


def _months() -> list[tuple[str, int]]:
    """First day and last day of each month that the data hold whole."""
    found = []
    month = BEGINS.replace(day=1)
    while (after := add_months(month, 1)) <= LAST:
        found.append((month.isoformat(), after.toordinal() - 1))
        month = after
    return found
