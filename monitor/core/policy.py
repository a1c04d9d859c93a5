"""What the configuration decides for the core: thresholds, calendar, rules. Frozen, made by `config.py`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from types import MappingProxyType

from monitor.core.calendar import FiscalCalendar
from monitor.core.types import Band

WATCHED = "smb"
"""The segment that the breaker watches."""


@dataclass(frozen=True)
class SegmentBands:
    """Upper ends of SMB and mid-market: employees (included), ACV (excluded)."""

    employees: tuple[int, int] = (50, 1000)
    acv: tuple[Decimal, Decimal] = (Decimal(50_000), Decimal(500_000))


@dataclass(frozen=True)
class Bulk:
    """From when on changes of one owner's deals, or of everybody's, on one day count as made in bulk."""

    days: int = 14
    """How long before the as-of day is looked back."""
    deals: int = 5
    """The fewest open deals."""
    pushed: Decimal = Decimal("0.5")
    """The least share of the open deals whose close date was put off."""
    rounded: Decimal = Decimal("0.25")
    """The least share of the open deals whose amount was rounded up."""


@dataclass(frozen=True)
class FactsPolicy:
    """What the facts depend on."""

    currency: str = "USD"
    timezone: str = "UTC"
    calendar: FiscalCalendar = field(default_factory=FiscalCalendar)
    deal_types: tuple[str, ...] = ("new_business",)
    segments_by: tuple[str, ...] = ("employees", "acv", "fit")
    segment_bands: SegmentBands = field(default_factory=SegmentBands)
    named_accounts: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    """account_id to segment."""
    max_age_days: Mapping[str, int] = field(
        default_factory=lambda: MappingProxyType({"smb": 90, "mid_market": 240, "strategic": 365})
    )
    stale_after_days: int = 180
    history_begins: date | bool | None = None
    """None: find out; False: never; a date: this one."""
    max_bad_rows: Decimal = Decimal("0.05")
    bulk: Bulk = Bulk()
    with_due: bool = False
    """Whether the `due` frame is wanted (coverage bases `quarter` and `remaining`, and `doctor`)."""
    mapping: str = ""
    """Hash of how the tables that tell the open pipeline are mapped; nothing where they are taken as they are."""


@dataclass(frozen=True)
class BreakerPolicy:
    """The rule of the breaker."""

    quarters_to_trip: int = 2
    seal_after_days: int = 7
    seal_deadline_days: int = 45
    recovered_when: str = "healthy"
    resume: str = "automatic"
    approvals: int = 2

    @property
    def good(self) -> frozenset[Band]:
        """The bands with which an indicator recovers."""
        return frozenset({Band.HEALTHY} if self.recovered_when == "healthy" else {Band.HEALTHY, Band.WARNING})


@dataclass(frozen=True)
class Policy:
    """Everything the core is told by the configuration."""

    company: str
    calendar: FiscalCalendar
    facts: FactsPolicy
    breaker: BreakerPolicy
    settings: Mapping[str, object]
    """Settings of each indicator by its key; the type is the indicator's own."""
    expansion_started: date | None = None
    max_age: int = 7
    """Days after which a source is stale."""
    approvers: tuple[str, ...] = ()
    owner: str | None = None
    """Who owns the steps of a reinvestment cycle until somebody else takes them."""
    configuration: str = ""
    """Hash of all that readings depend on."""
