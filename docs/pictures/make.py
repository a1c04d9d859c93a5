"""Draws the pictures of the README: the demo's digest as it stands in a terminal. Needs Chromium."""

from __future__ import annotations

import io
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from rich.console import Console
from rich.terminal_theme import TerminalTheme
from rich.text import Text

HERE = Path(__file__).parent
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


def main() -> None:
    """Run the demo as if on a terminal, and photograph it."""
    from monitor.app.observe import look
    from monitor.app.wiring import company, words
    from monitor.config.built_in import built_in
    from monitor.render import digest, text

    with company(built_in("trap")) as acme:
        message = digest.build(look(acme, acme.asked(None, acme.source.today() or sys.exit("no day"))), words(None))
    said = text.render(message, colour=True)
    console = Console(record=True, width=WIDTH, file=io.StringIO(), force_terminal=True)
    console.print(Text.from_ansi(said))
    lines = said.count("\n") + 1
    with tempfile.TemporaryDirectory() as folder:
        page = Path(folder) / "page.html"
        page.write_text(console.export_html(theme=THEME, code_format=PAGE))
        browser = shutil.which("chromium") or shutil.which("google-chrome") or sys.exit("no Chromium here")
        flags = ["--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--disable-background-networking"]
        size = f"--window-size={int(WIDTH * 9.05) + 60},{lines * 20 + 60}"
        shot = f"--screenshot={HERE / 'digest.png'}"
        subprocess.run(
            [browser, *flags, f"--user-data-dir={folder}/profile", size, shot, page.as_uri()],
            check=True,
            capture_output=True,
        )


if __name__ == "__main__":
    main()
