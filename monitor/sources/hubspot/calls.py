"""Calls to HubSpot by its official client: paced, repeated where that helps, refused in one sentence where not."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import urllib3
from hubspot import Client  # type: ignore[import-untyped]
from hubspot.crm import companies, deals, owners, pipelines  # type: ignore[import-untyped]
from hubspot.crm.associations import v4  # type: ignore[import-untyped]

from monitor.core.secret import MASK, Secret
from monitor.errors import DataError
from monitor.sources.source import World

EVERY = 0.1
"""Seconds between two calls: ten a second."""
EVERY_SEARCH = 0.25
"""Seconds between two searches: four a second."""
TRIES, TRIES_UNREACHED = 6, 2
"""How often one call is tried; less often where HubSpot was not reached at all, since then there is no network."""
_PASSING = (408, 423, 429, 477)
"""Refusals that pass: too slow, locked, too many calls, the account moves to another data centre."""
_TIMEOUT = (10.0, 60.0)
_PATIENCE = 120.0
"""Seconds that one answer may ask us to wait; who wants more is called again another time."""
Answer = dict[str, Any]
_REFUSALS = tuple(room.ApiException for room in (deals, companies, owners, pipelines, v4))
"""The client has a class of its own for each of its rooms, and they have no parent in common but `Exception`."""


@dataclass(frozen=True)
class Call:
    """One call: what it is about, for sentences, and the scope that a private app needs for it."""

    what: str
    scope: str
    run: Callable[..., Any]
    search: bool = False
    listed: bool = True
    """Whether its answer is a list of results."""


class Forbidden(DataError):
    """The private app lacks a scope: give it the one that the sentence names."""


@dataclass(frozen=True)
class Trouble:
    """What is worth another try, and after how many seconds, where HubSpot said so."""

    why: str
    pause: float | None = None


class HubSpotApi:
    """The few calls that are needed, each giving HubSpot's JSON as it came. `close` lets go of the connections."""

    def __init__(self, token: Secret, world: World, address: str | None = None) -> None:
        self._token, self._world = token, world
        where = {} if address is None else {"host": address.rstrip("/")}
        # Its own repeats are off: they know nothing of HubSpot's limits.
        crm = Client.create(access_token=token.reveal(), retry=False, **where).crm
        self._apis = {
            "deals": (crm.deals.basic_api, crm.deals.search_api),
            "companies": (crm.companies.basic_api, crm.companies.search_api),
        }
        self._batch, self._links = crm.deals.batch_api, crm.associations.v4.batch_api
        self._owners, self._pipelines = crm.owners.owners_api, crm.pipelines.pipelines_api
        self._due: dict[bool, datetime] = {}
        self._reached = False
        self.calls = 0
        self.left_today: int | None = None
        """Calls that HubSpot still allows, where it said so."""

    def close(self) -> None:
        apis = [*(api for pair in self._apis.values() for api in pair), self._batch, self._links]
        for api in (*apis, self._owners, self._pipelines):
            api.api_client.rest_client.pool_manager.clear()

    def page(self, kind: str, after: str | None, **more: Any) -> Answer:
        """One page of the list of `kind` (deals, companies); `more` as the client's `get_page` takes it."""
        given = {name: _plain(value) for name, value in {"after": after, **more}.items() if value is not None}
        return self._get(Call(f"the list of {kind}", _scope(kind), self._apis[kind][0].get_page), **given)

    def search(self, kind: str, body: Mapping[str, Any]) -> Answer:
        """One page of a search among `kind`."""
        call = Call(f"the search of {kind}", _scope(kind), self._apis[kind][1].do_search, search=True)
        return self._get(call, public_object_search_request=dict(body))

    def deals(self, ids: list[str], properties: list[str], history: list[str]) -> Answer:
        """Deals by id, with the history of some properties; at most 50. What is gone is left out."""
        body = {
            "inputs": [{"id": each} for each in ids],
            "properties": properties,
            "propertiesWithHistory": history,
        }
        call = Call("deals with their history", _scope("deals"), self._batch.read)
        return self._get(call, batch_read_input_simple_public_object_id=body)

    def companies_of(self, inputs: list[dict[str, str]]) -> Answer:
        """Whom deals are with, by deal."""
        call = Call("the companies of deals", _scope("companies"), self._links.get_page)
        body = {"inputs": inputs}
        return self._get(call, "deals", "companies", batch_input_public_fetch_associations_batch_request=body)

    def owners(self, after: str | None, *, archived: bool) -> Answer:
        given = {"after": after} if after is not None else {}
        call = Call("the owners", _scope("owners"), self._owners.get_page)
        return self._get(call, limit=100, archived=_plain(archived), **given)

    def account(self) -> Answer:
        """The account itself: its id and its currencies. Raises Forbidden."""
        return self._get(Call("the account", "oauth", self._plainly, listed=False), "/account-info/v3/details")

    def exchange_rates(self, after: str | None) -> Answer:
        """What the account's currencies are worth, and were. Raises Forbidden."""
        call = Call("the exchange rates", "multi-currency-read", self._plainly)
        given = {"limit": 100} | ({"after": after} if after is not None else {})
        return self._get(call, "/settings/v3/currencies/exchange-rates", given)

    def _plainly(self, path: str, given: Mapping[str, Any] | None = None, **more: Any) -> Any:
        """A call for which the client has no room of its own."""
        head, query = {"Accept": "application/json"}, list((given or {}).items())
        client = self._owners.api_client
        return client.call_api(path, "GET", {}, query, head, auth_settings=["oauth2"], **more)

    def pipelines(self) -> Answer:
        """Every pipeline of deals with its stages."""
        return self._get(Call("the pipelines of deals", _scope("deals"), self._pipelines.get_all), "deals")

    def _get(self, call: Call, *given: Any, **more: Any) -> Answer:
        """The answer as JSON. Raises DataError, one sentence, where HubSpot refuses or does not come to itself."""
        trouble, tries = Trouble(""), 0
        while tries < (TRIES if self._reached else TRIES_UNREACHED):
            if tries:
                self._world.wait(2.0 ** (tries - 1) if trouble.pause is None else trouble.pause)
            tries += 1
            answer = self._try(call, given, more)
            if isinstance(answer, dict):
                return answer
            trouble = answer
        raise DataError(
            f"HubSpot does not give {call.what} ({trouble.why}), after {tries} tries: what was read is kept, so start "
            "again later."
        )

    def _try(self, call: Call, given: tuple[Any, ...], more: Mapping[str, Any]) -> Answer | Trouble:
        """One call. What the client raises is not handed on: it holds the whole answer, whatever stands in there."""
        self._pace(search=call.search)
        self.calls += 1
        try:
            raw = call.run(*given, _preload_content=False, _request_timeout=_TIMEOUT, **more)
            self._reached = True
            answer = json.loads(_body_of(raw))
        except _REFUSALS as error:
            refused = error
        except (urllib3.exceptions.HTTPError, OSError) as error:
            return Trouble(f"the connection broke: {type(error).__name__}")
        except ValueError:
            return Trouble("what it answers is no JSON")
        else:
            self._heed(raw.headers)
            return self._sound(call, answer)
        self._reached = True
        return self._refused(call, refused)

    def _sound(self, call: Call, answer: Any) -> Answer | Trouble:
        """The answer if it is what was asked for: one that lacks something would read as if that were gone."""
        if not isinstance(answer, dict) or (call.listed and not isinstance(answer.get("results"), list)):
            return Trouble("what it answers holds no results")
        failed = next((error for error in answer.get("errors") or () if not _is_gone(error)), None)
        if failed is not None:
            told = failed.get("message") if isinstance(failed, dict) else failed
            return Trouble(f"part of it failed: {self._safe(str(told))}")
        return answer

    def _pace(self, *, search: bool) -> None:
        now = self._world.now()
        for kind, every in ((False, EVERY), (True, EVERY_SEARCH)):
            if kind <= search and (last := self._due.get(kind)) is not None:
                left = every - (now - last).total_seconds()
                if left > 0:
                    self._world.wait(min(left, every))
                    now = self._world.now()
        for kind in {False, search}:
            self._due[kind] = now

    def _heed(self, headers: Mapping[str, str]) -> None:
        """Waits where HubSpot says that nothing is left of this interval."""
        left = _number(headers.get("X-HubSpot-RateLimit-Daily-Remaining"))
        self.left_today = self.left_today if left is None else int(left)
        if _number(headers.get("X-HubSpot-RateLimit-Remaining")) == 0:
            self._world.wait(_interval(headers))

    def _refused(self, call: Call, error: Any) -> Trouble:
        """What waiting may help against; else raises the sentence."""
        status, told = error.status or 0, _told(error.body)
        headers: Mapping[str, str] = error.headers or {}
        message = self._safe(str(told.get("message") or error.reason or "no reason given"))
        if status == 401:
            raise DataError(
                f"HubSpot does not accept HUBSPOT_TOKEN ({message}): give the private app's access token, a new one "
                "where it was rotated."
            )
        if status == 403:
            theirs = self._safe(", ".join(_theirs(told, call.scope)))
            raise Forbidden(
                f"HubSpot does not let the private app read {call.what}: give it the scope {call.scope}"
                f"{f' (HubSpot itself names {theirs})' if theirs else ''}, then put its token into HUBSPOT_TOKEN."
            )
        if status == 429 and str(told.get("policyName", "")).upper() == "DAILY":
            raise DataError(
                f"HubSpot's daily limit of calls is used up ({message}): what was read is kept, and the next reading "
                "goes on from there."
            )
        if status not in _PASSING and not 500 <= status <= 599:
            raise DataError(
                f"HubSpot does not answer the call for {call.what} ({status}: {message}): look into the private app's "
                "Logs in HubSpot, and ask HubSpot's support where they do not tell why."
            )
        asked = _number(headers.get("Retry-After"))
        pause = asked if asked is not None else _interval(headers) if status == 429 else None
        if pause is not None and pause > _PATIENCE:
            raise DataError(
                f"HubSpot asks to be left alone for {pause:.0f} seconds ({status}: {message}): what was read is kept, "
                "so start again later."
            )
        return Trouble(f"{status}: {message}", pause)

    def _safe(self, text: str) -> str:
        """One short line in which the token cannot stand."""
        line = " ".join(text.replace(self._token.reveal(), MASK).split())
        return line[:200].rstrip(". ")


