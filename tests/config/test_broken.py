"""Configurations that cannot be used: each gives exactly one sentence, with file, line, key and what is accepted."""

from __future__ import annotations

from pathlib import Path

import pytest

from monitor.config import check, read
from monitor.errors import ConfigError

TOP = "company: Acme\nsource: {type: demo}\n"
"""Lines 1 and 2 of most cases below."""

KEYS = [
    ("curency: EUR", "3: curency: is no known key; did you mean currency?"),
    ("currency: dollars", "3: currency: must be three letters such as USD, not dollars"),
    ("currency: [USD]", "3: currency: must be text, not a list"),
    ("currency:", "3: currency: is empty; give it a value or take the key out"),
    ("timezone: Europe/Belin", "3: timezone: no time zone is called 'Europe/Belin'; did you mean Europe/Berlin?"),
    (
        "timezone: ../../etc/passwd",
        "3: timezone: no time zone is called '../../etc/passwd'; an IANA name such as Europe/Berlin is needed",
    ),
    ("fiscal_year_start: 13", "3: fiscal_year_start: must be a whole number from 1 to 12, not 13"),
    ("fiscal_year_start: true", "3: fiscal_year_start: must be a whole number from 1 to 12, not true"),
    ("fiscal_year_start: 2.5", "3: fiscal_year_start: must be a whole number from 1 to 12, not 2.5"),
    ("fiscal_year_start: April", "3: fiscal_year_start: must be a whole number from 1 to 12, not April"),
    (
        "week_ends: sun",
        "3: week_ends: must be monday, tuesday, wednesday, thursday, friday, saturday or sunday, not sun",
    ),
    ("deal_types: []", "3: deal_types: must be a list of at least one, not an empty list"),
    ("deal_types: new_business", "3: deal_types: must be a list of at least one, not new_business"),
    ("deal_types: [upsell]", "3: deal_types[1]: must be new_business, expansion or renewal, not upsell"),
    ("expansion: 2025-04-01", "3: expansion: must be keys with values, started among them, not 2025-04-01"),
    ("expansion: {started: 20250401}", "3: expansion.started: must be a date such as 2025-04-01, not 20250401"),
    ("expansion:\n  started: 2025-02-30", "4: expansion.started: must be a date such as 2025-04-01, not 2025-02-30"),
    ("breaker: {quarters_to_trip: 0}", "3: breaker.quarters_to_trip: must be a whole number from 1 to 12, not 0"),
    ("breaker: {recovered_when: better}", "3: breaker.recovered_when: must be healthy or warning, not better"),
    ("breaker: {resume: yes}", "3: breaker.resume: must be automatic or approval, not yes"),
    (
        "breaker:\n  seal_after_days: 30\n  seal_deadline_days: 20",
        "5: breaker.seal_deadline_days: must not be less than seal_after_days, 30",
    ),
    ("quality: {max_bad_rows: 5%}", "3: quality.max_bad_rows: must be a number from 0 to 1, not '5%'"),
    ("quality: {max_bad_rows: 5}", "3: quality.max_bad_rows: must be a number from 0 to 1, not 5"),
    ("quality: {max_bad_rows: false}", "3: quality.max_bad_rows: must be a number from 0 to 1, not false"),
    ("quality: {max_age: a week}", "3: quality.max_age: must be a whole number from 1 to 3660, not 'a week'"),
    ("segments: {by: [acv, acv]}", "3: segments.by: names a signal twice"),
    ("segments: {employees: {smb: 2000}}", "3: segments.employees: smb (2000) must be below mid_market (1000)"),
    ("segments: {acv: {smb: 0}}", "3: segments.acv.smb: must be a number above 0, not 0"),
    ("segments: {acv: {smb: 1e-99}}", "3: segments.acv.smb: must be a number below 10^13 with at most 12 decimals"),
    (
        "segments:\n  named_accounts:\n    ACC-1: midmarket",
        "5: segments.named_accounts.ACC-1: must be smb, mid_market or strategic, not midmarket",
    ),
    ("leadership: {approvers: []}", "3: leadership.approvers: must be a list of at least one, not an empty list"),
    ("leadership:\n  approvers:", "4: leadership.approvers: is empty; give it a value or take the key out"),
    ("leadership: {owner: Ada}", "3: leadership.approvers: is missing; it must be a list of at least one"),
    (
        "leadership:\n  approvers:\n    - {name: Ada}\n    - {name: ' ADA '}",
        "6: leadership.approvers[2].name: is also the name of approver 1; each approver is named once",
    ),
    (
        "leadership: {approvers: [{name: Ada, email: a@x.example}, {name: Bo, email: A@X.example}]}",
        "3: leadership.approvers[2].email: is also the email of approver 1; each approver is named once",
    ),
    (
        "leadership: {approvers: [{name: Ada, email: ada}, {name: Bo}]}",
        "3: leadership.approvers[1].email: must be an e-mail address, not ada",
    ),
    (
        "leadership: {approvers: [{name: Ada}]}",
        "3: leadership.approvers: has 1 of the people an override takes; breaker.approvals asks for 2 different ones",
    ),
    ("database: mysql://host/db", "3: database: must begin with sqlite:/// or postgresql://"),
    ("database: sqlite://state.db", "3: database: needs three slashes before the file: sqlite:///"),
    ("database: postgresql://host", "3: database: must name a database, such as postgresql://host/smb_monitor"),
    (
        "database: postgresql://me:hunter2@host/db",
        "3: database: holds a password; take it out and give the whole URL as DATABASE_URL in the environment",
    ),
    (
        "database: postgresql://host/db?password=hunter2",
        "3: database: holds a password; take it out and give the whole URL as DATABASE_URL in the environment",
    ),
    ("smtp: {host: x}", "3: smtp: is no known key; known here: company, timezone, currency, fiscal_year_start, "
     "week_ends, deal_types, expansion, source, indicators, breaker, segments, quality, leadership, slack, email, "
     "webhook, schedule, routes, wins, web, templates, database, companies"),
]  # fmt: skip

