"""Salesforce on loopback: sign-in, describe, SOQL with pages, Bulk 2.0 query jobs, limits, faults on demand."""

from __future__ import annotations

import csv
import io
import json
import re
import ssl
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import trustme

TOKEN = "00Dx0000000BV7z!AR8AQ.secret.token"  # nobody's
DATA = "/services/data/v62.0"
OAUTH = "/services/oauth2/token"
MOMENT = "%Y-%m-%dT%H:%M:%S.000+0000"
_SOQL = re.compile(r"SELECT (.+?) FROM (\w+)(?: WHERE (\w+) (>=|<=) (\S+))?(?: ORDER BY (\w+), Id)?")
Answer = tuple[int, bytes, dict[str, str]]


@dataclass
class Fault:
    """What goes wrong with calls whose method and address hold `where`, after `after` of them went well."""

    where: str
    status: int = 0
    """0: the connection breaks in the middle of the answer."""
    body: Any = field(default_factory=list)
    headers: Mapping[str, str] = field(default_factory=dict)
    after: int = 0
    times: int = 1
    then: Callable[[], None] = lambda: None
    """Happens when the fault does."""


@dataclass
class Table:
    """One object: the types of its fields, which of them are formulas, and its rows by id."""

    fields: dict[str, str]
    rows: dict[str, dict[str, Any]] = field(default_factory=dict)
    formulas: tuple[str, ...] = ()


