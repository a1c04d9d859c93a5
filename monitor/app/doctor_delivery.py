"""Would what is to be said arrive? Channels, the secrets they need, who stands behind each route, who may act where."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from itertools import groupby

from monitor.app.wiring import Company
from monitor.config import Config
from monitor.core.checks import Check, Outcome
from monitor.core.counted import counted
from monitor.core.routes import EMAIL, SLACK, WEBHOOK, Directory, Person
from monitor.core.secret import Secret

_OF_A_WORKER = ("SLACK_APP_TOKEN", "SLACK_SIGNING_SECRET")
NEEDED_ROUTES = ("digest", "trip", "reminder", "override", "violation", "recovered", "problem")
"""Events of which somebody must hear, however the routes are changed."""


def examine(company: Company, wait: Callable[[float], None], *, serves: bool = True) -> Iterator[Check]:
    """The channels that are configured, each asked how it is. Sends nothing to anybody.

    `serves`: whether a worker has to answer for it, which needs more secrets than one that only sends.
    """
    config, directory = company.config, _heard(company.config)
    found = [name for name, settings in _settings(config).items() if settings]
    if not found:
        alone = "no channel is configured: `digest` prints, nothing is sent"
        among = "it has no channel of its own: the portfolio's digest speaks for it"
        yield Check("delivery", Outcome.NOTE, among if config.signature else alone)
    else:
        yield Check("delivery", Outcome.OK, f"messages go out by {', '.join(found)}")
    if not config.signature:
        yield from _unused(config)
    secrets = dict(_secrets(config))
    missing = [variable for variable, check in secrets.items() if check.outcome is Outcome.FAILED]
    secrets = {name: secrets[name] for name in secrets if serves or name not in missing or name not in _OF_A_WORKER}
    answers = _answers(company, wait)
    for name in found:
        yield from (check for check in secrets.values() if check.part == name)
        yield from (
            check for check in answers[name] if not any(each in f"{check.text} {check.mend}" for each in missing)
        )
    if found:
        yield from _routes(directory)
        yield from _people(company, directory)
    yield from _door(config)


def _heard(config: Config) -> Directory:
    """Who hears what; of all companies at once nobody hears anything but the digest."""
    directory = config.directory()
    if config.membership is None or not config.membership.of_all:
        return directory
    return replace(directory, routes={"digest": directory.routes["digest"]})


def _settings(config: Config) -> dict[str, bool]:
    return {
        SLACK: config.slack() is not None,
        EMAIL: config.email() is not None,
        WEBHOOK: config.webhook() is not None,
    }


def _unused(config: Config) -> Iterator[Check]:
    """Secrets that are set for a channel that is not configured: probably one that was meant to be."""
    configured = _settings(config)
    for variable, section in (("SLACK_BOT_TOKEN", SLACK), ("SMTP_PASSWORD", EMAIL), ("WEBHOOK_SECRET", WEBHOOK)):
        if variable in config.secrets and not configured[section]:
            text = f"{variable} is set, but {config.file.name} has no section `{section}`: nothing goes out by it"
            yield Check("delivery", Outcome.NOTE, text, f"add `{section}` (docs/configuration.md), or unset it")


def _secrets(config: Config) -> Iterator[tuple[str, Check]]:
    """What must be set in the environment for each configured channel, by variable."""
    slack, email, webhook = config.slack(), config.email(), config.webhook()
    if slack:
        yield _secret(SLACK, "SLACK_BOT_TOKEN", slack.bot_token, "nothing can be posted")
        if slack.mode == "socket":
            yield _secret(SLACK, "SLACK_APP_TOKEN", slack.app_token, "`serve` would hear no command and no click")
        else:
            yield _secret(SLACK, "SLACK_SIGNING_SECRET", slack.signing_secret, "`serve` would refuse every click")
    if email and email.username:
        yield _secret(EMAIL, "SMTP_PASSWORD", email.password, f"{email.username} cannot log in")
    if webhook:
        yield _secret(WEBHOOK, "WEBHOOK_SECRET", webhook.secret, "nothing can be signed")


def _secret(part: str, variable: str, secret: Secret | None, harm: str) -> tuple[str, Check]:
    if secret is not None:
        return variable, Check(part, Outcome.OK, f"{variable} is set")
    page = "docs/slack.md" if part == SLACK else "docs/configuration.md"
    mend = f"set {variable} in the environment of this process ({page})"
    return variable, Check(part, Outcome.FAILED, f"{variable} is not set: {harm}", mend)


def _answers(company: Company, wait: Callable[[float], None]) -> dict[str, list[Check]]:
    """What each channel says of itself."""
    channels = company.channels(wait)
    try:
        return {name: list(channel.examine()) for name, channel in channels.items()}
    finally:
        for channel in channels.values():
            channel.close()


def _routes(directory: Directory) -> Iterator[Check]:
    """Audiences of the routes that nobody stands behind, and events of which nobody hears."""
    heard = [
        (event, days, audience)
        for event, by_days in directory.routes.items()
        for days, audiences in sorted(by_days.items())
        for audience in audiences
    ]
    empty = sorted((each for each in heard if not directory.addresses(each[2])), key=lambda each: each[2])
    for audience, held in groupby(empty, key=lambda each: each[2]):
        events = ", ".join(f"{event}{f' (day {days})' if days else ''}" for event, days, _ in held)
        text = f"nobody is behind the audience `{audience}`, which is to hear of {events}"
        yield Check("routes", Outcome.WARNING, text, _BEHIND[audience])
    reached = {event for event, _, audience in heard if directory.addresses(audience)}
    if silent := [each for each in NEEDED_ROUTES if each in directory.routes and each not in reached]:
        text = f"nobody would hear of {', '.join(silent)}"
        mend = "name channels or people for them: slack, email, leadership, routes (docs/delivery.md)"
        yield Check("routes", Outcome.FAILED, text, mend)
    elif not empty:
        yield Check("routes", Outcome.OK, "somebody is behind every audience of every route")


_BEHIND = {
    "digest": "set slack.digest_channel, or email and a mail address for each leader",
    "alert": "set slack.alert_channel, or email and a mail address for each leader",
    "owner": "name leadership.owner with a Slack id, or with a mail address and email",
    "leadership": "set email, and a mail address for each of leadership",
    "board": "set email, and name leadership.board with mail addresses, or take board out of the routes",
}


def _people(company: Company, directory: Directory) -> Iterator[Check]:
    """Leaders whom a channel cannot reach, and whether enough of them can act from Slack."""
    if not directory.leaders:
        return
    by_slack, by_mail = directory.alert_channel is not None, directory.mails
    if by_slack and (unknown := _named(directory.approvers, lambda person: not person.slack)):
        needed, able = company.policy.breaker.approvals, len([each for each in directory.approvers if each.slack])
        able_ones = "only one approver" if able == 1 else f"{able or 'no'} approvers"
        few = f"; an override takes {needed}, and {able_ones} can act from there" if able < needed else ""
        text = f"Slack does not know {unknown}: they cannot acknowledge, override or approve there{few}"
        yield Check("people", Outcome.WARNING, text, "add their `slack` id (docs/slack.md, step 6)")
    people = (*directory.leaders, *directory.board)
    if by_mail and (unmailed := _named(people, lambda person: not person.email)):
        yield Check("people", Outcome.WARNING, f"no mail reaches {unmailed}", "add their `email`")
    owner = directory.owner
    if owner and by_slack and not owner.slack:
        text = f"{owner.name}, the owner, gets no direct message: no Slack id is given"
        yield Check("people", Outcome.NOTE, text, "add it where they are named under leadership")
    leaders = f"{counted(len(directory.leaders), 'leader')}, {len(directory.board)} of the board"
    yield Check("people", Outcome.OK, leaders)


def _named(people: Iterable[Person], which: Callable[[Person], bool]) -> str:
    return ", ".join(dict.fromkeys(person.name for person in people if which(person)))


def _door(config: Config) -> Iterator[Check]:
    """Whether `serve` would open its door, and to whom."""
    from monitor.config.places import loopback

    web = config.web()
    if loopback(web.host):
        return
    if web.token is None:
        text = f"`serve` refuses to listen on {web.host}, which others can reach, without SMB_MONITOR_WEB_TOKEN"
        mend = "set it in the environment, or web.host to 127.0.0.1"
        yield Check("web", Outcome.FAILED, text, mend)
    else:
        yield Check("web", Outcome.OK, f"`serve` listens on {web.host}:{web.port} and asks for the token")