SLACK = "digest_channel: C0123, alert_channel: C0456"
EMAIL = "host: smtp.acme.example, from: monitor@acme.example"
TELLING = [
    (
        "slack: {digest_channel: '#sales', alert_channel: C0456}",
        "3: slack.digest_channel: must be a channel id such as C0123456789, which a rename does not change (in Slack:"
        " the channel's name, at the bottom of About), not its name, not '#sales'",
    ),
    (
        "slack: {digest_channel: C0123, alert_channel: U0456}",
        "3: slack.alert_channel: must be a channel id such as C0123456789 (in Slack: the channel's name, bottom of"
        " About), not U0456",
    ),
    ("slack: {digest_channel: C0123}", "3: slack.alert_channel: is missing; it must be text such as C0123456789"),
    (
        f"slack: {{{SLACK}, details_group: '@leaders'}}",
        "3: slack.details_group: must be a user group's id such as S0123456789, not its name or handle, not '@leaders'",
    ),
    (f"slack: {{{SLACK}, mode: rtm}}", "3: slack.mode: must be socket or http, not rtm"),
    (
        f"slack: {{{SLACK}, token: xoxb-hunter2}}",
        "3: slack.token: is a secret; take it out and give it as SLACK_BOT_TOKEN in the environment",
    ),
    (
        "slack: {digest_channel: xoxb-hunter2, alert_channel: C0456}",
        "3: slack.digest_channel: holds a secret; take it out and give it as SLACK_BOT_TOKEN in the environment",
    ),
    (
        f"email: {{{EMAIL}, password: hunter2}}",
        "3: email.password: is a secret; take it out and give it as SMTP_PASSWORD in the environment",
    ),
    (
        "templates: whsec_aHVudGVyMg==",
        "3: templates: holds a secret; take it out and give it as WEBHOOK_SECRET in the environment",
    ),
    (
        "email: {host: smtps://smtp.acme.example, from: monitor@acme.example}",
        "3: email.host: is no host: give its name or address alone, such as smtp.acme.example, without scheme or port",
    ),
    (
        "email: {host: smtp.acme.example, from: Monitor}",
        "3: email.from: must be an e-mail address, or a name with one: SMB Monitor <monitor@acme.example>, not Monitor",
    ),
    (
        f"email: {{{EMAIL}, reply_to: 'a@b.example, c@d.example'}}",
        "3: email.reply_to: must be an e-mail address, or a name with one: SMB Monitor <monitor@acme.example>, not"
        " 'a@b.example, c@d.example'",
    ),
    (
        f"email: {{{EMAIL}, reply_to: '=?utf-8?q?a?= <a@b.example>'}}",
        "3: email.reply_to: must be an e-mail address, or a name with one: SMB Monitor <monitor@acme.example>, not"
        " '=?utf-8?q?a?= <a@b.example>'",
    ),
    (f"email: {{{EMAIL}, port: 99999}}", "3: email.port: must be a whole number from 1 to 65535, not 99999"),
    (f"email: {{{EMAIL}, security: none}}", "3: email.security: must be starttls or tls, not none"),
    (
        "webhook: {url: http://hooks.acme.example}",
        "3: webhook.url: is sent in the clear; begin it with https:// (http:// is accepted for this machine only)",
    ),
    ("webhook: {url: 'https://me:hunter2@acme.example'}", "3: webhook.url: holds a user or password; take it out"),
    ("webhook: {url: hooks.acme.example}", "3: webhook.url: is no URL such as https://monitor.acme.example"),
    ("web: {public_url: 'https://[::1'}", "3: web.public_url: is no URL such as https://monitor.acme.example"),
    ("web: {port: 65536}", "3: web.port: must be a whole number from 0 to 65535, not 65536"),
    (
        "schedule: {digest: {weekday: mon}}",
        "3: schedule.digest.weekday: must be monday, tuesday, wednesday, thursday, friday, saturday or sunday, not mon",
    ),
    ("schedule: {digest: {at: 24:00}}", "3: schedule.digest.at: must be a time of day such as 08:00, not '24:00'"),
    ("schedule: {daily_at: 8 am}", "3: schedule.daily_at: must be a time of day such as 08:00, not '8 am'"),
    ("schedule: {max_lateness_days: 7}", "3: schedule.max_lateness_days: must be a whole number from 1 to 6, not 7"),
    ("routes: {tripp: [alert]}", "3: routes.tripp: is no known key; did you mean trip?"),
    ("routes: {trip: [alerts]}", "3: routes.trip[1]: must be digest, alert, owner, leadership or board, not alerts"),
    ("routes: {trip: {3: [board]}}", "3: routes.trip: must be a list, not keys with values"),
    ("routes: {reminder: [alert]}", "3: routes.reminder: must be a list by days, such as {2: [alert]}, not a list"),
    ("routes: {standing: {0: [board]}}", "3: routes.standing.0: must be a number of days from 1 to 366"),
    ("routes: {problem: {-1: [alert]}}", "3: routes.problem.-1: must be a number of days from 0 to 366"),
    (
        "routes:\n  reminder:\n    2: [allert]",
        "5: routes.reminder.2[1]: must be digest, alert, owner, leadership or board, not allert",
    ),
    ("wins: {at_least: 0}", "3: wins.at_least: must be a number above 0, not 0"),
]
PEOPLE = [
    (
        "approvers: [{name: Ada, slack: '@ada'}, {name: Bo}]",
        "leadership.approvers[1].slack: must be a Slack user id such as U0123456789 (in Slack: the profile, ⋮, Copy"
        " member ID), not '@ada'",
    ),
    (
        "approvers: [{name: Ada, slack: U01}, {name: Bo, slack: U01}]",
        "leadership.approvers[2].slack: is also the Slack id of approver 1; each approver is named once",
    ),
    (
        "approvers: [{name: Ada}, {name: Bo}], members: [{name: Cy}, {name: ada}]",
        "leadership.members[2].name: is also the name of approver 1",
    ),
    (
        "approvers: [{name: Ada}, {name: Bo}], board: [{name: Ada}, {name: Di}, {name: Di}]",
        "leadership.board[3].name: is also the name of member 2 of the board",
    ),
    (
        "approvers: [{name: Ada}, {name: Bo}], owner: {name: Bo, email: bo@x.example}",
        "leadership.owner.name: is also the name of approver 2, so give their name alone: owner: Bo",
    ),
    (
        "approvers: [{name: Ada}, {name: Bo}], owner: {nam: Cy, name: Cy}",
        "leadership.owner.nam: is no known key; did you mean name?",
    ),
    (
        "approvers: [{name: Ada}, {name: Bo}], owner: []",
        "leadership.owner: must be a name, or keys with values, name among them, not an empty list",
    ),
]