@dataclass
class Org:
    """One organisation. `now` is its clock, and that of the tests."""

    tables: dict[str, Table]
    now: datetime
    page: int = 2_000
    bulk_page: int = 50_000
    used: int = 10
    allowed: int = 100_000
    tokens: list[str] = field(default_factory=lambda: [TOKEN])
    """Those that are good; what signs in gets the last."""
    faults: list[Fault] = field(default_factory=list)
    bulk: Callable[[str], str] = lambda name: "JobComplete"
    """How the job of an object ends."""
    busy: int = 1
    """How often a job is still in progress when it is asked for."""
    calls: list[str] = field(default_factory=list)
    signed: list[str] = field(default_factory=list)
    url: str = ""
    jobs: dict[str, dict[str, Any]] = field(default_factory=dict)
    cursors: dict[str, tuple[list[str], list[dict[str, Any]]]] = field(default_factory=dict)

    def put(self, name: str, key: str, **values: Any) -> None:
        """Adds a row or changes one, at this moment."""
        table = self.tables[name]
        self.now += timedelta(seconds=1)
        at = self.now.strftime(MOMENT)
        row = table.rows.setdefault(key, {"Id": key, "IsDeleted": False, "CreatedDate": at})
        row |= values | {"SystemModstamp": at}

    def delete(self, name: str, key: str) -> None:
        self.put(name, key, IsDeleted=True)

    def purge(self, name: str, key: str) -> None:
        """Deletes for good, which leaves no trace."""
        del self.tables[name].rows[key]

    # What is asked.

    def answer(self, method: str, target: str, body: bytes, token: str) -> Answer:
        url = urlsplit(target)
        self.calls.append(f"{method} {target}")
        if url.path == OAUTH:
            return self._oauth(body.decode())
        if url.path.startswith("/services/Soap/u/"):
            return self._soap(body.decode())
        self.used += 1
        if token not in self.tokens:
            return _error(401, "INVALID_SESSION_ID", "Session expired or invalid")
        if self.used > self.allowed:
            return _error(403, "REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded.")
        return self._data(method, url.path.removeprefix(f"{DATA}/").strip("/").split("/"), url.query, body)

    def _data(self, method: str, path: list[str], query: str, body: bytes) -> Answer:
        asked = {key: values[0] for key, values in parse_qs(query).items()}
        match method, path:
            case "GET", ["sobjects", name, "describe"]:
                return self._describe(name)
            case "GET", ["query" | "queryAll" as kind] if asked:
                return self._query(asked["q"], deleted=kind == "queryAll")
            case "GET", ["query" | "queryAll", place]:
                return self._more(place)
            case "POST", ["jobs", "query"]:
                return self._begin(json.loads(body))
            case "GET", ["jobs", "query", number]:
                return self._job(number)
            case "GET", ["jobs", "query", number, "results"]:
                return self._results(number, asked)
        return _error(404, "NOT_FOUND", "The requested resource does not exist")

    def _oauth(self, body: str) -> Answer:
        given = {key: values[0] for key, values in parse_qs(body).items()}
        self.signed.append(given["grant_type"])
        if "wrong" in str(given):
            return _json({"error": "invalid_grant", "error_description": "expired access/refresh token"}, 400)
        who = f"https://login.salesforce.com/id/{self.tokens[-1].partition('!')[0]}/005x00000012Q9P"
        token = {"access_token": self.tokens[-1], "instance_url": self.url}
        return _json(token | {"id": who, "issued_at": "1309974610026", "signature": "sig="})

    def _soap(self, body: str) -> Answer:
        self.signed.append("soap")
        if "wrong" in body:
            fault = (
                "<e:Envelope xmlns:e='x' xmlns:sf='y'><e:Body><e:Fault><sf:exceptionCode>INVALID_LOGIN"
                "</sf:exceptionCode><sf:exceptionMessage>Invalid username</sf:exceptionMessage></e:Fault></e:Body>"
                "</e:Envelope>"
            )
            return 500, fault.encode(), {"Content-Type": "text/xml"}
        text = f"<e><serverUrl>{self.url}/services/Soap/u/59.0</serverUrl><sessionId>{self.tokens[-1]}</sessionId></e>"
        return 200, text.encode(), {"Content-Type": "text/xml"}

    def _describe(self, name: str) -> Answer:
        if name not in self.tables:
            return _error(404, "NOT_FOUND", "The requested resource does not exist")
        table = self.tables[name]
        fields = [
            {"name": key, "type": kind, "calculated": key in table.formulas} for key, kind in table.fields.items()
        ]
        return _json({"name": name, "fields": fields})

    def rows(self, soql: str, *, deleted: bool) -> tuple[list[str], list[dict[str, Any]]]:
        """Names and rows. Raises KeyError for what is not there."""
        found = _SOQL.fullmatch(soql)
        assert found, soql
        names, table = found[1].split(", "), self.tables[found[2]]
        rows = [row for row in table.rows.values() if deleted or not row.get("IsDeleted")]
        if names != ["COUNT()"]:
            for name in [*names, *([found[6]] if found[6] else [])]:
                table.fields[name]
        if found[3]:
            at = datetime.fromisoformat(found[5])
            later = found[4] == ">="
            rows = [row for row in rows if _later(row[found[3]], at) == later or _at(row[found[3]]) == at]
        if found[6]:
            rows.sort(key=lambda row: (_at(row[found[6]]), row["Id"]))
        return names, [{name: row.get(name) for name in names} for row in rows] if "COUNT()" not in names else rows

    def _query(self, soql: str, *, deleted: bool) -> Answer:
        try:
            names, rows = self.rows(soql, deleted=deleted)
        except KeyError as error:
            return _error(400, "INVALID_FIELD", f"No such column {error}")
        if names == ["COUNT()"]:
            return _json({"totalSize": len(rows), "done": True, "records": []})
        place = f"01g{len(self.cursors)}"
        self.cursors[place] = (names, rows)
        return self._more(f"{place}-0")

    def _more(self, place: str) -> Answer:
        cursor, _, start = place.partition("-")
        if cursor not in self.cursors:
            return _error(400, "INVALID_QUERY_LOCATOR", "invalid query locator")
        rows, first = self.cursors[cursor][1], int(start)
        after = first + self.page
        whole = {"totalSize": len(rows), "done": after >= len(rows)}
        more = {} if whole["done"] else {"nextRecordsUrl": f"{DATA}/query/{cursor}-{after}"}
        records = [{"attributes": {"type": "X", "url": "/x"}, **row} for row in rows[first:after]]
        return _json(whole | more | {"records": records})

    def _begin(self, wanted: dict[str, Any]) -> Answer:
        assert wanted["operation"] == "queryAll" and "ORDER BY" not in wanted["query"], wanted
        name = wanted["query"].rpartition(" ")[2]
        if self.bulk(name) == "refused":
            return _error(400, "FUNCTIONALITY_NOT_ENABLED", "not supported by the Bulk API")
        number = f"750{len(self.jobs):012}"
        self.jobs[number] = {"soql": wanted["query"], "object": name, "busy": self.busy, "rows": None}
        at = self.now.strftime(MOMENT)
        return _json({"id": number, "operation": "queryAll", "state": "UploadComplete", "createdDate": at})

    def _job(self, number: str) -> Answer:
        job = self.jobs.get(number)
        if job is None:
            return _error(404, "NOT_FOUND", "The requested resource does not exist")
        job["busy"] -= 1
        state = "InProgress" if job["busy"] >= 0 else self.bulk(job["object"])
        if state == "JobComplete" and job["rows"] is None:
            job["rows"] = self.rows(job["soql"], deleted=True)
        return _json({"id": number, "state": state, "errorMessage": "too bad" if state == "Failed" else None})

    def _results(self, number: str, asked: Mapping[str, str]) -> Answer:
        job = self.jobs.get(number)
        if job is None or job["rows"] is None:
            return _error(404, "NOT_FOUND", "The requested resource does not exist")
        names, rows = job["rows"]
        first = int(asked.get("locator", "0"))
        after = first + min(int(asked["maxRecords"]), self.bulk_page)
        text = io.StringIO()
        writer = csv.writer(text, quoting=csv.QUOTE_ALL, lineterminator="\n")
        writer.writerow(names)
        writer.writerows([_cell(row[name]) for name in names] for row in rows[first:after])
        headers = {
            "Content-Type": "text/csv",
            "Sforce-Locator": str(after) if after < len(rows) else "null",
            "Sforce-NumberOfRecords": str(len(rows[first:after])),
        }
        return 200, text.getvalue().encode(), headers


