"""The files that `init` writes from the answers: a commented config.yaml, and a template for each spreadsheet."""

from __future__ import annotations

from collections.abc import Iterator
from string import Template

import yaml

from monitor.config import questions as asked
from monitor.config.mapping import CRMS
from monitor.config.questions import Answers
from monitor.config.sheets import FOLDER, template
from monitor.core.tables import ON_SHEETS
from monitor.errors import UsageError


def render_config(answers: Answers) -> str:
    """A commented config.yaml that passes `check`. Raises UsageError where an answer cannot be used."""
    full = _full(answers)
    return _TEMPLATE.substitute(
        company=_scalar(full["company"]),
        timezone=full["timezone"],
        currency=full["currency"].upper(),
        month=full["fiscal_year_start"],
        expansion=_expansion(full["expansion.started"]),
        source=_source(full),
        margin=_margin(full["gross_margin"]),
        leadership=_leadership(full["approvers"]),
        slack=_slack(full["slack"]),
    )


def render_sheets(answers: Answers) -> dict[str, str]:
    """The templates of the spreadsheets, by their path beside config.yaml. Raises UsageError as `render_config`."""
    full = _full(answers)
    quota = full["quotas.column"] if full["quotas"] == asked.CONSTANT else None
    return {
        _path(full, table): template(
            table,
            first_month=int(full["fiscal_year_start"]),
            currency=full["currency"].upper(),
            quota=quota if table == "reps" else None,
        )
        for table in ON_SHEETS
        if asked.is_in_file(full, table)
    }


def _full(answers: Answers) -> dict[str, str]:
    """Every answer, those that were not asked for empty."""
    full: dict[str, str] = {}
    for question in asked.questions():
        if not question.wanted(full):
            full[question.key] = ""
            continue
        answer = answers.get(question.key, "").strip()
        clause = question.problem(answer, full)
        if clause:
            raise UsageError(f"{question.key}: {clause}")
        full[question.key] = answer or question.default_after(full)
    return full


def _path(full: Answers, table: str) -> str:
    return f"{(full['sheets'] or FOLDER).rstrip('/')}/{table}.csv"


def _expansion(day: str) -> str:
    return f"expansion: {{started: {day}}}" if day else "# expansion: {started: 2025-04-01}"


def _source(full: Answers) -> str:
    kind = full["source.type"]
    if kind == "demo":
        return "source: {type: demo, scenario: trap}   # healthy, trap, shock, thin or dirty"
    tables = list(_tables(full))
    # a key whose every line is a comment would be empty
    start = "  tables:" if any(not line.lstrip().startswith("#") for line in tables) else "  # tables:"
    return "\n".join(["source:", f"  type: {kind}", *_place(full), start, *tables, _MAPPING])


def _place(full: Answers) -> Iterator[str]:
    kind = full["source.type"]
    if kind in CRMS:
        yield f"  cache: {kind}-cache            # what was read is kept here; see docs/{kind}.md for its variables"
    elif kind == "csv" or full["source.file"]:
        yield f"  path: {_scalar(full['source.path'] or full['source.file'])}"
    else:
        yield "  # SOURCE_URL in the environment: postgresql://reader:...@host/database (docs/sql.md)"
    for key in ("preset", "schema"):
        if text := full[f"source.{key}"]:
            yield f"  {key}: {_scalar(text)}"


def _tables(full: Answers) -> Iterator[str]:
    """Where each table is that a CRM seldom holds."""
    if full["reps"] == asked.HERE:
        yield from _people(full)
    for table in ON_SHEETS:
        own = f"{table}: {{type: csv, path: {_scalar(_path(full, table))}}}"
        if full[table] == asked.FILE:
            yield f"    {own}"
        elif full[table] == asked.NONE:
            yield f"    # {own}   # not yet: `smb-monitor init --template {table}`"
        elif table == "quotas" and full[table] == asked.CONSTANT:
            yield f"    quotas: {_constant(full)}"


def _people(full: Answers) -> Iterator[str]:
    """What a CRM does not say of its people, as long as nobody says it better."""
    known = {"salesforce": "{segment: smb}", "hubspot": "{role: ae, segment: smb}"}.get(asked.made_from(full) or "")
    if known:
        yield f"    reps: {{defaults: {known}}}   # all of them, until you say it better: docs/fivetran.md"


def _constant(full: Answers) -> str:
    ramp = f", ramp: [{full['quotas.ramp']}]" if full["quotas.ramp"] else ""
    return f"{{from_reps: {_scalar(full['quotas.column'])}, per: {full['quotas.per']}{ramp}}}"


def _margin(margin: str) -> str:
    line = f"gross_margin: {{smb: {margin or '0.75'}}}"
    return f"    {line}" if margin else f"    # {line}   # without it, the payback reads no data"


def _leadership(people: str) -> str:
    if not people:
        return _NOBODY
    lines = ["leadership:", "  approvers:"]
    for person in asked.people_of(people):
        assert isinstance(person, dict)
        pairs = ", ".join(f"{key}: {_scalar(str(text))}" for key, text in person.items())
        lines.append(f"    - {{{pairs}}}")
    return "\n".join(lines)


def _slack(channels: str) -> str:
    if not channels:
        return _NO_SLACK
    return "\n".join(
        ["slack:", *(f"  {key}: {_scalar(str(text))}" for key, text in asked.channels_of(channels).items())]
    )


def _scalar(text: str) -> str:
    """`text` as YAML holds it in one line of a block or flow, quoted where it must be."""
    style = None if text.isprintable() else '"'
    line = yaml.safe_dump([text], default_flow_style=True, default_style=style, allow_unicode=True, width=10**6)
    return line.strip()[1:-1]


_MAPPING = """  # Where names, values, dates or numbers differ from docs/data.md:
  #   opportunities:
  #     columns: {opportunity_id: Deal ID, created_date: Created}
  #     values: {segment: {Mid-Market: mid_market}}
  #     derive: {is_won: {from: stage, in: [Closed Won]}}
  #     date_format: '%d/%m/%Y'
  #     number_format: '1.234,50'"""

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
