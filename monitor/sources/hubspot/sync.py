"""From one whole reading to the next: begin or go on, read, make the tables, compare the number of deals, publish."""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

from monitor.core.counted import counted
from monitor.core.source_spec import SourceSpec
from monitor.sources.hubspot import shape, tables
from monitor.sources.hubspot.cache import AnotherAccount, Begun, Cache, Piece, State, moment
from monitor.sources.hubspot.calls import Forbidden, HubSpotApi
from monitor.sources.hubspot.reading import (
    END,
    HISTORY,
    IN_BATCH,
    IN_LIST,
    IN_SEARCH,
    WITH_HISTORY,
    Reading,
    changed_since,
    newest_of,
)
from monitor.sources.hubspot.tables import Made
from monitor.sources.source import World

KINDS = ("deals", "companies")
_FEW = 10_000
"""Deals up to which all ids are compared whenever the numbers differ; more than these once a day."""
_DAY = timedelta(hours=20)
"""How often what is too much for every reading is done."""
_LONG = timedelta(hours=1)
"""How old a reading may be when it is whole."""
_FAR = 2 * 86_400_000
"""Milliseconds before the newest change from which all is read again once a day: HubSpot's search may learn of a change
hours after it, while others that came later are known to it."""
_ALWAYS = 9
"""Calls of every reading: for the account and its currencies, what is archived, owners, pipelines and the count."""
_AROUND_LISTS = 6
"""Calls of a whole reading, besides: for what is newest before its lists, and what changed meanwhile."""


def wanted(spec: SourceSpec) -> dict[str, list[str]]:
    """The properties to read, by kind, and those of deals whose past is read."""
    return {
        "deals": shape.deal_properties(spec),
        HISTORY: shape.history_properties(spec),
        "companies": shape.company_properties(spec),
    }


def synchronise(api: HubSpotApi, cache: Cache, spec: SourceSpec, world: World) -> State:
    """Reads what is new and publishes it. Raises DataError; what was read by then is kept for the next time.

    Where a reading goes on that was cut off long ago, what changed since is read after it at once.
    """
    state = _read(api, cache, spec, world)
    begun = moment(state.read_at)
    return state if begun is None or world.now() - begun < _LONG else _read(api, cache, spec, world)


def _read(api: HubSpotApi, cache: Cache, spec: SourceSpec, world: World) -> State:
    """One reading, begun now or before."""
    begun = _begun(api, cache, wanted(spec), world, _portal(api, cache))
    reading = Reading(api, cache, begun, world, with_addresses=spec.with_addresses)
    cursor = reading.run()
    state = cache.state()
    made = _make(cache, state, begun)
    if counted := _is_to_compare(api, state, made, world):
        _compare(api, cache, reading, cursor)
        made = _make(cache, state, begun)
    whole = replace(
        state,
        read_at=begun.at,
        portal=begun.portal,
        looked_back_at=begun.looked_back_at,
        since=cursor["newest"],
        properties=begun.properties,
        counted_at=world.now().isoformat() if counted else state.counted_at,
        rows=made.rows,
        remarks=_remarks(made, begun.properties, cursor["given"]),
    )
    return cache.publish(_beside(cache), whole)


