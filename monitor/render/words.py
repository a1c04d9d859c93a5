"""The words: Jinja templates, the company's own before the packaged ones. A block gives one line of text."""

from __future__ import annotations

import importlib.resources
import traceback
from collections.abc import Callable, Iterator, Sequence
from difflib import get_close_matches
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Any, NoReturn

from jinja2 import ChoiceLoader, FileSystemLoader, PrefixLoader, StrictUndefined, Template, TemplateNotFound, nodes
from jinja2.exceptions import TemplateError, TemplateSyntaxError
from jinja2.runtime import Context
from jinja2.sandbox import ImmutableSandboxedEnvironment

from monitor.core.counted import counted
from monitor.core.scope import command
from monitor.errors import ConfigError
from monitor.render.plain import dated, joined, lowered, shorten, shown_day, shown_moment, shown_weekday

BlockFunction = Callable[[Context], Iterator[str]]
PAGE = "page.html.j2"
FAILURES = (TemplateError, ArithmeticError, LookupError, TypeError, ValueError, AttributeError, RuntimeError)
"""What the code of a template may raise."""


def packaged() -> Path:
    """The folder of the packaged templates: inside the wheel, or at the top of a checkout."""
    inside = Path(str(importlib.resources.files("monitor"))) / "templates"
    return inside if inside.is_dir() else inside.parent.parent / "templates"


class _Muted(dict[str, list[BlockFunction]]):
    """The blocks of a template whose top level is run for its `set` and `import` only: every block says nothing."""

    def setdefault(self, key: str, default: list[BlockFunction] | None = None, /) -> list[BlockFunction]:
        return super().setdefault(key, [_silent])


def _silent(_: Context) -> Iterator[str]:
    return iter(())