INDICATORS = [
    ("pipeline_covrage: {}", "4: indicators.pipeline_covrage: is no known key; did you mean pipeline_coverage?"),
    (
        "pipeline_coverage: {bands: {healthy: 3.0, breakage: 3.5}}",
        "4: indicators.pipeline_coverage.bands: healthy (3.0) must not be below breakage (3.5)",
    ),
    (
        "win_rate_trend:\n    bands: {warning: -5}",
        "5: indicators.win_rate_trend.bands: warning (-5) must not be below breakage (-4.0)",
    ),
    (
        "attainment: {bands: {healthy: 0.6}}",
        "4: indicators.attainment.bands: healthy (0.6) must not be below breakage (0.65)",
    ),
    (
        "cac_payback: {bands: {healthy: 19}}",
        "4: indicators.cac_payback.bands: healthy (19) must not be above breakage (18)",
    ),
    ("attainment: {bands: {healthy: yes}}", "4: indicators.attainment.bands.healthy: must be a number, not yes"),
    ("attainment: {bands: {healthy: .inf}}", "4: indicators.attainment.bands.healthy: must be a number, not .inf"),
    (
        "attainment: {bands: {healthy: 1e999999}}",
        "4: indicators.attainment.bands.healthy: must be a number below 10^13 with at most 12 decimals",
    ),
    ("attainment: {bands: [0.8, 0.65]}", "4: indicators.attainment.bands: must be keys with values, not a list"),
    ("attainment: {band: 1}", "4: indicators.attainment.band: is no known key; did you mean bands?"),
    (
        "cac_payback: {gross_margin: {smb: 75}}",
        "4: indicators.cac_payback.gross_margin.smb: must be a share above 0, at most 1, such as 0.75, not 75",
    ),
    (
        "cac_payback: {gross_margin: {midmarket: 0.75}}",
        "4: indicators.cac_payback.gross_margin.midmarket: is no known segment; did you mean mid_market?",
    ),
    (
        "cac_payback: {gross_margin: 0.75}",
        "4: indicators.cac_payback.gross_margin: must be keys with values, not 0.75",
    ),
    (
        "cac_payback: {lag_months: -1}",
        "4: indicators.cac_payback.lag_months: must be a whole number from 0 to 3660, not -1",
    ),
    (
        "pipeline_coverage: {horizon_days: {smb: 0}}",
        "4: indicators.pipeline_coverage.horizon_days.smb: must be a whole number from 1 to 3660, not 0",
    ),
    (
        "pipeline_coverage: {basis: weekly}",
        "4: indicators.pipeline_coverage.basis: must be horizon, quarter, remaining or worked, not weekly",
    ),
]

