"""The list of indicators. Adding one: its module, one line here, its thresholds in config.yaml."""

from __future__ import annotations

from typing import Any

from monitor.core.indicators.attainment import Attainment
from monitor.core.indicators.base import Indicator
from monitor.core.indicators.cac_payback import CacPayback
from monitor.core.indicators.pipeline_coverage import PipelineCoverage
from monitor.core.indicators.win_rate_trend import WinRateTrend

INDICATORS: tuple[Indicator[Any], ...] = (
    PipelineCoverage(),
    WinRateTrend(),
    Attainment(),
    CacPayback(),
)

BY_KEY = {indicator.key: indicator for indicator in INDICATORS}