class Words:
    """Every word that a company may change, by template (`digest`) and block (`headline_tripped`).

    `own` are the company's folders, searched in order before `standard`. A template there may start with
    `{% extends "default/digest.j2" %}` and change single blocks. What comes from data never becomes template code.
    `company`: whose words they are, where it is one of many: commands say so.
    """

    def __init__(self, own: Sequence[Path] = (), standard: Path | None = None, company: str = "") -> None:
        self.own = tuple(own)
        self.standard = standard or packaged()
        for folder in self.own:
            if not folder.is_dir():
                raise ConfigError(
                    f"`templates` names the folder {folder}, which does not exist: create it or remove the key."
                )
        shelf = FileSystemLoader(str(self.standard))
        self.environment = ImmutableSandboxedEnvironment(
            loader=ChoiceLoader(
                [PrefixLoader({"default": shelf}), *(FileSystemLoader(str(f)) for f in self.own), shelf]
            ),
            undefined=StrictUndefined,
            autoescape=lambda name: name is not None and name.endswith(".html.j2"),
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self.environment.filters.update(
            day=shown_day,
            weekday=shown_weekday,
            moment=shown_moment,
            short=shorten,
            names=joined,
            dated=dated,
            lowered=lowered,
            raised=_raised,
            count=_count,
            spoken=_spoken,
            plural=counted,
            command=partial(command, company=company),
        )

    def say(self, kind: str, block: str, **values: object) -> str:
        """The words of one block on one line. Raises ConfigError, with file and line, for a template that fails."""
        template = self._template(f"{kind}.j2")
        try:
            context = template.new_context(values)
            found = _blocks(template, context)
            if block not in found:
                raise ConfigError(
                    f"Template {template.filename} has no block `{block}`: start it with {_extends(kind)}."
                )
            return " ".join("".join(found[block][0](context)).split())
        except FAILURES as error:
            _refuse(error)

    def columns(self, kind: str, block: str, count: int, **values: object) -> tuple[str, ...]:
        """The titles of a table's columns, written `One | Two`. Raises ConfigError unless there are `count` of them."""
        titles = tuple(title.strip() for title in self.say(kind, block, **values).split(" | "))
        if len(titles) != count:
            raise ConfigError(f"Template {kind}.j2, block `{block}`: {count} titles are needed, separated by ` | `.")
        return titles

    def page(self, kind: str, **values: object) -> str:
        """The HTML page around a message: `digest.html.j2` where there is one, `page.html.j2` otherwise."""
        name = f"{kind}.html.j2" if self._has(f"{kind}.html.j2") else PAGE
        template = self._template(name)
        try:
            return template.render(values).strip() + "\n"
        except FAILURES as error:
            _refuse(error)

    def check(self) -> None:
        """Read every template; raise ConfigError for one that cannot be read, or has or lacks a block it should not."""
        for path in sorted(self.standard.glob("*.j2")):
            used = set(self._all_blocks(f"default/{path.name}"))
            template = self._template(path.name)
            missing = used - set(self._all_blocks(path.name))
            if missing:
                kind = path.name.removesuffix(".j2")
                raise ConfigError(
                    f"Template {template.filename} has no block `{min(missing)}`: start it with {_extends(kind)}."
                )
            for folder in self.own:
                if (folder / path.name).is_file():
                    self._check_names(folder / path.name, used)

    def _check_names(self, path: Path, used: set[str]) -> None:
        for block in self.environment.parse(path.read_text(encoding="utf-8")).find_all(nodes.Block):
            if block.name not in used:
                near = get_close_matches(block.name, sorted(used), 1)
                hint = f"did you mean `{near[0]}`?" if near else "remove it or see the packaged template for the names."
                raise ConfigError(
                    f"Template {path}, line {block.lineno}: nothing uses the block `{block.name}`; {hint}"
                )

    def _all_blocks(self, name: str) -> Iterator[str]:
        """The blocks of a template and of those that it extends."""
        seen: set[str] = set()
        waiting = [name]
        while waiting:
            current = waiting.pop()
            if current in seen:
                continue
            seen.add(current)
            yield from self._template(current).blocks
            assert self.environment.loader is not None
            source = self.environment.loader.get_source(self.environment, current)[0]
            extends = self.environment.parse(source).find_all(nodes.Extends)
            waiting += [e.template.value for e in extends if isinstance(e.template, nodes.Const)]

    def _has(self, name: str) -> bool:
        assert self.environment.loader is not None
        return name in self.environment.loader.list_templates()

    def _template(self, name: str) -> Template:
        try:
            return self.environment.get_template(name)
        except TemplateNotFound as error:
            raise ConfigError(
                f"There is no template `{error.name}` in {', '.join(map(str, (*self.own, self.standard)))}."
            ) from error
        except TemplateSyntaxError as error:
            _refuse(error)
        except (OSError, UnicodeDecodeError) as error:
            raise ConfigError(f"Template `{name}` cannot be read: {error}; save it as UTF-8.") from error


def _blocks(template: Template, context: Context) -> dict[str, list[BlockFunction]]:
    """The blocks of a template and of those it extends, nearest first; the template's own `set`s are in the context."""
    muted = _Muted()
    for name, function in template.blocks.items():
        muted.setdefault(name).append(function)
    context.blocks = muted
    for _ in template.root_render_func(context):
        pass
    context.blocks = {name: functions[1:] for name, functions in muted.items()}
    return context.blocks


def _refuse(error: BaseException) -> NoReturn:
    """Turn a failure inside a template into one sentence with its file and line."""
    if isinstance(error, TemplateSyntaxError):
        raise ConfigError(
            f"Template {error.filename or error.name}, line {error.lineno}: {(error.message or '').rstrip('.')}."
        ) from error
    where = _place(error.__traceback__)
    said = str(error).rstrip(".") or type(error).__name__
    if isinstance(error, TemplateNotFound):
        said = f"there is no template `{error.name}`"
    if where is None:
        raise ConfigError(f"A template cannot be used: {said}.") from error
    raise ConfigError(f"Template {where[0]}, line {where[1]}: {said}.") from error


def _place(trace: TracebackType | None) -> tuple[str, int] | None:
    """The innermost template file and line of a failure."""
    for frame, line in reversed(list(traceback.walk_tb(trace))):
        template: Any = frame.f_globals.get("__jinja_template__")
        if template is not None and template.filename:
            return str(template.filename), int(template.get_corresponding_lineno(line))
    return None


def _extends(kind: str) -> str:
    return '{% extends "default/' + kind + '.j2" %}'


def _count(number: float) -> str:
    return f"{number:,.0f}"


def _raised(sentence: str) -> str:
    return sentence[:1].upper() + sentence[1:]


def _spoken(word: str) -> str:
    return word.replace("_", " ")