SOURCES = [
    ("{type: oracle}", "2: source.type: must be csv, sql, salesforce, hubspot or demo, not oracle"),
    ("{path: data}", "2: source.type: is missing; it must be csv, sql, salesforce, hubspot or demo"),
    ("{type: csv}", "2: source.path: is missing; source type csv needs the folder of its files"),
    ("{type: hubspot}", "2: source.cache: is missing; source type hubspot needs a folder for what it reads"),
    ("{type: demo, scenario: crash}", "2: source.scenario: must be healthy, trap, shock, thin or dirty, not crash"),
    ("{type: demo, delimiter: ab}", '2: source.delimiter: must be one character such as "," or ";" or "\\t", not ab'),
    (
        "{type: demo, encoding: klingon}",
        "2: source.encoding: must be an encoding such as utf-8, utf-16 or cp1252, not klingon",
    ),
    (
        "{type: demo, history_begins: never}",
        "2: source.history_begins: must be a date such as 2025-04-01, or false, not never",
    ),
]

TABLES = [
    ("oportunities: {}", "2: source.tables.oportunities: is no known table; did you mean opportunities?"),
    (
        "reps: {columns: {repid: ID}}",
        "2: source.tables.reps.columns.repid: is no known column of reps; did you mean rep_id?",
    ),
    (
        "opportunities: {values: {segment: {Mid: midmarket}}}",
        "2: source.tables.opportunities.values.segment.Mid: must be smb, mid_market or strategic, not midmarket",
    ),
    (
        "opportunities: {defaults: {amount: much}}",
        "2: source.tables.opportunities.defaults.amount: must be a number, not much",
    ),
    (
        "opportunities: {defaults: {amount: NaN}}",
        "2: source.tables.opportunities.defaults.amount: must be a number, not NaN",
    ),
    (
        'opportunities: {defaults: {amount: "a\\nb"}}',
        "2: source.tables.opportunities.defaults.amount: must be a number, not 'a\\nb'",
    ),
    (
        'opportunities: {"a\\nb": 1}',
        "2: source.tables.opportunities.'a\\nb': is no known key; known here: file,"
        " table, type, path, columns, values, derive, defaults, date_format, number_format, from_reps, per, ramp",
    ),
    (
        "opportunities: {defaults: {is_won: perhaps}}",
        "2: source.tables.opportunities.defaults.is_won: must be true or false, not perhaps",
    ),
    (
        "opportunities: {derive: {amount: {from: stage, in: [a]}}}",
        "2: source.tables.opportunities.derive.amount: is no flag and cannot be derived; only is_closed or is_won"
        " can be",
    ),
    (
        "opportunities: {derive: {is_won: {from: stage}}}",
        "2: source.tables.opportunities.derive.is_won: needs either in or not_in, one of them",
    ),
    (
        "opportunities: {date_format: '%d/%m'}",
        "2: source.tables.opportunities.date_format: must be a date format with day, month and year such as %d/%m/%Y,"
        " not '%d/%m'",
    ),
    ("quotas: {type: xlsx, path: q.xlsx}", "2: source.tables.quotas.type: must be csv or sql, not xlsx"),
    ("reps: {from_reps: quota}", "2: source.tables.reps.from_reps: is accepted only for quotas"),
    (
        "quotas: {ramp: [0.5]}",
        "2: source.tables.quotas.ramp: means nothing without from_reps, the column that holds a constant quota",
    ),
    (
        "quotas: {from_reps: q, ramp: [0.5, 2]}",
        "2: source.tables.quotas.ramp[2]: must be a number from 0 to 1, not 2",
    ),
]

