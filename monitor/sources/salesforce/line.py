"""The line to Salesforce: every call by simple-salesforce, tried again where that helps, counted, within the limits."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from types import TracebackType
from typing import TYPE_CHECKING, Any, TypeVar

import requests
from requests.adapters import HTTPAdapter
from simple_salesforce.api import Salesforce
from simple_salesforce.exceptions import SalesforceError, SalesforceExpiredSession
from simple_salesforce.util import call_salesforce

from monitor.core.secret import Secret
from monitor.errors import DataError
from monitor.sources.salesforce.login import VERSION, Session, sign_in
from monitor.sources.salesforce.objects import Described
from monitor.sources.salesforce.rows import BrokenPage
from monitor.sources.source import World

if TYPE_CHECKING:
    import pyarrow as pa

T = TypeVar("T")
TRIES = 5
TIMEOUT = (10.0, 120.0)
"""Seconds until Salesforce answers at all, and between two pieces of an answer."""
_LONGEST = 60.0
_USED = re.compile(r"api-usage=(\d+)/(\d+)")
_OVER = "REQUEST_LIMIT_EXCEEDED"


class Unreachable(DataError):
    """Nobody answers, or the day's calls are used up: what was read before has to do."""


class Refused(Exception):
    """Salesforce does not do what it is asked; `code` is its own word for why."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True)
class Page:
    """One page of a query: its records, and where the next one is."""

    records: list[Mapping[str, Any]]
    next: str | None
    total: int


class _Patient(HTTPAdapter):
    """Never waits for ever; requests would."""

    def send(self, request: requests.PreparedRequest, **options: Any) -> requests.Response:  # type: ignore[override]
        return super().send(request, **{**options, "timeout": options.get("timeout") or TIMEOUT})


class Line:
    """One conversation. `share` is the part of the day's calls, of all programs together, from which on it ends."""

    def __init__(self, secrets: Mapping[str, Secret], world: World, share: Decimal) -> None:
        self._secrets, self._world, self._share = secrets, world, share
        self._http = requests.Session()
        self._http.mount("https://", _Patient())
        self._http.hooks["response"].append(self._hear)
        self._session: Session | None = None
        self._salesforce: Salesforce | None = None
        self._wait: float | None = None
        self.used, self.allowed, self.calls = 0, 0, 0

    def __enter__(self) -> Line:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._http.close()

    @property
    def org(self) -> str:
        """The organisation that answers; signs in where nobody did."""
        return self._call(lambda _: self._opened().org)

    def describe(self, name: str) -> dict[str, Described] | None:
        """An object's fields by name, None where there is no such object for this user."""
        try:
            return self._call(lambda sf: _fields(sf.restful(f"sobjects/{name}/describe")))
        except Refused as error:
            if error.code in ("NOT_FOUND", "INVALID_TYPE", "INSUFFICIENT_ACCESS"):
                return None
            raise

    def count(self, name: str, where: str = "", *, deleted: bool = False) -> int | None:
        """How many rows there are; None where they are so many that Salesforce gives up counting. Raises Refused."""
        query = f"SELECT COUNT() FROM {name}{where}"  # noqa: S608  # names of ours
        try:
            return self._call(lambda sf: _page(sf.query(query, include_deleted=deleted))).total
        except Refused as error:
            if error.code == "QUERY_TIMEOUT":
                return None
            raise

    def query(self, soql: str) -> Page:
        """The first page, deleted rows included."""
        return self._call(lambda sf: _page(sf.query(soql, include_deleted=True)))

    def more(self, url: str) -> Page:
        """The page at `url`. Raises Refused where Salesforce has forgotten it."""
        return self._call(lambda sf: _page(sf.query_more(url, identifier_is_url=True)))

    def begin_job(self, soql: str) -> Mapping[str, Any]:
        """A bulk query of all rows, deleted ones included. Raises Refused."""
        wanted = {"operation": "queryAll", "query": soql, "columnDelimiter": "COMMA", "lineEnding": "LF"}
        return self._job("POST", "query", ("id", "createdDate"), json=wanted)

    def job(self, number: str) -> Mapping[str, Any]:
        """How far a bulk query is. Raises Refused for one that is gone."""
        return self._job("GET", f"query/{number}", ("state",))

    def results(
        self, number: str, locator: str | None, most: int, read: Callable[[bytes], pa.Table]
    ) -> tuple[pa.Table, str | None]:
        """One page of a bulk query, as `read` makes it of the CSV, and where the next one is. Raises Refused."""

        def ask(sf: Salesforce) -> tuple[pa.Table, str | None]:
            where = {"maxRecords": str(most)} | ({"locator": locator} if locator else {})
            answer = _bulk(sf, "GET", f"query/{number}/results", params=where, headers={"Accept": "text/csv"})
            following = answer.headers.get("Sforce-Locator", "")
            rows = read(answer.content)
            said = answer.headers.get("Sforce-NumberOfRecords", "")
            if said != str(rows.num_rows):
                raise BrokenPage(f"{rows.num_rows} rows of {said or 'nobody knows how many'}")
            return rows, None if following in ("", "null") else following

        return self._call(ask)

    def _job(self, method: str, path: str, names: tuple[str, ...], **more: Any) -> Mapping[str, Any]:
        return self._call(lambda sf: _told(_bulk(sf, method, path, **more).json(), *names))

    def _call(self, ask: Callable[[Salesforce], T]) -> T:
        """What `ask` gets, tried again after what passes. Raises Refused, Unreachable, DataError."""
        renewed, trouble = False, "nobody answers"
        for attempt in range(TRIES):
            self._spare()
            try:
                return ask(self._ready())
            except SalesforceExpiredSession:
                if renewed:
                    break
                renewed = True
                self._renew()
                continue
            except SalesforceError as error:
                trouble = _refusal(error)
            except (requests.RequestException, BrokenPage) as error:
                trouble = _trouble(error)
            if attempt < TRIES - 1:
                self._world.wait(min(_LONGEST, self._wait or 2.0**attempt))
        else:
            raise Unreachable(f"Salesforce cannot be read just now, as {trouble}: try again later.")
        raise DataError("Salesforce refuses a session that it has just given: look at the user's and the app's access.")

    def _ready(self) -> Salesforce:
        if self._salesforce is None:
            found = self._opened()
            self._salesforce = Salesforce(
                session_id=found.token,
                instance_url=found.url,
                session=self._http,
                version=VERSION,
                parse_float=Decimal,
            )
        return self._salesforce

    def _opened(self) -> Session:
        if self._session is None:
            self._session = sign_in(self._secrets, self._http)
        return self._session

    def _renew(self) -> None:
        """A new session in place of one that is refused."""
        self._salesforce = None
        try:
            self._session = sign_in(self._secrets, self._http, anew=True)
        except requests.RequestException:
            self._session = None

    def _hear(self, answer: requests.Response, **_: Any) -> None:
        """What every answer says besides: the calls of the day, how long to wait."""
        self.calls += 1
        found = _USED.search(answer.headers.get("Sforce-Limit-Info", ""))
        if found:
            self.used, self.allowed = int(found[1]), int(found[2])
        wait = answer.headers.get("Retry-After", "")
        self._wait = float(wait) if wait.isdigit() else None

    def _spare(self) -> None:
        """Raises Unreachable before this program takes the last calls of the day from the others."""
        if self.allowed and self.used >= self._share * self.allowed:
            raise Unreachable(
                f"{self.used:,} of the day's {self.allowed:,} calls of Salesforce are used up, so reading stops where "
                "it is and goes on later: wait, or raise source.max_calls."
            )


