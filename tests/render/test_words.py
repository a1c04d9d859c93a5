"""A company's own words: single blocks changed, mistakes told with file and line, data never taken for a template."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from monitor.errors import ConfigError
from monitor.render import digest, text
from monitor.render.words import Words
from tests.render.snapshots import STATES


def own(folder: Path, name: str, source: str) -> Words:
    (folder / name).write_text(source, encoding="utf-8")
    return Words((folder,))


def test_a_company_changes_one_block_and_keeps_the_others(tmp_path: Path) -> None:
    words = own(
        tmp_path,
        "digest.j2",
        '{% extends "default/digest.j2" %}{% set team = "RevOps" %}'
        "{% block headline_healthy %}{{ team }}: {{ super() }}{% endblock %}",
    )
    words.check()
    said = digest.build(STATES["healthy"](), words)
    assert said.headline == "RevOps: All quiet: all four SMB indicators are healthy, mid-market hiring is open"
    assert "Nothing that would trip the breaker." in text.render(said)


def test_a_change_of_the_shared_words_reaches_every_message(tmp_path: Path) -> None:
    words = own(
        tmp_path, "state.j2", '{% extends "default/state.j2" %}{% block heading_breaker %}Sicherung{% endblock %}'
    )
    assert "\nSicherung\n" in text.render(digest.build(STATES["tripped"](), words))


def test_packaged_templates_are_whole() -> None:
    Words().check()


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ('{% extends "default/digest.j2" %}\n{% block headline_healthy %}{{ oops }}{% endblock %}', "line 2: 'oops'"),
        ('{% extends "default/digest.j2" %}\n\n{% block headline_healthy %}{% if %}', "line 3"),
        (
            '{% extends "default/digest.j2" %}\n{% block headline_healthy %}{{ 1 / 0 }}{% endblock %}',
            "line 2: division",
        ),
        (
            "{% block headline_healthy %}All well{% endblock %}",
            'has no block `subtitle`: start it with {% extends "def',
        ),
        ('{% extends "default/nothing.j2" %}', "line 1: there is no template `default/nothing.j2`"),
        (
            '{% extends "default/digest.j2" %}{% block headline_healthy %}{{ snapshot.__class__ }}{% endblock %}',
            "line 1: access to attribute '__class__'",
        ),
        (
            '{% extends "default/digest.j2" %}\n{% block panel_columns %}One | Two{% endblock %}',
            "block `panel_columns`: 7 titles are needed",
        ),
    ],
)
def test_a_broken_template_is_one_sentence_that_names_its_place(tmp_path: Path, source: str, said: str) -> None:
    with pytest.raises(ConfigError) as refused:
        digest.build(STATES["healthy"](), own(tmp_path, "digest.j2", source))
    assert said in str(refused.value)
    assert "digest.j2" in str(refused.value)
    assert "\n" not in str(refused.value)


def test_check_finds_a_block_that_nothing_uses(tmp_path: Path) -> None:
    words = own(tmp_path, "digest.j2", '{% extends "default/digest.j2" %}\n{% block headlin_tripped %}x{% endblock %}')
    with pytest.raises(ConfigError, match=r"digest.j2, line 2: nothing uses .* did you mean `headline_tripped`"):
        words.check()


def test_check_finds_a_broken_template_before_it_is_needed(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"explain.j2, line 1"):
        own(tmp_path, "explain.j2", "{% block headline %}").check()


def test_a_folder_that_does_not_exist_is_told(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"`templates` names the folder .*gone"):
        Words((tmp_path / "gone",))


def test_a_template_that_is_no_text_is_told(tmp_path: Path) -> None:
    (tmp_path / "digest.j2").write_bytes(b"\xff\xfe{% block")
    with pytest.raises(ConfigError, match=r"`digest.j2` cannot be read"):
        digest.build(STATES["healthy"](), Words((tmp_path,)))


def test_names_from_data_are_never_taken_for_a_template() -> None:
    company = "{{ 7*7 }}{% include 'state.j2' %}"
    said = text.render(digest.build(replace(STATES["healthy"](), company=company), Words()))
    assert company in said
    assert "49" not in said