WHOLE = [
    ("", ": is empty; `smb-monitor init` writes a configuration"),
    ("# nothing\n", ": is empty; `smb-monitor init` writes a configuration"),
    ("- company\n", ":1: must be keys with values, such as `company: Acme`"),
    ("source: {type: demo}\n", ":1: company: is missing; it must be text"),
    ("company: Acme\n", ":1: source: is missing; it must be keys with values, type among them"),
    (TOP + "company: Bcme\n", ":3: company: is given twice, first on line 1"),
    (TOP + "breaker: {approvals: 2, approvals: 3}\n", ":3: breaker.approvals: is given twice, first on line 3"),
    (TOP + "breaker:\n\tapprovals: 2\n", ":4: holds a tab, which YAML does not allow there; indent with spaces"),
    (TOP + "  currency: USD\n", ":3: is no valid YAML: expected <block end>, but found '<block mapping start>'"),
    (TOP + "currency: [USD\n", ":4: is no valid YAML: expected ',' or ']', but got the end of the file"),
    (TOP + "---\ncompany: Acme\n", ":3: begins a second document (---), but one is all that is read"),
    (TOP + "currency: *usd\n", ":3: is no valid YAML: found undefined alias 'usd'"),
    (TOP + "currency: !!python/name:os.system x\n",
     ":3: currency: has the tag !!python/name:os.system, but tags are not accepted"),
    (TOP + "? [a, b]\n: 1\n", ":3: has a key that is no text"),
    (TOP + "segments: &s {by: [*s]}\n", ":3: segments.by[1]: is nested too deeply"),
    (TOP + "currency: U\x00D\n", ":3: holds the character #x0000, which no text should"),
    ("{" * 2000, ":1: is nested too deeply"),
]  # fmt: skip


def _cases() -> list[tuple[str, str]]:
    keys = [(f"{TOP}{text}\n", f":{sentence}") for text, sentence in KEYS + TELLING]
    indicators = [(f"{TOP}indicators:\n  {text}\n", f":{sentence}") for text, sentence in INDICATORS]
    sources = [(f"company: Acme\nsource: {text}\n", f":{sentence}") for text, sentence in SOURCES]
    tables = [
        (f"company: Acme\nsource: {{type: demo, tables: {{{text}}}}}\n", f":{sentence}") for text, sentence in TABLES
    ]
    people = [(f"{TOP}leadership: {{{text}}}\n", f":3: {sentence}") for text, sentence in PEOPLE]
    return keys + indicators + sources + tables + people + WHOLE


@pytest.mark.parametrize(("text", "sentence"), _cases())
def test_a_mistake_is_one_sentence_with_file_line_and_key(tmp_path: Path, text: str, sentence: str) -> None:
    file = tmp_path / "config.yaml"
    file.write_text(text, encoding="utf-8")
    assert check(file, {}) == [f"{file}{sentence}"]
    with pytest.raises(ConfigError) as raised:
        read(file, {})
    assert str(raised.value) == f"{file}{sentence}"