def _refusal(error: SalesforceError) -> str:
    """What Salesforce says is wrong, where that passes. Raises Refused, Unreachable where it does not."""
    code = _code(error)
    if code == _OVER:
        if "Concurrent" in str(error.content):
            return "too many calls of all programs run there at once"
        raise Unreachable(f"Salesforce has no call left for today ({_OVER}): try again later.") from None
    if error.status == 429 or error.status >= 500:
        return f"it answers {error.status}"
    raise Refused(code) from None


def _trouble(error: requests.RequestException | BrokenPage) -> str:
    """What went wrong on the way. Raises Unreachable for what no other try mends."""
    if "CERTIFICATE_VERIFY_FAILED" in str(error):
        raise Unreachable(
            "Salesforce's certificate is not trusted here, as behind a gateway of your own: point REQUESTS_CA_BUNDLE "
            "at the authority that the gateway's certificate is of."
        ) from None
    if isinstance(error, requests.exceptions.ProxyError):
        return "the proxy in HTTPS_PROXY does not let it through"
    is_silent = isinstance(error, (requests.ConnectionError, requests.Timeout))
    return "nobody answers at its address (SALESFORCE_INSTANCE_URL)" if is_silent else "its answers break off"


def _bulk(sf: Salesforce, method: str, path: str, headers: Mapping[str, str] | None = None, **more: Any) -> Any:
    """A call of Bulk 2.0, whose own class in the library waits by itself and does not go on from a locator."""
    known = {**sf.headers, "Accept": "application/json", **(headers or {})}
    return call_salesforce(f"{sf.bulk2_url}{path}", method, sf.session, known, **more)


def _told(found: Any, *names: str) -> Mapping[str, Any]:
    """An answer that holds these names. Raises BrokenPage for another one."""
    if not isinstance(found, dict) or not all(name in found for name in names):
        raise BrokenPage("something else")
    return found


def _page(found: Any) -> Page:
    told = _told(found, "done", "records", "totalSize")
    following = None if told["done"] else str(_told(found, "nextRecordsUrl")["nextRecordsUrl"])
    return Page(list(told["records"]), following, int(told["totalSize"]))


def _fields(found: Any) -> dict[str, Described]:
    fields = [_told(field, "name", "type") for field in _told(found, "fields")["fields"]]
    return {str(field["name"]): Described(str(field["type"]), field.get("calculated") is True) for field in fields}


def _code(error: SalesforceError) -> str:
    """Salesforce's word for what is wrong; never its text, which may repeat what it was asked."""
    content: Any = error.content
    first = content[0] if isinstance(content, list) and content else content
    code = first.get("errorCode") if isinstance(first, dict) else None
    return code if isinstance(code, str) and re.fullmatch(r"[A-Z_0-9]{3,60}", code) else str(error.status)
