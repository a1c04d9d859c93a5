"""Whatever stands in the file, reading gives a configuration or one ConfigError."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.config import check, read, show
from monitor.errors import ConfigError
from tests.config.test_show import FULL
from tests.conftest import ROOT

Place = tuple[Any, ...]
DOCUMENTS = [yaml.load(text, yaml.BaseLoader) for text in (FULL, (ROOT / "config.yaml").read_text(encoding="utf-8"))]
ODD = [
    *(
        "",
        "true",
        "~",
        "-1",
        "0",
        "0.0",
        "1e999999999",
        "-.inf",
        ".nan",
        "9" * 400,
        "0x1F",
        "1_0",
        "１２",
        "2025-02-30",
    ),
    *("sqlite://", "sqlite:///\0", "postgresql://[", "postgresql://h:x/d", "../..", "%", "%d %d", "[", "\udcff", "smb"),
]
scalars = st.one_of(
    st.sampled_from(ODD),
    st.text(max_size=12),
    st.integers().map(str),
    st.decimals().map(str),
    st.none(),
    st.just([]),
    st.just({}),
)


def places(value: Any, above: Place = ()) -> Iterator[Place]:
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else None
    if items is None:
        yield above
    else:
        for key, item in items:
            yield from places(item, (*above, key))


def changed(value: Any, place: Place, new: Any) -> Any:
    if not place:
        return new
    if isinstance(value, dict):
        return {key: changed(item, place[1:], new) if key == place[0] else item for key, item in value.items()}
    return [changed(item, place[1:], new) if index == place[0] else item for index, item in enumerate(value)]


@st.composite
def mutated(draw: st.DrawFn) -> str:
    document = draw(st.sampled_from(DOCUMENTS))
    place = draw(st.sampled_from(list(places(document))))
    return str(yaml.safe_dump(changed(document, place, draw(scalars))))


def _use(text: str, file: Path) -> None:
    """Read and use everything, or be told in one sentence."""
    file.write_bytes(text.encode("utf-8", "surrogatepass"))
    problems = check(file, {})
    if problems:
        assert all(line.startswith(f"{file}:") and "\n" not in line for line in problems)
        with pytest.raises(ConfigError):
            read(file, {})
        return
    config = read(file, {})
    assert config.policy().calendar == config.source_spec().calendar
    assert config.database_url
    file.write_text(show(config), encoding="utf-8", newline="")
    assert read(file, {}) == config


@settings(max_examples=300)
@given(mutated())
def test_one_changed_value_is_used_or_named(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    _use(text, tmp_path_factory.getbasetemp() / "mutated.yaml")


@settings(max_examples=200)
@given(st.data())
def test_one_changed_character_is_used_or_named(tmp_path_factory: pytest.TempPathFactory, data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(FULL) - 1))
    new = data.draw(
        st.sampled_from(["", "\t", ":", " ", "\n", "{", "]", "&a ", "*a", "!", "-", '"', "'", "\0", "%", "|", "é"])
    )
    _use(FULL[:at] + new + FULL[at + 1 :], tmp_path_factory.getbasetemp() / "typed.yaml")


@given(st.decimals(min_value=Decimal("0.000001"), max_value=Decimal("99999"), places=6))
def test_a_threshold_is_never_moved(tmp_path_factory: pytest.TempPathFactory, edge: Decimal) -> None:
    file = tmp_path_factory.getbasetemp() / "edge.yaml"
    bands = f"{{healthy: {edge:f}, breakage: 0}}"
    file.write_text(f"company: A\nsource: {{type: demo}}\nindicators: {{attainment: {{bands: {bands}}}}}\n")
    attainment: Any = read(file, {}).policy().settings["attainment"]
    assert attainment.bands.healthy == edge
