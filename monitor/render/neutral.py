"""The message itself as JSON, for whoever renders it elsewhere."""

from __future__ import annotations

import json
from dataclasses import asdict

from monitor.core.messages import Message


def document(message: Message) -> dict[str, object]:
    """The message as plain values; every block names its kind."""
    held = asdict(message)
    blocks = [{"block": type(block).__name__.lower(), **asdict(block)} for block in message.blocks]
    return {**held, "blocks": blocks}


def render(message: Message) -> str:
    """The same as JSON text, ASCII only."""
    return json.dumps(document(message), indent=2, allow_nan=False)
