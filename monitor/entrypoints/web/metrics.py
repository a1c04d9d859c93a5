"""`/metrics`, in Prometheus' text format: read from the store when asked, so that every process says the same."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import timedelta

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from monitor.app.worker import BEGAN
from monitor.core.outbox import Status
from monitor.core.schedule import DIGEST
from monitor.core.types import Band, IndicatorView, Snapshot, State
from monitor.entrypoints.web.state import Seen

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
COUNTED = 10_000
"""Rows of the outbox that are counted, the newest."""
_AS_IT_IS = {"%": "ratio"}
"""What people are shown as per cent is a share here: 0.69 with the unit `%` would be taken for less than one."""
GONE = timedelta(days=1)
"""A worker that was not heard of for this long is left out."""


def page(seen: Seen) -> bytes:
    """Everything there is to measure. Raises StoreError."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Recorded(seen))
    return generate_latest(registry)


class _Recorded(Collector):
    def __init__(self, seen: Seen) -> None:
        self._seen = seen

    def collect(self) -> Iterator[GaugeMetricFamily]:
        snapshot = self._seen.snapshot()
        if snapshot is not None:
            yield from _readings(snapshot)
            yield from _breaker(snapshot)
            yield from _source(self._seen, snapshot)
        yield from _delivery(self._seen)
        yield from _worker(self._seen)


def _readings(snapshot: Snapshot) -> Iterator[GaugeMetricFamily]:
    labels = ["segment", "indicator"]
    reading = _gauge(
        "reading", "This week's reading, in the indicator's own unit; absent without data", *labels, "unit"
    )
    band = _gauge("band", "1 for the band that the reading stands in", *labels, "band")
    for segment, view in _views(snapshot):
        if view.weekly.value is not None:
            reading.add_metric([segment, view.key, _AS_IT_IS.get(view.unit, view.unit)], view.weekly.value)
        for each in Band:
            band.add_metric([segment, view.key, str(each)], float(view.weekly.band is each))
    yield from (reading, band)


def _views(snapshot: Snapshot) -> Iterator[tuple[str, IndicatorView]]:
    yield from ((snapshot.segment, view) for view in snapshot.indicators)
    yield from ((segment, view) for segment, views in snapshot.beside.items() for view in views)


def _breaker(snapshot: Snapshot) -> Iterator[GaugeMetricFamily]:
    state = _gauge("breaker_state", "1 for the state that the breaker is in", "state")
    for each in State:
        state.add_metric([str(each)], float(snapshot.breaker.state is each))
    streak = _gauge("streak_quarters", "Breakage quarters in a row", "indicator")
    for view in snapshot.indicators:
        streak.add_metric([view.key], view.streak)
    paused = _gauge("hiring_paused", "1 while mid-market hiring is paused")
    paused.add_metric([], float(snapshot.breaker.hiring_paused))
    yield from (state, streak, paused)


def _source(seen: Seen, snapshot: Snapshot) -> Iterator[GaugeMetricFamily]:
    age = _gauge("source_age_days", "Days since the newest row of the source, as the last run saw it")
    if snapshot.data.newest is not None:
        age.add_metric([], (seen.today - snapshot.data.newest).days)
    readings = _gauge("readings_age_days", "Days since the day that the readings are of")
    readings.add_metric([], (seen.today - snapshot.as_of).days)
    yield from (age, readings)


def _delivery(seen: Seen) -> Iterator[GaugeMetricFamily]:
    outbox = _gauge("outbox", f"Rows of the outbox by status, of the newest {COUNTED}", "status")
    counted = Counter(line.status for line in seen.store.outbox.lines(limit=COUNTED))
    for status in Status:
        outbox.add_metric([str(status)], counted[status])
    undelivered = _gauge("undelivered", "Messages that did not arrive, or not within an hour")
    undelivered.add_metric([], len(seen.store.outbox.undelivered(seen.clock())))
    yield from (outbox, undelivered)


def _worker(seen: Seen) -> Iterator[GaugeMetricFamily]:
    digest = _gauge("last_digest_timestamp_seconds", "When the last digest was run")
    ran = [each for each in seen.store.slots.last(f"{DIGEST}:", 60) if not each.missed and each.note != BEGAN]
    if ran:
        digest.add_metric([], ran[0].at.timestamp())
    beats = _gauge("beat_timestamp_seconds", "When a loop of a worker last said that it lives", "worker", "loop")
    for worker, what, at, _ in seen.store.beats():
        if seen.clock() - at <= GONE:
            beats.add_metric([worker, what], at.timestamp())
    yield from (digest, beats)


def _gauge(name: str, meaning: str, *labels: str) -> GaugeMetricFamily:
    return GaugeMetricFamily(f"smb_monitor_{name}", meaning, labels=labels)
