"""A message for Slack in ever plainer forms: what is refused in one is sent in the next, so that nothing is dropped."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from monitor.core.counted import counted
from monitor.core.messages import (
    Actions,
    Block,
    Divider,
    Footer,
    Heading,
    Line,
    Lines,
    Message,
    Paragraph,
    Room,
    Table,
    Trend,
    plain,
)
from monitor.render import slack, slack_chart, sparkline
from monitor.render.marks import NONE
from monitor.render.plain import shorten, visible
from monitor.render.shape import shaped
from monitor.render.slack_chart import BlockKit

SECTIONS = 6000
"""Characters of the plain sections: fewer than Slack may have refused before."""
TEXT = 3500
"""Characters of the text alone; chat.update refuses more than 4,000."""
PART = "\n"
"""A line that begins with it begins a new part."""
_SECTION, _PARTS = 3000, 20
_LINE = 600
COMMAND = "/smb-health"
_WITHOUT_BUTTON = ("ack", "override", "approve", "resume")
"""Acts that the slash command has too."""


@dataclass(frozen=True)
class Rung:
    """One form of a message. `left_out` says what it lacks, empty for the richest; `blocks` may be empty."""

    left_out: str
    text: str
    blocks: tuple[BlockKit, ...]
    charts: bool = False

    @property
    def payload(self) -> BlockKit:
        """The part of chat.postMessage and chat.update that is the message."""
        return {"text": self.text, "blocks": list(self.blocks)}


def ladder(message: Message, ids: str = "") -> tuple[Rung, ...]:
    """From the richest to text alone. `ids`: what the blocks' own ids begin with (see `slack.render`)."""
    plainer = (_sections(message, ids), _text(message))
    richest = slack.render(message, ids=ids)
    if not has_chart(richest["blocks"]):
        return (_rung("", richest), *plainer)
    without = slack.render(message, charts=False, ids=ids)
    return (_rung("", richest, charts=True), _rung("without native charts", without), *plainer)


def has_chart(blocks: list[BlockKit]) -> bool:
    """Whether a native chart is among the blocks."""
    return any(block.get("type") == "data_visualization" for block in blocks)


def charts(message: Message) -> tuple[Trend, ...]:
    """The trends that a native chart, or a picture in its place, shows."""
    found = (block for block in message.blocks if isinstance(block, Trend) and slack_chart.drawable(block))
    return tuple(found)[: slack.CHARTS]


def _rung(left_out: str, payload: BlockKit, *, charts: bool = False) -> Rung:
    return Rung(left_out, payload["text"], tuple(payload["blocks"]), charts)


def _sections(message: Message, ids: str) -> Rung:
    """Sections of plain text, the headline in the first, and the buttons."""
    parts: list[str] = []
    for line in _within(_lines(message), SECTIONS):
        new = line.startswith(PART) and len(parts) < _PARTS
        if parts and not new and len(parts[-1]) + len(line) < _SECTION:
            parts[-1] += "\n" + line
        else:
            parts.append(line.removeprefix(PART))
    blocks: list[BlockKit] = [
        {"type": "section", "text": {"type": "plain_text", "text": part, "emoji": False}} for part in parts
    ]
    buttons = slack.buttons(message)
    return Rung("as plain sections", _headline(message), tuple(slack.numbered([*blocks, *buttons], ids)))


def _text(message: Message) -> Rung:
    lines = [slack.escaped(line) for line in _lines(message)]
    commands = [f"{COMMAND} {act}" for act in _acts(message) if act in _WITHOUT_BUTTON]
    if commands:
        lines.insert(1, f"To act: {', '.join(commands)}")
    return Rung("as text, without its buttons" if _acts(message) else "as text", "\n".join(_within(lines, TEXT)), ())


def _acts(message: Message) -> list[str]:
    found = (button.action for block in message.blocks if isinstance(block, Actions) for button in block.buttons)
    return list(dict.fromkeys(found))


def _headline(message: Message) -> str:
    return slack.escaped(shorten(visible(message.headline).strip() or message.kind, _LINE))


def _within(lines: list[str], limit: int) -> Iterator[str]:
    """As many lines as fit; the others are counted."""
    spent = 0
    for at, line in enumerate(lines):
        spent += len(line) + 1
        if spent > limit - 20:
            yield counted(len(lines) - at, "more line")
            return
        yield line


def _lines(message: Message) -> list[str]:
    """The whole message as lines of plain text, the headline first."""
    said = [shorten(visible(message.headline).strip() or message.kind, _LINE)]
    return said + [line for block in message.blocks for line in _said(block) if line.strip()]


def _said(block: Block) -> Iterator[str]:
    match block:
        case Heading():
            yield PART + _shown((), block.text)
        case Paragraph():
            yield _shown(block.line)
        case Lines():
            yield from (("• " if block.bullets else "") + _shown(item) for item in block.items)
        case Table():
            yield from _rows(shaped(block, Room.PHONE))
        case Trend():
            yield _shown((), f"{block.title}  {plain(sparkline.draw(block.spark))}  {block.summary}")
        case Footer():
            yield from ((PART if at == 0 else "") + _shown(item) for at, item in enumerate(block.items))
        case Actions() | Divider():
            return


def _rows(table: Table) -> Iterator[str]:
    """Each row as a sentence: its first cell, and the others after it."""
    for at, row in enumerate(table.rows):
        cells = [visible(plain(sparkline.draw(cell.spark) if cell.spark else cell.line)).strip() for cell in row.cells]
        rest = ", ".join(text for text in cells[1:] if text not in ("", NONE))
        begins = PART if row.group or at == 0 else ""
        yield begins + shorten(f"{cells[0]}: {rest}" if rest else cells[0], _LINE)


def _shown(line: Line, text: str = "") -> str:
    return shorten(visible(plain(line) or text), _LINE)
