"""From a file and the environment to a configuration, or to sentences that say what is wrong and where."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from pydantic import ValidationError

from monitor.config import database, environment, lines, portfolio
from monitor.config.configuration import Config, Membership
from monitor.config.contradictions import contradictions
from monitor.config.lines import Plain, Tree
from monitor.config.model import Document, validated
from monitor.config.portfolio import KEY, Portfolio
from monitor.config.words import Problem, dotted, problem, repeats
from monitor.errors import ConfigError

_LARGEST_FILE = 1_000_000
_EMPTY = "is empty; give it a value or take the key out"


def read(path: Path, environ: Mapping[str, str]) -> Config:
    """The configuration of the one company in `path`. Raises ConfigError: one sentence with file, line, key and what is
    accepted.
    """
    found = configured(path, environ)
    if isinstance(found, Portfolio):
        raise ConfigError(f"{path}: companies: holds many companies, where one is asked for: name it with --company")
    return found


def configured(path: Path, environ: Mapping[str, str]) -> Config | Portfolio:
    """The company, or the many, that `path` configures. Raises ConfigError as `read` does."""
    found, problems = _read(path, environ)
    if found is None or problems:
        more = f" (and {len(problems) - 1} more: `smb-monitor config check`)" if len(problems) > 1 else ""
        raise ConfigError(problems[0] + more)
    return found


def check(path: Path, environ: Mapping[str, str]) -> list[str]:
    """Every problem of the configuration in `path`, in the order of its lines; none when it can be used.

    Keys that contradict each other are looked for once each key is right by itself.
    """
    return _read(path, environ)[1]


def doubts(path: Path, environ: Mapping[str, str]) -> list[str]:
    """What can be used and may not be meant, in the order of its lines; of a configuration that has no problem."""
    found = configured(path, environ)
    if not isinstance(found, Portfolio):
        return []
    return _File(path, lines.parse(_text(path)), environ).sentences(portfolio.alike(found))


def problems_of(values: Plain, folder: Path) -> list[Problem]:
    """What is wrong with the values of a configuration that stands nowhere yet."""
    return _document(Tree(values), folder)[1]


def _read(path: Path, environ: Mapping[str, str]) -> tuple[Config | Portfolio | None, list[str]]:
    try:
        tree = lines.parse(_text(path))
    except ConfigError as error:
        return None, [str(error)]
    except lines.NotYaml as error:
        return None, [_sentence(path, error.line, Problem(error.path, error.why))]
    if tree.value is None:
        return None, [f"{path}: is empty; `smb-monitor init` writes a configuration"]
    file = _File(path, tree, environ)
    if isinstance(tree.value, dict) and KEY in tree.value:
        return _many(file, tree.value)
    document, problems = _document(tree, path.parent)
    given = tree.value if isinstance(tree.value, dict) else ()
    sentences = [*file.sentences(problems), *environment.problems(environ, given)]
    return (file.config(document), []) if document and not sentences else (None, sentences)


@dataclass(frozen=True)
class _File:
    """A file that was parsed, and the environment beside it."""

    path: Path
    tree: Tree
    environ: Mapping[str, str]

    def sentences(self, problems: Iterable[Problem]) -> list[str]:
        """One sentence for each problem, in the order of the lines; each once."""
        lines = ((self.tree.line(one.path), one) for one in problems)
        placed = sorted((line, _sentence(self.path, line, one)) for line, one in lines)
        return list(dict.fromkeys(sentence for _, sentence in placed))

    def config(self, document: Document, membership: Membership | None = None) -> Config:
        given = self.environ.get("DATABASE_URL") or None
        return Config(document, self.path, given, environment.secrets(self.environ), membership)


def _many(file: _File, values: Mapping[str, Plain]) -> tuple[Portfolio | None, list[str]]:
    """What stands beside `companies`, and each entry over it, every one looked at like a file of its own."""
    given, folder = values[KEY], file.path.parent
    problems = [Problem(path, _EMPTY) for path in file.tree.empties() if path[0] == KEY]
    problems += portfolio.shape_problems(given)
    entries = [each for each in given if isinstance(each, dict)] if isinstance(given, list) else []
    documents = []
    for at, entry in enumerate(entries if not problems else ()):
        document, wrong = _document(Tree(portfolio.merged(values, entry)), folder)
        problems += [replace(one, path=portfolio.place(one.path, at, file.tree.lines)) for one in wrong]
        documents.append(document)
    own, wrong = _document(Tree(portfolio.without_entries(values)), folder)
    problems += wrong
    problems += portfolio.misfits(given, own) if own else ()
    keys = {*values, *(key for entry in entries for key in entry)}
    sentences = [*file.sentences(problems), *environment.problems(file.environ, keys)]
    if own is None or sentences:
        return None, sentences
    try:
        found = _portfolio(file, values, own, [(d, e) for d, e in zip(documents, entries, strict=True) if d])
    except ConfigError as error:
        return None, [str(error)]
    sentences = file.sentences(portfolio.twice(found))
    return (found, []) if not sentences else (None, sentences)


def _portfolio(
    file: _File, values: Mapping[str, Plain], own: Document, entries: list[tuple[Document, dict[str, Plain]]]
) -> Portfolio:
    whole = file.config(own)
    given = values[KEY]
    named = given.get("column") if isinstance(given, dict) else None
    column = named if isinstance(named, str) else None
    configs = []
    for document, entry in entries:
        membership = portfolio.membership(whole, document.company)
        if "database" in entry:
            located = database.located(document.database, whole.folder)
            membership = replace(membership, log=database.lent(located, whole.database_url), own_log=True)
        configs.append(file.config(portfolio.of_entry(document, entry), membership))
    return Portfolio(
        replace(whole, membership=portfolio.membership(whole, None, column)),
        tuple(configs),
        column,
        frozenset({"company", "source"} - set(values)),
    )


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
    problems = [Problem(path, _EMPTY) for path in empty]
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
