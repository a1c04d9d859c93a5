"""What `init` asks, and the commented config.yaml that it writes from the answers. It asks nobody itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from string import Template

import yaml

from monitor.config.lines import Plain
from monitor.config.reading import problems_of
from monitor.errors import UsageError

Answers = Mapping[str, str]
"""By question key, as typed. What is absent or empty is left at its default."""


@dataclass(frozen=True)
class Question:
    """One question: the key it fills, what is asked, and what an empty line stands for."""

    key: str
    prompt: str
    default: str = ""
    only_if: tuple[str, str] | None = None
    """Asked only where this key was answered so."""

    def wanted(self, answers: Answers) -> bool:
        """Whether to ask it, after the answers so far."""
        return self.only_if is None or answers.get(self.only_if[0]) == self.only_if[1]

    def problem(self, answer: str) -> str | None:
        """What is wrong with an answer, as a clause that says what is accepted; None when it is fine."""
        answer = answer.strip() or self.default
        if not answer:
            return None if self.key in _OPTIONAL else "an answer is needed"
        values = _values({**_SAMPLE, self.key: answer})
        found = [one.clause for one in problems_of(values, Path()) if _belongs(one.path, self.key)]
        return found[0] if found else None


def questions() -> tuple[Question, ...]:
    """In the order of asking."""
    return _QUESTIONS


_QUESTIONS = (
    Question("company", "Company"),
    Question("timezone", "Time zone (an IANA name)", "America/New_York"),
    Question("currency", "Reporting currency (three letters)", "USD"),
    Question("fiscal_year_start", "First month of the fiscal year (1 to 12)", "1"),
    Question("source.type", "Where the data come from: csv (a folder of CSV or Parquet files) or demo", "csv"),
    Question("source.path", "Folder of the files", "data", only_if=("source.type", "csv")),
    Question("expansion.started", "Day on which the expansion to mid-market began (2025-04-01; empty: none)"),
    Question("gross_margin", "Gross margin of SMB as a share (0.75; empty: CAC payback is not read)"),
    Question("approvers", "Who may override a pause: Name <mail>, at least two (empty: nobody)"),
    Question("slack", "Slack channels by id, for the digest and for alerts: C0123, C0456 (empty: no Slack)"),
)
_OPTIONAL = {"expansion.started", "gross_margin", "approvers", "slack"}
_SAMPLE = {"company": "Acme", "source.type": "demo"}
_PLACES = {"gross_margin": "indicators.cac_payback.gross_margin", "approvers": "leadership.approvers"}


def render_config(answers: Answers) -> str:
    """A commented config.yaml that passes `check`. Raises UsageError where an answer cannot be used."""
    given = {key: text.strip() for key, text in answers.items() if text.strip()}
    for question in _QUESTIONS:
        clause = question.problem(given.get(question.key, question.default)) if question.wanted(given) else None
        if clause:
            raise UsageError(f"{question.key}: {clause}")
    full = {question.key: given.get(question.key, question.default) for question in _QUESTIONS}
    return _TEMPLATE.substitute(
        company=_scalar(full["company"]),
        timezone=full["timezone"],
        currency=full["currency"].upper(),
        month=full["fiscal_year_start"],
        expansion=_expansion(full["expansion.started"]),
        source=_source(full["source.type"], full["source.path"]),
        margin=_margin(full["gross_margin"]),
        leadership=_leadership(full["approvers"]),
        slack=_slack(full["slack"]),
    )


def _values(answers: Answers) -> Plain:
    """The answers as the values of a configuration."""
    values: dict[str, Plain] = {
        key: answers[key] for key in ("company", "timezone", "currency", "fiscal_year_start") if key in answers
    }
    kind = answers["source.type"]
    values["source"] = {"type": kind, "path": answers.get("source.path", "data")}
    if day := answers.get("expansion.started"):
        values["expansion"] = {"started": day}
    if margin := answers.get("gross_margin"):
        values["indicators"] = {"cac_payback": {"gross_margin": {"smb": margin}}}
    if people := answers.get("approvers"):
        values["leadership"] = {"approvers": list(_people(people))}
    if channels := answers.get("slack"):
        values["slack"] = dict(_channels(channels))
    return values


def _belongs(path: tuple[str | int, ...], key: str) -> bool:
    place = tuple(_PLACES.get(key, key).split("."))
    return path[: len(place)] == place


def _people(text: str) -> list[Plain]:
    """`Ada Example <ada@example.com>, Bo Example` as approvers."""
    found: list[Plain] = []
    for part in filter(str.strip, text.split(",")):
        name, mark, email = part.partition("<")
        mail: dict[str, Plain] = {"email": email.strip().removesuffix(">").strip()} if mark else {}
        found.append({"name": name.strip(), **mail})
    return found


def _channels(text: str) -> dict[str, Plain]:
    """`C0123, C0456`; one channel alone is for both."""
    digest, _, alert = (part.strip() for part in text.partition(","))
    return {"digest_channel": digest, "alert_channel": alert or digest}


def _expansion(day: str) -> str:
    return f"expansion: {{started: {day}}}" if day else "# expansion: {started: 2025-04-01}"


def _source(kind: str, path: str) -> str:
    if kind == "demo":
        return "source: {type: demo, scenario: trap}   # healthy, trap, shock, thin or dirty"
    return f"source:\n  type: csv\n  path: {_scalar(path)}\n{_MAPPING}"


def _margin(margin: str) -> str:
    line = f"gross_margin: {{smb: {margin or '0.75'}}}"
    return f"    {line}" if margin else f"    # {line}   # without it, the payback reads no data"


def _leadership(people: str) -> str:
    if not people:
        return _NOBODY
    lines = ["leadership:", "  approvers:"]
    for person in _people(people):
        assert isinstance(person, dict)
        pairs = ", ".join(f"{key}: {_scalar(str(text))}" for key, text in person.items())
        lines.append(f"    - {{{pairs}}}")
    return "\n".join(lines)


def _slack(channels: str) -> str:
    if not channels:
        return _NO_SLACK
    return "\n".join(["slack:", *(f"  {key}: {_scalar(str(text))}" for key, text in _channels(channels).items())])


def _scalar(text: str) -> str:
    """`text` as YAML holds it in one line of a block or flow, quoted where it must be."""
    style = None if text.isprintable() else '"'
    line = yaml.safe_dump([text], default_flow_style=True, default_style=style, allow_unicode=True, width=10**6)
    return line.strip()[1:-1]


_MAPPING = """  # Where names, values or dates differ from docs/configuration.md:
  # tables:
  #   opportunities:
  #     file: deals.csv
  #     columns: {opportunity_id: Deal ID, created_date: Created}
  #     values: {segment: {Mid-Market: mid_market}}
  #     derive: {is_won: {from: stage, in: [Closed Won]}}
  #     date_format: '%d/%m/%Y'"""

