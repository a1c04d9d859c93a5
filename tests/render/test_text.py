"""Fixed-width details: sparks, wide characters, folding, and what is written out instead of acted on."""

from __future__ import annotations

import pytest

from monitor.core.messages import (
    Align,
    Column,
    Heading,
    Lines,
    Message,
    Row,
    Span,
    Spark,
    Table,
    Tone,
    cell,
    plain,
    span,
)
from monitor.render import sparkline, text
from monitor.render.plain import dated, fit, lowered, shorten, visible


def said(*blocks: Heading | Lines | Table, unicode: bool = True) -> list[str]:
    return text.render(Message("x", "Head", Tone.PLAIN, blocks), unicode=unicode).splitlines()[1:]


@pytest.mark.parametrize(
    ("values", "scale", "unicode", "ascii_"),
    [
        ((1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0), None, "▁▂▃▄▅▆▇█", "12345678"),
        ((1.0, None, 8.0), None, "▁·█", "1.8"),
        ((None, None), None, "··", ".."),
        ((5.0, 5.0), None, "▄▄", "44"),
        ((4.1, 4.3), (3.5, 4.3), "▆█", "68"),
        ((), None, "", ""),
    ],
)
def test_a_spark(
    values: tuple[float | None, ...], scale: tuple[float, float] | None, unicode: str, ascii_: str
) -> None:
    spark = Spark(values, scale=scale)
    assert plain(sparkline.draw(spark)) == unicode
    assert plain(sparkline.draw(spark, unicode=False)) == ascii_


def test_noise_within_a_band_does_not_look_like_a_fall() -> None:
    drawn = plain(sparkline.draw(Spark((4.60, 4.52, 4.61, 4.55), scale=(3.5, 4.61))))
    assert set(drawn) <= {"▇", "█"}


def test_wide_and_combining_characters_keep_their_columns() -> None:
    rows = (Row((cell("日本語"), cell("1"))), Row((cell("Zoe\u0308"), cell("22"))), Row((cell("plain"), cell("333"))))
    drawn = said(Table("", (Column("Name"), Column("Deals", Align.RIGHT)), rows))
    assert drawn == ["", "Name    Deals", "日本語      1", "Zoe\u0308        22", "plain     333"]


def test_a_long_name_in_a_table_is_shortened_and_a_last_column_folded() -> None:
    columns = (Column("Name"), Column("Amount", Align.RIGHT), Column("Said"))
    drawn = said(Table("", columns, (Row((cell("n" * 90), cell("1,000"), cell("word " * 30))),)))
    assert len(drawn) == 2 + 3
    assert all(len(row) <= 100 for row in drawn)
    assert "n… " in drawn[2]
    assert drawn[4].endswith("…")


def test_a_number_is_not_parted_from_its_unit() -> None:
    drawn = said(Lines((span("x" * 93 + " 55.0 % and 3 months"),)))
    assert drawn[2] == "  55.0 % and 3 months"


def test_a_word_that_is_too_long_is_broken() -> None:
    drawn = said(Lines((span("y" * 150),)))
    assert [len(row) for row in drawn] == [0, 100, 2 + 52]


def test_ascii_has_a_stand_in_for_every_mark_and_writes_the_rest_out() -> None:
    drawn = said(Lines((span("healthy ● warning ▲ breakage ✕ no data ○ Zoë"),)), unicode=False)
    assert drawn[1] == "* healthy o warning ! breakage x no data ? Zo\\xeb"


def test_colour_is_only_added() -> None:
    message = Message("x", "Head", Tone.BAD, (Lines(((Span("a"), Span("b", Tone.WARN)),)),))
    assert text.render(message, colour=True) == "\x1b[31mHead\x1b[0m\n\n• a\x1b[33mb\x1b[0m\n"


@pytest.mark.parametrize(
    ("text_", "shown"),
    [
        ("\x1b[31mred", "\\x1b[31mred"),
        ("a\u202eb", "a\\u202eb"),
        ("a\nb\tc", "a b c"),
        ("\ud800", "\\ud800"),
        ("👩\u200d👧", "👩\u200d👧"),
        ("e" + "\u0301" * 40, "e" + "\u0301" * 4),
        ("\x9b31m", "\\x9b31m"),
    ],
)
def test_what_cannot_be_seen_is_written_out(text_: str, shown: str) -> None:
    assert visible(text_) == shown


def test_words_are_shortened_at_a_word() -> None:
    assert shorten("one two three", 9) == "one two…"
    assert shorten("one", 9) == "one"
    assert fit("日本語日本語", 5) == "日本…"


def test_days_and_titles_in_a_sentence() -> None:
    assert dated("sealed on 2026-04-07, not 2026-99-99") == "sealed on 7 Apr 2026, not 2026-99-99"
    assert lowered("Pipeline coverage") == "pipeline coverage"
    assert lowered("CAC payback") == "CAC payback"
