"""Snapshots in every state that can be shown, with the numbers of one plausible company."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from monitor.core.facts import Finding, Sync
from monitor.core.types import (
    Ahead,
    Band,
    BreakerView,
    ChecklistItem,
    DataView,
    Evidence,
    IndicatorView,
    OverrideView,
    ReadingView,
    Snapshot,
    State,
)

AS_OF = date(2026, 9, 27)
QUARTERS = ("FY2024-Q4", "FY2025-Q1", "FY2025-Q2", "FY2025-Q3", "FY2025-Q4", "FY2026-Q1", "FY2026-Q2", "FY2026-Q3")
TITLES: dict[str, tuple[str, str, str, tuple[float, float], Callable[[float], str]]] = {
    "pipeline_coverage": (
        "Pipeline coverage",
        "x",
        "healthy from 4.0x, breakage below 3.5x",
        (4.0, 3.5),
        "{:.2f}x".format,
    ),
    "win_rate_trend": (
        "Win rate trend",
        "points",
        "healthy above -2 points, breakage at or below -4 points",
        (-2.0, -4.0),
        "{:+.1f} points".format,
    ),
    "attainment": (
        "AE attainment",
        "%",
        "healthy from 80 %, breakage below 65 %",
        (0.8, 0.65),
        lambda share: f"{100 * share:.1f} %",
    ),
    "cac_payback": (
        "CAC payback",
        "months",
        "healthy below 14 months, breakage past 18 months",
        (14.0, 18.0),
        "{:.1f} months".format,
    ),
}
HEALTHY: dict[str, tuple[float | None, ...]] = {
    "pipeline_coverage": (4.75, 4.86, 5.36, 5.10, 4.89, 4.70, 4.35, 4.42),
    "win_rate_trend": (1.3, 4.3, 0.3, -1.7, 0.8, 1.2, 4.2, 1.1),
    "attainment": (0.99, 1.03, 0.97, 0.92, 0.95, 0.91, 0.96, 0.94),
    "cac_payback": (11.1, 10.4, 11.9, 12.2, 11.8, 12.4, 12.0, None),
}
MID_MARKET: dict[str, tuple[float | None, ...]] = {
    "pipeline_coverage": (None, None, None, 2.9, 3.4, 3.7, 4.1, 4.05),
    "win_rate_trend": (None, None, None, None, None, 0.4, -1.1, 0.6),
    "attainment": (None, None, None, 0.55, 0.71, 0.83, 0.92, 0.88),
    "cac_payback": (None, None, None, 31.0, 24.2, 19.5, 16.8, None),
}
BROKEN = HEALTHY | {
    "pipeline_coverage": (4.75, 4.86, 5.36, 5.02, 3.91, 3.72, 3.67, 3.21),
    "win_rate_trend": (-1.0, 0.9, 1.1, -1.9, -2.9, -6.5, -8.1, -4.4),
    "attainment": (0.99, 1.03, 0.97, 0.92, 0.80, 0.59, 0.55, 0.61),
}


def band(key: str, value: float | None) -> Band:
    """The band of a value, by the default thresholds."""
    if value is None:
        return Band.NO_DATA
    healthy, breakage = TITLES[key][3]
    if key == "cac_payback":
        return Band.HEALTHY if value < healthy else Band.BREAKAGE if value > breakage else Band.WARNING
    return Band.HEALTHY if value >= healthy else Band.BREAKAGE if value < breakage else Band.WARNING


def reading(key: str, value: float | None, as_of: date = AS_OF, **more: Any) -> ReadingView:
    """A reading with its text, interval and evidence."""
    here = band(key, value)
    if value is None:
        base = ReadingView(as_of, None, here, "no data", reason="no_spend", why="no spend row for Sep 2026")
        return replace(base, **more)
    low, high = sorted((value * 0.92, value * 1.08))
    write = TITLES[key][4]
    words = f"{write(low)} to {write(high)}"
    sure = {Band.BREAKAGE: Evidence.LIKELY, Band.WARNING: Evidence.COULD_BE_NOISE}.get(here)
    base = ReadingView(
        as_of,
        value,
        here,
        write(value),
        interval=(low, high),
        interval_text=words,
        evidence=sure,
        inputs={"deals": 120},
    )
    return replace(base, **more)


def quarter(key: str, label: str, value: float | None) -> ReadingView:
    """A quarter's reading, sealed unless it is the running one."""
    sealed = label != QUARTERS[-1]
    year, number = int(label[2:6]), int(label[-1])
    over = date(year + number // 4, number % 4 * 3 + 1, 1)
    return reading(
        key, value, quarter=label, sealed=sealed, sealed_on=over + timedelta(days=6) if sealed else None, counted=True
    )


def view(
    key: str, quarters: Sequence[float | None], weekly: float | None, before: float | None = None, **more: Any
) -> IndicatorView:
    """An indicator with eight quarters and thirteen weeks that lead from `before` to `weekly`."""
    title, unit, bands, edges, _ = TITLES[key]
    start = weekly if before is None else before
    past: list[ReadingView] = []
    for back in range(12, 0, -1):
        at = None if start is None else start + (0.02 * back * abs(start) if back > 1 else 0.0)
        past.append(reading(key, at, AS_OF - timedelta(weeks=back)))
    now = reading(key, weekly)
    labelled = tuple(quarter(key, label, value) for label, value in zip(QUARTERS, quarters, strict=True))
    base = IndicatorView(key, title, bands, key != "cac_payback", unit, edges, now, (*past, now), labelled, 0, True)
    return replace(base, **more)


def views(
    table: dict[str, tuple[float | None, ...]], weekly: dict[str, float], **streaks: int
) -> tuple[IndicatorView, ...]:
    """All four, each with this week's value."""
    now = {"cac_payback": 12.1} | {key: values[-1] for key, values in table.items() if values[-1] is not None} | weekly
    return tuple(
        view(key, values, now[key], now[key] * 1.03, streak=streaks.get(key, 0)) for key, values in table.items()
    )


DATA = DataView(
    rows={"opportunities": 8800, "opportunity_history": 31200, "reps": 24, "quotas": 180, "spend": 96},
    set_aside={},
    suspicious={"opportunities": {"past_due_open": 41}},
    review_deals=0,
    review_amount=0.0,
    newest=date(2026, 9, 26),
    stale=False,
    missing=(),
)


def healthy() -> Snapshot:
    """All four healthy, hiring open."""
    return Snapshot(
        company="Acme",
        as_of=AS_OF,
        quarter="FY2026-Q3",
        segment="smb",
        currency="USD",
        timezone="America/New_York",
        breaker=BreakerView(State.ARMED, False, watch_from="FY2025-Q2"),
        indicators=views(HEALTHY, {}),
        beside={"mid_market": views(MID_MARKET, {"cac_payback": 16.2})},
        ahead=(),
        data=DATA,
        configuration="3f9a1c77d2",
        fingerprint="b81e0c4490",
        version="0.1.0",
    )


def warning() -> Snapshot:
    """Coverage fell into warning this week."""
    coverage = view("pipeline_coverage", (*HEALTHY["pipeline_coverage"][:-1], 4.11), 3.72, 4.05)
    return replace(healthy(), indicators=(coverage, *healthy().indicators[1:]))


def first_breakage() -> Snapshot:
    """One sealed quarter in breakage."""
    quarters = (*HEALTHY["pipeline_coverage"][:-2], 3.41, 3.62)
    coverage = view("pipeline_coverage", quarters, 3.55, 3.61, streak=1)
    ahead = (
        Ahead(
            "first_breakage",
            "pipeline_coverage",
            "Pipeline coverage is in its first breakage quarter",
            "FY2026-Q2 is in breakage; one more and hiring pauses",
        ),
        Ahead(
            "to_avoid",
            "pipeline_coverage",
            "To keep FY2026-Q3 out of breakage",
            "an open pipeline of 1,344,000 on average over the 1 week left, 38,200 more than now, by 2026-09-30",
            date(2026, 9, 30),
        ),
    )
    return replace(healthy(), indicators=(coverage, *healthy().indicators[1:]), ahead=ahead)


def on_course() -> Snapshot:
    """A breakage quarter, and the running one is breaking too."""
    quarters = (*HEALTHY["pipeline_coverage"][:-2], 3.41, 3.30)
    coverage = view("pipeline_coverage", quarters, 3.21, 3.42, streak=1)
    ahead = (
        Ahead(
            "on_course",
            "pipeline_coverage",
            "Pipeline coverage is on course to trip on 2026-10-07",
            "FY2026-Q3 so far reads 3.30x; sealed like this, hiring pauses",
            date(2026, 10, 7),
        ),
        replace(first_breakage().ahead[1], detail="an open pipeline of 1,612,000 by 2026-09-30, 377,000 more than now"),
    )
    breaker = replace(healthy().breaker, advisory=("pipeline_coverage",))
    return replace(healthy(), indicators=(coverage, *healthy().indicators[1:]), ahead=ahead, breaker=breaker)


CHECKLIST = (
    ChecklistItem("sdrs", "Put SDRs back on SMB", "Dana Ruiz", date(2026, 5, 7), "done"),
    ChecklistItem("roadmap", "Bring the SMB share of the roadmap back", "Li Wei", date(2026, 5, 22), "doing"),
    ChecklistItem("enablement", "Retrain AEs on the SMB motion", None, date(2026, 10, 21)),
)


def tripped() -> Snapshot:
    """Two indicators broke two quarters running."""
    breaker = BreakerView(
        State.TRIPPED,
        True,
        since=date(2026, 7, 7),
        tripped_by=("attainment", "win_rate_trend"),
        advisory=("pipeline_coverage", "win_rate_trend", "attainment"),
        checklist=CHECKLIST,
        watch_from="FY2025-Q2",
    )
    ahead = (
        Ahead(
            "first_breakage",
            "pipeline_coverage",
            "Pipeline coverage is in its first breakage quarter",
            "FY2026-Q3 so far is in breakage; one more and it joins what keeps hiring paused",
        ),
        Ahead(
            "to_recover",
            "attainment",
            "AE attainment recovers on 2026-10-07 at the earliest, with FY2026-Q3 healthy",
            "that takes 412,300 more in bookings, by 2026-09-30",
            date(2026, 10, 7),
        ),
    )
    indicators = views(BROKEN, {}, attainment=2, win_rate_trend=2)
    return replace(healthy(), indicators=indicators, breaker=breaker, ahead=ahead)


def tripped_this_week() -> Snapshot:
    """The trip itself: sealed and tripped within the week."""
    at = tripped()
    sealed = tuple(
        replace(
            v,
            quarters=tuple(
                replace(q, sealed_on=date(2026, 9, 24)) if q.quarter == "FY2026-Q2" else q for q in v.quarters
            ),
        )
        for v in at.indicators
    )
    return replace(at, indicators=sealed, breaker=replace(at.breaker, since=date(2026, 9, 24)))


def acknowledged() -> Snapshot:
    """Tripped, and somebody has seen it."""
    return replace(tripped(), breaker=replace(tripped().breaker, acknowledged_by="Dana Ruiz"))


def override_asked() -> Snapshot:
    """One of two approvers agrees."""
    asked = OverrideView(
        "Dana Ruiz", "Two signed enterprise pilots need an owner", date(2026, 12, 31), ("Dana Ruiz",), 2, False
    )
    return replace(tripped(), breaker=replace(tripped().breaker, override=asked))


def override_in_force() -> Snapshot:
    """Both agree: open, and in view."""
    asked = override_asked().breaker.override
    assert asked is not None
    agreed = replace(asked, approved_by=("Dana Ruiz", "Li Wei"), in_force=True)
    return replace(tripped(), breaker=replace(tripped().breaker, override=agreed, hiring_paused=False))


def recovering() -> Snapshot:
    """Recovered, not yet confirmed."""
    breaker = replace(
        acknowledged().breaker, state=State.RECOVERING, recovered=("attainment", "win_rate_trend"), advisory=()
    )
    return replace(healthy(), breaker=breaker)


def recovered() -> Snapshot:
    """Armed again since this week."""
    breaker = BreakerView(
        State.ARMED,
        False,
        recovered=("attainment", "win_rate_trend"),
        recovered_on=date(2026, 9, 24),
        watch_from="FY2025-Q2",
    )
    return replace(healthy(), breaker=breaker)


def _unread(snapshot: Snapshot, reason: str, why: str) -> tuple[IndicatorView, ...]:
    """The indicators as they are when none can be read this week."""
    return tuple(
        replace(v, weekly=(none := reading(v.key, None, reason=reason, why=why)), weeks=(*v.weeks[:-1], none))
        for v in snapshot.indicators
    )


def stale() -> Snapshot:
    """Nothing new for two weeks."""
    why = "the newest row is of 2026-09-12, 15 days old"
    data = replace(DATA, newest=date(2026, 9, 12), stale=True)
    return replace(healthy(), indicators=_unread(healthy(), "stale", why), data=data)


def unsynced() -> Snapshot:
    """Nobody has brought the copy up to date for a fortnight, though some deals close next week."""
    at = datetime(2026, 9, 14, 6, 5, tzinfo=ZoneInfo("America/New_York"))
    why = "the last sync was on 2026-09-14 06:05, more than 7 days ago"
    data = replace(DATA, stale=True, sync=Sync(at, stale=True))
    return replace(healthy(), indicators=_unread(healthy(), "stale", why), data=data)


def no_data() -> Snapshot:
    """A company on its first day."""
    first = tuple(
        replace(v, quarters=(), weeks=(v.weekly,), fits_definition=None)
        for v in _unread(healthy(), "no_history", "not enough history")
    )
    data = replace(DATA, rows={"opportunities": 12}, suspicious={})
    return replace(healthy(), indicators=first, beside={}, data=data, breaker=BreakerView(State.ARMED, False))


def thin() -> Snapshot:
    """Too few deals for a verdict on win rate; the others are unsure and approximate."""
    base = healthy()
    coverage = view("pipeline_coverage", HEALTHY["pipeline_coverage"], 3.31, 3.9)
    noisy = replace(coverage.weekly, evidence=Evidence.COULD_BE_NOISE, approximate=True)
    coverage = replace(coverage, weekly=noisy, weeks=(*coverage.weeks[:-1], noisy), fits_definition=False)
    rate = base.indicators[1]
    few = replace(
        rate.weekly, band=Band.NO_DATA, evidence=None, reason="too_few", why="11 decided deals, 30 are needed"
    )
    rate = replace(rate, weekly=few, weeks=(*rate.weeks[:-1], few), fits_definition=None)
    never = replace(
        base.indicators[3].weekly, value=None, infinite=True, band=Band.BREAKAGE, text="never", evidence=None
    )
    payback = replace(
        base.indicators[3], weekly=never, weeks=(*base.indicators[3].weeks[:-1], never), fits_definition=False
    )
    return replace(base, indicators=(coverage, rate, base.indicators[2], payback))


def dirty() -> Snapshot:
    """Rows set aside, odd rows, a review pile, a sealed quarter that today's data contradict."""
    base = healthy()
    coverage = base.indicators[0]
    restated = replace(coverage.quarters[-2], restated="3.62x, warning")
    coverage = replace(coverage, quarters=(*coverage.quarters[:-2], restated, coverage.quarters[-1]))
    data = replace(
        DATA,
        set_aside={
            "opportunities": {"negative_amount": 2, "closed_before_created": 17},
            "quotas": {"unreadable_date": 1},
        },
        suspicious={
            "opportunities": {
                "owner_left": 3,
                "past_due_open": 41,
                "pushed_in_bulk": 1_204,
                "rounded_up_in_bulk": 5,
                "unknown_owner": 3,
            },
            "reps": {"same_row_twice": 1},
        },
        review_deals=12,
        review_amount=340_000.0,
        remarks=("History begins on 2025-01-06; readings before it are approximate.",),
        findings=(
            Finding("owner_left", 3, 1),
            Finding("pushed_in_bulk", 1_204, 2, date(2026, 9, 16), date(2026, 9, 25)),
            Finding("rounded_up_in_bulk", 5, 1, date(2026, 9, 25), date(2026, 9, 25)),
        ),
        sync=Sync(datetime(2026, 9, 28, 5, 40, tzinfo=ZoneInfo("America/New_York")), stale=False),
    )
    return replace(base, indicators=(coverage, *base.indicators[1:]), data=data)


def missing_tables() -> Snapshot:
    """No spend, no quotas: two indicators can be read."""
    base = healthy()
    blank = {
        "pipeline_coverage": "the table quotas is missing",
        "attainment": "the table quotas is missing",
        "cac_payback": "the table spend is missing",
    }
    indicators = tuple(
        replace(
            v,
            weekly=(none := reading(v.key, None, reason="missing_table", why=blank[v.key])),
            weeks=(none,),
            quarters=(),
        )
        if v.key in blank
        else v
        for v in base.indicators
    )
    return replace(base, indicators=indicators, data=replace(DATA, missing=("quotas", "spend")))


HOSTILE_NAMES = (
    "<!channel> @here <@U1> <https://evil.test|click>",
    "{{ 7*7 }} {% raw %}",
    "=cmd|'/c calc'!A1",
    "\u202eevil\u202c \u200fmarks\u200e",
    "\x1b[31mred\x1b[0m\x07 \x9b31m",
    "<script>alert(1)</script><img src=x onerror=alert(1)>",
    "*bold* _it_ `code` ~x~ :smile:\nnew line | pipe",
    "Zoë 日本語 👩‍👩‍👧 e\u0301\u0301\u0301\u0301\u0301\u0301",
    "=?utf-8?q?hi=0ABcc=3A_evil=40x=2Etest?=",
    "@here @everyone #general @channel",
    "N" * 4000,
)


def hostile() -> Snapshot:
    """Names that somebody typed into a CRM to see what happens, wherever text of others can stand."""
    base = tripped()
    all_names = " ".join(HOSTILE_NAMES)
    asked = OverrideView(HOSTILE_NAMES[0], all_names, date(2026, 12, 31), (HOSTILE_NAMES[0], HOSTILE_NAMES[4]), 2, True)
    breaker = replace(
        base.breaker,
        override=asked,
        hiring_paused=False,
        acknowledged_by=HOSTILE_NAMES[5],
        checklist=tuple(replace(item, owner=name) for item, name in zip(CHECKLIST, HOSTILE_NAMES, strict=False)),
        violations=HOSTILE_NAMES,
    )
    aside = {name[:200]: {name[:200]: at + 1} for at, name in enumerate(HOSTILE_NAMES)}
    data = replace(DATA, set_aside=aside, remarks=HOSTILE_NAMES, missing=(HOSTILE_NAMES[1],))
    return replace(base, company=HOSTILE_NAMES[0] + HOSTILE_NAMES[4], breaker=breaker, data=data)


STATES: dict[str, Callable[[], Snapshot]] = {
    make.__name__: make
    for make in (
        healthy, warning, first_breakage, on_course, tripped, tripped_this_week, acknowledged, override_asked,
        override_in_force, recovering, recovered, stale, unsynced, no_data, thin, dirty, missing_tables, hostile,
    )
}  # fmt: skip
