"""One reading of HubSpot into pieces: everything the first time, then what changed; goes on where it was cut off.

Lists are paged by HubSpot's own mark. Searches are paged by the moment of the last change and never by an offset: so
no search comes near HubSpot's 10,000 results, and a deal that changes meanwhile pushes no other out of a page.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from typing import Any

from monitor.errors import DataError
from monitor.sources.hubspot import shape
from monitor.sources.hubspot.cache import Begun, Cache, Piece
from monitor.sources.hubspot.calls import Answer, Forbidden, HubSpotApi
from monitor.sources.hubspot.shape import Row
from monitor.sources.source import World

OVERLAP = 10 * 60_000
"""Milliseconds before the newest change that are read again: HubSpot's search learns of changes a little late."""
IN_LIST, IN_SEARCH, IN_BATCH = 100, 200, 100
WITH_HISTORY = 50
"""Deals that HubSpot gives with their history in one call."""
PAGES_IN_PIECE = 50
"""Pages after which what was read is kept: what a kill may cost at most."""
_CHANGED, _ID = "hs_lastmodifieddate", "hs_object_id"
_LISTS = ("list of deals", "list of companies")
_STEPS = (
    *_LISTS, "changed deals", "changed companies", "archived deals", "archived companies", "owners and pipelines",
)  # fmt: skip
HISTORY = "history"
"""Among the properties of a reading: those of deals whose past is read."""
END = "end"
"""The step after the last."""
Found = dict[str, dict[str, list[Row]]]
"""Rows by table and by the id of the deal or company that they belong to."""


@dataclass(frozen=True)
class Page:
    """What one page held."""

    found: Found
    after: Any = None
    """Where this step goes on; None: it is over."""
    newest: Mapping[str, int] = field(default_factory=dict)
    given: Mapping[str, set[str]] = field(default_factory=dict)
    """By kind: properties that HubSpot knows, whether they hold something or not."""
    total: int | None = None


