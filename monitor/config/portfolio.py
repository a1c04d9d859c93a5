"""Many companies in one file: what each entry of `companies` makes of the rest, or one configuration for all."""

from __future__ import annotations

import hashlib
import os
import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from monitor.config import database
from monitor.config.configuration import Config, Membership
from monitor.config.lines import Path, Plain
from monitor.config.mapping import CRMS
from monitor.config.model import Document, TableSection
from monitor.config.words import Problem, nearest, unknown
from monitor.core.names import as_read
from monitor.errors import ConfigError, UsageError

KEY = "companies"
UNNAMED = "Portfolio"
"""What a portfolio is called that the file gives no name."""
TELLING = ("slack", "webhook", "email")
"""The keys by which somebody is told."""
OWN_LOG = "portfolio"
_NO_SOURCE: Plain = {"type": "demo"}
"""What stands for the source, which only the entries give, while the rest of the file is looked at by itself."""
_SLUG = 32
_NEAR = 3


@dataclass(frozen=True)
class Portfolio:
    """Many companies in one file. `own` is what stands beside `companies`: whom the portfolio's digest goes to.

    Either `entries`, each a whole configuration, or the `column` by which the rows of one source are told apart.
    """

    own: Config
    entries: tuple[Config, ...] = ()
    column: str | None = None
    unread: frozenset[str] = frozenset()
    """Keys of `own` that the file does not give."""

    @property
    def name(self) -> str:
        return self.own.company

    @property
    def names(self) -> tuple[str, ...]:
        """The companies in the order of the file; none where only the data know them."""
        return tuple(entry.company for entry in self.entries)

    def company(self, name: str) -> Config:
        """The configuration of one company; by a column, any name is one. Raises UsageError for one that is not."""
        if self.column is not None:
            return self._by_column(name)
        alike = unicodedata.normalize("NFC", name)  # as a terminal may give what the file has in another form
        found = next((each for each in self.entries if unicodedata.normalize("NFC", each.company) == alike), None)
        if found is None:
            raise UsageError(unknown_company(name, self.names, self.own.file.name))
        return found

    def _by_column(self, name: str) -> Config:
        document = of_entry(replace(self.own.document, company=name), {})
        whole = replace(self.own, document=document, membership=None)
        return replace(whole, membership=membership(whole, name, self.column))


def unknown_company(name: str, names: tuple[str, ...], file: str) -> str:
    """A sentence for a name that none of the companies has."""
    near = nearest(name, names)
    more = f", ... ({len(names)} in all)" if len(names) > _NEAR else ""
    hint = f"did you mean {near}?" if near else f"there are {', '.join(names[:_NEAR])}{more}"
    return f"--company: no company of {file} is called {name!r}; {hint}"


def slug(name: str) -> str:
    """A name for files, schemas and messages: what can be read of it, and a hash that no other name has."""
    readable = re.sub(r"[^a-z0-9]+", "-", name.lower().encode("ascii", "ignore").decode())[:_SLUG].strip("-")
    hashed = hashlib.sha256(name.encode("utf-8", "backslashreplace")).hexdigest()[:10]
    return f"{readable}-{hashed}" if readable else hashed


def membership(whole: Config, name: str | None, column: str | None = None) -> Membership:
    """The place of one company, or (None) of the portfolio itself, beside the database of `whole`. Raises ConfigError
    where that is in memory.
    """
    named = OWN_LOG if name is None else slug(name)
    log = database.derived(whole.database_url, named)
    if log is None:
        raise ConfigError(
            f"{whole.file}: database: many companies need a file (sqlite:///smb-monitor.db) or a server to keep a log"
            " of each in; this one is in memory"
        )
    return Membership(named, log, column, of_all=name is None)


def of_entry(document: Document, entry: Mapping[str, Plain]) -> Document:
    """The document of one entry, which tells only its own channels and people: the others get the portfolio's digest.

    Mail is its own where the entry names the server or the people.
    """
    return replace(
        document,
        slack=document.slack if "slack" in entry else None,
        webhook=document.webhook if "webhook" in entry else None,
        email=document.email if "email" in entry or "leadership" in entry else None,
    )


def without_entries(values: Mapping[str, Plain]) -> dict[str, Plain]:
    """What stands beside `companies`, as a configuration by itself."""
    rest = {key: value for key, value in values.items() if key != KEY}
    named = {"company": UNNAMED, **rest}
    return named if isinstance(values[KEY], dict) else {**named, "source": _NO_SOURCE}


def merged(values: Mapping[str, Plain], entry: Mapping[str, Plain]) -> dict[str, Plain]:
    """`entry` over what stands beside `companies`, section by section. A source, or a table of it, of another `type` is
    another one altogether.
    """
    return _over({key: value for key, value in values.items() if key != KEY}, entry, ())


