"""What is configured of the channels, handed to each of them when it is opened."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from monitor.core.settings import EmailSettings, SlackSettings, WebhookSettings
from monitor.render.words import Words


@dataclass(frozen=True)
class Wanted:
    """The settings of every channel, None where it is not configured; `wait` lets seconds pass between two calls.

    `scope`: which of many companies speaks, `company`: its name, where it is one; both empty where there is one.
    """

    slack: SlackSettings | None
    email: EmailSettings | None
    webhook: WebhookSettings | None
    words: Words
    wait: Callable[[float], None]
    scope: str = ""
    company: str = ""