class Reading:
    """One reading; `run` returns when every piece of it is kept."""

    def __init__(
        self, api: HubSpotApi, cache: Cache, begun: Begun, world: World, *, with_addresses: bool = False
    ) -> None:
        self.api, self.cache, self.begun, self.world = api, cache, begun, world
        self.with_addresses = with_addresses
        self._seen: dict[str, int] = {}

    def run(self) -> dict[str, Any]:
        """Reads what is left; the last cursor. Raises DataError, with what was read kept."""
        cursors = self.cache.cursors()
        cursor = cursors[-1] if cursors else self._first()
        while cursor["step"] != END:
            cursor = self._piece(cursor)
        return cursor

    def _first(self) -> dict[str, Any]:
        step = _STEPS[0] if self.begun.whole else _STEPS[len(_LISTS)]
        return {"step": step, "after": None, "newest": dict(self.begun.since), "given": {}, "done": 0}

    def _piece(self, cursor: dict[str, Any]) -> dict[str, Any]:
        """Reads some pages and keeps them."""
        found: Found = {}
        step, newest = cursor["step"], dict(cursor["newest"])
        given = {kind: set(names) for kind, names in cursor["given"].items()}
        after, done = cursor["after"], cursor["done"]
        for page in islice(self._pages(step, after), PAGES_IN_PIECE):
            for table, rows in page.found.items():
                found.setdefault(table, {}).update(rows)
            for kind, names in page.given.items():
                given[kind] = given.get(kind, set()) | names
            for kind, at in page.newest.items():
                newest[kind] = max(newest.get(kind, 0), at)
            done += max((len(rows) for rows in page.found.values()), default=0)
            after = page.after
            self.world.told(f"HubSpot, {step}", done, page.total)
        if after is None:
            step, done = _after(step), 0
        cursor = {
            "step": step,
            "after": after,
            "newest": newest,
            "given": {kind: sorted(names) for kind, names in given.items()},
            "done": done,
        }
        rows = {table: [row for owned in by_id.values() for row in owned] for table, by_id in found.items()}
        self.cache.keep(Piece(rows, cursor))
        return cursor

    def _pages(self, step: str, after: Any) -> Iterator[Page]:
        reads: Mapping[str, Callable[[Any], Page]] = {
            "list of deals": self._listed_deals,
            "list of companies": lambda at: self._listed_companies(at, "company", archived=False),
            "changed deals": self._changed_deals,
            "changed companies": self._changed_companies,
            "archived deals": self._archived_deals,
            "archived companies": lambda at: self._listed_companies(at, "archived_company", archived=True),
            "owners and pipelines": lambda _: Page(self._people_and_stages()),
        }
        while True:
            page = reads[step](after)
            yield page
            after = page.after
            if after is None:
                return

    def _listed_deals(self, after: str | None) -> Page:
        answer = self.api.page(
            "deals",
            after,
            limit=WITH_HISTORY,
            properties=list(self.begun.properties["deals"]),
            properties_with_history=list(self.begun.properties[HISTORY]),
            associations=["companies"],
            archived=False,
        )
        deals = answer.get("results") or []
        found = self._deals(deals)
        found["deal_company"] = {str(deal["id"]): list(shape.listed_companies(deal)) for deal in deals}
        if more := [str(deal["id"]) for deal in deals if shape.has_more_companies(deal)]:
            found["deal_company"] |= self._companies_of(more)
        return Page(found, _next(answer), given={"deals": _given(deals)}, total=self.begun.totals.get("deals"))

    def _archived_deals(self, after: str | None) -> Page:
        properties = self.begun.properties["deals"]
        answer = self.api.page("deals", after, limit=IN_LIST, properties=list(properties), archived=True)
        rows = {str(deal["id"]): [shape.deal(deal, properties)] for deal in answer.get("results") or []}
        return Page({"archived_deal": rows}, _next(answer))

    def _listed_companies(self, after: str | None, table: str, *, archived: bool) -> Page:
        properties = self.begun.properties["companies"]
        answer = self.api.page("companies", after, limit=IN_LIST, properties=list(properties), archived=archived)
        companies = answer.get("results") or []
        rows = {str(company["id"]): [shape.company(company, properties)] for company in companies}
        total = None if archived else self.begun.totals.get("companies")
        return Page({table: rows}, _next(answer), given={"companies": _given(companies)}, total=total)

    def _changed_deals(self, after: dict[str, Any] | None) -> Page:
        found, after, newest, total = self._changes("deals", after, [_CHANGED])
        rows = self.deals([str(deal["id"]) for deal in found])
        return Page(rows.found, after, {"deals": newest}, rows.given, total)

    def _changed_companies(self, after: dict[str, Any] | None) -> Page:
        properties = self.begun.properties["companies"]
        found, after, newest, total = self._changes("companies", after, list(properties))
        rows = {str(company["id"]): [shape.company(company, properties)] for company in found}
        return Page({"company": rows}, after, {"companies": newest}, {"companies": _given(found)}, total)

    def _changes(
        self, kind: str, after: dict[str, Any] | None, properties: list[str]
    ) -> tuple[list[Answer], dict[str, Any] | None, int, int | None]:
        """One page of what changed: those that were not on the page before, where to go on, the newest change.

        A page full of one millisecond is gone on with by id within it.
        """
        at = int((after or {}).get("at", max(0, self.begun.since.get(kind, 0) - OVERLAP)))
        tie = (after or {}).get("tie")
        self._seen = self._seen if after else {}
        answer = self.api.search(kind, _query(at, tie, properties))
        found = answer.get("results") or []
        moments = {str(each["id"]): changed_at(each, kind) for each in found}
        fresh = [each for each in found if self._seen.get(str(each["id"])) != moments[str(each["id"])]]
        self._seen = moments
        newest = max(moments.values(), default=0)
        more = _next(answer) is not None and bool(found)
        total = answer.get("total")
        if tie is not None:
            going_on = {"at": at, "tie": str(found[-1]["id"])} if more else {"at": at + 1, "tie": None}
            return found, going_on, newest, total
        if not more:
            return fresh, None, newest, total
        if newest <= at:
            return fresh, {"at": at, "tie": "0"}, newest, total
        return fresh, {"at": newest, "tie": None}, newest, total

    def deals(self, ids: Sequence[str]) -> Page:
        """Deals by id with history and companies; those that are gone by now are left out."""
        found: Found = {"deal": {}, "deal_property_history": {}}
        given: set[str] = set()
        for some in _batches(ids, WITH_HISTORY):
            answer = self.api.deals(some, *(list(self.begun.properties[what]) for what in ("deals", HISTORY)))
            deals = answer.get("results") or []
            for table, rows in self._deals(deals).items():
                found[table].update(rows)
            given |= _given(deals)
        found["deal_company"] = {each: [] for each in found["deal"]} | self._companies_of(list(found["deal"]))
        return Page(found, given={"deals": given})

    def _deals(self, deals: Sequence[Answer]) -> Found:
        properties = self.begun.properties["deals"]
        return {
            "deal": {str(deal["id"]): [shape.deal(deal, properties)] for deal in deals},
            "deal_property_history": {str(deal["id"]): list(shape.history(deal)) for deal in deals},
        }

    def _companies_of(self, ids: Sequence[str]) -> dict[str, list[Row]]:
        """All companies of some deals, however many."""
        found: dict[str, list[Row]] = {}
        wanted = [{"id": each} for each in ids]
        while wanted:
            later = []
            for some in _batches(wanted, IN_BATCH):
                for answer in self.api.companies_of(some).get("results") or []:
                    deal = str(answer["from"]["id"])
                    found.setdefault(deal, []).extend(shape.linked_companies(answer))
                    if (after := _next(answer)) is not None:
                        later.append({"id": deal, "after": after})
            wanted = later
        return found

    def _people_and_stages(self) -> Found:
        found: Found = {"owner": {}, "deal_pipeline": {}, "deal_pipeline_stage": {}}
        for archived in (True, False):
            after = None
            while True:
                answer = self.api.owners(after, archived=archived)
                for each in answer.get("results") or []:
                    row = shape.owner(each, archived=archived, with_address=self.with_addresses)
                    found["owner"][str(each["id"])] = [row]
                if (after := _next(answer)) is None:
                    break
        found["portal_currency"] = {"": list(self._currencies())}
        for each in self.api.pipelines().get("results") or []:
            pipeline = str(each["id"])
            found["deal_pipeline"][pipeline] = [shape.pipeline(each)]
            for stage in each.get("stages") or []:
                found["deal_pipeline_stage"][str(stage["id"])] = [shape.stage(stage, pipeline)]
        return found

    def _currencies(self) -> Iterator[Row]:
        """What the account's currencies are worth; nothing where HubSpot does not tell."""
        try:
            account = self.api.account()
        except Forbidden:
            return
        rates: list[Answer] = []
        after = None
        while account.get("additionalCurrencies"):
            try:
                answer = self.api.exchange_rates(after)
            except Forbidden:
                break  # the preset says so, and takes them from the deals
            rates += answer.get("results") or []
            if (after := _next(answer)) is None:
                break
        if account.get("companyCurrency"):
            yield from shape.currencies(account, rates)


