"""What `init` asks, one answer at a time. It asks nobody itself; `answered.py` makes the files of the answers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from monitor.config.lines import Plain
from monitor.config.mapping import CRMS
from monitor.config.reading import problems_of
from monitor.config.sheets import FOLDER
from monitor.config.words import choice
from monitor.core.tables import ON_SHEETS

Answers = Mapping[str, str]
"""By question key, as typed. What is absent or empty is left at its default."""
HERE, FILE, CONSTANT, NONE = "here", "file", "constant", "none"
"""Where a table is: with the deals, in a spreadsheet of its own, to be made of the people's, nowhere yet."""


def _always(before: Answers) -> bool:
    del before
    return True


@dataclass(frozen=True)
class Question:
    """One question: the key it fills, what is asked, and what an empty line stands for."""

    key: str
    prompt: str
    default: str | Callable[[Answers], str] = ""
    only_if: Callable[[Answers], bool] = _always
    """Whether it is asked, after the answers so far."""
    choices: tuple[str, ...] = ()
    """What it takes, where the configuration does not say it."""
    optional: bool = False
    """Whether nothing is an answer."""

    def wanted(self, before: Answers) -> bool:
        """Whether to ask it, after the answers so far."""
        return self.only_if(before)

    def default_after(self, before: Answers) -> str:
        """What an empty line stands for, after the answers so far."""
        return self.default if isinstance(self.default, str) else self.default(before)

    def problem(self, answer: str, before: Answers | None = None) -> str | None:
        """What is wrong with an answer, as a clause that says what is accepted; None when it is fine."""
        before = before or {}
        answer = answer.strip() or self.default_after(before)
        if not answer:
            return None if self.optional else "an answer is needed"
        if self.choices and answer not in self.choices:
            return f"must be {choice(self.choices)}, not {answer}"
        if self.key == "quotas" and answer == CONSTANT and before.get("reps") == NONE:
            return "a constant quota stands beside a person, and the people are nowhere yet"
        values = values_of({**_SAMPLE, **before, self.key: answer})
        found = [one.clause for one in problems_of(values, Path()) if _belongs(one.path, self.key)]
        return found[0] if found else None


def questions() -> tuple[Question, ...]:
    """In the order of asking."""
    return _QUESTIONS


def source_type(before: Answers) -> str:
    """Where the deals are."""
    return before.get("source.type") or "csv"


def made_from(before: Answers) -> str | None:
    """The CRM whose tables are read, over its API or copied into a database; None where nobody named one."""
    kind = source_type(before)
    return kind if kind in CRMS else before.get("source.preset") or None


def is_in_file(before: Answers, table: str) -> bool:
    """Whether a template is written for the table."""
    return before.get(table) == FILE


def _is(kind: str) -> Callable[[Answers], bool]:
    return lambda before: source_type(before) == kind


def _real(before: Answers) -> bool:
    """Whether somebody's own data are read."""
    return source_type(before) != "demo"


def _constant(before: Answers) -> bool:
    return _real(before) and before.get("quotas") == CONSTANT


def _where(before: Answers) -> str:
    """What people mostly say of quotas and spend."""
    return HERE if source_type(before) == "csv" else FILE


