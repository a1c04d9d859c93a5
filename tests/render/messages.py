"""Any message and any snapshot, for properties that must hold whatever is said."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from hypothesis import strategies as st

from monitor.core.messages import (
    Actions,
    Align,
    Block,
    Button,
    Cell,
    Column,
    Confirm,
    Divider,
    Footer,
    Heading,
    Lines,
    Message,
    Paragraph,
    Room,
    Row,
    Span,
    Spark,
    Style,
    Table,
    Tone,
    Trend,
)
from monitor.core.notices import Notice
from monitor.core.types import Ahead, ChecklistItem, OverrideView, Snapshot
from tests.render.alerts import KINDS, TRIPPING
from tests.render.snapshots import HOSTILE_NAMES, STATES

texts = st.one_of(
    st.sampled_from(HOSTILE_NAMES),
    st.text(st.characters(), max_size=60),
    st.text(st.sampled_from("ab <&>\u202e\x1b日👩\u200d\u0301\n"), max_size=400),
)
tones = st.sampled_from(Tone)
lines = st.lists(st.builds(Span, texts, tones, st.booleans()), max_size=3).map(tuple)
numbers = st.one_of(st.none(), st.floats(-1e6, 1e6))
sparks = st.lists(numbers, max_size=20).map(lambda values: Spark(tuple(values)))
cells = st.one_of(st.builds(Cell, lines), st.builds(Cell, st.just(()), sparks))
many = st.one_of(st.lists(lines, max_size=4), st.lists(lines, min_size=20, max_size=60)).map(tuple)


@st.composite
def tables(draw: st.DrawFn) -> Table:
    """Up to eight columns; often few rows, sometimes more than Slack takes."""
    columns = draw(
        st.lists(st.builds(Column, texts, st.sampled_from(Align), st.sampled_from(Room)), min_size=1, max_size=8)
    )
    kept = [replace(columns[0], room=Room.PHONE), *columns[1:]]
    rows = draw(st.lists(st.lists(cells, min_size=len(kept), max_size=len(kept)), max_size=5))
    times = draw(st.sampled_from((1, 1, 30)))
    grouped = [Row(tuple(row), draw(st.booleans())) for row in rows]
    return Table(draw(texts), tuple(kept), tuple(grouped * times))


@st.composite
def trends(draw: st.DrawFn) -> Trend:
    """Of any length."""
    spark = draw(sparks)
    return Trend(draw(texts), ("1 Jan 2026",) * len(spark.values), spark, (4.0, 3.5), draw(texts))


buttons = st.builds(
    Button,
    texts,
    st.sampled_from(("ack", "override", "explain")),
    st.text(max_size=40),
    st.sampled_from(Style),
    st.one_of(st.none(), st.builds(Confirm, texts, texts, texts, texts)),
    st.sampled_from(("", "https://monitor.example/")),
)
blocks: st.SearchStrategy[Block] = st.one_of(
    st.builds(Heading, texts),
    st.builds(Paragraph, lines),
    st.builds(Lines, many, st.booleans()),
    tables(),
    trends(),
    st.lists(buttons, max_size=3).map(lambda found: Actions(tuple(found))),
    st.just(Divider()),
    st.builds(Footer, many),
)
messages = st.builds(
    Message,
    st.just("digest"),
    texts,
    tones,
    st.one_of(st.lists(blocks, max_size=6), st.lists(blocks, max_size=60)).map(tuple),
)

days = st.dates(date(2024, 1, 1), date(2028, 12, 31))
names = st.lists(texts, max_size=3).map(tuple)
overrides = st.builds(OverrideView, texts, texts, days, names, st.integers(1, 3), st.booleans())
items = st.builds(
    ChecklistItem, texts, texts, st.one_of(st.none(), texts), days, st.sampled_from(("open", "doing", "done"))
)
kinds = st.sampled_from(("first_breakage", "on_course", "to_avoid", "to_recover"))
aheads = st.builds(
    Ahead, kinds, st.sampled_from(("attainment", "cac_payback")), texts, texts, st.one_of(st.none(), days)
)
counts = st.dictionaries(texts, st.dictionaries(texts, st.integers(0, 10**9), max_size=3), max_size=3)


@st.composite
def snapshots(draw: st.DrawFn) -> Snapshot:
    """Any state, with any text wherever the text of others can stand."""
    base = STATES[draw(st.sampled_from(sorted(STATES)))]()
    breaker = replace(
        base.breaker,
        override=draw(st.one_of(st.none(), overrides)),
        acknowledged_by=draw(st.one_of(st.none(), texts)),
        checklist=tuple(draw(st.lists(items, max_size=3))),
        violations=draw(names),
    )
    data = replace(
        base.data,
        set_aside=draw(counts),
        suspicious=draw(counts),
        review_deals=draw(st.integers(0, 10**6)),
        review_amount=draw(st.floats(0, 1e15)),
        missing=draw(names),
        remarks=draw(names),
    )
    ahead = tuple(draw(st.lists(aheads, max_size=3)))
    return replace(base, company=draw(texts), breaker=breaker, data=data, ahead=ahead)


FACTS = (
    "actor", "reason", "what", "to", "text", "before", "amount", "requisition_id", "on", "since", "until", "by",
    "as_of", "happened", "closed_on", "days", "needed", "started",
)  # fmt: skip
facts = st.dictionaries(
    st.sampled_from(FACTS),
    st.one_of(texts, days.map(str), st.integers(-5, 10**12), st.floats(), st.booleans(), st.none()),
)
abouts = st.sampled_from(((), ("pipeline_coverage",), TRIPPING, ("cac_payback", "unknown")))
incidents = texts.map(lambda text: text[:60])
"""A button hands its incident on in 2,000 characters of JSON, twelve of them for an emoji; none is as long as this."""
notices = st.builds(
    Notice, st.sampled_from(KINDS), texts, incidents, st.just(("alert",)), abouts, facts.map(lambda held: {**held})
)
