"""The slash command: its words, and what each of them does."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from difflib import get_close_matches
from typing import Any

from monitor.app.answers import INDICATOR_OF
from monitor.core.messages import Lines, Message, Paragraph, Span, Tone
from monitor.entrypoints.slack import acts, modals
from monitor.entrypoints.slack.desk import Job, Lane, Taken
from monitor.entrypoints.slack.office import Office
from monitor.entrypoints.slack.requests import Body, Request, request_of
from monitor.entrypoints.slack.voice import Voice
from monitor.errors import UsageError

READING = "Reading the data, the answer follows."
SHARE = "share"
DAY = "2026-09-27"
ACTS = {"ack": "stops the reminders, not the pause", "override": "asks to open hiring until a day, in a form"}
ACTS |= {"approve": "agrees to the override that was asked for", "resume": "confirms a recovery"}

Reply = dict[str, Any]
"""What goes back with the acknowledgement."""


@dataclass(frozen=True)
class Words:
    """What was typed behind the command: `coverage share` is the word `coverage`, shared."""

    word: str
    rest: tuple[str, ...] = ()
    share: bool = False


def words_of(text: str) -> Words:
    """The words as they are meant; nothing typed is `status`."""
    typed = text.split()
    share = bool(typed) and typed[-1].lower() == SHARE
    typed = typed[:-1] if share else typed
    word = typed[0].lower().lstrip("/") if typed else "status"
    return Words(word, tuple(typed[1:]), share)


@dataclass(frozen=True)
class Asked:
    """A command on its way to its answer."""

    office: Office
    request: Request
    words: Words
    command: str

    def names(self) -> bool:
        """Whether names are shown: never to a whole channel, and only to those who may see them."""
        return not self.words.share and self.office.people.may_see_names(self.request.user)


def received(office: Office, body: Body) -> Reply:
    """Hand the command in; at once, whatever the database and the source are doing."""
    request = request_of(body, office.clock())
    asked = Asked(office, request, words_of(str(body.get("text") or "")), str(body.get("command") or "/smb-health"))
    word = asked.words.word
    if word == "override":
        modals.open_override(office, request)
        return {}
    lane = Lane.SLOW if word in ("why", "as-of") else Lane.QUICK
    once = word in acts.ACTS or asked.words.share
    taken = office.take(Job(request, lambda voice: _answer(asked, voice), lane, once))
    slow = lane is Lane.SLOW and taken is Taken.NOW
    return {"text": READING, "response_type": "ephemeral"} if slow else {}


def _answer(asked: Asked, voice: Voice) -> None:
    word = asked.words.word
    if word in INDICATOR_OF:
        _show(asked, voice, asked.office.answers.indicator(INDICATOR_OF[word], voice.clock()))
    elif word in acts.ACTS:
        reason = " ".join(asked.words.rest)
        acts.perform(asked.office, word, asked.request, voice, reason=reason)
    elif word in _ANSWERS:
        _ANSWERS[word](asked, voice)
    else:
        voice.show(help_on(asked.command, asked.words.word))


def _show(asked: Asked, voice: Voice, message: Message) -> None:
    voice.show(message, share=asked.words.share)


def _status(asked: Asked, voice: Voice) -> None:
    _show(asked, voice, asked.office.answers.status(voice.clock(), names=asked.names()))


def _breaker(asked: Asked, voice: Voice) -> None:
    _show(asked, voice, asked.office.answers.breaker(voice.clock(), names=asked.names()))


def _why(asked: Asked, voice: Voice) -> None:
    wanted = asked.words.rest[0].lower() if asked.words.rest else ""
    key = INDICATOR_OF.get(wanted, wanted.replace("-", "_"))
    if key not in INDICATOR_OF.values():
        raise UsageError(f"why needs an indicator: {asked.command} why {'|'.join(INDICATOR_OF)}.")
    explain(asked.office, key, voice, names=asked.names(), share=asked.words.share)


def explain(office: Office, key: str, voice: Voice, *, names: bool, share: bool = False) -> None:
    """Why an indicator reads what it reads, from the source, opened for this."""
    with office.open_company() as opened:
        message = office.answers.why(opened, key, voice.clock(), names=names)
    voice.show(message, share=share)


def _as_of(asked: Asked, voice: Voice) -> None:
    try:
        day = date.fromisoformat(asked.words.rest[0] if asked.words.rest else "")
    except ValueError:
        raise UsageError(f"as-of needs a day: {asked.command} as-of {DAY}.") from None
    with asked.office.open_company() as opened:
        message = asked.office.answers.as_of(opened, day, voice.clock(), names=asked.names())
    _show(asked, voice, message)


def _help(asked: Asked, voice: Voice) -> None:
    voice.show(help_on(asked.command))


_ANSWERS: Mapping[str, Callable[[Asked, Voice], None]] = {
    "status": _status,
    "breaker": _breaker,
    "why": _why,
    "as-of": _as_of,
    "help": _help,
}
WORDS = (*_ANSWERS, *INDICATOR_OF, *ACTS)


def help_on(command: str, wrong: str = "") -> Message:
    """What can be typed; for a wrong word, with the nearest right one in front."""
    headline = f"What {command} answers"
    if wrong:
        near = get_close_matches(wrong, WORDS, 1, 0.5)
        meant = f'; did you mean "{near[0]}"?' if near else ""
        headline = f'There is no word "{wrong[:40]}"{meant}'
    lines = tuple((Span(f"{command} {words}".strip(), code=True), Span(f" {answer}")) for words, answer in _table())
    note = (Span("Only you see the answer unless you add share; what is shared has no names in it.", Tone.DIM),)
    return Message("help", headline, Tone.PLAIN, (Lines(lines), Paragraph(note)))


def _table() -> Iterator[tuple[str, str]]:
    yield "", "the panel (also: status)"
    yield "|".join(INDICATOR_OF), "value, band, trend and history"
    yield "why coverage", "why an indicator reads what it reads"
    yield f"as-of {DAY}", "the panel as of that day"
    yield "breaker", "its state, its events, what is ahead"
    yield from ACTS.items()
    yield "help", "this"
