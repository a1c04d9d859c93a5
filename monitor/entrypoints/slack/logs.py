"""What is logged of Slack: our own lines, and of the libraries only what holds no payload, token or address."""

from __future__ import annotations

import logging

NAME = "monitor.slack"
log = logging.getLogger(NAME)


def quiet(name: str, level: int = logging.INFO) -> logging.Logger:
    """The logger of a library: never below `level`, whatever is asked of the others. Below INFO they write payloads."""
    found = log.getChild(name)
    found.setLevel(level)
    return found
