"""Whose a key is, where many companies speak by one channel: each puts its own name before its keys and buttons."""

from __future__ import annotations

import re
import shlex
from dataclasses import replace

from monitor.core.messages import Actions, Block, Message

_SCOPED = re.compile(r"^(?:[a-z0-9-]+-)?[0-9a-f]{10}/")
"""How a key of one of many companies begins."""

LONGEST_NAME = 40
"""Characters of a company's name before a headline or a subject."""


def command(words: str, company: str = "") -> str:
    """What is typed to do `words` (`breaker override`); for one of many companies, the `company` that it is about."""
    about = f" --company {shlex.quote(company)}" if company else ""
    return f"smb-monitor {words}{about}"


def scoped(scope: str, key: str) -> str:
    """The key as it goes out; `scope` is empty where there is one company."""
    return f"{scope}/{key}" if scope else key


def bare(scope: str, key: str) -> str | None:
    """The key as the company of `scope` knows it; None where it is another's."""
    if scope:
        return key.removeprefix(f"{scope}/") if key.startswith(f"{scope}/") else None
    return key if unscoped(key) == key else None


def unscoped(key: str) -> str:
    """The key without whose it is."""
    return _SCOPED.sub("", key, count=1)


def with_own_buttons(scope: str, message: Message) -> Message:
    """The message with buttons that only the company of `scope` obeys: pauses of several begin on the same day."""
    return replace(message, blocks=tuple(_own(scope, block) for block in message.blocks)) if scope else message


def _own(scope: str, block: Block) -> Block:
    if not isinstance(block, Actions):
        return block
    return Actions(tuple(replace(each, value=_named(scope, each.value)) for each in block.buttons))


def _named(scope: str, value: str) -> str:
    """What follows a message, such as its chart, comes back with the buttons that went out."""
    return value if not value or bare(scope, value) is not None else scoped(scope, value)
