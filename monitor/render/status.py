"""`status`: the panel, the breaker and what lies ahead, without the prose of the digest."""

from __future__ import annotations

from monitor.core.messages import Block, Footer, Lines, Message
from monitor.core.types import Snapshot
from monitor.render import panel
from monitor.render.situation import headline
from monitor.render.words import Words

KIND = "status"


def build(snapshot: Snapshot, words: Words) -> Message:
    """The state of one week."""
    said, tone = headline(snapshot, words, KIND)
    lines = (*panel.notes(snapshot, words, KIND), *panel.breaker(snapshot, words, KIND))
    blocks: tuple[Block, ...] = (
        panel.subtitle(snapshot, words, KIND),
        panel.panel(snapshot, words, KIND),
        Lines((*lines, *panel.ahead(snapshot, words, KIND))),
        Footer(tuple(panel.footer(snapshot, words, KIND))),
    )
    return Message(KIND, said, tone, blocks)
