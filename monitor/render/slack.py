"""A message as Slack's Block Kit, in plain dictionaries within Slack's limits. Nothing in it is parsed as markup."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from monitor.core.counted import counted
from monitor.core.messages import (
    Actions,
    Block,
    Button,
    Cell,
    Divider,
    Footer,
    Heading,
    Line,
    Lines,
    Message,
    Paragraph,
    Room,
    Row,
    Span,
    Style,
    Table,
    Tone,
    Trend,
    plain,
)
from monitor.render import slack_chart, sparkline
from monitor.render.grid import grid
from monitor.render.marks import NONE
from monitor.render.plain import shorten, visible
from monitor.render.shape import shaped
from monitor.render.slack_chart import BLANK, BlockKit, size

BLOCKS = 50
CHARACTERS = 9000
"""In all blocks of a message; Slack refuses somewhere above 11,000."""
RESERVED = 400
"""Kept for the words that say what was left out."""
HEADER = 150
SECTION = 3000
LINE = 600
CELL = 80
ROWS = 100
BUTTONS = 25
URL = 3000
CHARTS = 2
PHONE = 44
"""Characters in a row of fixed width that a phone shows without folding."""


def render(message: Message, *, charts: bool = True, ids: str = "") -> BlockKit:
    """`text` and `blocks` for chat.postMessage, unfurling off. Long parts end in `N more`; none is cut silently.

    `charts`: with native charts, which not every workspace takes. `ids`: what the blocks' own ids begin with; a message
    that is changed needs new ones.
    """
    headline = shorten(visible(message.headline).strip() or message.kind, LINE)
    header = {"type": "header", "text": _words(shorten(headline, HEADER))}
    page = _Page([header], CHARTS if charts else 0, _widest(message))
    page.left -= size(page.blocks) + sum(size(_draw(b, 0)) for b in message.blocks if isinstance(b, Actions))
    for block in message.blocks:
        page.take(block)
    if page.dropped:
        dropped = counted(page.dropped, "more part does", "more parts do")
        shows = "it" if page.dropped == 1 else "them"
        page.blocks.append(_context([f"{dropped} not fit here; the command line shows {shows}."]))
    blocks = numbered(page.blocks, ids)
    return {"text": escaped(headline), "blocks": blocks, "unfurl_links": False, "unfurl_media": False}


@dataclass
class _Page:
    """The blocks so far, and what there is still room for."""

    blocks: list[BlockKit]
    charts: int
    native: Table | None
    """The table that is a native one: Slack takes one, and a phone scrolls it sideways."""
    left: int = CHARACTERS - RESERVED
    dropped: int = 0

    def take(self, block: Block) -> None:
        """Add one part, or count it where it does not fit."""
        if isinstance(block, Trend) and self.charts and self._add(slack_chart.draw(block, self.left)):
            self.charts -= 1
        elif isinstance(block, Table) and block.rows and block is not self.native:
            self.dropped += not self._add([_fixed(block, self.left)])
        elif isinstance(block, Actions):
            self.dropped += not self._add(_actions(block), free=True)
        else:
            self.dropped += not self._add(_draw(block, self.left))

    def _add(self, drawn: list[BlockKit] | None, *, free: bool = False) -> bool:
        """`free`: its characters were reserved before."""
        if drawn is None or len(self.blocks) + len(drawn) > BLOCKS - 1:
            return False
        cost = 0 if free else size(drawn)
        if cost > self.left:
            return False
        self.blocks += drawn
        self.left -= cost
        return True


def _widest(message: Message) -> Table | None:
    """The table that would suffer most from being squeezed; of equals the first."""
    tables = [block for block in message.blocks if isinstance(block, Table) and block.rows]
    return max(tables, key=lambda table: len(shaped(table, Room.PHONE).columns), default=None)


def buttons(message: Message) -> list[BlockKit]:
    """The rows of buttons of a message."""
    return [row for block in message.blocks if isinstance(block, Actions) for row in _actions(block)]


def escaped(text: str) -> str:
    """Text for a place that Slack reads as mrkdwn: nothing in it mentions, links or notifies."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _draw(block: Block, left: int) -> list[BlockKit]:
    match block:
        case Heading():
            return [_rich([{"type": "rich_text_section", "elements": [_element(Span(block.text, Tone.STRONG))]}])]
        case Paragraph():
            return [_rich([_section(block.line, min(SECTION, max(left, 1)))])]
        case Lines():
            return _lines(block, left)
        case Table():
            return _panel(shaped(block, Room.PHONE), left)
        case Trend():
            return [_trend(block)]
        case Actions():
            return _actions(block)
        case Divider():
            return [{"type": "divider"}]
        case Footer():
            return [_context(_small_print(block, left))] if block.items else []