_PLACES_OF_A_TABLE = "here (with the deals), file (a spreadsheet: a template is written) or none (not yet)"
_QUESTIONS = (
    Question("company", "Company"),
    Question("timezone", "Time zone (an IANA name)", "America/New_York"),
    Question("currency", "Reporting currency (three letters)", "USD"),
    Question("fiscal_year_start", "First month of the fiscal year (1 to 12)", "1"),
    Question(
        "source.type",
        "Where the deals are: csv (a folder of CSV or Parquet files), sql (PostgreSQL, a DuckDB file, Spark or a"
        " warehouse), salesforce, hubspot, or demo",
        "csv",
    ),
    Question("source.path", "Folder of the files", "data", only_if=_is("csv")),
    Question(
        "source.file",
        "DuckDB file (empty: any other, whose address stands in the environment as SOURCE_URL)",
        only_if=_is("sql"),
        optional=True,
    ),
    Question(
        "source.preset",
        "Whose tables, as Fivetran or Airbyte copies them: salesforce or hubspot (empty: tables of your own)",
        only_if=_is("sql"),
        optional=True,
    ),
    Question("source.schema", "Schema of the tables (empty: the database's own)", only_if=_is("sql"), optional=True),
    Question(
        "reps",
        f"People, their roles and segments: {_PLACES_OF_A_TABLE}",
        HERE,
        only_if=_real,
        choices=(HERE, FILE, NONE),
    ),
    Question(
        "quotas",
        "Quotas: here, file, constant (one for each person, a column of the people's table) or none",
        _where,
        only_if=_real,
        choices=(HERE, FILE, CONSTANT, NONE),
    ),
    Question("quotas.column", "Column of the people's table that holds the quota", "quota", only_if=_constant),
    Question("quotas.per", "A quota is for a quarter or a year", "year", only_if=_constant),
    Question(
        "quotas.ramp",
        "Parts of it in the first quarters after the start (0.25, 0.5, 0.75; empty: the whole at once)",
        only_if=_constant,
        optional=True,
    ),
    Question("spend", "Spend on sales and marketing: here, file or none", _where, _real, (HERE, FILE, NONE)),
    Question("revenue", "Recurring revenue (no reading needs it): here, file or none", NONE, _real, (HERE, FILE, NONE)),
    Question(
        "sheets",
        "Folder for the templates",
        FOLDER,
        only_if=lambda before: _real(before) and any(is_in_file(before, table) for table in ON_SHEETS),
    ),
    Question(
        "expansion.started",
        "Day on which the expansion to mid-market began (2025-04-01; empty: none)",
        optional=True,
    ),
    Question("gross_margin", "Gross margin of SMB as a share (0.75; empty: CAC payback is not read)", optional=True),
    Question("approvers", "Who may override a pause: Name <mail>, at least two (empty: nobody)", optional=True),
    Question(
        "slack", "Slack channels by id, for the digest and for alerts: C0123, C0456 (empty: no Slack)", optional=True
    ),
)
_SAMPLE = {"company": "Acme", "source.type": "demo"}
_PLACES = {
    "gross_margin": "indicators.cac_payback.gross_margin",
    "approvers": "leadership.approvers",
    "source.file": "source.path",
    "quotas.column": "source.tables.quotas.from_reps",
    "quotas.per": "source.tables.quotas.per",
    "quotas.ramp": "source.tables.quotas.ramp",
}


def values_of(answers: Answers) -> Plain:
    """The answers as the values of a configuration."""
    values: dict[str, Plain] = {
        key: answers[key] for key in ("company", "timezone", "currency", "fiscal_year_start") if key in answers
    }
    values["source"] = _source(answers)
    if day := answers.get("expansion.started"):
        values["expansion"] = {"started": day}
    if margin := answers.get("gross_margin"):
        values["indicators"] = {"cac_payback": {"gross_margin": {"smb": margin}}}
    if people := answers.get("approvers"):
        values["leadership"] = {"approvers": list(people_of(people))}
    if channels := answers.get("slack"):
        values["slack"] = dict(channels_of(channels))
    return values


def _source(answers: Answers) -> dict[str, Plain]:
    kind = answers["source.type"]
    path = answers.get("source.file") if kind == "sql" else answers.get("source.path", "data")
    source: dict[str, Plain] = {"type": kind}
    source |= {"path": path} if path and kind not in CRMS else {}
    source |= {key: answers[f"source.{key}"] for key in ("preset", "schema") if answers.get(f"source.{key}")}
    if answers.get("quotas") == CONSTANT or "quotas.column" in answers:
        source["tables"] = {"quotas": _constant_quotas(answers)}
    return source


def _constant_quotas(answers: Answers) -> dict[str, Plain]:
    """The rule by which quotas are made of the people's column."""
    rule: dict[str, Plain] = {
        "from_reps": answers.get("quotas.column") or "quota",
        "per": answers.get("quotas.per") or "year",
    }
    if ramp := answers.get("quotas.ramp"):
        rule["ramp"] = [part.strip() for part in ramp.split(",")]
    return rule


def _belongs(path: tuple[str | int, ...], key: str) -> bool:
    place = tuple(_PLACES.get(key, key).split("."))
    return path[: len(place)] == place


def people_of(text: str) -> list[Plain]:
    """`Ada Example <ada@example.com>, Bo Example` as approvers."""
    found: list[Plain] = []
    for part in filter(str.strip, text.split(",")):
        name, mark, email = part.partition("<")
        mail: dict[str, Plain] = {"email": email.strip().removesuffix(">").strip()} if mark else {}
        found.append({"name": name.strip(), **mail})
    return found


def channels_of(text: str) -> dict[str, Plain]:
    """`C0123, C0456`; one channel alone is for both."""
    digest, _, alert = (part.strip() for part in text.partition(","))
    return {"digest_channel": digest, "alert_channel": alert or digest}
