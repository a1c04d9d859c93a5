"""YAML with positions: plain values, every scalar as its text, and the line on which each key stands."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

import yaml

Plain: TypeAlias = "str | list[Plain] | dict[str, Plain] | None"
Path: TypeAlias = tuple[str | int, ...]

_YAML = "tag:yaml.org,2002:"
_NULL, _MERGE = f"{_YAML}null", f"{_YAML}merge"
_TAGS = {_NULL, _MERGE, *(_YAML + name for name in ("str", "int", "float", "bool", "timestamp", "map", "seq"))}
_MOST_VALUES = 50_000
_DEEPEST = 40


class NotYaml(Exception):
    """The text is no YAML that a configuration may be: `line` and a clause that says why."""

    def __init__(self, line: int, why: str, path: Path = ()) -> None:
        super().__init__(why)
        self.line, self.why, self.path = line, why, path


@dataclass(frozen=True)
class Tree:
    """A document: its values, all scalars as text (`0.80` stays `0.80`; nothing is None), and the lines of its keys."""

    value: Plain
    lines: Mapping[Path, int] = field(default_factory=dict)

    def line(self, path: Path) -> int:
        """The line of `path`, or of the nearest key above it that the file holds."""
        while path not in self.lines and path:
            path = path[:-1]
        return self.lines.get(path, 1)

    def empties(self) -> Iterator[Path]:
        """The keys that stand there with nothing after them."""
        yield from _empties(self.value, ())


def parse(text: str) -> Tree:
    """The one document in `text`. Raises NotYaml."""
    try:
        node = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise NotYaml(mark.line + 1 if mark else 1, _why(error)) from None
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        raise NotYaml(line, f"holds the character #x{int(error.character):04x}, which no text should") from None
    except RecursionError:
        raise NotYaml(1, "is nested too deeply") from None
    if node is None:
        return Tree(None)
    walk = _Walk()
    return Tree(walk.plain(node, ()), walk.lines)


def _why(error: yaml.MarkedYAMLError) -> str:
    problem = error.problem or "it cannot be read"
    if "'\\t'" in problem:
        return "holds a tab, which YAML does not allow there; indent with spaces"
    if isinstance(error, yaml.composer.ComposerError) and "single document" in str(error.context):
        return "begins a second document (---), but one is all that is read"
    return "is no valid YAML: " + problem.replace("'<stream end>'", "the end of the file")


class _Walk:
    """From nodes to plain values, noting lines on the way."""

    def __init__(self) -> None:
        self.lines: dict[Path, int] = {}
        self.seen = 0

    def plain(self, node: yaml.Node, path: Path) -> Plain:
        self._bounds(node, path)
        self.lines.setdefault(path, node.start_mark.line + 1)
        if isinstance(node, yaml.ScalarNode):
            return None if node.tag == _NULL else str(node.value)
        if isinstance(node, yaml.SequenceNode):
            return [self.plain(item, (*path, index)) for index, item in enumerate(node.value)]
        return self._mapping(node, path)

    def _mapping(self, node: yaml.Node, path: Path) -> dict[str, Plain]:
        values: dict[str, Plain] = {}
        own: dict[str, int] = {}
        for key, value in _pairs(node, path):
            name, line = str(key.value), key.start_mark.line + 1
            if name in own:
                raise NotYaml(line, f"is given twice, first on line {own[name]}", (*path, name))
            own[name] = self.lines[(*path, name)] = line
            values[name] = self.plain(value, (*path, name))
        for source in _merged(node, path):
            base = self.plain(source, path)
            values = {**base, **values} if isinstance(base, dict) else values
        return values

    def _bounds(self, node: yaml.Node, path: Path) -> None:
        self.seen += 1
        line = node.start_mark.line + 1
        if self.seen > _MOST_VALUES:
            raise NotYaml(line, f"holds more than {_MOST_VALUES} values, aliases counted", path)
        if len(path) > _DEEPEST:
            raise NotYaml(line, "is nested too deeply", path[:3])
        if node.tag not in _TAGS:
            raise NotYaml(line, f"has the tag {_short(node.tag)}, but tags are not accepted", path)


def _pairs(node: yaml.Node, path: Path) -> Iterator[tuple[yaml.ScalarNode, yaml.Node]]:
    for key, value in node.value:
        if not isinstance(key, yaml.ScalarNode):
            raise NotYaml(key.start_mark.line + 1, "has a key that is no text", path)
        if key.tag != _MERGE:
            yield key, value


def _merged(node: yaml.Node, path: Path) -> Iterator[yaml.Node]:
    """The mappings that `<<` merges in, those that win last."""
    for key, value in node.value:
        if key.tag != _MERGE:
            continue
        sources = value.value if isinstance(value, yaml.SequenceNode) else [value]
        for source in sources:
            if not isinstance(source, yaml.MappingNode):
                raise NotYaml(key.start_mark.line + 1, "merges (<<) something that is no mapping", path)
            yield source


def _empties(value: Plain, path: Path) -> Iterator[Path]:
    if value is None:
        yield path
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from _empties(item, (*path, key))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _empties(item, (*path, index))


def _short(tag: str) -> str:
    return tag.replace(_YAML, "!!")
