"""What `explain` and `backtest` answer, for the renderers to show."""

from __future__ import annotations

from datetime import date

from monitor.core.types import Backtest, BacktestLine, BridgeStep, Explanation, LeftOutView, Weighing
from tests.render.snapshots import AS_OF, HOSTILE_NAMES, TITLES, reading


def coverage() -> Explanation:
    """Pipeline coverage in breakage, with everything that can be said about it."""
    deals = tuple(
        (f"OPP-{1000 + at}", name, "Dana Ruiz", f"{42_000 - 1_700 * at:,}", f"{3 + at} Sep 2026")
        for at, name in enumerate(("Globex", "Initech", "Hooli", "Umbrella Dental", "Stark Plumbing", "Wayne Florists"))
    )
    return Explanation(
        company="Acme",
        segment="smb",
        indicator="pipeline_coverage",
        title="Pipeline coverage",
        formula="open pipeline no older than max_age_days / (quota x horizon_days / days in the quarter)",
        numbers="1,234,567 / (1,154,000 x 30 / 92) = 3.21x",
        reading=reading("pipeline_coverage", 3.21, notes=("3 open deals have no amount and add nothing",)),
        bands_text=TITLES["pipeline_coverage"][2],
        inputs=(("open pipeline", "1,234,567 USD"), ("quota", "1,154,000 USD"), ("horizon", "30 of 92 days")),
        weighs=(Weighing("Open deals that weigh most", ("Deal", "Account", "Owner", ">Amount", "Created"), deals),),
        left_out=(LeftOutView("older than 90 days", 212, "2,410,000 USD"), LeftOutView("in review", 12, "340,000 USD")),
        bridge=(
            BridgeStep("created", "+0.62x", 0.62),
            BridgeStep("won", "-0.31x", -0.31),
            BridgeStep("lost", "-0.38x", -0.38),
            BridgeStep("aged out", "-0.20x", -0.20),
            BridgeStep("re-amounted", "+0.06x", 0.06),
        ),
        bridge_from="3.42x",
        bridge_to="3.21x",
    )


def unread() -> Explanation:
    """CAC payback without spend: nothing but the reason."""
    return Explanation(
        company="Acme",
        segment="smb",
        indicator="cac_payback",
        title="CAC payback",
        formula="S&M spend / (new ARR / 12 x gross margin), in months",
        numbers="",
        reading=reading("cac_payback", None),
        bands_text=TITLES["cac_payback"][2],
        higher_is_better=False,
    )


def hostile() -> Explanation:
    """Names of accounts and owners that were typed to break something."""
    names = HOSTILE_NAMES
    rows = tuple((f"OPP-{at}", name, name[::-1], "1,000", "3 Sep 2026") for at, name in enumerate(names))
    base = coverage()
    return Explanation(
        company=names[0],
        segment="smb",
        indicator=base.indicator,
        title=base.title,
        formula=base.formula,
        numbers=base.numbers,
        reading=base.reading,
        bands_text=base.bands_text,
        inputs=tuple((name, name) for name in names),
        weighs=(Weighing(names[1], ("Deal", "Account", "Owner", ">Amount", "Created"), rows),),
        left_out=tuple(LeftOutView(name, 1, name) for name in names),
        bridge=tuple(BridgeStep(name, "+0.10x", 0.1) for name in names),
        bridge_from="3.42x",
        bridge_to="4.32x",
        notes=names,
    )


def trap() -> Backtest:
    """The trap, as it would have been told."""
    return Backtest(
        "Acme",
        (
            BacktestLine(date(2025, 8, 10), "warning", "Pipeline coverage fell into warning: 3.91x"),
            BacktestLine(date(2025, 11, 2), "breakage", "AE attainment fell into breakage: 58.8 % of pace"),
            BacktestLine(
                date(2026, 1, 7),
                "breakage",
                "FY2025-Q4 is sealed: AE attainment 59.0 % and win rate trend -6.5 points are in their first breakage "
                "quarter, one more and hiring pauses; pipeline coverage 4.69x and CAC payback 7.5 months are healthy",
            ),
            BacktestLine(date(2026, 2, 15), "on_course", "AE attainment is on course to trip on 7 Apr 2026"),
            BacktestLine(date(2026, 4, 7), "trip", "Mid-market hiring is paused by AE attainment and win rate trend"),
            BacktestLine(AS_OF, "note", "Still tripped at the end of the data"),
        ),
        (
            "The breaker would have tripped on 7 Apr 2026, 13 weeks before attainment reached its low of 55.0 %.",
            "3 alerts and 1 pause in 34 months; no week was told that later proved wrong.",
        ),
    )


def untold() -> Backtest:
    """A company with nothing to tell yet."""
    return Backtest("Acme", ())
