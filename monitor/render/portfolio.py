"""Many companies at once: one line each (`status`), and the digest of the portfolio, the worst first."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import monitor
from monitor.core.checks import Check, Outcome
from monitor.core.messages import (
    Block,
    Cell,
    Column,
    Divider,
    Footer,
    Heading,
    Line,
    Lines,
    Message,
    Paragraph,
    Row,
    Span,
    Table,
    Tone,
    cell,
    span,
)
from monitor.core.outbox import LedgerLine
from monitor.core.portfolio import IN_TROUBLE, WORST_FIRST, Board, Change, PortfolioLine, Standing
from monitor.core.types import Band
from monitor.render import doctor as page
from monitor.render import marks, outbox
from monitor.render.plain import lowered, shorten
from monitor.render.situation import HEADLINE
from monitor.render.words import Words

KIND = "portfolio"
IN_DETAIL, LISTED, NAMED = 15, 10, 40
"""Companies that a digest shows with their reasons, in each other list, and by name in its one line of healthy ones."""
_TONES = {
    Standing.PAUSED: Tone.BAD,
    Standing.BREAKAGE: Tone.BAD,
    Standing.WARNING: Tone.WARN,
    Standing.NO_VERDICT: Tone.WARN,
    Standing.UNREADABLE: Tone.WARN,
    Standing.HEALTHY: Tone.GOOD,
}
_MARKS = {
    Standing.PAUSED: marks.MARKS[Band.BREAKAGE],
    Standing.BREAKAGE: marks.MARKS[Band.BREAKAGE],
    Standing.WARNING: marks.MARKS[Band.WARNING],
    Standing.NO_VERDICT: marks.MARKS[Band.NO_DATA],
    Standing.UNREADABLE: marks.MARKS[Band.NO_DATA],
    Standing.HEALTHY: marks.MARKS[Band.HEALTHY],
}
_CHANGE_TONES = {"tripped": Tone.BAD, "worse": Tone.WARN, "lost": Tone.WARN, "recovered": Tone.GOOD}
_GRAVEST = ("tripped", "worse", "lost", "recovered", "better", "found")


@dataclass(frozen=True)
class Extras:
    """What a portfolio's digest says besides its board. `undelivered`: what did not arrive, each a sentence."""

    corrected: bool = False
    undelivered: tuple[str, ...] = ()


NOTHING_MORE = Extras()


def status(board: Board, words: Words) -> Message:
    """One line for each company, the worst first, in groups."""
    return Message("status", *_headline(board, words), (_subtitle(board, words), _table(board, words)))


def digest(board: Board, words: Words, extras: Extras = NOTHING_MORE) -> Message:
    """The digest of one week: the worst with their reasons, what changed, what cannot be judged, the healthy."""
    blocks: list[Block] = []
    if extras.corrected:
        blocks.append(Paragraph(span(words.say(KIND, "corrected"), Tone.STRONG)))
    blocks += [_subtitle(board, words), *_worst(board, words)]
    blocks += _part(words, "heading_changes", tuple(_changes(board, words)))
    blocks += _unjudged(board, words, Standing.UNREADABLE)
    blocks += _unjudged(board, words, Standing.NO_VERDICT)
    blocks += _healthy(board, words)
    if extras.undelivered:
        sentences = _listed(words, [span(_said(words, each), Tone.WARN) for each in extras.undelivered])
        blocks.append(Heading(words.say(KIND, "heading_undelivered")))
        blocks += map(Paragraph, sentences)  # no lines, which a correction is about: what did not arrive is no reading
    return Message("digest", *_headline(board, words), (*blocks, Divider(), Footer(tuple(_footer(board, words)))))


def _said(words: Words, sentence: str) -> str:
    return words.say(KIND, "sentence", sentence=sentence)


def _headline(board: Board, words: Words) -> tuple[str, Tone]:
    count = {str(standing): len(board.standing(standing)) for standing in Standing}
    unjudged = count["no_verdict"] + count["unreadable"]
    worst = next((each for each in IN_TROUBLE if count[each]), None)
    if worst is not None:
        block, tone = str(worst), _TONES[worst]
    elif count["unreadable"] == len(board.lines):
        block, tone = "nothing", Tone.BAD
    else:
        block, tone = ("unjudged", Tone.WARN) if unjudged else ("healthy", Tone.GOOD)
    said = words.say(KIND, f"headline_{block}", count=count, total=len(board.lines), unjudged=unjudged)
    return shorten(said, HEADLINE), tone


def _subtitle(board: Board, words: Words) -> Paragraph:
    return Paragraph(span(words.say(KIND, "subtitle", board=board), Tone.DIM))


def _part(words: Words, heading: str, lines: tuple[Line, ...]) -> list[Block]:
    return [Heading(words.say(KIND, heading)), Lines(lines)]


