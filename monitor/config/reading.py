"""From a file and the environment to a configuration, or to sentences that say what is wrong and where."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from pydantic import ValidationError

from monitor.config import environment, lines
from monitor.config.configuration import Config
from monitor.config.contradictions import contradictions
from monitor.config.lines import Plain, Tree
from monitor.config.model import Document, validated
from monitor.config.words import Problem, dotted, problem, repeats
from monitor.errors import ConfigError

_LARGEST_FILE = 1_000_000


def read(path: Path, environ: Mapping[str, str]) -> Config:
    """The configuration in `path`. Raises ConfigError: one sentence with file, line, key and what is accepted."""
    config, problems = _read(path, environ)
    if config is None or problems:
        more = f" (and {len(problems) - 1} more: `smb-monitor config check`)" if len(problems) > 1 else ""
        raise ConfigError(problems[0] + more)
    return config


def check(path: Path, environ: Mapping[str, str]) -> list[str]:
    """Every problem of the configuration in `path`, in the order of its lines; none when it can be used.

    Keys that contradict each other are looked for once each key is right by itself.
    """
    return _read(path, environ)[1]


def problems_of(values: Plain, folder: Path) -> list[Problem]:
    """What is wrong with the values of a configuration that stands nowhere yet."""
    return _document(Tree(values), folder)[1]


def _read(path: Path, environ: Mapping[str, str]) -> tuple[Config | None, list[str]]:
    try:
        tree = lines.parse(_text(path))
    except ConfigError as error:
        return None, [str(error)]
    except lines.NotYaml as error:
        return None, [_sentence(path, error.line, Problem(error.path, error.why))]
    if tree.value is None:
        return None, [f"{path}: is empty; `smb-monitor init` writes a configuration"]
    document, problems = _document(tree, path.parent)
    placed = sorted((tree.line(one.path), _sentence(path, tree.line(one.path), one)) for one in problems)
    sentences = list(dict.fromkeys(sentence for _, sentence in placed))
    sentences += environment.problems(environ, tree.value if isinstance(tree.value, dict) else ())
    if document is None or sentences:
        return None, sentences
    return Config(document, path, environ.get("DATABASE_URL") or None, environment.secrets(environ)), sentences


def _text(path: Path) -> str:
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        raise ConfigError(f"{path}: there is no such file; `smb-monitor init` writes one") from None
    except IsADirectoryError:
        raise ConfigError(f"{path}: is a folder; name the file in it, or write one with `smb-monitor init`") from None
    except (OSError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) and error.strerror else "no file can have this name"
        raise ConfigError(f"{path}: cannot be read ({why}); mend that, or write one with `smb-monitor init`") from None
    if len(content) > _LARGEST_FILE:
        raise ConfigError(f"{path}: is larger than a megabyte and so no configuration; `smb-monitor init` writes one")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise ConfigError(f"{path}:{line}: is not UTF-8 text; save it as UTF-8") from None


def _sentence(path: Path, line: int, one: Problem) -> str:
    return f"{path}:{line}: {dotted(one.path)}: {one.clause}" if one.path else f"{path}:{line}: {one.clause}"


def _document(tree: Tree, folder: Path) -> tuple[Document | None, list[Problem]]:
    if not isinstance(tree.value, dict):
        return None, [Problem((), "must be keys with values, such as `company: Acme`")]
    empty = list(tree.empties())
    problems = [Problem(path, "is empty; give it a value or take the key out") for path in empty]
    problems += [one for one in environment.misplaced(tree.value) if one.path not in empty]
    named = {one.path for one in problems}
    try:
        document = validated(tree.value)
    except ValidationError as error:
        return None, problems + [one for one in _explained(error, tree.value) if one.path not in named]
    return document, problems + [one for one in contradictions(document, folder) if one.path not in named]


def _explained(error: ValidationError, given: Plain) -> list[Problem]:
    from monitor.config.schema import document_schema

    known = document_schema(with_help=False)
    errors = error.errors(include_url=False, include_input=False)
    return [problem(one, given, known) for one in errors if not repeats(one, given)]