_NOBODY = """# Nobody can override a pause as long as nobody is named here.
# leadership:
#   approvers:
#     - {name: Ada Example, email: ada@example.com}
#     - {name: Bo Example, email: bo@example.com}"""

_NO_SLACK = """# slack:                             # docs/slack.md; its tokens stand in the environment
#   digest_channel: C0123456789
#   alert_channel: C0123456789"""

_TEMPLATE = Template("""\
# SMB Monitor. Every key, its default and what it means: docs/configuration.md, or `smb-monitor config show`.
# Passwords and tokens never stand here; they come from the environment.
company: $company
timezone: $timezone        # an IANA name
currency: $currency
fiscal_year_start: $month   # month
$expansion   # the breaker watches from this quarter on

$source

indicators:
  pipeline_coverage:
    basis: horizon                  # or quarter, remaining, worked
    bands: {healthy: 4.0, breakage: 3.5}
  win_rate_trend:
    bands: {warning: -2.0, breakage: -4.0}
  attainment:
    bands: {healthy: 0.80, breakage: 0.65}
  cac_payback:
$margin
    bands: {healthy: 14, breakage: 18}

breaker:
  quarters_to_trip: 2
  seal_after_days: 7
  recovered_when: healthy           # or warning
  resume: automatic                 # or approval: a named approver confirms a recovery

$leadership

$slack

# email:                             # docs/delivery.md; SMTP_PASSWORD in the environment
#   host: smtp.example.com
#   from: SMB Monitor <monitor@example.com>
#   username: monitor@example.com

# schedule:                          # local times, for `serve`
#   digest: {weekday: monday, at: 08:00}

database: sqlite:///smb-monitor.db  # or DATABASE_URL in the environment
""")