def forecast(api: HubSpotApi, cache: Cache, spec: SourceSpec, world: World) -> tuple[str, ...]:
    """What the next reading would read and how many calls it costs."""
    state, begun = cache.state(), cache.begun()
    portal, properties = _portal(api, cache), wanted(spec)
    found = []
    if _is_whole(state, properties):
        (_, deals), (_, companies) = (newest_of(api, kind) for kind in KINDS)
        calls = _pages(deals, WITH_HISTORY) + _pages(companies, IN_LIST) + _ALWAYS + _AROUND_LISTS
        what = f"HubSpot holds {_records(deals, companies)}, all of which are read"
    else:
        since = _since(state, is_far=_is_far(state, world))
        deals, companies = (changed_since(api, kind, since.get(kind, 0)) for kind in KINDS)
        calls = sum(max(1, _pages(changed, IN_SEARCH)) for changed in (deals, companies)) + _ALWAYS
        calls += _pages(deals, WITH_HISTORY) + _pages(deals, IN_BATCH)
        what = f"{_records(deals, companies)} to read again after the reading of {state.read_at[:16]}"
    seconds = -(-calls // 10)
    long = "a few seconds" if seconds < 10 else f"{seconds} seconds" if seconds < 120 else f"{seconds // 60} minutes"
    found.append(f"{what}: about {calls:,} calls, {long} at ten calls a second, and one for each 100 archived records.")
    if begun is not None and begun.properties == properties and begun.portal == portal:
        done = counted(len(cache.pieces()), "piece", "pieces")
        found.append(f"A reading begun {begun.at[:16]} was cut off: it goes on after what was kept ({done}).")
    api.pipelines()
    if api.left_today is not None:
        found.append(f"HubSpot allows {counted(api.left_today, 'more call', 'more calls')} today.")
    return tuple(found)


def _portal(api: HubSpotApi, cache: Cache) -> str:
    """The id of the account that the token is of, nothing where HubSpot does not tell.

    Raises AnotherAccount where the folder holds another one: their deals must never be mixed.
    """
    try:
        told = str(api.account().get("portalId") or "")
    except Forbidden:
        told = ""
    held = cache.state().portal
    if told and held and told != held:
        raise AnotherAccount(
            f"source.cache: '{cache.folder}' holds the HubSpot account {held}, and HUBSPOT_TOKEN is of account {told}: "
            "name another folder, or put the token of that account into HUBSPOT_TOKEN."
        )
    return told or held


def _begun(api: HubSpotApi, cache: Cache, properties: Mapping[str, Sequence[str]], world: World, portal: str) -> Begun:
    """The reading under way, or a new one."""
    begun, state = cache.begun(), cache.state()
    whole = _is_whole(state, properties)
    if begun is not None and (begun.properties, begun.whole, begun.portal) == (properties, whole, portal):
        return begun
    at = world.now().isoformat()
    if whole:
        # Before the lists: what changes while they are read is read again after them.
        newest = {kind: newest_of(api, kind) for kind in KINDS}
        since, totals = (
            {kind: each[0] for kind, each in newest.items()},
            {kind: each[1] for kind, each in newest.items()},
        )
        begun = Begun(at, True, since, properties, portal, at, totals)
    else:
        is_far = _is_far(state, world)
        looked_back_at = at if is_far else state.looked_back_at
        begun = Begun(at, False, _since(state, is_far=is_far), properties, portal, looked_back_at)
    cache.begin(begun)
    return begun


def _is_far(state: State, world: World) -> bool:
    """Whether changes are to be looked for far back now."""
    last = moment(state.looked_back_at)
    return last is None or not timedelta() <= world.now() - last < _DAY


def _since(state: State, *, is_far: bool) -> dict[str, int]:
    """By kind, the moment from which on changes are read."""
    return {kind: max(0, at - _FAR * is_far) for kind, at in state.since.items()}


def _is_whole(state: State, properties: Mapping[str, Sequence[str]]) -> bool:
    """Whether all is to be read: there is nothing yet, or a property is wanted that was not read so far."""
    return state.number == 0 or any(
        set(names) - set(state.properties.get(kind, ())) for kind, names in properties.items()
    )


def _beside(cache: Cache) -> Any:
    return cache.folder / "tables.new"


def _make(cache: Cache, state: State, begun: Begun) -> Made:
    cache.check_pieces()
    if not begun.whole:
        cache.check(state)
    before = None if begun.whole else cache.folder / state.folder
    shutil.rmtree(_beside(cache), ignore_errors=True)
    return tables.make(before, cache.pieces(), begun.properties, _beside(cache))


def _is_to_compare(api: HubSpotApi, state: State, made: Made, world: World) -> bool:
    """Whether all ids are compared now: HubSpot counts other than we do."""
    _, total = newest_of(api, "deals")
    last = moment(state.counted_at)
    due = made.live <= _FEW or last is None or world.now() - last >= _DAY
    return total != made.live and due


def _compare(api: HubSpotApi, cache: Cache, reading: Reading, cursor: Mapping[str, Any]) -> None:
    """Reads what we lack, and marks what HubSpot has no more: deleted for good, or merged unseen."""
    ours, theirs, after = tables.live_ids(_beside(cache)), set[str](), None
    while True:
        answer = api.page("deals", after, limit=IN_LIST, archived=False)
        theirs |= {str(each["id"]) for each in answer.get("results") or []}
        after = ((answer.get("paging") or {}).get("next") or {}).get("after")
        if after is None:
            break
    found = reading.deals(sorted(theirs - ours)).found
    rows = {name: [row for owned in by_id.values() for row in owned] for name, by_id in found.items()}
    rows["gone_deal"] = [{"deal_id": each} for each in sorted(ours - theirs)]
    cache.keep(Piece(rows, {**cursor, "step": END}))


def _remarks(made: Made, properties: Mapping[str, Sequence[str]], given: Mapping[str, Sequence[str]]) -> list[str]:
    """What a person should know of the reading."""
    found = []
    for kind, names in properties.items():
        told = given.get(kind) or names  # where nothing was read, nothing is known
        gone = [name for name in names if name not in told and name not in shape.MAY_BE_ABSENT]
        if gone:
            found.append(f"HubSpot's {kind} have no property {', '.join(gone)} (any more): it reads as empty.")
    if made.gone_stages:
        more = len(made.gone_stages) - 5
        stages = ", ".join(made.gone_stages[:5]) + (f" and {more} more" if more > 0 else "")
        found.append(f"Deals stand in stages that HubSpot has no more: {stages}.")
    return found


def _records(deals: int, companies: int) -> str:
    return f"{counted(deals, 'deal', 'deals')} and {counted(companies, 'company', 'companies')}"


def _pages(rows: int, size: int) -> int:
    return -(-rows // size)
