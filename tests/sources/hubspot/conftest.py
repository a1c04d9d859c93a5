"""One small company's HubSpot, and who reads it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.sources.hubspot.reader import Reader
from tests.sources.hubspot.server import START, Portal, iso, serving


@pytest.fixture
def portal() -> Portal:
    return a_portal()


@pytest.fixture
def reader(portal: Portal, tmp_path: Path) -> Iterator[Reader]:
    with serving(portal) as address:
        yield Reader(address, tmp_path / "cache")


def a_portal(deals: int = 7) -> Portal:
    portal = Portal()
    portal.stages = {
        "open": {"label": "Open", "isClosed": "false", "probability": "0.2"},
        "won": {"label": "Closed won", "isClosed": "true", "probability": "1.0"},
        "lost": {"label": "Closed lost", "isClosed": "true", "probability": "0.0"},
    }
    portal.owners = [
        {"id": "11", "firstName": "Ada", "lastName": "L", "type": "PERSON", "archived": False},
        {"id": "12", "firstName": "Bob", "lastName": "M", "type": "PERSON", "archived": True},
    ]
    portal.company(501, START, name="Acme", numberofemployees="40")
    portal.company(502, START + 5, name="Umbrella", numberofemployees="400")
    for number in range(1, deals + 1):
        portal.deal(
            number,
            START + number * 1_000,
            ("501",),
            amount=f"{number}00",
            dealstage="open",
            pipeline="default",
            createdate=iso(START),
            closedate=None,
            hubspot_owner_id="11",
        )
    return portal
