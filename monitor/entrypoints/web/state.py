"""What the pages answer from: the newest run as the log has it by now, the ledger, how the service is doing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cached_property
from typing import TYPE_CHECKING

from monitor.app.observe import latest
from monitor.app.wiring import Company
from monitor.core.types import Snapshot
from monitor.errors import StoreError
from monitor.render.gate import answer
from monitor.store.repository import Store

if TYPE_CHECKING:
    from monitor.entrypoints.slack.surface import SlackSurface
    from monitor.render.words import Words

TOO_OLD = timedelta(days=14)
"""A run whose readings are older than this tells nothing about today: the worker has stood still."""


@dataclass(frozen=True)
class Seen:
    """Everything is read anew for each request. `by` is this process's worker; safe from several threads."""

    company: Company
    store: Store
    clock: Callable[[], datetime]
    by: str
    slack: SlackSurface | None = None

    @cached_property
    def words(self) -> Words:
        """Read once: a page is drawn in milliseconds then."""
        return self.company.words()

    @property
    def today(self) -> date:
        return self.company.today(self.clock())

    def snapshot(self) -> Snapshot | None:
        """The newest run, the breaker as people left it since. Raises StoreError."""
        return latest(self.company, self.store, self.today)

    def gate(self) -> tuple[bool, dict[str, object]]:
        """Whether the state could be told, and the answer; where it could not, hiring counts as paused."""
        try:
            seen = self.snapshot()
        except StoreError as error:
            return False, _closed(str(error))
        if seen is None:
            return False, _closed("nothing was read yet, so nobody knows whether hiring is open")
        if self.today - seen.as_of > TOO_OLD:
            return False, _closed(f"the newest readings are of {seen.as_of}: the worker has stood still since")
        return True, answer(seen)


def _closed(why: str) -> dict[str, object]:
    reason = f"cannot tell, treat it as paused: {why}"
    return {"open": False, "since": None, "reason": reason, "tripped_by": [], "override": None}
