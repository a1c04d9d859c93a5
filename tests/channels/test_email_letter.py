"""What a mail is made of, as somebody else's server takes it in and Python's parser reads it."""

from __future__ import annotations

import re
import sys
from dataclasses import replace
from email.message import EmailMessage

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.channels.email.headers import SUBJECT, check
from monitor.channels.email.letter import write
from monitor.core.messages import Block, Lines, Message, Tone, Trend, span
from monitor.core.outbox import Outgoing, Sent
from monitor.core.settings import EmailSettings
from monitor.errors import DeliveryError
from monitor.render import chart
from monitor.render.words import Words
from tests.channels.conftest import Open, Serve
from tests.channels.rows import ADA, INCIDENT, NOW, TREND, TRIP, claimed, outgoing
from tests.mail_server import Mail
from tests.render import alerts
from tests.render.messages import messages
from tests.render.snapshots import HOSTILE_NAMES

SETTINGS = EmailSettings("localhost", "monitor@acme.example", reply_to="ada@acme.example")
WORDS = Words()
HEADERS = [
    "Thread-Topic",
    "Subject",
    "From",
    "To",
    "Reply-To",
    "Date",
    "Message-ID",
    "In-Reply-To",
    "References",
    "Auto-Submitted",
    "X-Auto-Response-Suppress",
    "MIME-Version",
    "Content-Type",
]
INJECTIONS = [
    "=?utf-8?q?hi=0ABcc=3A_evil=40x=2Etest?=",
    "=?utf-8?b?aGkKQmNjOiBldmlsQHgudGVzdA==?=",
    "==?utf-8?q?=3F=0D=0ABcc:evil@x.test?=?utf-8?q?x?=",
    "hi\nBcc: evil@x.test",
    "hi\r\nBcc: evil@x.test\r\n\r\n<h1>other body</h1>",
    "hi\rBcc: evil@x.test",
    "hi\x85Bcc: evil@x.test\u2028Bcc: evil@x.test\u2029",
    "\x00\x0b\x0c\x1c\x1d\x1e\x7f",
    "a, evil@x.test, b",
    "ë ë, evil@x.test, " * 12,
    '"><script>alert(1)</script> <evil@x.test>',
    'Ada "the boss" Marsh (CEO) \\',
    "\u202eevil\u2066\u200b\ud800",
    "日本語の名前" * 700,
    "👩\u200d🔬" * 60,
    "x" * 4000,
    "{{ 7*7 }}{% raw %}",
    *HOSTILE_NAMES,
]


def read(row: Outgoing, words: Words, settings: EmailSettings = SETTINGS) -> EmailMessage:
    """The mail for a row, parsed from its bytes."""
    return Mail("", "", write(row, settings, words, NOW).raw).read


def parts(mail: EmailMessage) -> tuple[str, str, list[EmailMessage]]:
    """Text, page and pictures."""
    text, page = mail.get_body(("plain",)), mail.get_body(("html",))
    assert text is not None and page is not None
    pictures = [part for part in mail.walk() if part.get_content_maintype() == "image"]
    return text.get_content(), page.get_content(), pictures


@pytest.mark.parametrize("name", INJECTIONS)
@pytest.mark.parametrize("field", ["headline", "name", "incident", "key", "kind"])
def test_no_name_adds_a_header_or_a_recipient(words: Words, field: str, name: str) -> None:
    row = {
        "headline": lambda: outgoing(replace(TRIP, headline=name)),
        "name": lambda: outgoing(to=replace(ADA, name=name)),
        "incident": lambda: outgoing(incident=f"win:{name}"),
        "key": lambda: outgoing(key=name),
        "kind": lambda: outgoing(kind=name),
    }[field]()
    raw = write(row, SETTINGS, words, NOW).raw
    mail = Mail("", "", raw).read
    assert mail.keys() == HEADERS
    assert [address.addr_spec for address in mail["To"].addresses] == ["ada@acme.example"]
    assert [address.addr_spec for address in mail["From"].addresses] == ["monitor@acme.example"]
    assert raw.isascii() and max(map(len, raw.split(b"\r\n"))) <= 998


@pytest.mark.parametrize("name", INJECTIONS)
def test_a_sender_with_any_name_in_it_stays_one_sender_or_is_refused(words: Words, name: str) -> None:
    settings = replace(SETTINGS, sender=f"{name} <monitor@acme.example>")
    try:
        mail = read(outgoing(), words, settings)
    except DeliveryError:
        return
    assert mail.keys() == HEADERS
    assert [address.addr_spec for address in mail["From"].addresses] == ["monitor@acme.example"]


@given(st.text(max_size=300), st.text(max_size=120), st.text(max_size=60))
def test_whatever_is_said_stands_in_the_headers_that_were_meant(headline: str, name: str, incident: str) -> None:
    row = outgoing(Message("trip", headline, Tone.BAD, ()), to=replace(ADA, name=name), incident=incident)
    mail = read(row, WORDS)
    assert mail.keys() == HEADERS
    assert mail["Subject"].startswith("[SMB Monitor")
    assert [address.addr_spec for address in mail["To"].addresses] == ["ada@acme.example"]