def _words(text: str) -> BlockKit:
    return {"type": "plain_text", "text": text or BLANK, "emoji": False}


def _rich(elements: list[BlockKit]) -> BlockKit:
    return {"type": "rich_text", "elements": elements}


def _element(piece: Span) -> BlockKit:
    """One span. Text in a rich text block is taken literally: it cannot mention, link or format."""
    element: BlockKit = {"type": "text", "text": visible(piece.text) or BLANK}
    style = {"bold": piece.tone in (Tone.STRONG, Tone.BAD), "code": piece.code}
    chosen = {name: True for name, wanted in style.items() if wanted}
    return element | ({"style": chosen} if chosen else {})


def _section(line: Line, limit: int) -> BlockKit:
    return {
        "type": "rich_text_section",
        "elements": [_element(piece) for piece in _shortened(line, limit)] or [_element(Span(BLANK))],
    }


def _shortened(line: Line, limit: int) -> Iterator[Span]:
    """The line in at most `limit` characters, with an ellipsis where it was longer."""
    for piece in line:
        text = shorten(visible(piece.text), limit) if limit > 0 else ""
        if text:
            yield Span(text, piece.tone, piece.code)
        limit -= len(visible(piece.text))
        if limit <= 0:
            return


def _lines(block: Lines, left: int) -> list[BlockKit]:
    """A list; further items that do not fit are counted."""
    if not block.items:
        return []
    shown: list[BlockKit] = []
    for item in block.items:
        drawn = _section(item, LINE)
        if size(shown) + size(drawn) > left:
            break
        shown.append(drawn)
    if len(shown) < len(block.items):
        shown.append(_section((Span(f"{len(block.items) - len(shown)} more", Tone.DIM),), LINE))
    if block.bullets:
        return [_rich([{"type": "rich_text_list", "style": "bullet", "elements": shown}])]
    return [_rich(shown)]


def _panel(table: Table, left: int) -> list[BlockKit]:
    """The table, and each group of rows below it as a sentence: a phone then shows the panel without scrolling."""
    if not table.rows:
        return []
    starts = [at for at, row in enumerate(table.rows) if row.group and at]
    if not starts:
        return [_table(table, left)]
    bounds = zip(starts, [*starts[1:], len(table.rows)], strict=True)
    groups = [_section(_run_in(table.rows[first:last]), SECTION) for first, last in bounds]
    return [_table(Table(table.title, table.columns, table.rows[: starts[0]]), left - size(groups)), _rich(groups)]


def _run_in(rows: tuple[Row, ...]) -> Line:
    """A group of rows as a sentence: its name, and each row's cells one after the other."""
    said = (
        BLANK.join(text for cell in row.cells if (text := _shown(cell).strip()) not in ("", NONE)) for row in rows[1:]
    )
    return (*rows[0].cells[0].line, Span(": " + "; ".join(said)))


