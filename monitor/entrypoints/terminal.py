"""The terminal: colour where it is wanted, a progress bar where somebody watches."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from monitor.errors import UsageError


def wants_colour() -> bool:
    """Colour only on a terminal, and never against NO_COLOR."""
    return sys.stdout.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def can_unicode() -> bool:
    """Whether the output can show sparklines and marks."""
    try:
        "▁█●".encode(sys.stdout.encoding or "ascii")
    except (UnicodeEncodeError, LookupError):
        return False
    return True


def say(text: str) -> None:
    """Print; what the output cannot encode is shown escaped."""
    encoding = sys.stdout.encoding or "utf-8"
    sys.stdout.write(text.encode(encoding, "backslashreplace").decode(encoding).rstrip("\n") + "\n")


def complain(text: str) -> None:
    """One sentence on standard error."""
    encoding = sys.stderr.encoding or "utf-8"
    line = " ".join(text.split())
    sys.stderr.write("smb-monitor: " + line.encode(encoding, "backslashreplace").decode(encoding) + "\n")


def ask(prompt: str) -> str | None:
    """The line that a person answers; None where there is none left. What a pipe answers is shown as if it were typed.

    Raises UsageError for what is no text.
    """
    sys.stderr.write(prompt)
    sys.stderr.flush()
    try:
        line = sys.stdin.readline()
    except UnicodeDecodeError:
        raise UsageError(f"an answer is no text in {sys.stdin.encoding}: save the answers as UTF-8.") from None
    if not sys.stdin.isatty():
        from monitor.render.plain import visible

        sys.stderr.write(f"{visible(line.strip())}\n")
    return line.strip() if line else None


_told: list[Callable[[str, int, int | None], None]] = []
"""The bar on the terminal just now, for those who are too far away to be handed it."""


@contextmanager
def progress(what: str) -> Iterator[Callable[[int, int], None]]:
    """A bar while work goes on, on a terminal; nothing in a pipe."""
    if not sys.stderr.isatty():
        yield lambda *_: None
        return
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(what, total=None)
        _told.append(lambda now, done, total: bar.update(task, description=now, completed=done, total=total))
        try:
            yield lambda done, total: bar.update(task, completed=done, total=total)
        finally:
            _told.pop()


def reading(what: str, done: int, total: int | None) -> None:
    """A source says how far it is; shown in the bar, where there is one."""
    rows = f"{done:,} of {total:,}" if total else f"{done:,}"
    for told in _told[-1:]:
        told(f"{what}: {rows} rows" if done else what, done, total)