def _over(below: Mapping[str, Plain], above: Mapping[str, Plain], path: Path) -> dict[str, Plain]:
    found = dict(below)
    for key, value in above.items():
        held, at = found.get(key), (*path, key)
        if isinstance(value, dict) and isinstance(held, dict) and not _replaces(value, held, at):
            found[key] = _over(held, value, at)
        else:
            found[key] = value
    return found


def _replaces(value: Mapping[str, Plain], held: Mapping[str, Plain], path: Path) -> bool:
    """Elsewhere `type` is a column like any other."""
    has_type = path == ("source",) or (path[:2] == ("source", "tables") and len(path) == 3)
    return has_type and "type" in value and "type" in held and value["type"] != held["type"]


def place(path: Path, at: int, lines: Mapping[Path, int]) -> Path:
    """Where a key of entry `at` stands in the file: there, in the rest, or nowhere, and then beside what is there."""
    own: Path = (KEY, at, *path)
    if own in lines or path not in lines:
        depth = next(depth for depth in range(len(path), -1, -1) if own[: depth + 2] in lines)
        shared = next((depth for depth in range(len(path), 0, -1) if path[:depth] in lines), 0)
        return path if shared > depth else own
    return path


def shape_problems(given: Plain) -> Iterator[Problem]:
    """What is wrong with `companies` itself, before any company is looked at."""
    if isinstance(given, list):
        if not given:
            yield Problem((KEY,), "must be a list of at least one, not an empty list")
        for at, entry in enumerate(given):
            if not isinstance(entry, dict):
                yield Problem((KEY, at), "must be keys with values, company among them")
            elif "company" not in entry:
                yield Problem((KEY, at, "company"), "is missing; it must be text")
            elif KEY in entry:
                yield Problem((KEY, at, KEY), "cannot stand in an entry: every company is an entry of its own")
    elif isinstance(given, dict):
        yield from (Problem((KEY, key), unknown(key, ["column"])) for key in given if key != "column")
        column = given.get("column")
        if "column" not in given:
            yield Problem((KEY, "column"), "is missing; it must be text")
        elif column is not None and not (isinstance(column, str) and column.strip()):
            yield Problem((KEY, "column"), "must be text, the name of a column")
    else:
        yield Problem((KEY,), "must be a list, or keys with values, column among them")


def misfits(given: Plain, document: Document) -> Iterator[Problem]:
    """A column where the tables are made of a CRM's, whose ids two companies may share."""
    source = document.source
    if isinstance(given, dict) and (source.preset or source.type in CRMS):
        clause = f"is not accepted with the tables of {source.preset or source.type}, which are one company's"
        yield Problem((KEY, "column"), f"{clause}; give each company an entry with its own source")


def twice(portfolio: Portfolio) -> Iterator[Problem]:
    """Companies that nobody could tell apart, by name or by database, and one whose log would be forgotten."""
    names: dict[str, int] = {}
    logs: dict[str, str] = {database.identity(portfolio.own.database_url): "the portfolio itself"}
    for at, entry in enumerate(portfolio.entries):
        log = database.identity(entry.database_url)
        if (first := names.setdefault(as_read(entry.company), at)) != at:
            yield Problem((KEY, at, "company"), f"is also the name of company {first + 1}; each has a name of its own")
        elif database.derived(entry.database_url, OWN_LOG) is None:
            yield Problem((KEY, at, "database"), "must name a file or a server: what is in memory is forgotten at once")
        elif (holder := logs.setdefault(log, entry.company)) != entry.company:
            yield Problem((KEY, at, "database"), f"is also the database of {holder}; each company has one of its own")


def alike(portfolio: Portfolio) -> Iterator[Problem]:
    """Companies that read the deals of another. It may be meant, to try two definitions, or be a slip of the pen."""
    first: dict[tuple[str, ...], str] = {}
    for at, entry in enumerate(portfolio.entries):
        kind = entry.document.source.type
        holder = first.setdefault(_deals_of(entry), entry.company)
        if holder != entry.company and kind != "demo":
            why = f": every entry asks {kind} with the tokens of the environment" if kind in CRMS else ""
            mend = "make it a file of its own" if kind in CRMS else "give it a source of its own"
            yield Problem((KEY, at), f"reads the same deals as {holder}{why}; unless that is meant, {mend}")


def _deals_of(entry: Config) -> tuple[str, ...]:
    """The same for two companies whose deals are the same rows. The login of a database is the environment's."""
    source = entry.document.source
    deals = source.tables.get("opportunities", TableSection())
    found = deals if deals.type else source
    where = os.path.realpath(entry.folder / found.path) if found.path else ""
    schema = "" if deals.type or source.schema is None else source.schema.lower()
    return (deals.type or source.type, where, schema, deals.file or "", (deals.table or "").lower())