def _plain(value: Any) -> Any:
    """The client would write a flag as Python does, `True`."""
    return str(value).lower() if isinstance(value, bool) else value


def _scope(kind: str) -> str:
    return f"crm.objects.{kind}.read"


def _body_of(raw: Any) -> bytes:
    """The whole body; the connection is closed where it breaks off."""
    with ExitStack() as unless_whole:
        unless_whole.callback(raw.close)
        body: bytes = raw.data
        unless_whole.pop_all()
    return body


def _told(body: Any) -> Mapping[str, Any]:
    """What an error says of itself; nothing where it says nothing that can be read."""
    try:
        told = json.loads(body or "{}")
    except ValueError:
        return {}
    return told if isinstance(told, dict) else {}


def _is_gone(error: Any) -> bool:
    """Whether a part of an answer is missing only because there is nothing."""
    kinds = [str(error.get(key) or "") for key in ("category", "subCategory")] if isinstance(error, dict) else []
    return any("NOT_FOUND" in kind or "NO_ASSOCIATIONS" in kind for kind in kinds)


def _theirs(told: Mapping[str, Any], ours: str) -> list[str]:
    """The scopes that HubSpot names itself, which are not always the right ones."""
    found: list[str] = []
    for error in told.get("errors") or []:
        context = error.get("context") if isinstance(error, dict) else None
        for key in ("requiredGranularScopes", "requiredScopes"):
            found += [str(scope) for scope in (context or {}).get(key) or []]
    return sorted(set(found) - {ours})


def _number(text: str | None) -> float | None:
    try:
        return max(0.0, float(text)) if text is not None else None
    except ValueError:
        return None


def _interval(headers: Mapping[str, str]) -> float:
    """Seconds until calls are counted anew."""
    milliseconds = _number(headers.get("X-HubSpot-RateLimit-Interval-Milliseconds"))
    return 10.0 if milliseconds is None else min(milliseconds / 1000, _PATIENCE)
