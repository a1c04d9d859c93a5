"""`companies`: what each entry makes of the rest of the file, and every mistake by its own line."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from monitor.config import Portfolio, check, configured, schema, show_many
from monitor.config.portfolio import slug

TWO = """
company: Northwind
currency: EUR
indicators: {cac_payback: {gross_margin: {smb: 0.75}, lag_months: 1}}
slack: {digest_channel: C0GROUP, alert_channel: C0GROUP}
email: {host: smtp.acme.example, from: monitor@acme.example}
leadership: {approvers: [{name: Ada Marsh, email: ada@acme.example}, {name: Ben Okoro}]}
companies:
  - {company: Acme, source: {type: csv, path: acme}}
  - company: Beta
    source: {type: sql, schema: beta}
    currency: USD
    indicators: {cac_payback: {gross_margin: {smb: 0.5}}}
    slack: {digest_channel: C0BETA}
    database: sqlite:///old.db
"""


def many(folder: Path, text: str, environ: dict[str, str] | None = None) -> Portfolio:
    file = folder / "config.yaml"
    file.write_text(text, encoding="utf-8")
    found = configured(file, environ or {})
    assert isinstance(found, Portfolio)
    return found


def test_an_entry_stands_over_the_rest_section_by_section(tmp_path: Path) -> None:
    acme, beta = many(tmp_path, TWO).entries
    assert (acme.document.currency, beta.document.currency) == ("EUR", "USD")
    payback: Any = beta.policy().settings["cac_payback"]
    assert (str(payback.gross_margin["smb"]), payback.lag_months) == ("0.5", 1)
    assert beta.policy().approvers == ("Ada Marsh", "Ben Okoro")


def test_a_company_tells_its_own_channels_and_people_and_the_portfolio_the_rest(tmp_path: Path) -> None:
    found = many(tmp_path, TWO)
    acme, beta = found.entries
    assert [acme.slack(), acme.email(), acme.webhook(), beta.email()] == [None] * 4
    slack = beta.slack()
    assert slack and (slack.digest_channel, slack.alert_channel) == ("C0BETA", "C0GROUP")
    assert found.own.directory().digest_channel == "C0GROUP"
    people = many(tmp_path, TWO.replace("path: acme}", "path: acme}, leadership: {approvers: [{name: A}, {name: B}]}"))
    assert people.entries[0].email() and people.entries[0].slack() is None


@pytest.mark.parametrize(
    ("given", "logs"),
    [
        ("sqlite:///{folder}/all.db", ["{folder}/all.companies/portfolio.db", "{folder}/all.companies/acme-"]),
        (
            "postgresql://me:s%40crt@db/all?sslmode=require",
            ["me:s%40crt@db/all?sslmode=require&schema=smb_portfolio", "&schema=smb_acme_"],
        ),
        ("postgres://db/all?schema=eu", ["postgresql://db/all?schema=eu_portfolio", "?schema=eu_acme_"]),
        (
            f"postgres://db/all?schema={'group' * 11}",
            [f"?schema={'group' * 10}gro_portfolio", f"?schema={'group' * 10}gr_37036cd8f9"],
        ),
    ],
)
def test_each_company_has_a_log_of_its_own_made_from_the_database(tmp_path: Path, given: str, logs: list[str]) -> None:
    found = many(tmp_path, TWO, {"DATABASE_URL": given.format(folder=tmp_path)})
    for config, log in zip((found.own, found.entries[0]), logs, strict=True):
        assert log.format(folder=tmp_path) in config.database_url
    assert found.entries[1].database_url == f"sqlite:///{tmp_path}/old.db"


@pytest.mark.parametrize(
    ("own", "log"),
    [
        ("postgresql://db/all?schema=acme", "postgresql://me:s%40crt@db/all?schema=acme"),
        ("postgresql://you@db/all?schema=acme", "postgresql://you@db/all?schema=acme"),
        ("postgresql://elsewhere/all", "postgresql://elsewhere/all"),
        ("sqlite:////old.db", "sqlite:////old.db"),
    ],
)
def test_an_older_log_on_the_same_server_is_opened_with_the_same_login(tmp_path: Path, own: str, log: str) -> None:
    text = f"source: {{type: demo}}\ncompanies: [{{company: A, database: '{own}'}}]"
    (entry,) = many(tmp_path, text, {"DATABASE_URL": "postgresql://me:s%40crt@db/all"}).entries
    assert entry.database_url == log


def test_a_section_of_another_type_is_another_section(tmp_path: Path) -> None:
    text = "source: {type: sql, schema: x}\ncompanies: [{company: A, source: {type: csv, path: a}}, {company: B}]"
    first, second = many(tmp_path, text).entries
    assert first.document.source.schema is None and second.document.source.schema == "x"


def test_a_column_called_type_is_a_column_and_a_word_called_companies_a_word(tmp_path: Path) -> None:
    rest = "source: {type: csv, path: a, tables: {opportunities: {columns: {type: Kind, amount: Sum}}}}\n"
    rest += "segments: {named_accounts: {companies: smb}}\n"
    entry = "{columns: {type: Deal Type}}"
    text = f"companies: [{{company: A, segments: {{by: [acv]}}, source: {{tables: {{opportunities: {entry}}}}}}}]"
    (only,) = many(tmp_path, rest + text).entries
    assert only.document.source.tables["opportunities"].columns == {"type": "Deal Type", "amount": "Sum"}
    assert only.document.segments.named_accounts == {"companies": "smb"}


WRONG = [
    ("companies: []", "1: companies: must be a list of at least one, not an empty list"),
    ("companies: yes", "1: companies: must be a list, or keys with values, column among them"),
    ("companies: {col: x}", "1: companies.col: is no known key; did you mean column?"),
    ("companies: [Acme]", "1: companies[1]: must be keys with values, company among them"),
    ("companies:\n  - {source: {type: demo}}", "2: companies[1].company: is missing; it must be text"),
    ("companies:\n  - {company: }", "2: companies[1].company: is empty; give it a value or take the key out"),
    ("companies:\n\n  - {company: A}", "3: companies[1].source: is missing; it must be keys with values, type among"),
    ("companies:\n  - company: A\n    curency: USD\n    source: {type: demo}", "3: companies[1].curency: is no known"),
    ("currency: 5\ncompanies: [{company: A, source: {type: demo}}]", "1: currency: must be three letters such as USD"),
    ("source: {type: demo}\ncompanies:\n - company: A\n - company: ' a '", "4: companies[2].company: is also the name"),
    (
        "source: {type: demo}\ncompanies:\n - {company: A, database: 'sqlite:///x.db'}\n"
        " - company: B\n   database: sqlite:///x.db",
        "5: companies[2].database: is also the database of A; each company has one of its own",
    ),
    (
        "source: {type: demo}\ncompanies:\n - {company: A, database: 'sqlite:///x.db'}\n"
        " - company: B\n   database: sqlite:///sub/../x.db?timeout=5",
        "5: companies[2].database: is also the database of A; each company has one of its own",
    ),
    (
        "source: {type: demo}\ncompanies:\n - {company: A, database: 'postgresql://db/smb'}\n"
        " - company: B\n   database: postgresql://DB:5432/smb?schema=public",
        "5: companies[2].database: is also the database of A; each company has one of its own",
    ),
    (
        'source: {type: demo}\ncompanies:\n - company: "M\\u0308uller\\u200b"\n - company: "M\\u0308U\\u00adller"',
        "4: companies[2].company: is also the name of company 1",
    ),
    (
        "source: {type: demo}\ncompanies:\n - {company: A, database: 'sqlite://'}",
        "3: companies[1].database: must name a file or a server",
    ),
    ("companies: [{company: A, companies: [{company: B}]}]", "1: companies[1].companies: cannot stand in an entry"),
    ("source: {type: demo}\ncompanies: {column: ' '}", "2: companies.column: must be text, the name of a column"),
    ("database: 'sqlite://'\nsource: {type: demo}\ncompanies: {column: x}", " database: many companies need a file"),
    ("companies: {column: x}", "1: source: is missing"),
    (
        "source: {type: sql, preset: hubspot}\ncompanies: {column: x}",
        "2: companies.column: is not accepted with the tables",
    ),
    ("companies:\n - {company: A, source: {type: demo}, slack: {alert_channel: C012}}", "2: companies[1].slack.digest"),
]


@pytest.mark.parametrize(("text", "sentence"), WRONG)
def test_a_mistake_is_one_sentence_with_the_line_of_the_entry(tmp_path: Path, text: str, sentence: str) -> None:
    file = tmp_path / "config.yaml"
    file.write_text(text, encoding="utf-8")
    (problem,) = [each for each in check(file, {}) if sentence in each]
    assert problem.startswith(f"{file}:{sentence[:3]}")


def test_a_mistake_that_all_share_is_said_once(tmp_path: Path) -> None:
    file = tmp_path / "config.yaml"
    file.write_text(TWO.replace("EUR", "EURO"), encoding="utf-8")
    assert len(check(file, {})) == 1


SHOWN = {
    "list": TWO,
    "column": "source: {type: demo}\ncompanies: {column: company_id}",
    "old log": "source: {type: demo}\ncompanies: [{company: A, database: 'sqlite:///smb-monitor.db'}, {company: B}]",
}


@pytest.mark.parametrize("text", SHOWN.values(), ids=SHOWN)
def test_what_is_shown_reads_back_as_the_same_and_fits_the_schema(tmp_path: Path, text: str) -> None:
    found = many(tmp_path, text)
    shown = show_many(found)
    jsonschema.Draft202012Validator(schema()).validate(json.loads(json.dumps(yaml.safe_load(shown))))
    again = many(tmp_path, shown)
    assert [each.document for each in again.entries] == [each.document for each in found.entries]
    assert [each.database_url for each in again.entries] == [each.database_url for each in found.entries]
    assert (again.own.document, again.column) == (found.own.document, found.column)


def test_no_two_names_share_a_slug_and_each_is_harmless_everywhere() -> None:
    names = ["A-B", "A B", "a b", "../x", "", "x" * 500, "\n", "Ünïcode", "CON", "\u202e", "日本"]
    slugs = [slug(name) for name in names]
    assert len(set(slugs)) == len(names)
    assert all(len(each) <= 43 and each.replace("-", "").isalnum() and each.isascii() for each in slugs)


def test_a_company_is_found_however_its_name_is_composed(tmp_path: Path) -> None:
    found = many(tmp_path, "source: {type: demo}\ncompanies: [{company: M\u00fcller}, {company: Muller}]")
    assert found.company("Mu\u0308ller").company == "M\u00fcller"
