"""The parts that digest, status and every later message share: panel, notes, breaker, what is ahead, data footer."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Set

from monitor.core.messages import Align, Cell, Column, Line, Paragraph, Room, Row, Span, Table, Tone, cell, span
from monitor.core.types import Band, IndicatorView, ReadingView, Snapshot, State
from monitor.render import marks
from monitor.render.situation import hiring, named, titles
from monitor.render.words import Words

AHEAD_TONES = {"first_breakage": Tone.BAD, "on_course": Tone.BAD, "to_avoid": Tone.STRONG, "to_recover": Tone.STRONG}


def subtitle(snapshot: Snapshot, words: Words, kind: str) -> Paragraph:
    """Whose numbers these are, and of which week."""
    return Paragraph(span(words.say(kind, "subtitle", snapshot=snapshot), Tone.DIM))


def panel(snapshot: Snapshot, words: Words, kind: str) -> Table:
    """The indicators of the watched segment, and below them those of the segments beside it."""
    quarter = snapshot.quarter.rpartition("-")[2]
    names = words.columns(
        kind, "panel_columns", 7, segment=marks.segment_name(snapshot.segment), quarter=quarter, snapshot=snapshot
    )
    rooms = {3: Room.PAGE, 4: Room.WIDE, 6: Room.PAGE}
    columns = tuple(
        Column(name, Align.RIGHT if at in (1, 4) else Align.LEFT, rooms.get(at, Room.PHONE))
        for at, name in enumerate(names)
    )
    rows = [_row(view, snapshot.quarter, watched=True) for view in snapshot.indicators]
    for segment, views in snapshot.beside.items():
        if views:
            title = words.say(kind, "panel_beside", segment=marks.segment_name(segment), snapshot=snapshot)
            rows.append(Row((cell(title, Tone.STRONG), *(Cell() for _ in names[1:])), group=True))
            rows += [_row(view, snapshot.quarter, watched=False) for view in views]
    return Table("", columns, tuple(rows))


def _row(view: IndicatorView, quarter: str, *, watched: bool) -> Row:
    before = view.weeks[-2] if len(view.weeks) > 1 else None
    running = next((reading for reading in view.quarters if reading.quarter == quarter), None)
    return Row(
        (
            cell(view.title),
            Cell((*marks.value(view.weekly), Span(f" {marks.arrow(view.weekly, before)}", Tone.DIM))),
            Cell(marks.status(view.weekly.band)),
            marks.quarters_spark(view),
            Cell(marks.marked(running)) if running else cell(marks.NONE, Tone.DIM),
            _streak(view) if watched else Cell(),
            Cell(marks.evidence(view.weekly)),
        )
    )


def _streak(view: IndicatorView) -> Cell:
    if view.fits_definition is False:
        return cell("not counted", Tone.DIM)
    if not view.streak:
        return cell(marks.NONE, Tone.DIM)
    return cell(f"{view.streak} quarter" + ("s" if view.streak > 1 else ""), Tone.BAD)


def notes(snapshot: Snapshot, words: Words, kind: str) -> Iterator[Line]:
    """What the panel cannot say in a cell: why there is no reading, what does not fit, what was restated."""
    unread = [view for view in snapshot.indicators if view.weekly.band is Band.NO_DATA]
    for why in dict.fromkeys(_why(view.weekly) for view in unread):
        alike = tuple(view for view in unread if _why(view.weekly) == why)
        block = "note_no_reading" if all(view.weekly.value is None for view in alike) else "note_no_verdict"
        yield span(words.say(kind, block, snapshot=snapshot, about=titles(alike), why=why), Tone.PLAIN)
    for segment, views in snapshot.beside.items():
        yield from _beside_notes(snapshot, words, kind, segment, views)
    for fits, block in ((False, "note_unfit"), (None, "note_unchecked")):
        about = tuple(view for view in snapshot.indicators if view.fits_definition is fits)
        if about and (fits is False or snapshot.breaker.watch_from):
            yield span(
                words.say(kind, block, snapshot=snapshot, about=titles(about)), Tone.DIM if fits is None else Tone.WARN
            )
    for view in snapshot.indicators:
        for reading in view.quarters:
            if reading.restated:
                said = f"{reading.text}, {marks.said(reading.band)}"
                values = {"quarter": reading.quarter, "title": view.title, "sealed": said, "restated": reading.restated}
                yield span(words.say(kind, "note_restated", snapshot=snapshot, **values), Tone.WARN)


def _beside_notes(
    snapshot: Snapshot, words: Words, kind: str, segment: str, views: tuple[IndicatorView, ...]
) -> Iterator[Line]:
    unread = [view for view in views if view.weekly.band is Band.NO_DATA and view.weekly.value is None]
    for why in dict.fromkeys(_why(view.weekly) for view in unread):
        about = titles(tuple(view for view in unread if _why(view.weekly) == why))
        values = {"segment": marks.segment_name(segment), "about": about, "why": why}
        yield span(words.say(kind, "note_beside", snapshot=snapshot, **values), Tone.DIM)


def _why(reading: ReadingView) -> str:
    return (reading.why or reading.reason or "no data").rstrip(".")


def breaker(snapshot: Snapshot, words: Words, kind: str) -> Iterator[Line]:
    """The breaker's state, since when and by what, the override and who has seen it."""

    def say(block: str, tone: Tone = Tone.PLAIN, keys: tuple[str, ...] = (), **more: object) -> Line:
        about = titles(named(snapshot, keys))
        return span(words.say(kind, block, snapshot=snapshot, about=about, hiring=hiring(snapshot), **more), tone)

    now = snapshot.breaker
    if now.state is State.ARMED:
        yield say("breaker_armed")
        if now.recovered_on:
            yield say("breaker_recovered", Tone.GOOD, now.recovered)
    else:
        yield say("breaker_tripped", Tone.BAD if now.hiring_paused else Tone.WARN, now.tripped_by)
        yield from _tripped(snapshot, say)
    further = tuple(key for key in now.advisory if now.state is State.ARMED or key not in now.tripped_by)
    if further:
        yield say("breaker_advisory" if now.state is State.ARMED else "breaker_advisory_further", Tone.WARN, further)
    for requisition in now.violations:
        yield say("breaker_violation", Tone.BAD, requisition=requisition)