def _table(board: Board, words: Words) -> Table:
    columns = tuple(Column(title) for title in words.columns(KIND, "columns", 3))
    rows: list[Row] = []
    for standing in WORST_FIRST:
        held = board.standing(standing)
        if held:
            rows.append(Row((cell(words.say(KIND, f"group_{standing}"), Tone.STRONG), Cell(), Cell()), group=True))
        rows += [_row(line, board, words) for line in held]
    return Table("", columns, tuple(rows))


def _row(line: PortfolioLine, board: Board, words: Words) -> Row:
    name = cell(words.say(KIND, "company", company=line.company))
    return Row((name, Cell((_state(line, words),)), cell("; ".join(_reasons(line, board, words)))))


def _state(line: PortfolioLine, words: Words) -> Span:
    broken, warned = len(line.reading(Band.BREAKAGE)), len(line.reading(Band.WARNING))
    state = words.say(KIND, f"state_{line.standing}", line=line, broken=broken, warned=warned)
    return Span(f"{state} {_MARKS[line.standing]}", _TONES[line.standing])


def _reasons(line: PortfolioLine, board: Board, words: Words) -> Iterator[str]:
    """Why it stands so, the weightiest first."""
    if line.why:
        yield words.say(KIND, "why", why=line.why)
    broken = {each.title for each in line.reading(Band.BREAKAGE)}
    before = tuple(lowered(title) for title in line.tripped_by if title not in broken)
    if before:
        yield words.say(KIND, "tripped_by", about=before)
    for band in (Band.BREAKAGE, Band.WARNING):
        held = line.reading(band)
        if held:
            figures = tuple((each.title, each.text, each.title in line.tripped_by) for each in held)
            said = "" if str(line.standing) == str(band) else marks.said(band)  # where its state says so already
            yield words.say(KIND, "figures", band=said, figures=figures)
    unread = [(each, each.why if line.standing is Standing.NO_VERDICT else "") for each in line.reading(Band.NO_DATA)]
    for why in dict.fromkeys(why for _, why in unread):
        about = tuple(lowered(each.title) for each, its in unread if its == why)
        yield words.say(KIND, "unread", about=about, why=why)
    if line.unfit:
        yield words.say(KIND, "unfit", about=tuple(lowered(title) for title in line.unfit))
    if line.as_of is not None and line.as_of != board.as_of:
        yield words.say(KIND, "of_week", as_of=line.as_of)


def _worst(board: Board, words: Words) -> Iterator[Block]:
    """The worst with their reasons, and how many more there are. Lines and no table: a phone shows them whole."""
    troubled = board.standing(*IN_TROUBLE)
    if not troubled:
        return
    yield Heading(words.say(KIND, "heading_worst"))
    yield Lines(tuple(_reasoned(line, board, words) for line in troubled[:IN_DETAIL]))
    rest = troubled[IN_DETAIL:]
    if rest:
        counts = [(each, sum(line.standing is each for line in rest)) for each in IN_TROUBLE]
        standings = tuple(words.say(KIND, f"more_{each}", count=count) for each, count in counts if count)
        yield Paragraph(span(words.say(KIND, "more", count=len(rest), standings=standings), Tone.DIM))


def _reasoned(line: PortfolioLine, board: Board, words: Words) -> Line:
    lead = "; " if line.standing is Standing.PAUSED else ": "
    return (*_name(line, words), _state(line, words), Span(lead + "; ".join(_reasons(line, board, words))))


def _changes(board: Board, words: Words) -> Iterator[Line]:
    """A line for each company that crossed something, the gravest first; the rest counted."""
    changed = [line for line in board.lines if line.changes]
    changed.sort(key=lambda line: min(_GRAVEST.index(change.kind) for change in line.changes))
    for line in changed[:LISTED]:
        said = tuple(_change(change, words) for change in line.changes)
        gravest = min((change.kind for change in line.changes), key=_GRAVEST.index)
        text = words.say(KIND, "change", said=said)
        yield (*_name(line, words), Span(text, _CHANGE_TONES.get(gravest, Tone.PLAIN)))
    if len(changed) > LISTED:
        yield span(words.say(KIND, "changes_more", count=len(changed) - LISTED), Tone.DIM)
    if not changed:
        yield span(words.say(KIND, "change_nothing"), Tone.DIM)


def _change(change: Change, words: Words) -> str:
    before = marks.said(change.before) if change.before else ""
    now = marks.said(change.now) if change.now else ""
    return words.say(KIND, f"change_{change.kind}", change=change, before=before, now=now)


def _name(line: PortfolioLine, words: Words) -> Line:
    return (Span(words.say(KIND, "company", company=line.company), Tone.STRONG), Span(": "))


def _unjudged(board: Board, words: Words, standing: Standing) -> list[Block]:
    """The companies of one standing by why, each reason once: a server that is down takes hundreds along."""
    held: dict[str, list[PortfolioLine]] = {}
    for line in board.standing(standing):
        held.setdefault("; ".join(_reasons(line, board, words)), []).append(line)
    if not held:
        return []
    shown = [
        (Span(_together(lines, words, LISTED), Tone.STRONG), Span(f": {why}"))
        for why, lines in list(held.items())[:LISTED]
    ]
    rest = sum(len(lines) for lines in list(held.values())[LISTED:])
    more = (_more(rest, words),) if rest else ()
    return [_counted(words, f"heading_{standing}", board.standing(standing)), Lines((*shown, *more))]


