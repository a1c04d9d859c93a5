"""Draws the pictures of the README, here or in a folder: the demo's digest on a terminal, a mail. Needs Chromium."""

from __future__ import annotations

import io
import shutil
import subprocess
import sys
import tempfile
from base64 import b64encode
from datetime import date
from pathlib import Path

from rich.console import Console
from rich.terminal_theme import TerminalTheme
from rich.text import Text

from monitor.core.types import Snapshot
from monitor.render.words import Words

HERE = Path(__file__).parent
TRIP = date(2026, 4, 7)
"""On this day the demo's breaker trips."""
WIDTH = 100
THEME = TerminalTheme(
    (250, 250, 247),
    (40, 42, 46),
    [
        (40, 42, 46),
        (178, 34, 34),
        (30, 120, 60),
        (176, 112, 0),
        (30, 90, 160),
        (120, 60, 140),
        (0, 120, 130),
        (120, 124, 130),
    ],
    [
        (120, 124, 130),
        (178, 34, 34),
        (30, 120, 60),
        (176, 112, 0),
        (30, 90, 160),
        (120, 60, 140),
        (0, 120, 130),
        (40, 42, 46),
    ],
)
PAGE = """<!doctype html><meta charset="utf8"><style>body {{ background: #fafaf7; margin: 24px }}
pre {{ font: 15px/1.35 "DejaVu Sans Mono", monospace; margin: 0 }} {stylesheet}</style><pre>{code}</pre>"""


def main(folder: Path) -> None:
    """Read the demo, and photograph its digest on a terminal and the mail of its trip into a folder."""
    from monitor.app.observe import look
    from monitor.app.wiring import company
    from monitor.config.built_in import built_in

    with company(built_in("trap")) as acme:
        seen = look(acme, acme.asked(None, acme.source.today() or sys.exit("no day")))
        tripped = look(acme, acme.asked(TRIP, TRIP))
        words = acme.words()
    photograph(*terminal(seen, words), folder / "digest.png")
    photograph(mail(tripped, words), (700, 1070), folder / "trip.png")


def terminal(seen: Snapshot, words: Words) -> tuple[str, tuple[int, int]]:
    """The digest as if on a terminal, and how large that is."""
    from monitor.render import digest, text

    said = text.render(digest.build(seen, words), colour=True)
    console = Console(record=True, width=WIDTH, file=io.StringIO(), force_terminal=True)
    console.print(Text.from_ansi(said))
    return console.export_html(theme=THEME, code_format=PAGE), (int(WIDTH * 9.05) + 60, said.count("\n") * 20 + 80)


def mail(seen: Snapshot, words: Words) -> str:
    """What leadership is told of the trip."""
    from monitor.core.messages import Trend
    from monitor.core.notices import Notice
    from monitor.render import chart, html, notices

    notice = Notice("trip", f"trip:{TRIP}", f"trip:{TRIP}", ("leadership",), seen.breaker.tripped_by)
    said = notices.build(notice, seen, words, "leadership")
    drawn = {block: chart.png(block) for block in said.blocks if isinstance(block, Trend)}
    return html.render(
        said, words, {one: f"data:image/png;base64,{b64encode(png).decode()}" for one, png in drawn.items()}
    )


def photograph(page: str, size: tuple[int, int], picture: Path) -> None:
    """A page of HTML as a picture."""
    browser = shutil.which("chromium") or shutil.which("google-chrome") or sys.exit("no Chromium here")
    flags = ["--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--disable-background-networking"]
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "page.html"
        file.write_text(page, encoding="utf-8")
        own = [f"--user-data-dir={folder}/profile", f"--window-size={size[0]},{size[1]}", f"--screenshot={picture}"]
        subprocess.run([browser, *flags, *own, file.as_uri()], check=True, capture_output=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else HERE)
