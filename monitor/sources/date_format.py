"""Dates in the company's own writing (`date_format`, as strptime has it) to ISO, in Ibis for any engine."""

from __future__ import annotations

import re
from collections.abc import Callable

import ibis
from ibis.expr.types import StringValue

from monitor.errors import ConfigError

_PARTS = {
    "Y": r"(\d{4})",
    "y": r"(\d{2})",
    "m": r"(\d{1,2})",
    "d": r"(\d{1,2})",
    "b": r"([A-Za-z]{3,9})\.?",
    "B": r"([A-Za-z]{3,9})",
    "H": r"(\d{1,2})",
    "I": r"(\d{1,2})",
    "M": r"(\d{2})",
    "S": r"(\d{2})",
    "f": r"(\d{1,6})",
    "p": r"([AaPp])\.?[Mm]\.?",
    "z": r"([+-]\d{2}:?\d{2}|Z)",
    "a": r"([A-Za-z]+)\.?",
    "A": r"([A-Za-z]+)",
}
_WHOLE_YEAR, _SHORT_YEAR, _MONTHS, _HOURS = "Y", "y", "mbB", "HI"
Part = Callable[[str], StringValue]
"""The piece of the cell that a sign of the format stands for."""
_NAMES = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")


def check_date_format(text: str, key: str) -> None:
    """Raises ConfigError, naming `key`, for a format that leaves the day open or has a sign that is not understood."""
    signs = re.findall("%(.)", text.replace("%%", ""))
    unknown = next((sign for sign in signs if sign not in _PARTS), None)
    if unknown:
        raise ConfigError(f"{key}: '%{unknown}' in '{text}' is not understood: use %{', %'.join(_PARTS)}.")
    if not (set(signs) & set("Yy") and set(signs) & set(_MONTHS) and "d" in signs) or len(set(signs)) < len(signs):
        raise ConfigError(f"{key}: '{text}' does not name year, month and day once each: write it like %d/%m/%Y.")


def to_iso(cell: StringValue, text: str) -> StringValue:
    """`cell`, written as `text` says, in ISO 8601. What is written otherwise becomes something that is no date."""
    signs = re.findall("%(.)", text.replace("%%", ""))
    pattern = _pattern(text)

    def part(sign: str) -> StringValue:
        return cell.re_extract(pattern, signs.index(sign) + 1)

    day = ibis.literal("-").join([_year(part, signs), _month(part, signs), part("d").lpad(2, "0")])
    iso = day + _time(part, signs) if set(signs) & set(_HOURS) else day
    return cell.re_search(pattern).ifelse(iso, ibis.literal(f"not {text}: ") + cell)


def _pattern(text: str) -> str:
    pieces = re.split("%(.)", text)
    literals = [r"\s+".join(re.escape(word) for word in re.split(r"\s+", piece)) for piece in pieces[::2]]
    groups = ["%" if sign == "%" else _PARTS[sign] for sign in pieces[1::2]]
    return r"^\s*" + "".join(a + b for a, b in zip(literals, [*groups, ""], strict=True)) + r"\s*$"


def _year(part: Part, signs: list[str]) -> StringValue:
    if _WHOLE_YEAR in signs:
        return part(_WHOLE_YEAR)
    short = part(_SHORT_YEAR)
    return (short >= "69").ifelse(ibis.literal("19") + short, ibis.literal("20") + short)


def _month(part: Part, signs: list[str]) -> StringValue:
    if "m" in signs:
        return part("m").lpad(2, "0")
    name = part("b" if "b" in signs else "B").lower().substr(0, 3)
    return name.cases(*((month, f"{number:02}") for number, month in enumerate(_NAMES, start=1)), else_="??")


def _time(part: Part, signs: list[str]) -> StringValue:
    time = ibis.literal("T") + _hour(part, signs)
    for sign in "MS":
        time = time + ":" + (part(sign) if sign in signs else ibis.literal("00"))
    time = time + "." + part("f") if "f" in signs else time
    return time + part("z") if "z" in signs else time


def _hour(part: Part, signs: list[str]) -> StringValue:
    if "H" in signs:
        return part("H").lpad(2, "0")
    hour = part("I").lpad(2, "0")
    if "p" not in signs:
        return hour
    morning = (hour == "12").ifelse("00", hour)
    afternoon = hour.cases(*((f"{number:02}", f"{number + 12}") for number in range(1, 12)), else_=hour)
    return part("p").lower().cases(("p", afternoon), else_=morning)
