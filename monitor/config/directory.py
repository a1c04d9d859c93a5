"""From the keys of config.yaml to the people and channels behind the audiences."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from types import MappingProxyType

from monitor.config.model import Document
from monitor.config.telling import LeadershipSection, PersonSection, RoutesSection
from monitor.core.routes import Directory, Person


def directory(document: Document) -> Directory:
    """Who is reached where, and who hears what."""
    leadership, slack = document.leadership, document.slack
    people = leadership or LeadershipSection(())
    return Directory(
        digest_channel=slack.digest_channel if slack else None,
        alert_channel=slack.alert_channel if slack else None,
        approvers=tuple(map(_person, people.approvers)),
        members=tuple(map(_person, people.members)),
        owner=_owner(people),
        board=tuple(map(_person, people.board)),
        mails=document.email is not None,
        webhook=document.webhook.url if document.webhook else None,
        routes=_routes(document.routes),
    )


def _person(section: PersonSection) -> Person:
    return Person(section.name, section.email, section.slack)


def _owner(people: LeadershipSection) -> Person | None:
    """A bare name means the approver or member of that name, with the addresses that stand there."""
    if people.owner is None:
        return None
    named = (each for each in (*people.approvers, *people.members) if _same(each.name, people.owner.name))
    return _person(next(named, people.owner))


def _same(one: str, other: str) -> bool:
    return " ".join(one.split()).casefold() == " ".join(other.split()).casefold()


def _routes(section: RoutesSection) -> Mapping[str, Mapping[int, tuple[str, ...]]]:
    given = {each.name: getattr(section, each.name) for each in fields(section)}
    return MappingProxyType(
        {
            event: MappingProxyType(dict(heard)) if isinstance(heard, Mapping) else MappingProxyType({0: heard})
            for event, heard in given.items()
        }
    )
