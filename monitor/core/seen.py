"""The open pipeline as it was seen week by week: what stands in for the history that a CRM does not keep."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cached_property

from monitor.core.chain import digest
from monitor.core.policy import FactsPolicy
from monitor.core.sums import Sums


@dataclass(frozen=True)
class Held:
    """The open pipeline of one segment: every deal, and those no older than its `max_age_days`."""

    every: Sums
    fresh: Sums
    due: Mapping[date, Sums] | None = None
    """By the first day of the fiscal quarter of the expected close, where there is one; None: was not asked for."""
    stands_in: bool = False
    """Whether `due` rests in part on actual close dates: of deals that closed between the day and its being seen."""


@dataclass(frozen=True)
class SeenWeek:
    """The open pipeline at the end of `as_of`, as a run saw it on `seen_on`; written once."""

    as_of: date
    seen_on: date
    shape: str
    """Of the policy that it was made under (`shape_of`)."""
    newest: date
    """The newest day of the data by then."""
    held: Mapping[str, Held]
    """By segment, every one of them, review included."""


@dataclass(frozen=True)
class SeenWeeks:
    """What a company's runs have seen, by day. `others` are days that were seen only under another policy."""

    weeks: Mapping[date, SeenWeek] = field(default_factory=dict)
    others: tuple[date, ...] = ()

    @classmethod
    def of(cls, weeks: Iterable[SeenWeek], shape: str) -> SeenWeeks:
        """Those that were made under the policy of this `shape`."""
        every = tuple(weeks)
        mine = {week.as_of: week for week in every if week.shape == shape}
        return cls(mine, tuple(sorted({week.as_of for week in every} - mine.keys())))

    def with_week(self, week: SeenWeek) -> SeenWeeks:
        """These and one more."""
        return replace(self, weeks={**self.weeks, week.as_of: week})

    @cached_property
    def digest(self) -> str:
        """Changes whenever a reading from these weeks might. A week is written once, so its day says which it is."""
        return digest([[day.isoformat(), week.shape] for day, week in sorted(self.weeks.items())])


def shape_of(policy: FactsPolicy) -> str:
    """What decides which deals are in which open pipeline, at what value; a week seen under another is not used."""
    bands = policy.segment_bands
    return digest(
        {
            "deal_types": sorted(policy.deal_types),
            "segments_by": sorted(policy.segments_by),
            "employees": bands.employees,
            "acv": [f"{edge.normalize():f}" for edge in bands.acv],
            "named_accounts": policy.named_accounts,
            "max_age_days": policy.max_age_days,
            "currency": policy.currency,
            "timezone": policy.timezone,
            "quarters": (policy.calendar.fiscal_year_start - 1) % 3,
            "mapping": policy.mapping,
        }
    )
