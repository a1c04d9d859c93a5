"""One company as rows of the canonical tables: the scenario is played and everything is written down."""

from __future__ import annotations

from collections.abc import Sequence

from monitor.sources.demo import books
from monitor.sources.demo.customers import Base, revenue
from monitor.sources.demo.days import iso
from monitor.sources.demo.deals import Account, Deal, Market
from monitor.sources.demo.defects import spoil
from monitor.sources.demo.draws import Draws
from monitor.sources.demo.history import Row, rows_of
from monitor.sources.demo.names import company
from monitor.sources.demo.people import Seat, quotas, team
from monitor.sources.demo.scenarios import BEGINS, SCENARIOS

_MARKET, _CUSTOMERS, _HISTORY, _LEADS, _SPEND, _RELEASES, _DEFECTS = range(7)
"""The parts of the company that have a stream of chance of their own."""

_SMALL = "two"
_INHERITED = {True: 24, False: 240}
"""Customers from before the data, in a small company or not."""
_REVENUE_PER_EMPLOYEE = 145_000


def rows(scenario: str, seed: int) -> dict[str, list[Row]]:
    """Every table's rows, cells as text in the order of the canonical columns."""
    story = SCENARIOS[scenario]
    seats, small = team(story.team), story.team == _SMALL
    market = Market(seats, Draws(seed, _MARKET))
    deals = market.new_business(story.chapters)
    base = Base(market, {chapter.quarter: chapter.kept for chapter in story.chapters}, Draws(seed, _CUSTOMERS))
    base.inherit(_INHERITED[small])
    base.win(deals)
    opportunities, history = _deals([*deals, *base.deals], Draws(seed, _HISTORY))
    tables: dict[str, list[Row]] = {
        "accounts": [_account(account) for account in market.accounts],
        "opportunities": opportunities,
        "opportunity_history": history,
        "reps": [_seat(seat) for seat in seats],
        "quotas": [(rep, start.isoformat(), str(amount)) for rep, start, amount in quotas(seats, small=small)],
        "spend": list(books.spend(story.chapters, Draws(seed, _SPEND))),
        "revenue": list(revenue(base.steps)),
        "leads": list(books.leads(story.chapters, Draws(seed, _LEADS))),
        "resources": list(books.resources(story.chapters)),
        "releases": list(books.releases(story.chapters, Draws(seed, _RELEASES))),
        "requisitions": list(books.REQUISITIONS[story.team]),
        "fx_rates": [("EUR", "1.08", BEGINS.replace(day=1).isoformat())],
    }
    return spoil(tables, Draws(seed, _DEFECTS)) if story.dirty else tables


def _deals(deals: Sequence[Deal], draws: Draws) -> tuple[list[Row], list[Row]]:
    """Opportunities numbered in the order in which they were created, and their histories."""
    opportunities: list[Row] = []
    history: list[Row] = []
    for number, deal in enumerate(sorted(deals, key=lambda deal: deal.created), start=1):
        row, changes = rows_of(deal, number, draws)
        opportunities.append(row)
        history += changes
    return opportunities, history


def _account(account: Account) -> Row:
    name, industry = company(account.number)
    revenue = account.employees * _REVENUE_PER_EMPLOYEE
    return (
        account.account_id, name, str(account.employees), str(revenue), industry, account.fit, iso(account.created)
    )  # fmt: skip


def _seat(seat: Seat) -> Row:
    end = seat.end.isoformat() if seat.end else None
    return seat.rep_id, seat.name, seat.role, seat.segment, seat.manager_id or None, seat.start.isoformat(), end
