"""The JSON schema of config.yaml, whole and without references, so that editors and people can read it."""

from __future__ import annotations

from datetime import time
from decimal import Decimal
from functools import cache
from typing import Any

from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue
from pydantic_core import core_schema

from monitor.config.configuration import dumped
from monitor.config.contradictions import MOST_DAYS
from monitor.config.model import adapter, validated
from monitor.core.tables import SEGMENTS

_LEAST = {
    "company": "Acme",
    "source": {"type": "demo"},
    "slack": {"digest_channel": "C0123456789", "alert_channel": "C0123456789"},
    "email": {"host": "smtp.acme.example", "from": "monitor@acme.example"},
}
"""What must be given of every section that has defaults."""
_COMPANIES = {
    "description": "Many companies in one file, each with a log of its own (docs/many-companies.md): a list whose"
    " entries stand over the rest of the file, or the column by which the rows of one source are told apart.",
    "type": ["array", "object"],
    "minItems": 1,
    "items": {
        "type": "object",
        "properties": {
            "company": {
                "type": "string",
                "minLength": 1,
                "description": "The company's name; any other key may follow.",
            }
        },
        "required": ["company"],
    },
    "properties": {
        "column": {
            "type": "string",
            "minLength": 1,
            "description": "The column that names the company of each row, in the source's tables.",
        }
    },
    "required": ["column"],
}
_BOUNDS = {"ge": "minimum", "gt": "exclusiveMinimum", "le": "maximum", "lt": "exclusiveMaximum"}


class _Plain(GenerateJsonSchema):
    """As people write YAML: a number is a number, and an absent key is absent, not null."""

    def decimal_schema(self, schema: core_schema.DecimalSchema) -> JsonSchemaValue:
        bounds = {name: float(str(schema[key])) for key, name in _BOUNDS.items() if key in schema}  # type: ignore[literal-required]
        return {"type": "number", **{name: int(at) if at.is_integer() else at for name, at in bounds.items()}}

    def nullable_schema(self, schema: core_schema.NullableSchema) -> JsonSchemaValue:
        return self.generate_inner(schema["schema"])

    def default_schema(self, schema: core_schema.WithDefaultSchema) -> JsonSchemaValue:
        return self.generate_inner(schema["schema"])


@cache
def document_schema(*, with_help: bool) -> dict[str, Any]:
    """The schema as a JSON-able dictionary; `with_help` with the meaning of each key."""
    made = adapter(with_help=with_help).json_schema(schema_generator=_Plain)
    document: dict[str, Any] = _inlined(made["prefixItems"][0], made["$defs"])
    for indicator in document["properties"]["indicators"]["properties"].values():
        for setting in indicator["properties"].values():
            _bound(setting)
    _fill(document, dumped(validated(_LEAST)))
    one = {"required": document.pop("required")}
    document["properties"]["companies"] = _COMPANIES
    document |= {"if": {"required": ["companies"]}, "then": {}, "else": one}
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "SMB Monitor", **document}


def _bound(setting: dict[str, Any]) -> None:
    """What `contradictions` asks of an indicator's settings: maps are by segment, whole numbers have bounds."""
    if setting.get("type") == "integer":
        setting.update(minimum=0, maximum=MOST_DAYS)
    if isinstance(numbers := setting.get("additionalProperties"), dict):
        setting["propertyNames"] = {"enum": list(SEGMENTS)}
        if numbers.get("type") == "integer":
            numbers.update(minimum=1, maximum=MOST_DAYS)


def _fill(node: dict[str, Any], defaults: dict[str, Any]) -> None:
    """Notes the default of every key that has one."""
    for key, below in node["properties"].items():
        if key in defaults and "properties" in below:
            _fill(below, defaults[key])
        elif key in defaults and key not in node.get("required", ()):
            below["default"] = _number(defaults[key])


def _number(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(key): _number(item) for key, item in value.items()}
    if isinstance(value, Decimal):
        return int(value) if value == int(value) else float(value)
    if isinstance(value, time):
        return f"{value:%H:%M}"
    return [_number(item) for item in value] if isinstance(value, tuple) else value


def _inlined(node: Any, definitions: dict[str, Any]) -> Any:
    if isinstance(node, list):
        return [_inlined(item, definitions) for item in node]
    if not isinstance(node, dict):
        return node
    if "$ref" in node:
        target = definitions[node["$ref"].removeprefix("#/$defs/")]
        node = {**target, **{key: value for key, value in node.items() if key != "$ref"}}
    kept = {key: value for key, value in node.items() if key != "title" or not isinstance(value, str)}
    made = {key: _inlined(value, definitions) for key, value in kept.items()}
    if isinstance(made.get("description"), str):
        made["description"] = " ".join(made["description"].split())
    return made
