"""A message as a page of its own, which is also a mail body: tables, inline styles, nothing fetched, no script."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from markupsafe import Markup, escape

from monitor.core.messages import (
    Actions,
    Align,
    Block,
    Cell,
    Column,
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
    Spark,
    Table,
    Tone,
    Trend,
    plain,
)
from monitor.render import chart, sparkline
from monitor.render.plain import visible
from monitor.render.shape import shaped
from monitor.render.words import Words

INK = {
    Tone.PLAIN: "",
    Tone.STRONG: "font-weight:600;",
    Tone.DIM: "color:#667085;",
    Tone.GOOD: "color:#1a6b3c;",
    Tone.WARN: "color:#8a5300;",
    Tone.BAD: "color:#b42318;",
}
"""Each at least 4.5 to 1 on white."""
ACCENT = {Tone.GOOD: "#1a6b3c", Tone.WARN: "#d18b00", Tone.BAD: "#b42318"}
CALM = "#475467"
RULE = "border-bottom:1px solid #eaecf0;"
SHORT = 18
"""Characters that a cell keeps on one line."""
WIDTH = 536
"""Pixels of a page that its text and pictures take."""
NO_PICTURES: Mapping[Trend, str] = MappingProxyType({})
MONO = "font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,monospace;"


def render(message: Message, words: Words, pictures: Mapping[Trend, str] = NO_PICTURES) -> str:
    """The whole page. Everything that a message says is escaped.

    `pictures`: where the chart of a trend is (`cid:...`, `data:...`); a trend without one is a sparkline.
    """
    heading = Markup('<h1 style="margin:0 0 4px;font-size:20px;line-height:1.3;{}">{}</h1>').format(
        _accent(message), _text(message.headline)
    )
    body = heading + Markup("").join(_draw(block, pictures) for block in message.blocks)
    return words.page(message.kind, headline=_text(message.headline), accent=ACCENT.get(message.tone, CALM), body=body)


def _accent(message: Message) -> str:
    return INK[Tone.BAD] if message.tone is Tone.BAD else "color:#101828;"


def _text(text: str) -> str:
    return visible(text)


def _draw(block: Block, pictures: Mapping[Trend, str]) -> Markup:
    match block:
        case Heading():
            return Markup('<h2 style="margin:24px 0 6px;font-size:15px;color:#101828;">{}</h2>').format(
                _text(block.text)
            )
        case Paragraph():
            return Markup('<p style="margin:0 0 10px;overflow-wrap:anywhere;">{}</p>').format(_line(block.line))
        case Lines():
            return _lines(block)
        case Table():
            return _table(shaped(block, Room.PAGE))
        case Trend():
            return _picture(block, pictures[block]) if block in pictures else _trend(block)
        case Footer():
            return _footer(block)
        case Divider():
            return Markup('<div style="margin:22px 0 12px;border-top:1px solid #eaecf0;font-size:0;">&nbsp;</div>')
        case Actions():
            return Markup("")


def _line(line: Line) -> Markup:
    return Markup("").join(_span(piece) for piece in line)


def _span(piece: Span) -> Markup:
    style = INK[piece.tone] + (MONO + "font-size:13px;" if piece.code else "")
    text = escape(_text(piece.text))
    return Markup('<span style="{}">{}</span>').format(style, text) if style else text


def _lines(block: Lines) -> Markup:
    """A list by a table, since mail programs disagree about the indents of lists."""
    mark = (
        Markup('<td width="14" valign="top" style="color:#98a2b3;padding:2px 0;">&bull;</td>')
        if block.bullets
        else Markup("")
    )
    rows = Markup("").join(
        Markup(
            '<tr>{}<td valign="top" style="padding:2px 0;overflow-wrap:anywhere;word-break:break-word;">{}</td></tr>'
        ).format(mark, _line(item))
        for item in block.items
    )
    return Markup(
        '<table role="presentation" width="100%" cellpadding="0" cellspacing="0" border="0" '
        'style="margin:4px 0 8px;">{}</table>'
    ).format(rows)


def _table(table: Table) -> Markup:
    title = (
        Markup('<h3 style="margin:14px 0 4px;font-size:14px;">{}</h3>').format(_text(table.title))
        if table.title
        else ""
    )
    heads = Markup("").join(_head(column) for column in table.columns)
    rows = Markup("").join(_row(row, table.columns) for row in table.rows)
    return Markup(
        '{}<table width="100%" cellpadding="0" cellspacing="0" border="0" style="margin:10px 0 12px;font-size:14px;'
        'border-collapse:collapse;"><thead><tr>{}</tr></thead><tbody>{}</tbody></table>'
    ).format(title, heads, rows)


def _head(column: Column) -> Markup:
    return Markup(
        '<th scope="col" align="{}"{} style="padding:4px 8px 4px 0;font-size:12px;font-weight:600;{}{}">{}</th>'
    ).format(column.align.value, _detail(column), INK[Tone.DIM], RULE, _text(column.title))


def _detail(column: Column) -> Markup:
    return Markup(' class="detail"') if column.room > Room.PHONE else Markup("")


def _row(row: Row, columns: tuple[Column, ...]) -> Markup:
    if row.group:
        return Markup('<tr><td colspan="{}" style="padding:14px 0 4px;font-size:12px;{}{}">{}</td></tr>').format(
            len(columns), INK[Tone.DIM], RULE, _line(row.cells[0].line)
        )
    cells = Markup("").join(
        _cell(cell, column, last=column is columns[-1]) for cell, column in zip(row.cells, columns, strict=True)
    )
    return Markup("<tr>{}</tr>").format(cells)


def _cell(cell: Cell, column: Column, *, last: bool) -> Markup:
    """A short cell stays on one line; in the last column it may break at its spaces, so that the page stays narrow."""
    short = column.align is Align.RIGHT or len(plain(cell.line)) <= SHORT
    one_line = "" if last and column.align is Align.LEFT else "white-space:nowrap;font-variant-numeric:tabular-nums;"
    flow = one_line if short else "overflow-wrap:anywhere;"
    return Markup('<td align="{}" valign="top"{} style="padding:6px 8px 6px 0;{}{}">{}</td>').format(
        column.align.value, _detail(column), RULE, flow, _spark(cell.spark) if cell.spark else _line(cell.line)
    )


def _spark(spark: Spark) -> Markup:
    return Markup('<span style="white-space:nowrap;letter-spacing:1px;{}" title="{}" aria-label="{}">{}</span>').format(
        MONO, _text(spark.label), _text(spark.label), _line(sparkline.draw(spark))
    )


def _trend(trend: Trend) -> Markup:
    return Markup(
        '<p style="margin:8px 0 0;">{}</p><p style="margin:0;">{}</p><p style="margin:0 0 8px;font-size:13px;{}">{}</p>'
    ).format(_text(trend.title), _spark(trend.spark), INK[Tone.DIM], _text(trend.summary))


def _picture(trend: Trend, source: str) -> Markup:
    """The chart at half its pixels; `width` is for Outlook, the style for phones."""
    return Markup(
        '<img src="{}" alt="{}" width="{}" height="{}" style="display:block;width:100%;max-width:{}px;height:auto;'
        'margin:10px 0 12px;border:0;">'
    ).format(source, chart.alt(trend), WIDTH, round(WIDTH * chart.HEIGHT / chart.WIDTH), WIDTH)


def _footer(footer: Footer) -> Markup:
    lines = Markup("<br>").join(_line(item) for item in footer.items)
    return Markup(
        '<div style="font-size:12px;line-height:1.6;overflow-wrap:anywhere;word-break:break-word;{}">{}</div>'
    ).format(INK[Tone.DIM], lines)
