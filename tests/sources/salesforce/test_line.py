"""The line itself: limits that pass, pages without a count, proxies, certificates, addresses, organisations."""

from __future__ import annotations

import select
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from monitor.errors import DataError
from tests.sources.salesforce.reader import APP, Reader
from tests.sources.salesforce.server import Answer, Fault, Org
from tests.sources.salesforce.test_faults import RESULTS, whole

CONCURRENT = [{"message": "ConcurrentPerOrgLongTxn Limit exceeded.", "errorCode": "REQUEST_LIMIT_EXCEEDED"}]
TOO_LONG = [{"message": "Your query request was running for too long.", "errorCode": "QUERY_TIMEOUT"}]


def test_too_many_calls_at_once_pass_and_are_not_the_end_of_the_day(org: Org, reader: Reader) -> None:
    org.faults = [Fault(RESULTS, 403, CONCURRENT, times=3)]
    reader.read()
    whole(org, reader)
    org.now += timedelta(hours=1)
    org.faults = [Fault("", 403, CONCURRENT, times=99)]
    sentence = (
        "Salesforce cannot be read just now, as too many calls of all programs run there at once: try again later."
    )
    assert sentence in reader.read()[0]


def test_rows_that_salesforce_gives_up_counting_are_read_all_the_same(org: Org, reader: Reader) -> None:
    org.faults = [Fault("COUNT", 400, TOO_LONG, times=999)]
    forecast = reader.source().forecast()
    assert "Opportunity: more rows than Salesforce can count to read for the first time, about 7 calls" in forecast
    reader.read()
    org.now += timedelta(days=2)
    org.put("Opportunity", "006-01", Amount=3)
    reader.read()
    whole(org, reader)
    assert reader.kept("opportunity")[1]["amount"] == 3


@pytest.mark.parametrize("answer", [(204, ""), (200, ""), (200, '"Id"\n"006-77"\n')], ids=["204", "empty", "short"])
def test_a_page_that_does_not_say_how_many_rows_it_has_is_not_believed(
    answer: tuple[int, str], org: Org, reader: Reader
) -> None:
    org.faults = [Fault(RESULTS, *answer, times=2)]
    reader.read()
    assert reader.waits == [1.0, 2.0, 1.0, 1.0] or reader.waits[1:3] == [1.0, 2.0]
    whole(org, reader)


# On the way there.


@contextmanager
def proxy(allows: bool = True) -> Iterator[tuple[str, list[str]]]:
    """A proxy on loopback that opens tunnels, or does not; its address and where it was asked to lead."""
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_CONNECT(self) -> None:  # theirs
            asked.append(self.path)
            self.close_connection = True
            if not allows:
                self.send_error(407)
                return
            host, _, port = self.path.partition(":")
            with socket.create_connection((host, int(port))) as there:
                self.send_response(200)
                self.end_headers()
                _pass_on(self.connection, there)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # theirs
            """Says nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}", asked
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _pass_on(here: socket.socket, there: socket.socket) -> None:
    other = {here: there, there: here}
    while True:
        for end in select.select([here, there], [], [])[0]:
            piece = end.recv(65536)
            if not piece:
                return
            other[end].sendall(piece)


def test_signing_in_and_reading_go_through_the_proxy(org: Org, reader: Reader, monkeypatch: pytest.MonkeyPatch) -> None:
    with proxy() as (address, asked):
        monkeypatch.setenv("HTTPS_PROXY", address)
        reader.with_(env=APP).read()
    assert set(asked) == {org.url.removeprefix("https://")} and org.signed == ["client_credentials"]
    whole(org, reader)


def test_a_proxy_that_refuses_is_named(reader: Reader, monkeypatch: pytest.MonkeyPatch) -> None:
    with proxy(allows=False) as (address, _):
        monkeypatch.setenv("HTTPS_PROXY", address)
        with pytest.raises(DataError, match="as the proxy in HTTPS_PROXY does not let it through: try again later"):
            reader.with_(env=APP).read()


def test_a_certificate_that_nobody_trusts_is_said_with_what_to_set(
    reader: Reader, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("REQUESTS_CA_BUNDLE")
    with pytest.raises(DataError, match=r"^Salesforce's certificate is not trusted here.*: point REQUESTS_CA_BUNDLE"):
        reader.read()
    assert reader.waits == []


def test_an_address_at_which_nobody_is_is_said(reader: Reader) -> None:
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        reader.org.url = f"https://127.0.0.1:{nobody.getsockname()[1]}"
        with pytest.raises(DataError, match=r"as nobody answers at its address \(SALESFORCE_INSTANCE_URL\): try"):
            reader.read()


@pytest.mark.parametrize("host", ["acme.lightning.force.com", "acme--uat.sandbox.lightning.force.com"])
def test_the_address_of_a_browser_is_refused_with_the_right_one(host: str, reader: Reader) -> None:
    reader.org.url = f"https://{host}/lightning/page/home"
    with pytest.raises(DataError, match=r"^SALESFORCE_INSTANCE_URL is an address for browsers: set your My Domain"):
        reader.with_(env=APP).read()


# Which organisation it is.


def opaque(org: Org, number: str) -> Callable[[str], Answer]:
    """Sign-in as newer apps have it: a token that does not tell the organisation, beside an address that does."""
    told = org._oauth

    def answer(body: str) -> Answer:
        status, text, headers = told(body)
        more = b', "id": "https://login.salesforce.com/id/%s/005x00000012Q9P"}' % number.encode()
        return status, text[:-1] + more, headers

    return answer


def test_an_organisation_is_known_by_its_number_though_the_token_does_not_tell_it(
    org: Org, reader: Reader, monkeypatch: pytest.MonkeyPatch
) -> None:
    reader = reader.with_(env=APP)
    reader.read()
    org.tokens = ["eyJ0.opaque.token"]
    monkeypatch.setattr(org, "_oauth", opaque(org, "00Dx0000000BV7zEAG"))
    org.now += timedelta(hours=1)
    reader.read()
    monkeypatch.setattr(org, "_oauth", opaque(org, "00Dx0000000OTHEREAG"))
    org.now += timedelta(hours=1)
    for ask in (reader.read, reader.source().forecast):
        with pytest.raises(DataError, match="holds the data of another organisation of Salesforce"):
            ask()