def _table(table: Table, left: int) -> BlockKit:
    """The one native table of a message, with as many rows as fit."""
    head = [_raw(column.title) for column in table.columns]
    rows = [head]
    spent = size(head)
    for row in table.rows[: ROWS - 2]:
        cells = [_raw(_shown(cell)) for cell in row.cells]
        if spent + size(cells) > left:
            break
        rows.append(cells)
        spent += size(cells)
    hidden = len(table.rows) - len(rows) + 1
    if hidden:
        rows.append([_raw(f"{hidden} more"), *(_raw("") for _ in head[1:])])
    settings = [
        {"align": column.align.value, "is_wrapped": at == 0 or column is table.columns[-1]}
        for at, column in enumerate(table.columns)
    ]
    return {"type": "table", "column_settings": settings, "rows": rows}


def _shown(cell: Cell) -> str:
    return plain(sparkline.draw(cell.spark) if cell.spark else cell.line)


def _raw(text: str) -> BlockKit:
    return {"type": "raw_text", "text": shorten(visible(text).strip(), CELL) or BLANK}


def _fixed(table: Table, left: int) -> BlockKit:
    """A further table, which Slack refuses as a native one: characters of fixed width, as wide as a phone."""
    lines = [plain(line).rstrip() for line in grid(table, PHONE, room=Room.PHONE)]
    shown: list[str] = []
    for line in lines:
        if sum(len(each) + 1 for each in shown) + len(line) > min(left, SECTION) - 20:
            break
        shown.append(line)
    if len(shown) < len(lines):
        shown.append(f"{len(lines) - len(shown)} more")
    element = {"type": "text", "text": "\n".join(shown)}
    return _rich([{"type": "rich_text_preformatted", "elements": [element]}])


def _trend(trend: Trend) -> BlockKit:
    drawn = plain(sparkline.draw(trend.spark))
    spans = (Span(f"{trend.title}  "), Span(drawn), Span(f"  {trend.summary}"))
    return _rich([_section(spans, SECTION)])


def _small_print(footer: Footer, left: int) -> list[str]:
    """At most ten lines, further ones counted."""
    lines = [shorten(visible(plain(item)), LINE) or BLANK for item in footer.items]
    shown: list[str] = []
    for line in lines[:9]:
        if sum(len(escaped(each)) for each in shown) + len(escaped(line)) > left:
            break
        shown.append(line)
    return shown if len(shown) == len(lines) else [*shown, f"{len(lines) - len(shown)} more"]


def _context(lines: list[str]) -> BlockKit:
    elements = [{"type": "mrkdwn", "text": escaped(line), "verbatim": True} for line in lines]
    return {"type": "context", "elements": elements}


def _actions(block: Actions) -> list[BlockKit]:
    """The buttons, as many to a row of them as Slack takes."""
    rows = (block.buttons[at : at + BUTTONS] for at in range(0, len(block.buttons), BUTTONS))
    return [{"type": "actions", "elements": [_button(button) for button in row]} for row in rows]


def _button(button: Button) -> BlockKit:
    drawn: BlockKit = {
        "type": "button",
        "text": _words(shorten(visible(button.label), 75)),
        "action_id": button.action,
        "accessibility_label": shorten(visible(button.label), 75) or BLANK,
    }
    if button.value:
        drawn["value"] = button.value
    if 0 < len(button.url) <= URL:
        drawn["url"] = button.url
    if button.style is not Style.PLAIN:
        drawn["style"] = button.style.value
    if button.confirm:
        asked = button.confirm
        drawn["confirm"] = {
            "title": _words(shorten(visible(asked.title), 100)),
            "text": _words(shorten(visible(asked.text), 300)),
            "confirm": _words(shorten(visible(asked.yes), 30)),
            "deny": _words(shorten(visible(asked.no), 30)),
        }
    return drawn


def numbered(blocks: list[BlockKit], ids: str) -> list[BlockKit]:
    """Action ids made unique (`ack`, `ack.2`), and the blocks' own where they have any."""
    seen: dict[str, int] = {}
    for at, block in enumerate(blocks):
        if ids:
            block["block_id"] = f"{ids}-{at}"
        for element in block["elements"] if block["type"] == "actions" else ():
            name = element["action_id"]
            seen[name] = seen.get(name, 0) + 1
            if seen[name] > 1:
                element["action_id"] = f"{name}.{seen[name]}"
    return blocks
