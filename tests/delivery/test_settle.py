"""How a row is settled: every answer, every search, every state of a channel."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.core import settle
from monitor.core.outbox import (
    DEADLINE,
    LOOKUPS,
    SETTLE,
    Absent,
    Failed,
    Found,
    Outcome,
    Outgoing,
    Retry,
    Sent,
    Settlement,
    Status,
    Unknown,
)
from monitor.core.routes import Directory
from monitor.core.settle import LEAST_TRIES, LONGEST_PAUSE, PROBE, settlement_of
from monitor.core.undelivered import Elsewhere
from tests.delivery.rows import (
    LEADERSHIP,
    NOON,
    PEOPLE,
    SAY,
    TO_ADA_BY_MAIL,
    TO_ALERT,
    TO_BEN,
    TO_CLEO_BY_MAIL,
    TO_DIGEST,
    TO_WEBHOOK,
    TRIPPED,
    WITHOUT_MAIL,
    change,
    claimed,
    outgoing,
)

LATE = NOON + DEADLINE
SECOND = timedelta(seconds=1)


def places(settlement: Settlement) -> list[tuple[str, str]]:
    """Kind and place of all that follows."""
    return [(each.kind, each.address.to) for each in settlement.outgoing]


def test_a_message_that_arrived_is_sent_with_its_receipt_and_what_follows_it() -> None:
    chart = outgoing(subject="chart")
    settlement = settlement_of(Sent({"ts": "1"}, "as text", (chart,)), claimed(), NOON, PEOPLE)
    assert settlement == Settlement(Status.SENT, note="as text", receipt={"ts": "1"}, outgoing=(chart,))


def test_a_lost_answer_is_looked_for_after_a_while_and_never_sent_at_once() -> None:
    settlement = settlement_of(Unknown("timeout"), claimed(lookups=3), NOON, PEOPLE)
    assert settlement == Settlement(Status.UNKNOWN, "timeout", next_at=NOON + SETTLE)


@pytest.mark.parametrize(
    ("attempts", "after", "seconds"),
    [
        (1, None, 30),
        (2, None, 60),
        (4, None, 240),
        (8, None, 3600),
        (4000, None, 3600),
        (1, 90.0, 90),
        (3, 90.0, 120),
        (1, 0.0, 30),
        (1, -5.0, 30),
        (1, 7200.0, 7200),
        (1, float("inf"), 2 * 86400),
        (1, float("nan"), 30),
    ],
)
def test_a_refusal_for_a_while_is_tried_again_ever_more_slowly(
    attempts: int, after: float | None, seconds: float
) -> None:
    settlement = settlement_of(Retry("429", after), claimed(attempts=attempts), NOON, PEOPLE)
    assert settlement == Settlement(Status.RETRY, "429", next_at=NOON + timedelta(seconds=seconds))


def test_the_last_try_is_at_the_end_of_a_rows_time() -> None:
    settlement = settlement_of(Retry("429", 3600), claimed(attempts=50), LATE - 9 * SECOND, PEOPLE)
    assert settlement.next_at == LATE


def test_at_the_end_of_its_time_a_row_is_given_up_and_goes_elsewhere() -> None:
    settlement = settlement_of(Retry("429"), claimed(outgoing(TO_DIGEST), attempts=3), LATE, PEOPLE)
    assert (settlement.status, places(settlement)) == (Status.FAILED, [("trip", TO_ALERT.to)])
    assert settlement.error == "tried until 2026-09-30 12:00+00:00: 429"


def test_a_row_that_waited_out_a_downtime_still_gets_its_tries() -> None:
    for attempts in range(1, LEAST_TRIES):
        assert settlement_of(Retry("429"), claimed(attempts=attempts), LATE, PEOPLE).status is Status.RETRY
    assert settlement_of(Retry("429"), claimed(attempts=LEAST_TRIES), LATE, PEOPLE).status is Status.FAILED


def test_the_time_of_a_row_for_later_begins_later() -> None:
    row = claimed(outgoing(not_before=LATE), attempts=9)
    assert settlement_of(Retry("429"), row, LATE, PEOPLE).status is Status.RETRY


@pytest.mark.parametrize(
    ("row", "follows"),
    [
        (outgoing(TO_DIGEST), [("trip", TO_ALERT.to)]),
        (outgoing(TO_BEN), [("trip", "ben@acme.example"), ("undelivered", TO_ALERT.to)]),
        (outgoing(TO_ALERT), [("trip", "ada@acme.example"), ("trip", "ben@acme.example")]),
        (outgoing(TO_CLEO_BY_MAIL), [("undelivered", TO_ALERT.to)]),
        (outgoing(TO_WEBHOOK), [("undelivered", TO_ALERT.to)]),
        (change(outgoing(TO_DIGEST)), [("undelivered", TO_ALERT.to)]),
        (outgoing(TO_CLEO_BY_MAIL, kind="undelivered"), []),
    ],
    ids=["channel", "direct message", "alert channel", "mail", "webhook", "change", "word about a failure"],
)
def test_what_is_refused_for_good_goes_elsewhere_or_is_told(row: Outgoing, follows: list[tuple[str, str]]) -> None:
    settlement = settlement_of(Failed("refused"), claimed(row), NOON, PEOPLE)
    assert (settlement.status, settlement.error) == (Status.FAILED, "refused")
    assert places(settlement) == follows


def test_a_message_elsewhere_keeps_its_words_and_says_where_it_was_meant_to_go() -> None:
    original = outgoing(TO_DIGEST)
    [other] = settlement_of(Failed("is_archived"), claimed(original), NOON, PEOPLE).outgoing
    assert (other.key, other.fallback_of) == (f"{original.key}:instead:{TO_ALERT.to}", original.key)
    line, *rest = other.message.blocks
    assert tuple(rest) == original.message.blocks
    assert "Meant for the digest channel (C0DIGEST)" in str(line) and "is_archived" in str(line)
    assert (other.message.headline, other.incident, other.kind) == (TRIPPED, original.incident, original.kind)


def test_a_word_about_a_failure_says_what_to_whom_why_and_what_to_do() -> None:
    [notice] = settlement_of(Failed("550 no such user"), claimed(outgoing(TO_CLEO_BY_MAIL)), NOON, PEOPLE).outgoing
    said = str(notice.message)
    assert all(each in said for each in (TRIPPED, "Cleo Brandt", "550 no such user", "doctor", "tell them yourself"))
    assert len(notice.message.headline) < 100
    assert notice.key == f"undelivered:{outgoing(TO_CLEO_BY_MAIL).key}:{TO_ALERT.to}"


def test_a_webhooks_url_is_told_to_nobody() -> None:
    [notice] = settlement_of(Failed("410"), claimed(outgoing(TO_WEBHOOK)), NOON, PEOPLE).outgoing
    assert "hooks.acme.example" not in str(notice.message)


def test_refused_credentials_send_rows_another_way_and_tell_by_mail_once() -> None:
    since = NOON - timedelta(days=3)
    for row in (outgoing(TO_DIGEST), outgoing(TO_ALERT)):
        settlement = settlement_of(Failed("token_revoked", credentials=True), claimed(row), NOON, PEOPLE, since)
        assert settlement.status is Status.FAILED
        assert places(settlement)[:2] == [("trip", "ada@acme.example"), ("trip", "ben@acme.example")]
        told = settlement.outgoing[2:]
        assert [each.key for each in told] == [
            "out_of_reach:slack:2026-09-25:ada@acme.example",
            "out_of_reach:slack:2026-09-25:ben@acme.example",
        ]


def test_refused_credentials_of_mail_are_told_in_slack_while_the_mails_wait() -> None:
    settlement = settlement_of(Failed("535", credentials=True), claimed(outgoing(TO_ADA_BY_MAIL)), NOON, PEOPLE)
    assert (settlement.status, settlement.next_at) == (Status.RETRY, NOON + PROBE)
    assert [each.key for each in settlement.outgoing] == [f"out_of_reach:email:2026-09-28:{TO_ALERT.to}"]


def test_without_another_way_a_row_waits_for_its_channel_until_its_time_is_over() -> None:
    row, refused = claimed(outgoing(TO_DIGEST), attempts=9), Failed("token_revoked", credentials=True)
    assert settlement_of(refused, row, NOON, WITHOUT_MAIL).next_at == NOON + PROBE
    assert settlement_of(refused, row, LATE - SECOND, WITHOUT_MAIL).next_at == LATE
    assert settlement_of(refused, row, LATE, WITHOUT_MAIL).status is Status.FAILED


def test_a_search_that_finds_the_message_settles_it() -> None:
    found = settle.searched(Sent({"ts": "1"}), claimed(uncertain=True), NOON, PEOPLE)
    assert found == Settlement(Status.SENT, receipt={"ts": "1"})


def test_what_is_surely_absent_is_sent_again_until_its_time_is_over() -> None:
    assert settle.searched(Absent(), claimed(uncertain=True), NOON, PEOPLE) is None
    late = settle.searched(Absent(), claimed(outgoing(TO_DIGEST), uncertain=True, attempts=9), LATE, PEOPLE)
    assert late is not None and (late.status, places(late)) == (Status.FAILED, [("trip", TO_ALERT.to)])


def test_searches_that_fail_become_rarer_and_end_in_a_report_but_never_in_a_second_message() -> None:
    row, waits = claimed(outgoing(TO_DIGEST), uncertain=True), list[timedelta]()
    while True:
        settlement = settle.searched(Unknown("500"), row, NOON, PEOPLE)
        assert settlement is not None
        if settlement.next_at is None:
            break
        assert (settlement.status, settlement.lookups) == (Status.UNKNOWN, row.lookups + 1)
        waits.append(settlement.next_at - NOON)
        row = replace(row, lookups=settlement.lookups)
    assert len(waits) == LOOKUPS - 1 and waits == sorted(waits) and waits[-1] <= LONGEST_PAUSE
    assert (settlement.status, settlement.error) == (Status.FAILED, "perhaps undelivered: 500")
    assert places(settlement) == [("undelivered", TO_ALERT.to)]
    assert settlement.outgoing[0].message.headline.startswith("Perhaps not delivered to digest channel")


def test_a_perhaps_lost_alert_is_told_by_mail() -> None:
    row = claimed(outgoing(TO_ALERT), uncertain=True, lookups=LOOKUPS - 1)
    settlement = settle.searched(Unknown("500"), row, NOON, PEOPLE)
    assert settlement is not None
    assert places(settlement) == [("undelivered", "ada@acme.example"), ("undelivered", "ben@acme.example")]


def test_rows_of_a_channel_that_was_taken_out_go_another_way_or_are_reported() -> None:
    certain = settle.not_configured(claimed(outgoing(TO_BEN)), PEOPLE)
    assert (certain.status, places(certain)) == (Status.FAILED, [("trip", "ben@acme.example")])
    uncertain = settle.not_configured(claimed(outgoing(TO_BEN), uncertain=True), PEOPLE)
    assert uncertain.error.startswith("perhaps undelivered: slack is not configured any more")
    assert all(each.kind == "undelivered" for each in uncertain.outgoing)


def test_what_the_other_side_says_is_one_short_line_that_a_database_holds() -> None:
    said = settle.said("a\0b\ud800\r\n\u202ec" + "x" * 1000)
    assert said.startswith("a b c") and len(said) == 300
    said.encode()


OUTCOMES = st.one_of(
    st.builds(Sent),
    st.builds(Retry, st.text(max_size=9), st.none() | st.floats()),
    st.builds(Unknown, st.text(max_size=9)),
    st.builds(Failed, st.text(max_size=9), st.booleans()),
)
FOUND = st.one_of(st.builds(Sent), st.builds(Absent), st.builds(Unknown, st.text(max_size=9)))
PLACES = st.builds(
    Directory,
    digest_channel=st.none() | st.just(TO_DIGEST.to),
    alert_channel=st.none() | st.sampled_from([TO_ALERT.to, TO_DIGEST.to]),
    approvers=st.sampled_from([(), LEADERSHIP.approvers]),
    owner=st.none() | st.just(LEADERSHIP.owner),
    board=st.just(LEADERSHIP.board),
    mails=st.booleans(),
).map(lambda directory: Elsewhere(directory, SAY))
ROWS = st.sampled_from([TO_DIGEST, TO_ALERT, TO_BEN, TO_CLEO_BY_MAIL, TO_WEBHOOK]).map(outgoing)
NOWS = st.timedeltas(timedelta(), 2 * DEADLINE).map(lambda passed: NOON + passed)


@given(OUTCOMES, FOUND, ROWS, PLACES, NOWS, st.integers(1, 99), st.integers(0, LOOKUPS - 1), st.booleans())
def test_every_row_has_a_next_moment_or_is_over_and_a_lost_one_is_never_sent_anew(
    outcome: Outcome,
    found: Found,
    row: Outgoing,
    elsewhere: Elsewhere,
    now: datetime,
    attempts: int,
    lookups: int,
    uncertain: bool,
) -> None:
    one = claimed(row if not uncertain else change(row), attempts=attempts, lookups=lookups, uncertain=uncertain)
    settlement = settlement_of(outcome, one, now, elsewhere)
    searched = settle.searched(found, one, now, elsewhere)
    for each in (settlement, searched):
        if each is not None:
            waits = each.status in (Status.RETRY, Status.UNKNOWN)
            assert (each.next_at is not None and each.next_at > now) if waits else each.next_at is None
            assert len({new.key for new in each.outgoing}) == len(each.outgoing)
    if isinstance(found, Unknown):
        assert searched is not None and all(new.kind == "undelivered" for new in searched.outgoing)


@given(ROWS, PLACES, st.booleans())
def test_what_goes_elsewhere_comes_to_an_end(row: Outgoing, elsewhere: Elsewhere, credentials: bool) -> None:
    waiting, seen = [row], set[str]()
    while waiting:
        each = waiting.pop()
        seen.add(each.key)
        settlement = settlement_of(Failed("no", credentials), claimed(each), NOON, elsewhere)
        waiting += [new for new in settlement.outgoing if new.key not in seen]
        assert len(seen) < 40
