"""What is wrong with a value, in words: from pydantic's errors to clauses that say what is accepted."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

from monitor.config.lines import Path, Plain

_MOST_SHOWN = 40


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong: where, and a clause that says what is accepted."""

    path: Path
    clause: str


def dotted(path: Path) -> str:
    """`leadership.approvers[1].name`; the first item of a list is 1."""
    text = "".join(f"[{step + 1}]" if isinstance(step, int) else f".{_name(step)}" for step in path)
    return text.removeprefix(".")


def _name(key: str) -> str:
    return key if key.isprintable() else repr(key)


def nearest(name: str, known: Iterable[str]) -> str | None:
    """The known name that `name` was probably meant to be."""
    names = {one.lower(): one for one in sorted(known)}
    found = get_close_matches(name.lower(), names, n=1)
    return names[found[0]] if found else None


def unknown(name: str, known: Sequence[str], what: str = "key") -> str:
    """A clause for a name that nobody knows."""
    if near := nearest(name, known):
        return f"is no known {what}; did you mean {near}?"
    return f"is no known {what}; {_among(known)}"


def choice(words: Sequence[str]) -> str:
    """`a`, `a or b`, `a, b or c`."""
    return " or ".join([", ".join(words[:-1]), words[-1]]) if len(words) > 1 else words[0]


def repeats(error: Mapping[str, Any], given: Plain) -> bool:
    """Whether an error only says again that an item of a list is wrong (what is left is then too short)."""
    return error["type"] == "too_short" and bool(_at(given, tuple(error["loc"][1:])))


def problem(error: Mapping[str, Any], given: Plain, schema: Mapping[str, Any]) -> Problem:
    """One error of pydantic as a problem. `given` is the whole document, `schema` its JSON schema, all in one piece."""
    path, kind = tuple(error["loc"][1:]), error["type"]
    if path[-1:] == ("[key]",):
        names = _at_schema(schema, path[:-2]).get("propertyNames", {})
        if kind == "value_error":
            return Problem(path[:-1], str(error["ctx"]["error"]))
        return Problem(path[:-1], unknown(str(path[-2]), names["enum"], "table"))
    if kind in ("unexpected_keyword_argument", "extra_forbidden"):
        return Problem(path, unknown(str(path[-1]), list(_at_schema(schema, path[:-1]).get("properties", {}))))
    if kind == "missing":
        return Problem(path, f"is missing; it must be {accepted(_at_schema(schema, path))}")
    if kind == "value_error":
        return _from_validator(error["ctx"]["error"], path, _at(given, path))
    return Problem(path, f"must be {accepted(_at_schema(schema, path))}{_not(_at(given, path))}")


def accepted(schema: Mapping[str, Any]) -> str:
    """What a JSON schema accepts, as a noun: `a whole number from 1 to 12`."""
    if "enum" in schema:
        return choice(schema["enum"])
    if "const" in schema:
        return str(schema["const"])
    match schema.get("type"):
        case "integer":
            return "a whole number" + _range(schema)
        case "number":
            return "a number" + _range(schema)
        case "array":
            return "a list" + (" of at least one" if schema.get("minItems") == 1 else "")
        case "object":
            return _keys(schema)
        case [other, "object"]:
            return f"{'a name' if other == 'string' else 'a list'}, or {_keys(schema)}"
    return _text(schema)


def _keys(schema: Mapping[str, Any]) -> str:
    if "pattern" in schema.get("propertyNames", {}):
        return "a list by days, such as {2: [alert]}"
    needed = ", ".join(schema.get("required", ()))
    return f"keys with values, {needed} among them" if needed else "keys with values"


def _text(schema: Mapping[str, Any]) -> str:
    if schema.get("format") == "date":
        return "a date such as 2025-04-01"
    if "examples" in schema:
        return f"text such as {schema['examples'][0]}"
    return "an e-mail address" if "@" in schema.get("pattern", "") else "text"


def _range(schema: Mapping[str, Any]) -> str:
    least, above, most = (schema.get(key) for key in ("minimum", "exclusiveMinimum", "maximum"))
    if least is not None and most is not None:
        return f" from {least} to {most}"
    if above is not None:
        return f" above {above}" + (f", at most {most}" if most is not None else "")
    return f" of at least {least}" if least is not None else ""


def _from_validator(error: ValueError, path: Path, given: Plain) -> Problem:
    """A check of ours: `ValueError(clause)`, or `ValueError(key, clause)` for a key below `path`."""
    if len(error.args) > 1:
        key, clause = error.args
        return Problem((*path, *str(key).split(".")), str(clause))
    clause = str(error)
    return Problem(path, clause + (_not(given) if clause.startswith("must be ") else ""))


def _not(given: Plain) -> str:
    match given:
        case list():
            return ", not a list" if given else ", not an empty list"
        case dict():
            return ", not keys with values"
        case str():
            return f", not {shown(given)}"
    return ""


def shown(text: str) -> str:
    """What was given, in one line."""
    return text if _bare(text) else repr(text[:_MOST_SHOWN])


def _bare(text: str) -> bool:
    """Whether a number or word can be shown without quotes."""
    return 0 < len(text) <= _MOST_SHOWN and all(char.isalnum() or char in "+-._" for char in text)


def _among(known: Sequence[str]) -> str:
    return f"known here: {', '.join(known)}" if known else "none is accepted here"


def _at(value: Plain, path: Path) -> Plain:
    for step in path:
        if isinstance(value, dict) and isinstance(step, str):
            value = value.get(step)
        elif isinstance(value, list) and isinstance(step, int) and step < len(value):
            value = value[step]
        else:
            return None
    return value


def _at_schema(schema: Mapping[str, Any], path: Path) -> Mapping[str, Any]:
    for step in path:
        below = schema.get("items") if isinstance(step, int) else schema.get("properties", {}).get(step)
        schema = below or schema.get("additionalProperties") or {}
    return schema
