"""Slack's limits and ours, checked on a finished message by code that knows nothing of the renderer."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from math import isfinite
from typing import Any

KNOWN = {"header", "section", "rich_text", "table", "context", "divider", "actions", "data_visualization"}
CHARACTERS = 9000
"""In all blocks of a message; Slack refuses somewhere above 11,000."""


def broken(message: dict[str, Any]) -> list[str]:
    """Every rule that the message breaks, one sentence each."""
    return list(_rules(message))


def broken_blocks(blocks: list[dict[str, Any]]) -> list[str]:
    """Every rule that the blocks break, one sentence each."""
    return list(_blocks(blocks))


def characters(blocks: list[dict[str, Any]]) -> int:
    """How many characters of text the blocks hold."""
    return sum(len(text) for block in blocks for text in texts(block))


def texts(part: object, key: str = "") -> Iterator[str]:
    """Every text that a reader may see."""
    match part:
        case str() if key == "text":
            yield part
        case dict():
            for name, value in part.items():
                yield from texts(value, name)
        case list():
            for item in part:
                yield from texts(item, key)
        case _:
            return


def _rules(message: dict[str, Any]) -> Iterator[str]:
    if not message["text"].strip():
        yield "no text"
    if message["unfurl_links"] or message["unfurl_media"]:
        yield "links unfurl"
    yield from _blocks(message["blocks"])


def _blocks(blocks: list[dict[str, Any]]) -> Iterator[str]:
    if not 1 <= len(blocks) <= 50:
        yield f"{len(blocks)} blocks"
    if (total := characters(blocks)) > CHARACTERS:
        yield f"{total} characters in all blocks"
    if sum(block["type"] == "table" for block in blocks) > 1:
        yield "two tables"
    if sum(block["type"] == "data_visualization" for block in blocks) > 2:
        yield "three charts"
    for name in ("action_id", "block_id"):
        twice = [value for value, times in Counter(_values(blocks, name)).items() if times > 1]
        if twice:
            yield f"{name} {twice} is there twice"
    for block in blocks:
        yield from _block(block)


def _values(part: object, name: str) -> Iterator[str]:
    if isinstance(part, dict):
        for key, value in part.items():
            if key == name:
                yield value
            else:
                yield from _values(value, name)
    elif isinstance(part, list):
        for item in part:
            yield from _values(item, name)


def _block(block: dict[str, Any]) -> Iterator[str]:
    kind = block["type"]
    if kind not in KNOWN:
        yield f"unknown block {kind}"
    if any(not text for text in texts(block)):
        yield f"an empty text in {kind}"
    if kind == "header" and (block["text"]["type"] != "plain_text" or len(block["text"]["text"]) > 150):
        yield "a header that is too long or no plain text"
    if kind == "section":
        yield from _section(block)
    if kind == "context":
        yield from _context(block["elements"])
    if kind == "actions":
        yield from _actions(block["elements"])
    if kind == "data_visualization":
        yield from _chart(block)
    if kind == "table":
        yield from _table(block)
    if kind == "rich_text":
        yield from _rich(block["elements"])


def _section(block: dict[str, Any]) -> Iterator[str]:
    fields = block.get("fields", [])
    held = [*([block["text"]] if "text" in block else []), *fields]
    if not held or len(fields) > 10 or any(len(field["text"]) > 2000 for field in fields):
        yield "a section without text, with too many fields or with a long one"
    if any(len(text["text"]) > 3000 for text in held):
        yield "a section over 3,000"
    yield from _parsed(held)


def _context(elements: list[dict[str, Any]]) -> Iterator[str]:
    if not 1 <= len(elements) <= 10:
        yield f"{len(elements)} context elements"
    yield from _parsed(elements)


def _parsed(texts: list[dict[str, Any]]) -> Iterator[str]:
    for text in texts:
        if text["type"] == "mrkdwn" and (not text.get("verbatim") or "<" in text["text"]):
            yield "mrkdwn that is parsed"


def _actions(elements: list[dict[str, Any]]) -> Iterator[str]:
    if not 1 <= len(elements) <= 25:
        yield f"{len(elements)} buttons"
    for element in elements:
        if len(element["text"]["text"]) > 75 or len(element.get("value", "")) > 2000:
            yield "a button that is too long"
        if not element["text"]["text"] or len(element["action_id"]) > 255:
            yield "a button without words or with a long id"
        if not 0 < len(element.get("url", "https://")) <= 3000:
            yield "a button that leads nowhere"
        if element.get("style") not in (None, "primary", "danger"):
            yield "a button of an unknown style"
        confirm = element.get("confirm")
        if confirm and (len(confirm["title"]["text"]) > 100 or len(confirm["text"]["text"]) > 300):
            yield "a question that is too long"


def _chart(block: dict[str, Any]) -> Iterator[str]:
    chart, axis = block["chart"], block["chart"]["axis_config"]
    categories = axis["categories"]
    names = [series["name"] for series in chart["series"]]
    if not block["title"].strip() or len(block["title"]) > 50 or chart["type"] != "line":
        yield "a chart without a title, with a long one, or of another type"
    if not 1 <= len(categories) <= 20 or len(set(categories)) < len(categories):
        yield f"a chart of {len(categories)} categories, some twice or too many"
    if not 1 <= len(names) <= 6 or len(set(names)) < len(names):
        yield f"a chart of the series {names}"
    if any(not text.strip() or len(text) > 20 for text in (*categories, *names)):
        yield "a label of a chart that is empty or too long"
    if any(not text or len(text) > 50 for key, text in axis.items() if key != "categories"):
        yield "an axis of a chart with an empty or long name"
    for series in chart["series"]:
        if [point["label"] for point in series["data"]] != categories:
            yield f"the series {series['name']} has not one value for each category"
        if not all(isinstance(point["value"], int | float) and isfinite(point["value"]) for point in series["data"]):
            yield f"the series {series['name']} has a value that is no number"


def _table(block: dict[str, Any]) -> Iterator[str]:
    rows = block["rows"]
    wide = {len(row) for row in rows}
    if len(rows) > 100 or len(rows) < 2 or len(wide) != 1 or max(wide) > 20:
        yield f"a table of {len(rows)} rows and {wide} columns"
    if len(block.get("column_settings", [])) > max(wide):
        yield "more column settings than columns"
    if any(cell["type"] != "raw_text" for row in rows for cell in row):
        yield "a cell that is parsed"


def _rich(elements: list[dict[str, Any]]) -> Iterator[str]:
    if not elements:
        yield "an empty rich text block"
    for element in elements:
        if element["type"] not in ("rich_text_section", "rich_text_list", "rich_text_preformatted"):
            yield f"unknown rich text {element['type']}"
        inner = element["elements"]
        if not inner:
            yield "an empty rich text element"
        if element["type"] == "rich_text_list":
            yield from _rich(inner)
        elif any(piece["type"] != "text" for piece in inner):
            yield "rich text that mentions or links"
