"""The words of the trade as values: bands, readings, verdicts, what stands in a snapshot."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction

from monitor.core.facts import Finding, Sync

Number = int | float | Fraction | Decimal | None


class Band(StrEnum):
    """Where a reading stands."""

    HEALTHY = "healthy"
    WARNING = "warning"
    BREAKAGE = "breakage"
    NO_DATA = "no_data"


class Evidence(StrEnum):
    """How sure a reading in warning or breakage is."""

    CONFIRMED = "confirmed"
    LIKELY = "likely"
    COULD_BE_NOISE = "could_be_noise"

    @property
    def words(self) -> str:
        return {"confirmed": "confirmed", "likely": "likely at least warning", "could_be_noise": "could be noise"}[self]


class State(StrEnum):
    """The circuit breaker's state."""

    ARMED = "armed"
    TRIPPED = "tripped"
    RECOVERING = "recovering"


@dataclass(frozen=True)
class NoData:
    """A reading that cannot be made: `reason` for machines, `why` as a sentence for people. Never a number."""

    reason: str
    why: str


@dataclass(frozen=True)
class Reading:
    """One reading of one indicator, exact.

    `value` is None without data and where a payback never comes (`infinite`). `interval` is the 90 % interval in the
    value's unit. `inputs` is every number that went in; `beside` what is shown next to it. `quarter` is None for a
    weekly reading.
    """

    indicator: str
    segment: str
    as_of: date
    value: Fraction | None
    band: Band
    text: str
    quarter: str | None = None
    reason: str | None = None
    why: str | None = None
    interval: tuple[float, float] | None = None
    evidence: Evidence | None = None
    approximate: bool = False
    infinite: bool = False
    inputs: Mapping[str, Number] = field(default_factory=dict)
    beside: Mapping[str, Number] = field(default_factory=dict)
    notes: tuple[str, ...] = ()


# What one run saw, in plain floats, as every surface shows it. Stored as JSON, so that all surfaces of a run agree.


@dataclass(frozen=True)
class ReadingView:
    """A reading as shown: `text` is the value with unit and enough digits that it cannot contradict its band."""

    as_of: date
    value: float | None
    band: Band
    text: str
    quarter: str | None = None
    reason: str | None = None
    why: str | None = None
    interval: tuple[float, float] | None = None
    interval_text: str | None = None
    evidence: Evidence | None = None
    approximate: bool = False
    infinite: bool = False
    inputs: Mapping[str, float | None] = field(default_factory=dict)
    beside: Mapping[str, float | None] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    sealed: bool = False
    sealed_on: date | None = None
    counted: bool = False
    """Whether the breaker counts this quarter."""
    restated: str | None = None
    """What this sealed quarter would read with today's data, where that differs (`3.62x, warning`)."""


@dataclass(frozen=True)
class IndicatorView:
    """One indicator of one segment: this week, the weeks before it (oldest first, this one last) and the quarters."""

    key: str
    title: str
    """`Pipeline coverage`"""
    bands_text: str
    """`healthy from 4.0x, breakage below 3.5x`"""
    higher_is_better: bool
    unit: str
    """`x`, `points`, `%`, `months`"""
    thresholds: tuple[float, float]
    """(healthy edge, breakage edge), in the value's unit."""
    weekly: ReadingView
    weeks: tuple[ReadingView, ...]
    quarters: tuple[ReadingView, ...]
    streak: int = 0
    fits_definition: bool | None = None


@dataclass(frozen=True)
class Ahead:
    """Something that lies ahead of the breaker: `kind` is first_breakage, on_course, to_avoid or to_recover."""

    kind: str
    indicator: str
    headline: str
    detail: str
    by: date | None = None


@dataclass(frozen=True)
class OverrideView:
    """An override that was asked for; `in_force` once enough approvers have agreed."""

    asked_by: str
    reason: str
    until: date
    approved_by: tuple[str, ...]
    needed: int
    in_force: bool


@dataclass(frozen=True)
class ChecklistItem:
    """One step of the reinvestment cycle that a trip opens. `state`: open, doing, done."""

    key: str
    title: str
    owner: str | None
    due: date
    state: str = "open"


