"""What earlier runs saw of a company's open pipeline."""

from __future__ import annotations

from typing import TYPE_CHECKING

from monitor.app.wiring import Company, open_log
from monitor.core.seen import SeenWeeks, shape_of
from monitor.errors import NoStore

if TYPE_CHECKING:
    from monitor.store.repository import Store


def seen_weeks(company: Company, store: Store) -> SeenWeeks:
    """What was seen under the policy that is configured now. Raises StoreError."""
    return SeenWeeks.of(store.seen_weeks.weeks(), shape_of(company.policy.facts))


def seen_so_far(company: Company) -> SeenWeeks:
    """The same for a question that records nothing: nothing was seen where there is no store yet. Raises StoreError."""
    try:
        with open_log(company.config, create=False) as store:
            return seen_weeks(company, store)
    except NoStore:
        return SeenWeeks()
