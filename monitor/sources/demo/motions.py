"""How each segment sells: sizes, lengths of the cycle, stages, and where deals come from."""

from __future__ import annotations

from dataclasses import dataclass

from monitor.sources.demo.draws import Curve


@dataclass(frozen=True)
class Motion:
    """One way of selling. Curves are distributions by their quantiles: days to close, ACV, employees."""

    segment: str
    amount: Curve
    won_after: Curve
    lost_after: Curve
    employees: Curve
    expected_after: int
    """Days in which a rep says that a new deal will close."""
    stages: tuple[str, ...]
    sources: tuple[tuple[str, float], ...]


SMB = Motion(
    "smb",
    amount=((0.0, 3_500), (0.05, 5_800), (0.25, 8_600), (0.5, 11_200), (0.75, 15_200), (0.95, 23_500), (1.0, 38_000)),
    won_after=((0.0, 4), (0.1, 8), (0.5, 22), (0.9, 46), (0.98, 72), (1.0, 100)),
    lost_after=((0.0, 5), (0.1, 11), (0.5, 30), (0.85, 58), (0.97, 94), (1.0, 280)),
    employees=((0.0, 2), (0.5, 14), (0.9, 40), (1.0, 50)),
    expected_after=24,
    stages=("Qualified", "Demo", "Proposal"),
    sources=(("inbound", 0.46), ("plg", 0.27), ("outbound", 0.18), ("partner", 0.09)),
)

MID_MARKET = Motion(
    "mid_market",
    amount=((0.0, 40_000), (0.06, 50_000), (0.5, 71_000), (0.9, 118_000), (1.0, 230_000)),
    won_after=((0.0, 58), (0.5, 98), (0.9, 150), (1.0, 185)),
    lost_after=((0.0, 40), (0.5, 92), (0.9, 165), (1.0, 320)),
    employees=((0.0, 55), (0.5, 210), (0.9, 620), (1.0, 980)),
    expected_after=100,
    stages=("Qualified", "Discovery", "Evaluation", "Negotiation"),
    sources=(("inbound", 0.34), ("plg", 0.08), ("outbound", 0.42), ("partner", 0.16)),
)
