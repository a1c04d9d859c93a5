"""A real browser without a window."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

FLAGS = ("--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--enable-logging=stderr")


def browser() -> str:
    """The program; without it the test is skipped."""
    return shutil.which("chromium") or shutil.which("google-chrome") or pytest.skip("no Chromium on this machine")


def visit(url: str, profile: Path) -> tuple[str, list[str]]:
    """The document as the browser has made it of a page, and what it logged of it, such as what it refused."""
    words = [browser(), *FLAGS, f"--user-data-dir={profile}", "--dump-dom", url]
    done = subprocess.run(words, capture_output=True, text=True, check=True, timeout=120)
    return done.stdout, [line for line in done.stderr.splitlines() if "CONSOLE" in line]
