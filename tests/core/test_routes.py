"""Who hears what: audiences, where they are reached, and where a message goes that was refused."""

from __future__ import annotations

from dataclasses import replace

import pytest

from monitor.core.routes import DEFAULT_ROUTES, EMAIL, SLACK, Address, Directory, Person

ADA = Person("Ada Marsh", "ada@acme.example", "U0ADA")
BEN = Person("Ben Okoro", "ben@acme.example")
CARLA = Person("Carla Ruiz", "carla@acme.example", "U0CARLA")
BOARD = Person("Dora Chair", "dora@board.example")
WHOLE = Directory("C0DIGEST", "C0ALERT", (ADA, BEN), (), CARLA, (BOARD,), mails=True)


def places(directory: Directory, audience: str) -> list[tuple[str, str]]:
    return [(address.channel, address.to) for address in directory.addresses(audience)]


@pytest.mark.parametrize(
    ("audience", "expected"),
    [
        ("digest", [(SLACK, "C0DIGEST")]),
        ("alert", [(SLACK, "C0ALERT")]),
        ("owner", [(SLACK, "U0CARLA")]),
        ("leadership", [(EMAIL, "ada@acme.example"), (EMAIL, "ben@acme.example"), (EMAIL, "carla@acme.example")]),
        ("board", [(EMAIL, "dora@board.example")]),
        ("nobody", []),
    ],
)
def test_every_audience_has_its_place(audience: str, expected: list[tuple[str, str]]) -> None:
    assert places(WHOLE, audience) == expected


def test_without_slack_its_channels_are_the_leaders_mails() -> None:
    mails = replace(WHOLE, digest_channel=None, alert_channel=None)
    assert places(mails, "alert") == places(WHOLE, "leadership")
    assert places(mails, "owner") == [(EMAIL, "carla@acme.example")]


def test_without_mail_nobody_is_reached_by_it() -> None:
    assert places(replace(WHOLE, mails=False), "leadership") == []


def test_a_place_that_two_audiences_share_hears_once() -> None:
    same = replace(WHOLE, alert_channel="C0DIGEST")
    heard = same.everybody(("digest", "alert", "owner"))
    assert [(each.to, each.audience) for each in heard] == [("C0DIGEST", "digest"), ("U0CARLA", "owner")]


def test_a_refused_channel_falls_back_to_the_alert_channel_and_that_to_mail() -> None:
    digest = WHOLE.addresses("digest")[0]
    (alert,) = WHOLE.instead_of(digest)
    assert alert.to == "C0ALERT"
    assert {each.channel for each in WHOLE.instead_of(alert)} == {EMAIL}
    assert all(WHOLE.instead_of(mail) == () for mail in WHOLE.instead_of(alert))


def test_with_dead_credentials_nothing_else_in_slack_is_tried() -> None:
    digest = WHOLE.addresses("digest")[0]
    assert {each.channel for each in WHOLE.instead_of(digest, credentials=True)} == {EMAIL}


def test_a_direct_message_that_cannot_be_sent_becomes_that_persons_mail() -> None:
    owner = WHOLE.addresses("owner")[0]
    assert WHOLE.instead_of(owner) == (Address(EMAIL, "carla@acme.example", "owner", "Carla Ruiz"),)


def test_a_leader_is_known_by_the_slack_id_and_nobody_else_is() -> None:
    assert WHOLE.person("U0ADA") == ADA
    assert WHOLE.person("U0EVE") is None


def test_the_default_routes_are_those_of_the_specification() -> None:
    assert DEFAULT_ROUTES["trip"][0] == ("digest", "alert", "owner", "leadership", "board")
    assert sorted(DEFAULT_ROUTES["reminder"]) == [2, 5, 10]
    assert "board" in DEFAULT_ROUTES["reminder"][10] and "board" not in DEFAULT_ROUTES["reminder"][5]
    assert DEFAULT_ROUTES["problem"] == {0: ("digest", "alert"), 7: ("leadership",)}
