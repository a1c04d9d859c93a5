"""A message as a command prints it: on a terminal, as JSON, or as a channel would draw it."""

from __future__ import annotations

import argparse
import json
from typing import TYPE_CHECKING

from monitor.entrypoints.terminal import can_unicode, say, wants_colour

if TYPE_CHECKING:
    from monitor.core.messages import Message
    from monitor.render.words import Words


def show_as(args: argparse.Namespace, message: Message, chosen: Words) -> None:
    """A message in the format that was asked for."""
    kind = "json" if args.json else args.format
    if kind == "slack":
        from monitor.render import slack

        say(json.dumps(slack.render(message), indent=2, ensure_ascii=False))
    elif kind == "html":
        from monitor.render import html

        say(html.render(message, chosen))
    else:
        show(message, as_json=kind == "json")


def show(message: Message, *, as_json: bool = False) -> None:
    """A message on the terminal, or as JSON."""
    from monitor.render import neutral, text

    if as_json:
        say(neutral.render(message))
    else:
        say(text.render(message, colour=wants_colour(), unicode=can_unicode()))
