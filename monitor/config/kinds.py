"""Kinds of values in config.yaml that need more than a type: days, zones, currencies, databases, encodings."""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo, available_timezones

from pydantic import AfterValidator, Field, PlainValidator, WithJsonSchema

from monitor.config import database
from monitor.config.words import nearest

_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_DAY_SCHEMA = {"type": "string", "format": "date"}


def day(value: Any) -> date:
    """A day as people write it, 2025-04-01. Raises ValueError."""
    if isinstance(value, str) and _DAY.fullmatch(value):
        try:
            return date.fromisoformat(value)
        except ValueError:
            pass
    raise ValueError("must be a date such as 2025-04-01")


def _history_begins(value: Any) -> date | Literal[False]:
    if isinstance(value, str) and value.lower() in ("false", "no", "off"):
        return False
    try:
        return day(value)
    except ValueError:
        raise ValueError("must be a date such as 2025-04-01, or false") from None


def _time_zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        near = nearest(name, available_timezones())
        hint = f"did you mean {near}?" if near else "an IANA name such as Europe/Berlin is needed"
        raise ValueError(f"no time zone is called {name!r}; {hint}") from None
    return name


def _currency(code: str) -> str:
    if not re.fullmatch(r"[A-Za-z]{3}", code):
        raise ValueError("must be three letters such as USD")
    return code.upper()


def _encoding(name: str) -> str:
    try:
        "".encode(name)
    except (LookupError, ValueError):
        raise ValueError("must be an encoding such as utf-8, utf-16 or cp1252") from None
    return name


def _delimiter(text: str) -> str:
    if len(text) != 1 or text.isalnum() or text in "\"'\r\n. ":
        raise ValueError('must be one character such as "," or ";" or "\\t"')
    return text


def _database(url: str) -> str:
    if database.holds_secret(url):
        raise ValueError("holds a password; take it out and give the whole URL as DATABASE_URL in the environment")
    if clause := database.problem(url):
        raise ValueError(clause)
    return url


Text = Annotated[str, Field(min_length=1)]
Cell = Annotated[str, Field(min_length=1), WithJsonSchema({"type": ["string", "number", "boolean"]})]
"""What may stand in a cell of the data: YAML may take it for a number or a flag, here it is its text."""
Share = Annotated[Decimal, Field(ge=0, le=1)]
Day = Annotated[date, PlainValidator(day), WithJsonSchema(_DAY_SCHEMA)]
HistoryBegins = Annotated[
    date | Literal[False],
    PlainValidator(_history_begins),
    WithJsonSchema({"anyOf": [_DAY_SCHEMA, {"const": False}]}),
]
TimeZone = Annotated[str, AfterValidator(_time_zone)]
Currency = Annotated[str, AfterValidator(_currency)]
Encoding = Annotated[str, AfterValidator(_encoding)]
Delimiter = Annotated[str, AfterValidator(_delimiter)]
Database = Annotated[str, AfterValidator(_database)]
