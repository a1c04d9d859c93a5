"""What the engine hands to the pure core: small frames of daily facts. Money is exact, days are `date`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    import pandas as pd

AGED_OUT = "aged_out"
CHANGES = ("created", "won", "lost", AGED_OUT, "reamounted", "moved")
"""Why the open pipeline of a segment changed; `moved` is a change of segment (out of one, into another)."""

PIPELINE = ("day", "segment", "change", "fresh", "deals", "amount", "squares", "unpriced")
DUE = ("day", "segment", "due_quarter", "deals", "amount", "squares", "unpriced")
DECIDED = ("day", "closed_on", "segment", "created_month", "stale", "won", "lost",
           "won_amount", "lost_amount", "won_squares", "won_unpriced")  # fmt: skip
BOOKINGS = ("day", "closed_on", "segment", "deals", "amount", "squares")
BY_REP = ("day", "closed_on", "segment", "rep_id", "is_ae", "deals", "amount")


@dataclass(frozen=True)
class BadRow:
    """One row that was set aside or looks suspicious, and where it stands (`line` is None where a source has none)."""

    table: str
    reason: str
    key: str
    file: str | None = None
    line: int | None = None
    note: str = ""
    """What was seen of it, where the reason alone says too little."""


PUSHED, ROUNDED_UP, OWNER_LEFT = "pushed_in_bulk", "rounded_up_in_bulk", "owner_left"
"""Reasons that are findings: who looks at the readings should know of them."""


@dataclass(frozen=True)
class Finding:
    """Suspicious deals that a reading may rest on: how many, of how many people, and on which days it was done."""

    reason: str
    deals: int
    owners: int
    since: date | None = None
    until: date | None = None


@dataclass(frozen=True)
class Quality:
    """What was read, what could not be used and what is merely odd, counted by table and reason."""

    rows: Mapping[str, int]
    set_aside: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    suspicious: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    bad_rows: tuple[BadRow, ...] = ()
    """At most 200 of each table and reason; the counts above are whole."""
    ignored_columns: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    remarks: tuple[str, ...] = ()
    """Sentences for `doctor` and the digest's footer, such as where history begins."""
    findings: tuple[Finding, ...] = ()
    """What of `suspicious` is to be told in a sentence of its own."""


@dataclass(frozen=True)
class Sync:
    """When the copy that was read was last brought up to date, in the company's zone; `stale`: that is too long ago."""

    at: datetime
    stale: bool


@dataclass(frozen=True)
class Facts:
    """Daily facts of one company, enough for every reading of every day up to the newest row.

    Amounts of daily facts and their squares are whole numbers of the units in `core.sums` (nine and six decimals), so
    that a thousand companies are summed quickly; the small tables have them as `Decimal`.

    `pipeline`: one row a day, segment, reason and age, as signed changes of the open pipeline: `deals` (count),
        `amount`, `squares` (sum of amount squared), `unpriced` (deals without an amount). `fresh`: of deals no older
        than the segment's `max_age_days`; with the reason `aged_out` deals leave these and stay open. The open pipeline
        at the end of day t is the sum over `day <= t` without `aged_out`, the fresh one the sum of all that is `fresh`.
        Valued at the rate of the creation day.
    `due`: the same without reasons and age, by fiscal quarter of the expected close date (None: no date); None: not
        asked for.
    `decided`: closed deals by `closed_on`; `day` is when this was known (later than `closed_on` only for what history
        corrected after closing, as signed corrections). `stale`: older than `stale_after_days` at closing.
        Valued at the rate of the closing day. As of t: rows with `day <= t`.
    `bookings`: the won ones whose owner on the closing day was an AE (role `ae`, any segment).
    `by_rep`: won deals by owner, for closings since `by_rep_since` only.
    `reps`, `quotas`, `spend`, `requisitions`: usable rows as in the data contract, spend in the reporting currency;
        None: table absent.
    """

    begins: date
    """The earliest `created_date`."""
    activity: tuple[date, ...]
    """Every day on which a deal was created, closed or changed, ascending."""
    pipeline: pd.DataFrame
    decided: pd.DataFrame
    bookings: pd.DataFrame
    by_rep: pd.DataFrame
    by_rep_since: date
    quality: Quality
    due: pd.DataFrame | None = None
    reps: pd.DataFrame | None = None
    quotas: pd.DataFrame | None = None
    spend: pd.DataFrame | None = None
    requisitions: pd.DataFrame | None = None
    history_begins: date | None = None
    """Where a migrated CRM's history begins; readings before it are approximate."""
    has_history: bool = True
    """False where no history tells amounts: those of past days are today's, so past readings are approximate."""
    says_before: bool = True
    """False where changes never say what was before, so that what a first one says is carried back: past readings are
    approximate."""
    due_dates_stand_in: bool = False
    """Whether `due` rests in part on actual close dates, where a closed deal has no history of its expected one."""
    empty_columns: frozenset[str] = frozenset()
    """`table.column` of the columns that a segment or a booking can be told by (`accounts.employees`,
    `accounts.fit_segment`, `opportunities.amount`, `opportunities.owner_id`) and that are missing or hold nothing."""
    sync: Sync | None = None
    """None where the source is no copy, or nothing tells when it was made."""
    fingerprint: str = ""
    """SHA-256 over all frames, whatever order the rows were read in."""


@dataclass(frozen=True)
class Deal:
    """One deal as `explain` shows it. Money in the reporting currency."""

    opportunity_id: str
    account: str | None
    owner: str | None
    amount: Decimal | None
    created_on: date
    closed_on: date | None
    won: bool | None
    note: str = ""


@dataclass(frozen=True)
class LeftOut:
    """Deals that an indicator does not count, and why."""

    reason: str
    deals: int
    amount: Decimal


class Deals(Protocol):
    """The few rows that `explain` asks the engine for. All are as of the end of day `t`."""

    def open_fresh(self, segment: str, t: date, limit: int) -> list[Deal]:
        """The largest open deals that coverage counts."""
        ...

    def decided(self, segment: str, start: date, end: date, t: date, limit: int, *, won_only: bool) -> list[Deal]:
        """The largest deals closed from `start` to `end`, both included."""
        ...

    def left_out(self, segment: str, start: date, t: date) -> list[LeftOut]:
        """Open deals too old or of another type, deals in review, closed ones too old when they closed."""
        ...
