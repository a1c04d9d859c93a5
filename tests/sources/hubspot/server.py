"""HubSpot on loopback: the few endpoints that are read, with HubSpot's limits, and faults on demand."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

TOKEN = "pat-eu1-0123-secret"  # nobody's
START = 1_760_000_000_000
"""Milliseconds: when the portals of the tests begin."""
Answer = tuple[int, dict[str, Any], dict[str, str]]


@dataclass
class Fault:
    """What goes wrong with calls whose method and path hold `where`, after `after` of them went well, `times` times."""

    where: str
    status: int = 0
    """0: the connection breaks in the middle of the answer."""
    body: Mapping[str, Any] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    after: int = 0
    times: int = 1
    then: Callable[[], None] = lambda: None
    """Happens when the fault does."""


@dataclass
class Portal:
    """One HubSpot account. Deals and companies are as HubSpot holds them: texts by property, with a past."""

    deals: dict[str, dict[str, Any]] = field(default_factory=dict)
    companies: dict[str, dict[str, Any]] = field(default_factory=dict)
    owners: list[dict[str, Any]] = field(default_factory=list)
    stages: dict[str, dict[str, str]] = field(default_factory=dict)
    known: set[str] | None = None
    """Properties that exist; None: all that are asked for."""
    cap: int = 10_000
    most: int = 1_000
    """Records on a page, at most, of what is asked for: small pages without many deals."""
    number: int = 4711
    currencies: list[str] = field(default_factory=lambda: ["USD"])
    """The company's own, then others."""
    rates: list[dict[str, Any]] = field(default_factory=list)
    headers: dict[str, str] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)
    garbled: int = 0
    """Answers that will be no JSON."""
    calls: list[str] = field(default_factory=list)
    bodies: list[Any] = field(default_factory=list)

    def deal(self, number: int | str, changed: int, companies: tuple[str, ...] = (), **properties: str | None) -> None:
        """Adds a deal or changes one at `changed` milliseconds; what differs goes into its past."""
        self._write(self.deals, str(number), changed, properties)
        if companies or "links" not in self.deals[str(number)]:
            self.deals[str(number)]["links"] = list(companies)

    def rate(self, code: str, worth: str, since: str) -> None:
        told = {"fromCurrencyCode": code, "toCurrencyCode": self.currencies[0], "conversionRate": float(worth)}
        self.rates.append({"id": str(len(self.rates) + 1), "effectiveAt": since, **told})

    def company(self, number: int | str, changed: int, **properties: str | None) -> None:
        self._write(self.companies, str(number), changed, properties)

    def _write(self, among: dict[str, Any], number: str, changed: int, properties: Mapping[str, Any]) -> None:
        one = among.setdefault(number, {"properties": {}, "past": {}, "archived": False})
        for name, value in properties.items():
            if one["properties"].get(name, "") != value:
                past = {"value": value or "", "timestamp": iso(changed), "sourceType": "CRM_UI", "sourceId": "userId:1"}
                one["past"].setdefault(name, []).insert(0, past)
        one["properties"] |= {**properties, "hs_lastmodifieddate": iso(changed), "hs_object_id": number}

    def told(self, number: str, one: dict[str, Any], names: list[str]) -> dict[str, Any]:
        given = [name for name in names if self.known is None or name in self.known]
        return {
            "id": number,
            "properties": {name: one["properties"].get(name) for name in {*given, "hs_lastmodifieddate"}},
            "createdAt": "2025-01-01T00:00:00Z",
            "updatedAt": one["properties"]["hs_lastmodifieddate"],
            "archived": one["archived"],
        }

    def past(self, one: dict[str, Any], names: list[str]) -> dict[str, Any]:
        return {name: one["past"].get(name, []) for name in names if self.known is None or name in self.known}

    # Endpoints.

    def answer(self, method: str, path: str, query: dict[str, list[str]], body: Any) -> Answer:
        parts = path.strip("/").split("/")
        kind = parts[3] if len(parts) > 3 else ""
        if path.endswith("/search"):
            return self.search(getattr(self, kind), body)
        if path.endswith("/associations/deals/companies/batch/read"):
            return self.links(body)
        if path.endswith("/batch/read"):
            return self.batch(body)
        if parts[:3] == ["crm", "v3", "objects"]:
            return self.listed(getattr(self, kind), query)
        if "owners" in parts:
            archived = query.get("archived") == ["true"]
            return self.paged([each for each in self.owners if each["archived"] == archived], query)
        if parts[0] in ("account-info", "settings"):
            return self.account() if path == "/account-info/v3/details" else self.paged(self.rates, query)
        if path == "/crm/v3/pipelines/deals":
            stages = [
                {"id": key, "label": facts["label"], "displayOrder": 0, "archived": False, "metadata": facts}
                for key, facts in self.stages.items()
            ]
            one = {"id": "default", "label": "Sales", "displayOrder": 0, "archived": False, "stages": stages}
            return 200, {"results": [one]}, {}
        return 404, {"status": "error", "message": f"no {method} {path}"}, {}

    def account(self) -> Answer:
        own, *others = self.currencies
        return 200, {"portalId": self.number, "companyCurrency": own, "additionalCurrencies": others}, {}

    def listed(self, among: dict[str, Any], query: dict[str, list[str]]) -> Answer:
        history = query.get("propertiesWithHistory", [])
        if int(query["limit"][0]) > (50 if history else 100):
            return refused("The maximum for limit is 100, and 50 with history")
        archived = query.get("archived") == ["true"]
        found = []
        for number, one in sorted(among.items(), key=lambda item: int(item[0])):
            if one["archived"] != archived:
                continue
            told = self.told(number, one, query.get("properties", []))
            if history:
                told["propertiesWithHistory"] = self.past(one, history)
            if query.get("associations") and one["links"]:
                links = [
                    {"id": each, "type": kind}
                    for each in one["links"]
                    for kind in _KINDS[: 1 + (each == one["links"][0])]
                ]
                more = {"paging": {"next": {"after": "100"}}} if len(links) > IN_LINKS else {}
                told["associations"] = {"companies": {"results": links[:IN_LINKS], **more}}
            found.append(told)
        return self.paged(found, query)

    def paged(self, found: list[Any], query: dict[str, list[str]]) -> Answer:
        """Pages by id, as HubSpot's lists have them."""
        after = int(query.get("after", ["0"])[0])
        rest = [each for each in found if int(each["id"]) > after]
        page = rest[: min(int(query["limit"][0]), self.most)]
        more = {"paging": {"next": {"after": page[-1]["id"], "link": "?"}}} if len(rest) > len(page) else {}
        return 200, {"results": page, **more}, {}

    def search(self, among: dict[str, Any], body: Any) -> Answer:
        limit, offset = min(int(body["limit"]), self.most), int(body.get("after") or 0)
        if int(body["limit"]) > 200 or offset + limit > self.cap:
            return refused("There was a problem with the request: paging past the cap")
        found = [
            (key, one) for key, one in among.items() if not one["archived"] and _matches(one, body["filterGroups"])
        ]
        for sort in reversed(body["sorts"]):
            found.sort(
                key=lambda item: _value(item[1], sort["propertyName"]), reverse=sort["direction"] == "DESCENDING"
            )
        page = [self.told(key, one, body["properties"]) for key, one in found[offset : offset + limit]]
        more = {"paging": {"next": {"after": str(offset + limit)}}} if len(found) > offset + limit else {}
        return 200, {"total": len(found), "results": page, **more}, {}

    def batch(self, body: Any) -> Answer:
        if len(body["inputs"]) > (50 if body["propertiesWithHistory"] else 100):
            return refused("too many inputs")
        found, lost = [], 0
        for each in body["inputs"]:
            one = self.deals.get(each["id"])
            if one is None or one["archived"]:
                lost += 1
                continue
            told = self.told(each["id"], one, body["properties"])
            found.append(told | {"propertiesWithHistory": self.past(one, body["propertiesWithHistory"])})
        answer: dict[str, Any] = {"status": "COMPLETE", "results": found}
        return (207, answer | gone(lost, "Could not get some DEAL objects"), {}) if lost else (200, answer, {})

    def links(self, body: Any) -> Answer:
        found = []
        for each in body["inputs"]:
            links = self.deals.get(each["id"], {}).get("links") or []
            start = int(each.get("after") or 0)
            if links:
                to = [
                    {
                        "toObjectId": int(company),
                        "associationTypes": [
                            {"category": "HUBSPOT_DEFINED", "typeId": kind, "label": None}
                            for kind in ((341, 5) if company == links[0] else (341,))
                        ],
                    }
                    for company in links[start : start + IN_LINKS]
                ]
                more = {"paging": {"next": {"after": str(start + IN_LINKS)}}} if len(links) > start + IN_LINKS else {}
                found.append({"from": {"id": each["id"]}, "to": to, **more})
        answer: dict[str, Any] = {"status": "COMPLETE", "results": found}
        lost = len(body["inputs"]) - len(found)
        return (207, answer | gone(lost, "No company is associated"), {}) if lost else (200, answer, {})