def _counted(words: Words, heading: str, lines: Sequence[PortfolioLine]) -> Heading:
    return Heading(f"{words.say(KIND, heading)} ({len(lines):,})")


def _together(lines: Sequence[PortfolioLine], words: Words, most: int) -> str:
    """Their names, and how many more there are."""
    names = tuple(words.say(KIND, "company", company=line.company) for line in lines[:most])
    return words.say(KIND, "together", names=names, more=max(len(lines) - most, 0))


def _more(count: int, words: Words) -> Line:
    return span(words.say(KIND, "list_more", count=count), Tone.DIM)


def _listed(words: Words, lines: Sequence[Line]) -> tuple[Line, ...]:
    """The first of them, the rest counted."""
    rest = len(lines) - LISTED
    return (*lines[:LISTED], *((_more(rest, words),) if rest > 0 else ()))


def _healthy(board: Board, words: Words) -> list[Block]:
    held = board.standing(Standing.HEALTHY)
    line = span(_together(held, words, NAMED)) if held else span(words.say(KIND, "healthy_none"), Tone.DIM)
    return [_counted(words, "heading_healthy", held), Paragraph(line)]


def _footer(board: Board, words: Words) -> Iterator[Line]:
    yield span(words.say(KIND, "ranked"), Tone.DIM)
    for remark in board.remarks:
        yield span(words.say(KIND, "remark", remark=remark), Tone.DIM)
    yield span(words.say(KIND, "run", board=board, version=monitor.__version__), Tone.DIM)


def sent(board: Board, lines: Sequence[LedgerLine], failing: Sequence[str], words: Words) -> Message:
    """What became of what was sent, and who could not be read."""
    made = outbox.outcome(lines, words)
    unread = board.standing(Standing.UNREADABLE)
    read = len(board.lines) - len(unread)
    said = words.say(KIND, "sent", total=len(board.lines), read=read, unread=len(unread))
    troubles = [(*_name(line, words), Span(words.say(KIND, "why", why=line.why))) for line in unread]
    troubles += [span(_said(words, each), Tone.WARN) for each in failing]
    blocks = (Lines(_listed(words, troubles)),) if troubles else ()
    return Message(made.kind, f"{said} {made.headline}", made.tone, (*made.blocks, *blocks))


def doctor(checked: Mapping[str, Sequence[Check]], own: Sequence[Check], words: Words) -> Message:
    """One line for each company, those that fail first and in full; before them the portfolio's `own` delivery."""
    ranked = sorted(checked.items(), key=lambda item: (-_count(item[1], Outcome.FAILED), item[0].casefold()))
    failed = sum(_count(checks, Outcome.FAILED) > 0 for _, checks in ranked)
    warned = sum(_count(checks, Outcome.WARNING) > 0 for _, checks in ranked)
    mute = _count(own, Outcome.FAILED) > 0
    said = words.say(KIND, "doctor_headline", failed=failed, warned=warned, total=len(ranked), mute=mute)
    tone = Tone.BAD if failed or mute else Tone.WARN if warned else Tone.GOOD
    itself = (words.say(KIND, "doctor_own"), own)
    columns = tuple(Column(title) for title in words.columns(KIND, "doctor_columns", 3))
    rows = tuple(_examined(name, checks, words) for name, checks in (itself, *ranked) if checks)
    blocks: list[Block] = [Table("", columns, rows)] if rows else []
    for name, checks in ([itself] if mute else []) + ranked[:failed]:
        lines = tuple(page.lines([each for each in checks if each.outcome is Outcome.FAILED], words))
        blocks += [Heading(words.say(KIND, "company", company=name)), Lines(lines, bullets=False)]
    return Message("doctor", shorten(said, HEADLINE), tone, tuple(blocks))


def _examined(name: str, checks: Sequence[Check], words: Words) -> Row:
    failed, warned = (_count(checks, outcome) for outcome in (Outcome.FAILED, Outcome.WARNING))
    worst = "failed" if failed else "warned" if warned else "ok"
    outcome, tone = _WORST[worst]
    state = words.say(KIND, f"doctor_{worst}", failed=failed, warned=warned)
    said = [f"{each.part}: {each.text}" for each in checks if worst != "ok" and each.outcome is outcome]
    cost = [detail for each in checks if each.part == "source" for detail in each.details]
    return Row((cell(words.say(KIND, "company", company=name)), cell(state, tone), cell("; ".join(said or cost))))


_WORST = {
    "failed": (Outcome.FAILED, Tone.BAD),
    "warned": (Outcome.WARNING, Tone.WARN),
    "ok": (Outcome.OK, Tone.GOOD),
}


def _count(checks: Sequence[Check], outcome: Outcome) -> int:
    return sum(each.outcome is outcome for each in checks)