@given(messages)
def test_any_message_becomes_a_mail_that_reads_back(message: Message) -> None:
    mail = read(outgoing(Message(message.kind, message.headline, message.tone, _without_trends(message))), WORDS)
    text, page, _ = parts(mail)
    assert text.endswith("\n") and page.startswith("<!doctype html>")
    assert not mail.defects and not any(part.defects for part in mail.walk())


def _without_trends(message: Message) -> tuple[Block, ...]:
    """Drawing hundreds of charts takes minutes; tests/render does it."""
    return tuple(block for block in message.blocks if not isinstance(block, Trend))


@pytest.mark.parametrize(
    ("meant", "written"),
    [
        (b"Subject:", b"Bcc: evil@x.test\r\nSubject:"),
        (b"Auto-Submitted:", b"X-Auto-Submitted:"),
        (b"Reply-To: ada@acme.example\r\n", b""),
        (b"Thread-Topic:", b"\r\nThread-Topic:"),
        (b"<ada@acme.example>", b"<ada@acme.example>, evil@x.test"),
        (b"<monitor@acme.example>", b"<evil@x.test>"),
    ],
)
def test_finished_bytes_that_are_not_what_was_meant_are_not_sent(words: Words, meant: bytes, written: bytes) -> None:
    letter = write(outgoing(), SETTINGS, words, NOW)
    check(letter.raw, HEADERS, letter.sender, letter.to)
    with pytest.raises(DeliveryError, match="it was not sent"):
        check(letter.raw.replace(meant, written, 1), HEADERS, letter.sender, letter.to)


def test_a_mail_holds_text_a_page_and_its_chart_inside(words: Words) -> None:
    mail = read(outgoing(), words)
    assert mail.get_content_type() == "multipart/alternative"
    assert [part.get_content_type() for part in mail.iter_parts()] == ["text/plain", "multipart/related"]
    text, page, pictures = parts(mail)
    assert len(pictures) == 1
    assert pictures[0].get_content() == chart.png(TREND)
    assert pictures[0].get_content_disposition() == "inline"
    assert f'src="cid:{pictures[0]["Content-ID"].strip("<>")}"' in page
    assert TRIP.headline in text and TRIP.headline in page
    assert "3.20x breakage" in text and "From 4.10x to 3.20x" in text


def test_the_page_is_one_that_outlook_gmail_and_readers_of_screens_can_show(words: Words) -> None:
    _, page, _ = parts(read(outgoing(), words))
    image = re.findall(r"<img [^>]*>", page)
    assert len(image) == 1
    assert 'width="536"' in image[0] and 'alt="Pipeline coverage' in image[0] and "3.20x" in image[0]
    assert not re.search(r"<script|<link|http-equiv|display:\s*(flex|grid)|src=\"http|url\(|<svg|\.webp", page)
    assert 'width="600"' in page and len(page) < 100_000


def test_the_text_fits_into_every_mail_program(words: Words) -> None:
    text, _, _ = parts(read(outgoing(), words))
    assert max(map(len, text.splitlines())) <= 76
    assert "\x1b" not in text


@pytest.mark.parametrize("name", sorted(alerts.TOLD))
@pytest.mark.parametrize("audience", ["leadership", "board"])
def test_every_mail_to_leaders_says_in_plain_text_all_that_it_has_to_say(
    words: Words, name: str, audience: str
) -> None:
    message = alerts.message(name, words, audience)
    text, page, pictures = parts(read(outgoing(message, kind=message.kind), words))
    assert "…" not in text
    assert max(map(len, text.splitlines())) <= 76
    assert len(pictures) == page.count("<img ") == sum(isinstance(block, Trend) for block in message.blocks)


def test_a_mail_without_charts_has_no_pictures(words: Words) -> None:
    mail = read(outgoing(replace(TRIP, blocks=TRIP.blocks[:2])), words)
    assert [part.get_content_type() for part in mail.iter_parts()] == ["text/plain", "text/html"]


def test_a_chart_that_cannot_be_drawn_leaves_its_figures_in_a_mail_that_is_sent(
    serve: Serve, mail: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "vl_convert", None)  # as if what draws were not installed
    chart._drawn.cache_clear()
    with serve() as server:
        answer = mail(server.port).send(claimed(), NOW)
    assert isinstance(answer, Sent)
    assert answer.note == "1 of 1 chart could not be drawn"
    text, page, pictures = parts(server.mails[0].read)
    assert not pictures and "<img" not in page
    assert TREND.summary in text and TREND.summary in page