IN_LINKS = 100
"""Associations on a page."""
_KINDS = ("deal_to_company_unlabeled", "deal_to_company")


def iso(milliseconds: int) -> str:
    at = datetime.fromtimestamp(milliseconds / 1000, UTC)
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def refused(message: str) -> Answer:
    return 400, {"status": "error", "message": message, "category": "VALIDATION_ERROR"}, {}


def gone(many: int, message: str) -> dict[str, Any]:
    """How HubSpot says that a part of what was asked for is not there."""
    return {"numErrors": many, "errors": [{"status": "error", "category": "OBJECT_NOT_FOUND", "message": message}]}


def _value(one: dict[str, Any], name: str) -> float:
    told = str(one["properties"].get(name) or "0")
    return float(told) if told.isdigit() else round(datetime.fromisoformat(told).timestamp() * 1000)


def _matches(one: dict[str, Any], groups: list[Any]) -> bool:
    holds = {"GTE": float.__ge__, "GT": float.__gt__, "EQ": float.__eq__}
    return not groups or any(
        all(
            holds[each["operator"]](float(_value(one, each["propertyName"])), float(each["value"]))
            for each in group["filters"]
        )
        for group in groups
    )


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1  # head and body in one packet: else each call waits 40 ms for an acknowledgement
    portal: Portal
    lock: threading.Lock

    def do_GET(self) -> None:
        self._serve()

    def do_POST(self) -> None:
        self._serve()

    def log_message(self, *_: Any) -> None:
        """Says nothing."""

    def _serve(self) -> None:
        split = urlsplit(self.path)
        body = json.loads(self.rfile.read(int(self.headers.get("Content-Length") or 0)) or "null")
        with self.lock:
            portal, name = self.portal, f"{self.command} {self.path}"
            portal.calls.append(name)
            portal.bodies.append(body)
            fault = self._fault(name)
            status, answer, headers = portal.answer(self.command, split.path, parse_qs(split.query), body)
            if self.headers.get("Authorization") != f"Bearer {TOKEN}":
                told = f"Authentication credentials not found: {self.headers.get('Authorization')}"
                status, answer = 401, {"status": "error", "message": told, "category": "INVALID_AUTHENTICATION"}
            if fault is not None:
                fault.then()
                if fault.status:
                    status, answer, headers = fault.status, dict(fault.body), dict(fault.headers)
        written = json.dumps(answer).encode()
        if portal.garbled:
            portal.garbled -= 1
            written = b"<html>" + written
        self.send_response(status)
        for key, value in {**portal.headers, **headers}.items():
            self.send_header(key, value)
        self.send_header("Content-Type", "application/json;charset=utf-8")
        self.send_header("Content-Length", str(len(written)))
        self.end_headers()
        if fault is not None and not fault.status:
            self.wfile.write(written[: len(written) // 2])
            self.close_connection = True
        else:
            self.wfile.write(written)

    def _fault(self, name: str) -> Fault | None:
        for fault in self.portal.faults:
            if fault.where not in name or fault.times == 0:
                continue
            if fault.after:
                fault.after -= 1
                continue
            fault.times -= 1
            return fault
        return None


@contextmanager
def serving(portal: Portal) -> Iterator[str]:
    """The portal over HTTP; its address."""
    handler = type("Handler", (_Handler,), {"portal": portal, "lock": threading.Lock()})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