def newest_of(api: HubSpotApi, kind: str) -> tuple[int, int]:
    """Milliseconds of the newest change among all deals or companies, and how many there are."""
    sort = [{"propertyName": _CHANGED, "direction": "DESCENDING"}]
    answer = api.search(kind, {"filterGroups": [], "sorts": sort, "properties": [_CHANGED], "limit": 1})
    found = answer.get("results") or []
    return (changed_at(found[0], kind) if found else 0), int(answer.get("total") or 0)


def changed_since(api: HubSpotApi, kind: str, since: int) -> int:
    """How many changed since then."""
    answer = api.search(kind, {**_query(max(0, since - OVERLAP), None, [_CHANGED]), "limit": 1})
    return int(answer.get("total") or 0)


def changed_at(answer: Answer, kind: str) -> int:
    """Milliseconds of the last change. Raises DataError where HubSpot does not tell it."""
    told = str((answer.get("properties") or {}).get(_CHANGED) or answer.get("updatedAt") or "")
    try:
        if told.isdigit():
            return int(told)
        at = datetime.fromisoformat(told)
    except ValueError:
        raise DataError(
            f"HubSpot does not tell when one of the {kind} changed last (property {_CHANGED}), which reading by and by "
            "needs: ask HubSpot's support what became of it."
        ) from None
    return round(at.timestamp() * 1000)


def _query(at: int, tie: str | None, properties: list[str]) -> dict[str, Any]:
    """What changed at `at` or later, oldest first; with `tie` what changed at just `at`, by id, after that id."""
    operator = "GTE" if tie is None else "EQ"
    filters = [{"propertyName": _CHANGED, "operator": operator, "value": str(at)}]
    if tie is not None:
        filters.append({"propertyName": _ID, "operator": "GT", "value": tie})
    sort = {"propertyName": _CHANGED if tie is None else _ID, "direction": "ASCENDING"}
    return {"filterGroups": [{"filters": filters}], "sorts": [sort], "properties": properties, "limit": IN_SEARCH}


def _given(answers: Sequence[Answer]) -> set[str]:
    return {name for answer in answers for name in answer.get("properties") or ()}


def _next(answer: Answer) -> str | None:
    """The mark of the next page, None on the last one."""
    mark = ((answer.get("paging") or {}).get("next") or {}).get("after")
    return None if mark is None else str(mark)


def _after(step: str) -> str:
    place = _STEPS.index(step) + 1
    return _STEPS[place] if place < len(_STEPS) else END


def _batches(many: Sequence[Any], size: int) -> Iterator[list[Any]]:
    return (list(many[start : start + size]) for start in range(0, len(many), size))