def _at(text: str) -> datetime:
    return datetime.fromisoformat(text)


def _later(text: str, at: datetime) -> bool:
    return _at(text) > at


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    return re.sub(r"\+0000$", "Z", value) if isinstance(value, str) else str(value)


def _json(value: Any, status: int = 200) -> Answer:
    return status, json.dumps(value).encode(), {"Content-Type": "application/json;charset=UTF-8"}


def _error(status: int, code: str, message: str) -> Answer:
    return _json([{"message": message, "errorCode": code}], status)


@contextmanager
def serving(org: Org, authority: trustme.CA) -> Iterator[str]:
    """The address of `org` while it is served, with a certificate of `authority`."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(org))
    server.socket = context.wrap_socket(server.socket, server_side=True)
    org.url = f"https://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield org.url
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _handler(org: Org) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"  # a connection is kept: to greet by TLS for each call takes longer than the call
        wbufsize = -1  # head and body in one packet

        def _serve(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            fault = next((each for each in org.faults if _strikes(each, f"{self.command} {self.path}")), None)
            token = (self.headers.get("Authorization") or "").removeprefix("Bearer ")
            status, content, headers = org.answer(self.command, self.path, body, token)
            broken = fault is not None and not fault.status
            if fault is not None:
                fault.then()
            if fault is not None and fault.status:
                text = fault.body if isinstance(fault.body, str) else json.dumps(fault.body)
                status, content, headers = fault.status, text.encode(), dict(fault.headers)
            self.send_response(status)
            headers["Sforce-Limit-Info"] = f"api-usage={org.used}/{org.allowed}"
            for name, value in (headers | {"Content-Length": str(len(content))}).items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(content[: len(content) // 2] if broken else content)
            self.close_connection = self.close_connection or broken

        do_GET = do_POST = _serve  # noqa: N815  # theirs

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  # theirs
            """Says nothing."""

    return Handler


def _strikes(fault: Fault, call: str) -> bool:
    if fault.where not in call or not fault.times:
        return False
    if fault.after:
        fault.after -= 1
        return False
    fault.times -= 1
    return True