def test_all_mistakes_are_listed_in_the_order_of_their_lines(tmp_path: Path) -> None:
    file = tmp_path / "config.yaml"
    file.write_text("company: Acme\nsource: {type: oracle}\ncurrency: 1\nweek_end: sunday\n", encoding="utf-8")
    assert check(file, {}) == [
        f"{file}:2: source.type: must be csv, sql, salesforce, hubspot or demo, not oracle",
        f"{file}:3: currency: must be three letters such as USD, not 1",
        f"{file}:4: week_end: is no known key; did you mean week_ends?",
    ]
    with pytest.raises(ConfigError, match=r"not oracle \(and 2 more: `smb-monitor config check`\)$"):
        read(file, {})


def test_no_message_repeats_a_password(tmp_path: Path) -> None:
    file = tmp_path / "config.yaml"
    file.write_text(
        TOP + "database: postgresql://me:hunter2@[host/db\n"
        "slack: {digest_channel: C01, alert_channel: C02, token: hunter2}\nwebhook: {url: https://x.example}\n",
        encoding="utf-8",
    )
    environ = {
        "DATABASE_URL": "postgresql://me:hunter2@host:port/db",
        "SLACK_BOT_TOKEN": "hunter2",
        "SLACK_APP_TOKEN": "xoxb-hunter2",
        "SLACK_API_URL": "http://hunter2.example",
        "WEBHOOK_SECRET": "hunter2",
        "SMB_MONITOR_WEB_TOKEN": "hunter2",
        "DEAD_MAN_URL": "https://me:hunter2@ping.example",
    }
    sentences = check(file, environ)
    assert len(sentences) == 2 + len(environ)
    assert "hunter2" not in " ".join(sentences)


def test_a_missing_file_names_init(tmp_path: Path) -> None:
    file = tmp_path / "config.yaml"
    assert check(file, {}) == [f"{file}: there is no such file; `smb-monitor init` writes one"]


def test_a_folder_is_no_configuration(tmp_path: Path) -> None:
    assert check(tmp_path, {}) == [
        f"{tmp_path}: is a folder; name the file in it, or write one with `smb-monitor init`"
    ]


def test_a_name_that_no_file_can_have_is_one_sentence() -> None:
    (sentence,) = check(Path("a\0b"), {})
    assert sentence.endswith("(no file can have this name); mend that, or write one with `smb-monitor init`")


def test_another_encoding_is_named_with_the_line(tmp_path: Path) -> None:
    file = tmp_path / "config.yaml"
    file.write_bytes("currency: USD\ncompany: Café\n".encode("latin-1"))
    assert check(file, {}) == [f"{file}:2: is not UTF-8 text; save it as UTF-8"]


def test_a_byte_order_mark_does_no_harm(tmp_path: Path) -> None:
    file = tmp_path / "config.yaml"
    file.write_text(TOP, encoding="utf-8-sig")
    assert check(file, {}) == []


def test_aliases_that_multiply_are_refused_before_they_fill_the_memory(tmp_path: Path) -> None:
    file = tmp_path / "config.yaml"
    levels = [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 10)]
    file.write_text("a0: &a0 x\n" + "\n".join(levels), encoding="utf-8")
    (sentence,) = check(file, {})
    assert sentence.endswith("holds more than 50000 values, aliases counted")


def test_templates_that_cannot_be_reached_are_named(tmp_path: Path) -> None:
    file = tmp_path / "config.yaml"
    file.write_text(TOP + "templates: mine\n", encoding="utf-8")
    assert check(file, {}) == [f"{file}:3: templates: there is no folder {tmp_path / 'mine'}"]
    (tmp_path / "mine").write_text("")
    assert check(file, {}) == [f"{file}:3: templates: must be a folder, but {tmp_path / 'mine'} is none"]
    (tmp_path / "mine").unlink()
    (tmp_path / "mine").mkdir()
    assert check(file, {}) == []