@dataclass(frozen=True)
class BreakerView:
    """The breaker as shown. `hiring_paused` is the answer of the gate."""

    state: State
    hiring_paused: bool
    since: date | None = None
    tripped_by: tuple[str, ...] = ()
    recovered: tuple[str, ...] = ()
    advisory: tuple[str, ...] = ()
    bridged: bool = False
    override: OverrideView | None = None
    acknowledged_by: str | None = None
    checklist: tuple[ChecklistItem, ...] = ()
    violations: tuple[str, ...] = ()
    watch_from: str | None = None
    """The first quarter that counts, None while there is none yet."""
    recovered_on: date | None = None
    """While armed: the day of the last recovery; `recovered` then names who recovered."""


@dataclass(frozen=True)
class DataView:
    """What the readings stand on."""

    rows: Mapping[str, int]
    set_aside: Mapping[str, Mapping[str, int]]
    suspicious: Mapping[str, Mapping[str, int]]
    review_deals: int
    review_amount: float
    newest: date | None
    stale: bool
    missing: tuple[str, ...]
    remarks: tuple[str, ...] = ()
    ignored_columns: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    findings: tuple[Finding, ...] = ()
    sync: Sync | None = None

    @property
    def why_stale(self) -> str:
        """What a stale source lacks, as a sentence without a full stop."""
        if self.sync is not None and self.sync.stale:
            return f"the last sync was on {self.sync.at:%Y-%m-%d %H:%M}"
        return f"nothing is newer than {self.newest}" if self.newest else "there is no data"


@dataclass(frozen=True)
class Snapshot:
    """Everything that one run shows, on every surface."""

    company: str
    as_of: date
    quarter: str
    segment: str
    currency: str
    timezone: str
    breaker: BreakerView
    indicators: tuple[IndicatorView, ...]
    """Of the watched segment, in the order of the list of indicators."""
    beside: Mapping[str, tuple[IndicatorView, ...]]
    """The same of other segments (`mid_market`)."""
    ahead: tuple[Ahead, ...]
    data: DataView
    configuration: str
    """Hash of everything that the readings depend on in the configuration."""
    fingerprint: str
    """Hash of the facts."""
    version: str
    """Of the program."""
    run: str = ""
    """Id of this snapshot, the same on every surface that is drawn from it."""

    def indicator(self, key: str) -> IndicatorView:
        return next(view for view in self.indicators if view.key == key)


@dataclass(frozen=True)
class Event:
    """One line of the append-only log. `on` is the day it takes effect, `at` when it was recorded (UTC).

    `hash` covers the line and the hash of the line before it, so that a changed or removed line is found.
    """

    kind: str
    on: date
    at: datetime
    actor: str
    surface: str
    reason: str
    payload: Mapping[str, object]
    seq: int = 0
    previous: str = ""
    hash: str = ""


# What `explain` and `backtest` answer. Every number comes with its words, as in a snapshot.


@dataclass(frozen=True)
class Weighing:
    """The deals or people that weigh most: a small table, every cell ready to be shown.

    A column whose title begins with `>` is aligned to the right (`>Amount`).
    """

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class LeftOutView:
    """Deals that an indicator does not count: `amount` is ready to be shown."""

    reason: str
    count: int
    amount: str


@dataclass(frozen=True)
class BridgeStep:
    """One step of the bridge from last week's value to this week's, in the value's unit; `text` carries its sign."""

    label: str
    text: str
    value: float


@dataclass(frozen=True)
class Explanation:
    """Why one indicator reads what it reads.

    `formula` is in symbols, `numbers` the same with this week's numbers. The steps of `bridge` add up from
    `bridge_from` to `bridge_to`; empty where there is no last week to come from.
    """

    company: str
    segment: str
    indicator: str
    title: str
    formula: str
    numbers: str
    reading: ReadingView
    bands_text: str
    inputs: tuple[tuple[str, str], ...] = ()
    """(label, text)"""
    weighs: tuple[Weighing, ...] = ()
    left_out: tuple[LeftOutView, ...] = ()
    bridge: tuple[BridgeStep, ...] = ()
    bridge_from: str = ""
    bridge_to: str = ""
    higher_is_better: bool = True
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class BacktestLine:
    """What would have been said on `day`. `kind`: healthy, warning, breakage, on_course, trip, recovery, note."""

    day: date
    kind: str
    text: str


@dataclass(frozen=True)
class Backtest:
    """What the monitor would have said and when, oldest first, and what is learnt from it in a few sentences."""

    company: str
    lines: tuple[BacktestLine, ...]
    summary: tuple[str, ...] = ()
