"""`doctor`: every check, what was seen, how to mend it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import groupby

from monitor.core.checks import Check, Outcome
from monitor.core.messages import Block, Heading, Line, Lines, Message, Span, Tone
from monitor.render.words import Words

KIND = "doctor"
_TONES = {Outcome.OK: Tone.GOOD, Outcome.NOTE: Tone.DIM, Outcome.WARNING: Tone.WARN, Outcome.FAILED: Tone.BAD}
_MARKS = {Outcome.OK: "●", Outcome.NOTE: "·", Outcome.WARNING: "▲", Outcome.FAILED: "✕"}


def build(company: str, checks: Sequence[Check], words: Words) -> Message:
    """All checks by part, those that failed named in the headline."""
    failed = sum(check.outcome is Outcome.FAILED for check in checks)
    warned = sum(check.outcome is Outcome.WARNING for check in checks)
    tone = Tone.BAD if failed else Tone.WARN if warned else Tone.GOOD
    said = words.say(KIND, "headline", company=company, failed=failed, warned=warned)
    blocks: list[Block] = []
    for part, held in groupby(checks, key=lambda check: check.part):
        blocks += [Heading(words.say(KIND, "heading", part=part)), Lines(tuple(lines(held, words)), bullets=False)]
    return Message(KIND, said, tone, tuple(blocks))


def lines(checks: Iterable[Check], words: Words) -> Iterable[Line]:
    """How each check ended, what was seen, how to mend it."""
    for check in checks:
        mark = Span(f"{check.outcome} {_MARKS[check.outcome]}", _TONES[check.outcome])
        yield (mark, Span(f"  {check.text}"))
        if check.mend:
            yield (Span("→ ", Tone.DIM), Span(words.say(KIND, "mend", mend=check.mend), Tone.STRONG))
        for detail in check.details:
            yield (Span(f"· {detail}", Tone.DIM),)
