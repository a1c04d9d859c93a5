"""Steps that follow an event on a later day unless something settles it first: rows with a due day, never timers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from monitor.core.routes import Directory

ENDING = 2
"""Days before its end on which an override is spoken of again."""


@dataclass(frozen=True)
class Escalation:
    """One step. `key` is unique (`trip:2026-07-07:reminder:2`); `every` days it comes again, None for once.

    `until_acknowledged`: an acknowledgement of the incident cancels it, in its own transaction.
    """

    key: str
    incident: str
    kind: str
    due: date
    audiences: tuple[str, ...]
    every: int | None = None
    until_acknowledged: bool = False

    def next(self) -> Escalation | None:
        """The same step again, where it comes again."""
        if self.every is None:
            return None
        due = self.due + timedelta(days=self.every)
        stem = self.key.rsplit(":", 1)[0]
        return Escalation(f"{stem}:{due}", self.incident, self.kind, due, self.audiences, self.every)


@dataclass(frozen=True)
class Cancel:
    """Pending steps that are not to be taken any more: of an `incident`, of one `kind` or all."""

    incident: str
    kind: str | None = None
    only_until_acknowledged: bool = False


def after_trip(incident: str, on: date, directory: Directory) -> Iterator[Escalation]:
    """The reminders while nobody acknowledges, and the standing one while the pause lasts."""
    for days, audiences in sorted(directory.routes.get("reminder", {}).items()):
        yield Escalation(
            f"{incident}:reminder:{days}",
            incident,
            "reminder",
            on + timedelta(days=days),
            audiences,
            until_acknowledged=True,
        )
    for days, audiences in sorted(directory.routes.get("standing", {}).items()):
        due = on + timedelta(days=days)
        yield Escalation(f"{incident}:standing:{due}", incident, "standing", due, audiences, every=days)


def after_problem(incident: str, on: date, directory: Directory) -> Iterator[Escalation]:
    """The later steps of a problem that lasts."""
    for days, audiences in sorted(directory.routes.get("problem", {}).items()):
        if days:
            key = f"{incident}:problem:{days}"
            yield Escalation(key, incident, "problem", on + timedelta(days=days), audiences)


def before_override_ends(incident: str, on: date, until: date, directory: Directory) -> Iterator[Escalation]:
    """A word before the pause is back, unless the override is over too soon for one."""
    due = until - timedelta(days=ENDING)
    if due > on:
        audiences = directory.audiences("override")
        yield Escalation(f"{incident}:override_ending:{on}:{until}", incident, "override_ending", due, audiences)
