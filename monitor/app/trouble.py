"""What a company's people hear where it could not be run: that, once, and the reminders that are due all the same."""

from __future__ import annotations

from datetime import date, datetime

from monitor.app.observe import latest, unreadable
from monitor.app.telling import take_steps
from monitor.app.wiring import Company
from monitor.store.repository import Store


def broke(error: Exception) -> str:
    """An error of ours without its own words: they may hold what is secret, and people read this."""
    return f"an error of the program, not of the data ({type(error).__name__})"


def tell_trouble(company: Company, store: Store, why: str, today: date, now: datetime) -> None:
    """Says once that the data cannot be read. Nobody is spared a reminder: the last run says how things stand.

    Raises StoreError.
    """
    unreadable(company, store, why, today, now)
    seen = latest(company, store, today)
    if seen is not None:
        take_steps(company, store, seen, today, now)
