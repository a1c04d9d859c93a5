"""The table of keys in docs/configuration.md, as the schema has it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from monitor.config import schema
from monitor.config.words import accepted


def rows() -> list[str]:
    """One line of Markdown a key."""
    return [
        f"| `{key}` | {_default(node, required)} | {_accepts(node)} | {node['description']} |"
        for key, node, required in _leaves(schema(), "")
    ]


def _leaves(node: dict[str, Any], above: str) -> Iterator[tuple[str, dict[str, Any], bool]]:
    needed = node.get("required", node.get("else", {}).get("required", ()))
    for key, below in node.get("properties", {}).items():
        if not below.get("properties") or isinstance(below["type"], list):
            yield above + key, {"description": node.get("description"), **below}, key in needed
        yield from _leaves(below, f"{above}{key}.")
        for each, mark in (("additionalProperties", ".*."), ("items", "[].")):
            if isinstance(below.get(each), dict):
                yield from _leaves(below[each], above + key + mark)


def _default(node: dict[str, Any], required: bool) -> str:
    default = node.get("default")
    if default in (None, {}, []):
        return "needed" if required else ""
    if isinstance(default, dict):
        return "`{" + ", ".join(f"{key}: {_plain(value)}" for key, value in default.items()) + "}`"
    return f"`{_plain(default)}`"


def _plain(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value).replace('"', "")


def _accepts(node: dict[str, Any]) -> str:
    if "pattern" in node.get("propertyNames", {}) or isinstance(node.get("type"), list):
        return accepted(node)
    if isinstance(below := node.get("additionalProperties"), dict) and not below.get("properties"):
        names = "by segment" if "propertyNames" in node else "by name"
        return f"{names}: {accepted(below)}"
    if isinstance(below := node.get("items"), dict) and not below.get("properties"):
        return f"a list of {accepted(below).removeprefix('a ')}"
    if "anyOf" in node:
        return " or ".join(json.dumps(one["const"]) if "const" in one else accepted(one) for one in node["anyOf"])
    return accepted(node)
