"""What each key allows but the keys together do not: edges out of order, people named twice, tables mapped wrongly."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass
from decimal import Decimal
from pathlib import Path as Folder
from typing import Any

from monitor.config.lines import Path
from monitor.config.mapping import mapping_problems
from monitor.config.model import Document, SegmentsSection
from monitor.config.telling import LeadershipSection, PersonSection
from monitor.config.words import Problem, unknown
from monitor.core.indicators import INDICATORS
from monitor.core.tables import SEGMENTS

MOST_DAYS = 3660
"""Ten years: the most that a whole number among an indicator's settings may be."""
_LARGEST, _FINEST = 12, -12
_WORDS = {"slack": "Slack id"}


def contradictions(document: Document, folder: Folder) -> Iterator[Problem]:
    """What is wrong with a document whose keys are all right by themselves. Looks at the templates' folder."""
    yield from _sizes(document, ())
    for indicator in INDICATORS:
        path: Path = ("indicators", indicator.key)
        settings = document.indicators[indicator.key]
        yield from _numbers(settings, path)
        yield from _order(indicator.edges(settings), settings.bands, (*path, "bands"))
    yield from mapping_problems(document.source)
    yield from _segments(document.segments)
    if document.breaker.seal_deadline_days < document.breaker.seal_after_days:
        days = document.breaker.seal_after_days
        yield Problem(("breaker", "seal_deadline_days"), f"must not be less than seal_after_days, {days}")
    if document.leadership:
        yield from _people(document.leadership, document.breaker.approvals)
    if document.templates is not None:
        yield from _templates(folder / document.templates)


def _order(edges: Any, bands: Any, path: Path) -> Iterator[Problem]:
    first, last = (field.name for field in fields(bands)[:2])
    if edges.higher_is_better and edges.healthy < edges.breakage:
        yield Problem(path, f"{first} ({edges.healthy}) must not be below breakage ({edges.breakage})")
    if not edges.higher_is_better and edges.healthy > edges.breakage:
        yield Problem(path, f"{first} ({edges.healthy}) must not be above {last} ({edges.breakage})")


def _numbers(settings: Any, path: Path) -> Iterator[Problem]:
    """Whole numbers among an indicator's settings are days, months or counts; maps are by segment."""
    for field in fields(settings):
        value, at = getattr(settings, field.name), (*path, field.name)
        if isinstance(value, Mapping):
            for segment, number in value.items():
                if segment not in SEGMENTS:
                    yield Problem((*at, segment), unknown(segment, SEGMENTS, "segment"))
                if isinstance(number, int) and not 1 <= number <= MOST_DAYS:
                    yield Problem((*at, segment), f"must be a whole number from 1 to {MOST_DAYS}, not {number}")
        elif isinstance(value, int) and not 0 <= value <= MOST_DAYS:
            yield Problem(at, f"must be a whole number from 0 to {MOST_DAYS}, not {value}")


def _sizes(value: Any, path: Path) -> Iterator[Problem]:
    """Decimals so large or fine that exact arithmetic with them would never end."""
    if is_dataclass(value):
        for field in fields(value):
            yield from _sizes(getattr(value, field.name), (*path, field.name))
    elif isinstance(value, Mapping):
        for key, item in value.items():
            yield from _sizes(item, (*path, key))
    elif isinstance(value, Decimal):
        exponent = value.as_tuple().exponent
        if value.adjusted() > _LARGEST or not isinstance(exponent, int) or exponent < _FINEST:
            yield Problem(path, f"must be a number below 10^{_LARGEST + 1} with at most {-_FINEST} decimals")


def _segments(segments: SegmentsSection) -> Iterator[Problem]:
    if len(set(segments.by)) < len(segments.by):
        yield Problem(("segments", "by"), "names a signal twice")
    for key, bands in (("employees", segments.employees), ("acv", segments.acv)):
        if bands.smb >= bands.mid_market:
            yield Problem(("segments", key), f"smb ({bands.smb}) must be below mid_market ({bands.mid_market})")


def _people(leadership: LeadershipSection, approvals: int) -> Iterator[Problem]:
    seen: dict[str, str] = {}
    for index, person in enumerate(leadership.approvers):
        yield from _again(person, ("leadership", "approvers", index), f"approver {index + 1}", seen)
    for index, person in enumerate(leadership.members):
        yield from _again(person, ("leadership", "members", index), f"member {index + 1}", seen)
    if leadership.owner and (leadership.owner.email or leadership.owner.slack):
        for one in _again(leadership.owner, ("leadership", "owner"), "owner", seen):
            yield Problem(one.path, f"{one.clause}, so give their name alone: owner: {leadership.owner.name}")
    seen = {}
    for index, person in enumerate(leadership.board):
        yield from _again(person, ("leadership", "board", index), f"member {index + 1} of the board", seen)
    if len(leadership.approvers) < approvals:
        needed = f"breaker.approvals asks for {approvals} different ones"
        clause = f"has {len(leadership.approvers)} of the people an override takes; {needed}"
        yield Problem(("leadership", "approvers"), clause)


def _again(person: PersonSection, path: Path, title: str, seen: dict[str, str]) -> Iterator[Problem]:
    """Names, addresses and Slack ids that belong to somebody before: nobody could tell the two apart."""
    once = "; each approver is named once" if path[1] == "approvers" else ""
    for key, text in (("name", person.name), ("email", person.email), ("slack", person.slack)):
        same = f"{key} {' '.join(text.split()).casefold()}" if text else None
        if same and (first := seen.setdefault(same, title)) != title:
            yield Problem((*path, key), f"is also the {_WORDS.get(key, key)} of {first}{once}")


def _templates(folder: Folder) -> Iterator[Problem]:
    try:
        next(folder.iterdir(), None)
    except NotADirectoryError:
        yield Problem(("templates",), f"must be a folder, but {folder} is none")
    except FileNotFoundError:
        yield Problem(("templates",), f"there is no folder {folder}")
    except (OSError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) and error.strerror else "no such name is possible"
        yield Problem(("templates",), f"the folder cannot be read ({why})")
