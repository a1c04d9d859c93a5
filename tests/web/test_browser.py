"""The dashboard in a real browser: it takes all of the page, and refuses what somebody else put there."""

from __future__ import annotations

from pathlib import Path

from tests.browser import visit
from tests.web.conftest import Site


def test_the_browser_takes_every_part_of_the_dashboard(here: Site, tmp_path: Path) -> None:
    page, refused = visit(here.server.url, tmp_path / "profile")
    assert refused == []
    assert "Mid-market hiring is paused" in page
    assert page.count("<table") >= 2