@pytest.mark.parametrize(
    ("variable", "text", "clause"),
    [
        ("SLACK_BOT_TOKEN", "xapp-1-A", "must begin with xoxb-"),
        ("SLACK_APP_TOKEN", "xoxb-1", "must begin with xapp-"),
        ("SLACK_SIGNING_SECRET", "a b", "holds white space or characters that none has: copy it anew"),
        ("SOURCE_URL", "postgresql://reader:größe@host/crm", "holds characters that no address has; in a"
         " password, a space is written %20, an ä %C3%A4, a % %25"),
        ("SLACK_API_URL", "http://slack.example/api/", "is sent in the clear; begin it with https:// (http:// is"
         " accepted for this machine only)"),
        ("WEBHOOK_SECRET", "whsec_%", "must be whsec_ and then base64"),
        ("SMB_MONITOR_WEB_TOKEN", "short", "must be at least 16 characters long"),
        ("DEAD_MAN_URL", "ping", "is no URL such as https://monitor.acme.example"),
        ("SOURCE_URL", "warehouse", "must be a database's address such as postgresql://user:password@host/database"),
    ],
)  # fmt: skip
def test_a_secret_that_cannot_be_right_is_named_at_start(tmp_path: Path, variable: str, text: str, clause: str) -> None:
    file = tmp_path / "config.yaml"
    file.write_text(f"{TOP}slack: {{{SLACK}}}\nwebhook: {{url: https://hooks.acme.example}}\n", encoding="utf-8")
    assert check(file, {variable: text}) == [f"{variable} (environment): {clause}"]


def test_a_token_of_another_program_is_left_alone_where_slack_is_not_configured(tmp_path: Path) -> None:
    file = tmp_path / "config.yaml"
    file.write_text(TOP, encoding="utf-8")
    assert check(file, {"SLACK_BOT_TOKEN": "xoxp-of-another", "WEBHOOK_SECRET": "of another"}) == []


def test_a_database_of_the_environment_that_cannot_be_is_named(tmp_path: Path) -> None:
    file = tmp_path / "config.yaml"
    file.write_text(TOP, encoding="utf-8")
    assert check(file, {"DATABASE_URL": "oracle://x"}) == [
        "DATABASE_URL (environment): must begin with sqlite:/// or postgresql://"
    ]


@pytest.mark.parametrize(
    ("source", "sentence"),
    [
        ("{type: csv, path: data, preset: hubspot}", "source.preset: is accepted only with source type sql, not csv"),
        ("{type: sql, cache: kept}", "source.cache: is accepted only with source type salesforce or hubspot, not sql"),
        ("{type: demo, tables: {reps: {table: users}}}",
         "source.tables.reps.table: is accepted only with source type sql, not demo"),
        ("{type: sql, tables: {reps: {file: users.csv}}}",
         "source.tables.reps.file: means nothing to source type sql; name the table under table"),
        ("{type: demo, tables: {reps: {type: sql, file: users.csv}}}",
         "source.tables.reps.file: means nothing to source type sql; name the table under table"),
        ("{type: sql, tables: {reps: {type: csv, path: r.csv, table: users}}}",
         "source.tables.reps.table: is accepted only with source type sql, not csv"),
        ("{type: sql, tables: {reps: {path: reps.duckdb}}}",
         "source.tables.reps.type: is missing; a table with a path of its own is of type csv or sql"),
        ("{type: sql, tables: {opportunities: {type: sql, table: crm.deals}}}",
         "source.tables.opportunities.type: means nothing where the source is sql; table: SCHEMA.NAME alone names a "
         "table of the same database"),
        ("{type: demo, tables: {opportunities: {type: sql, table: crm.deals}}}",
         "source.tables.opportunities.type: must not be sql, since no row of a deal leaves its database; make that the "
         "source (source.type: sql) and take the other tables from elsewhere"),
        ("{type: sql, tables: {opportunity_history: {type: sql, path: crm.duckdb}}}",
         "source.tables.opportunity_history.type: must not be sql, since no row of a deal leaves its database; make "
         "that the source (source.type: sql) and take the other tables from elsewhere"),
        ("{type: sql, url: 'postgresql://me:hunter2@host/db'}",
         "source.url: is a secret; take it out and give it as SOURCE_URL in the environment"),
    ],
)  # fmt: skip
def test_a_key_of_another_type_of_source_is_refused(tmp_path: Path, source: str, sentence: str) -> None:
    file = tmp_path / "config.yaml"
    file.write_text(f"company: Acme\nsource: {source}\n", encoding="utf-8")
    assert check(file, {}) == [f"{file}:2: {sentence}"]
