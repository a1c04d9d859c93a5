"""Slack's blocks read into the models of slackblocks, written by others, which refuse what Slack refuses."""

from __future__ import annotations

from typing import Any

from slackblocks import (
    ActionsBlock,
    AxisConfig,
    Block,
    Button,
    ColumnSettings,
    Confirm,
    ContextBlock,
    DataPoint,
    DataSeries,
    DataVisualizationBlock,
    DividerBlock,
    HeaderBlock,
    InvalidUsageError,
    LineChart,
    Message,
    RawText,
    RichText,
    RichTextBlock,
    RichTextCodeBlock,
    RichTextList,
    RichTextSection,
    SectionBlock,
    TableBlock,
    Text,
    TextType,
)

Held = dict[str, Any]
GENERATED = "an id of the model's own"


def refusals(message: Held) -> list[str]:
    """What the models refuse about a message, or lose of it because they know no such field."""
    try:
        blocks = [_block(block) for block in message["blocks"]]
        drawn = Message("C0123", message["text"], blocks).to_dict()["blocks"]
    except (InvalidUsageError, ValueError, TypeError, KeyError) as error:
        return [f"{type(error).__name__}: {error}"]
    for block in drawn:
        if block["block_id"] == GENERATED:
            del block["block_id"]
    lost = [given for given, kept in zip(message["blocks"], drawn, strict=True) if _bare(given) != _bare(kept)]
    return [f"another {block['type']} came back: {block}" for block in lost]


def _bare(part: object) -> object:
    """Without what stands for itself by default: a field that is false, zero or not there is the same."""
    if isinstance(part, dict):
        return {name: _bare(value) for name, value in part.items() if value is not None and value not in (0, "")}
    return [_bare(item) for item in part] if isinstance(part, list) else part


def _block(block: Held) -> Block:
    own = {"block_id": block.get("block_id", GENERATED)}
    match block["type"]:
        case "header":
            return HeaderBlock(_text(block["text"]), **own)
        case "section":
            return SectionBlock(_text(block["text"]), **own)
        case "divider":
            return DividerBlock(**own)
        case "context":
            return ContextBlock([_text(element) for element in block["elements"]], **own)
        case "actions":
            return ActionsBlock([_button(element) for element in block["elements"]], **own)
        case "rich_text":
            return RichTextBlock([_rich(element) for element in block["elements"]], **own)
        case "table":
            rows: Any = [[RawText(cell["text"]) for cell in row if cell["type"] == "raw_text"] for row in block["rows"]]
            return TableBlock(rows, [ColumnSettings(**each) for each in block["column_settings"]], **own)
        case "data_visualization":
            return DataVisualizationBlock(block["title"], _chart(block["chart"]), **own)
        case other:
            raise ValueError(f"no block that we send: {other}")


def _text(held: Held) -> Text:
    kind = TextType(held["type"])
    return Text(held["text"], kind, held.get("emoji", False), held.get("verbatim", False))


def _button(held: Held) -> Button:
    known = {name: value for name, value in held.items() if name not in ("type", "text", "confirm")}
    asked = held.get("confirm")
    confirm = Confirm(**{name: _text(text) for name, text in asked.items()}) if asked else None
    return Button(_text(held["text"]), confirm=confirm, **known)


def _rich(held: Held) -> RichTextSection | RichTextList | RichTextCodeBlock:
    match held["type"]:
        case "rich_text_section":
            return RichTextSection([_piece(piece) for piece in held["elements"]])
        case "rich_text_list":
            sections = [RichTextSection([_piece(piece) for piece in each["elements"]]) for each in held["elements"]]
            return RichTextList(held["style"], sections)
        case "rich_text_preformatted":
            return RichTextCodeBlock([_piece(piece) for piece in held["elements"]])
        case other:
            raise ValueError(f"no rich text that we send: {other}")


def _piece(held: Held) -> RichText:
    if held["type"] != "text":
        raise ValueError(f"no rich text that we send: {held['type']}")
    return RichText(held["text"], **held.get("style", {}))


def _chart(held: Held) -> LineChart:
    series = [DataSeries(each["name"], [DataPoint(**point) for point in each["data"]]) for each in held["series"]]
    return LineChart(series, AxisConfig(**held["axis_config"]))