def test_every_header_says_what_it_must(words: Words) -> None:
    mail = read(outgoing(), words)
    assert mail["From"] == "SMB Monitor <monitor@acme.example>"
    assert mail["To"] == "Ada Marsh <ada@acme.example>"
    assert mail["Reply-To"] == "ada@acme.example"
    assert mail["Date"] == "Tue, 07 Jul 2026 12:00:00 +0000"
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["X-Auto-Response-Suppress"] == "OOF, AutoReply"
    assert mail["Subject"] == "[SMB Monitor: tripped] Mid-market hiring pause of 7 Jul 2026"


def test_mails_of_one_incident_hold_together_and_those_of_others_do_not_join(words: Words) -> None:
    kinds = ("trip", "reminder", "override_asked", "recovered")
    thread = [read(outgoing(key=f"{kind}:ada", kind=kind), words) for kind in kinds]
    other = read(outgoing(incident="trip:2027-01-07"), words)
    assert len({mail["Message-ID"] for mail in thread}) == len(kinds)
    for header in ("References", "In-Reply-To", "Thread-Topic"):
        assert len({mail[header] for mail in thread}) == 1
        assert other[header] != thread[0][header]
    assert {re.sub(r"^\[[^\]]*\] ", "", mail["Subject"]) for mail in thread} == {thread[0]["Thread-Topic"]}
    assert thread[2]["Subject"] == "[SMB Monitor: override asked] Mid-market hiring pause of 7 Jul 2026"


def test_trouble_and_its_end_are_one_thread(words: Words) -> None:
    incident = "problem:stale:2026-07-07"
    said = [read(outgoing(kind=kind, incident=incident), words)["Subject"] for kind in ("problem", "mended")]
    assert said == [f"[SMB Monitor: {kind}] Trouble with the data since 7 Jul 2026" for kind in ("problem", "mended")]


@pytest.mark.parametrize("incident", ["breakage:attainment:2026-07-05", "trip:soon", "win:OPP-1", "armed", ""])
def test_a_mail_that_has_its_incident_to_itself_says_its_headline(words: Words, incident: str) -> None:
    assert read(outgoing(incident=incident), words)["Subject"] == f"[SMB Monitor] {TRIP.headline}"


def test_a_row_has_the_same_id_whenever_it_is_sent_and_whoever_is_asked(words: Words) -> None:
    first, later = (write(outgoing(), SETTINGS, words, NOW.replace(hour=hour)).message_id for hour in (12, 18))
    assert first == later
    assert write(outgoing(key="another"), SETTINGS, words, NOW).message_id != first
    assert re.fullmatch(r"<message\.[0-9a-f]{32}@acme\.example>", first)


def test_a_long_domain_leaves_the_thread_whole(words: Words) -> None:
    domain = f"{'notifications-' * 4}x.{'internal-' * 6}x.example"
    mail = write(outgoing(), replace(SETTINGS, sender=f"monitor@{domain}"), words, NOW)
    assert mail.raw.count(f"@{domain}>".encode()) >= 3
    assert b"=?" not in mail.raw.partition(b"MIME-Version")[0]


def test_an_international_domain_is_written_in_ascii(words: Words) -> None:
    mail = read(outgoing(to=replace(ADA, to="ada@bücher.example")), words)
    assert mail["To"] == "Ada Marsh <ada@xn--bcher-kva.example>"


def test_a_subject_is_not_longer_than_a_subject_may_be(words: Words) -> None:
    mail = read(outgoing(replace(TRIP, headline="word " * 1000), incident="armed"), words)
    assert len(mail["Subject"]) <= SUBJECT and mail["Subject"].endswith("…")


def test_lines_that_begin_with_a_dot_arrive_as_they_are(serve: Serve, mail: Open) -> None:
    message = replace(TRIP, headline=".", blocks=(Lines(tuple(span(".") for _ in range(3)), bullets=False),))
    with serve() as server:
        assert isinstance(mail(server.port).send(claimed(outgoing(message)), NOW), Sent)
    text, _, _ = parts(server.mails[0].read)
    assert text.split() == ["."] * 4


def test_the_server_gets_the_very_bytes_that_were_checked(serve: Serve, mail: Open, words: Words) -> None:
    with serve() as server:
        channel = mail(server.port)
        answer = channel.send(claimed(), NOW)
    assert isinstance(answer, Sent)
    assert server.mails[0].sender == "monitor@acme.example" and server.mails[0].to == "ada@acme.example"
    sent, written = (_frame(raw) for raw in (server.mails[0].raw, write(outgoing(), channel.settings, words, NOW).raw))
    assert sent == written
    assert answer.receipt == {"message_id": server.mails[0].read["Message-ID"]}


def _frame(raw: bytes) -> bytes:
    """The bytes without the boundaries, which Python draws by lot."""
    return re.sub(rb"={15}\d+==", b"", raw)


def test_the_root_of_a_thread_is_an_id_that_nobody_else_has(words: Words) -> None:
    mail = read(outgoing(incident=INCIDENT), words)
    assert re.fullmatch(r"<incident\.[0-9a-f]{32}@acme\.example>", mail["References"])
    assert mail["References"] != read(outgoing(), words, replace(SETTINGS, sender="a@b.example"))["References"]