def _tripped(snapshot: Snapshot, say: Callable[..., Line]) -> Iterator[Line]:
    now = snapshot.breaker
    if now.bridged:
        yield say("breaker_bridged", Tone.DIM)
    if now.state is State.RECOVERING:
        yield say("breaker_recovering", Tone.WARN)
    elif now.recovered:
        yield say("breaker_some_recovered", Tone.GOOD, now.recovered)
    if now.override:
        yield say(_override_block(snapshot), Tone.WARN, override=now.override)
    if now.acknowledged_by:
        yield say("breaker_acknowledged", Tone.DIM)
    elif now.state is State.TRIPPED and not (now.override and now.override.in_force):
        yield say("breaker_unacknowledged", Tone.WARN)


def _override_block(snapshot: Snapshot) -> str:
    override = snapshot.breaker.override
    assert override is not None
    if override.in_force:
        return "breaker_override"
    return "breaker_override_asked" if len(override.approved_by) < override.needed else "breaker_override_over"


def checklist(snapshot: Snapshot, words: Words, kind: str) -> Iterator[Line]:
    """The steps of the reinvestment cycle, late ones marked."""
    for item in snapshot.breaker.checklist:
        late = item.state != "done" and item.due < snapshot.as_of
        tone = Tone.DIM if item.state == "done" else Tone.WARN if late else Tone.PLAIN
        yield span(words.say(kind, "checklist_item", snapshot=snapshot, item=item, late=late), tone)


def ahead(snapshot: Snapshot, words: Words, kind: str) -> Iterator[Line]:
    """What lies ahead of the breaker, and what would avoid it or let it recover."""
    for item in snapshot.ahead:
        about = titles(named(snapshot, (item.indicator,)))
        headline = words.say(kind, "ahead_item", snapshot=snapshot, item=item, about=about)
        detail = words.say(kind, "ahead_detail", snapshot=snapshot, item=item) if item.detail else ""
        yield (Span(headline, AHEAD_TONES.get(item.kind, Tone.STRONG)), *((Span(f": {detail}"),) if detail else ()))
    if not snapshot.ahead:
        yield span(words.say(kind, "ahead_nothing", snapshot=snapshot), Tone.DIM)


def footer(snapshot: Snapshot, words: Words, kind: str) -> Iterator[Line]:
    """What the readings stand on: how old, what was set aside, what is in review, what is missing."""

    def say(block: str, tone: Tone = Tone.DIM, **more: object) -> Line:
        return span(words.say(kind, block, snapshot=snapshot, **more), tone)

    data = snapshot.data
    yield say("data_as_of")
    if data.stale:
        yield say("data_stale", Tone.BAD)
    if data.missing:
        yield say("data_missing", Tone.WARN, tables=data.missing)
    told = {finding.reason for finding in data.findings}
    aside, odd = _counted(data.set_aside), _counted(data.suspicious, told)
    yield say("data_set_aside", Tone.WARN, tables=aside) if aside else say("data_nothing_aside")
    for finding in data.findings:
        yield say(f"data_{finding.reason}", Tone.WARN, finding=finding)
    if odd:
        yield say("data_suspicious", tables=odd)
    if data.review_deals:
        yield say("data_review", Tone.WARN)
    approximate = tuple(view for view in snapshot.indicators if view.weekly.approximate)
    if approximate:
        yield say("data_approximate", about=titles(approximate))
    for remark in data.remarks:
        yield say("data_remark", remark=remark)
    yield say("data_run")


def short_footer(snapshot: Snapshot, words: Words, kind: str) -> Iterator[Line]:
    """How old the readings are, what is missing, and the run: for a message that is no digest."""
    yield span(words.say(kind, "data_as_of", snapshot=snapshot), Tone.DIM)
    if snapshot.data.stale:
        yield span(words.say(kind, "data_stale", snapshot=snapshot), Tone.BAD)
    if snapshot.data.missing:
        yield span(words.say(kind, "data_missing", snapshot=snapshot, tables=snapshot.data.missing), Tone.WARN)
    yield span(words.say(kind, "data_run", snapshot=snapshot), Tone.DIM)


def _counted(
    tables: Mapping[str, Mapping[str, int]], told: Set[str] = frozenset()
) -> list[tuple[str, list[tuple[str, int]]]]:
    """Tables and reasons that have rows and are not told elsewhere, the most rows first."""
    untold = {table: [each for each in reasons.items() if each[0] not in told] for table, reasons in tables.items()}
    found = ((table, _most(reasons)) for table, reasons in untold.items())
    return [(table, reasons) for table, reasons in found if reasons]


def _most(reasons: Iterable[tuple[str, int]]) -> list[tuple[str, int]]:
    return sorted(((reason, number) for reason, number in reasons if number), key=lambda pair: (-pair[1], pair[0]))
