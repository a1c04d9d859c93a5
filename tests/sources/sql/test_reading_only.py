"""A database is read and nothing more: what leaves it, what is left in it, and what its user needs."""

from __future__ import annotations

import re
from contextlib import closing
from datetime import date
from typing import Any

import psycopg
import pytest

from monitor.core.policy import FactsPolicy
from monitor.core.secret import Secret
from monitor.core.source_spec import SourceSpec, TableSpec
from monitor.errors import DataError
from monitor.facts.load import load
from monitor.facts.quality import LISTED
from monitor.sources import open_source
from tests.facts.company import change, deal, rep
from tests.postgres import PASSWORD, Server
from tests.sources import crm
from tests.sources.mutations import AS_OF
from tests.sources.sql.databases import Database
from tests.sources.sql.wire import wire

ON = date(2025, 6, 29)
NAME, ACCOUNT = "Acme-Secret-Deal", "Acme-Secret-Account"
ROLE = {"role": "ae"}


def at(url: str, **more: Any) -> SourceSpec:
    return SourceSpec(type="sql", secrets={"SOURCE_URL": Secret(url)}, **more)


def company(deals: int) -> dict[str, list[dict[str, str]]]:
    """Deals of three days, their ids and accounts easy to tell."""
    rows = [
        deal(f"{NAME}-{number}", f"2025-01-0{number % 3 + 1}", "2025-02-01", won=True, owner_id="R1", account_id=NAME)
        for number in range(deals)
    ]
    changes = [change(row["opportunity_id"], "amount", "900", "1000", "2025-01-15T10:00:00") for row in rows]
    return {
        "opportunities": rows,
        "opportunity_history": changes,
        "accounts": [{"account_id": NAME, "name": f"{NAME} Ltd", "employees": "7"}],
        "reps": [rep("R1")],
    }


def test_no_deal_leaves_the_server_and_more_deals_are_no_more_bytes(
    postgres: Database, postgres_server: Server
) -> None:
    heard: list[bytes] = []
    for deals in (50, 500):
        postgres.run("DROP SCHEMA public CASCADE", "CREATE SCHEMA public")
        postgres.put(company(deals))
        with wire(postgres_server.folder) as line:
            source = open_source(at(line.url(postgres.name)))
            loaded = load(source.tables(), FactsPolicy(with_due=True), ON)
            heard.append(bytes(line.heard))
            (shown,) = loaded.deals.decided("smb", date(2025, 1, 1), date(2025, 3, 1), ON, 1, won_only=True)
            asked = bytes(line.heard)[len(heard[-1]) :]
            source.close()
        assert loaded.facts.pipeline["deals"].abs().sum() > deals
        assert shown.opportunity_id.encode() in asked  # only who asks to explain is shown some
    assert not [part for part in heard if NAME.encode() in part]
    assert len(heard[1]) < len(heard[0]) * 1.05


def tidied(deals: int) -> dict[str, list[dict[str, str]]]:
    """Deals of one owner, all put off and rounded up on one day, and of an account that is no one's business."""
    rows = [deal(f"{NAME}-{n}", "2025-05-01", owner_id="R1", account_id=ACCOUNT, amount="10000") for n in range(deals)]
    keys = [row["opportunity_id"] for row in rows]
    changes = [change(key, "close_date", "2025-06-30", "2025-09-30", "2025-06-27T10:00:00") for key in keys]
    changes += [change(key, "amount", "9400", "10000", "2025-06-26T10:00:00") for key in keys]
    accounts = [{"account_id": ACCOUNT, "name": f"{ACCOUNT} Ltd", "employees": "7"}]
    return {
        "opportunities": rows,
        "opportunity_history": changes,
        "accounts": accounts,
        "reps": [rep("R1", end="2025-06-01")],
    }


def test_of_what_was_tidied_up_no_more_leaves_the_server_than_doctor_lists(
    postgres: Database, postgres_server: Server
) -> None:
    heard: list[bytes] = []
    for deals in (LISTED + 50, LISTED + 500):
        postgres.run("DROP SCHEMA public CASCADE", "CREATE SCHEMA public")
        postgres.put(tidied(deals))
        with wire(postgres_server.folder) as line:
            with closing(open_source(at(line.url(postgres.name)))) as source:
                quality = load(source.tables(), FactsPolicy(), ON).facts.quality
            heard.append(bytes(line.heard))
        assert {finding.deals for finding in quality.findings} == {deals} and len(quality.findings) == 3
        assert len(set(re.findall(rf"{NAME}-\d+".encode(), heard[-1]))) == LISTED
    assert not [part for part in heard if ACCOUNT.encode() in part]
    assert len(heard[1]) < len(heard[0]) * 1.05


@pytest.mark.parametrize("preset", ["salesforce", "hubspot"])
def test_while_a_preset_makes_the_tables_nothing_leaves_the_server_but_what_doctor_lists(
    preset: str, postgres: Database, postgres_server: Server
) -> None:
    raw = getattr(crm, preset)()
    deals, key = ("opportunity", "id") if preset == "salesforce" else ("deal", "deal_id")
    keys = {row[key] for row in raw[deals]}
    told = {
        name: [{k: f"{NAME}-{v}" if v in keys and k.endswith("id") else v for k, v in row.items()} for row in raw[name]]
        for name in raw
    }
    postgres.put(told)
    smb = {
        name: TableSpec(defaults={"segment": "smb", **more}) for name, more in (("opportunities", {}), ("reps", ROLE))
    }
    with (
        wire(postgres_server.folder) as line,
        closing(open_source(at(line.url(postgres.name), preset=preset, tables=smb))) as source,
    ):
        facts = load(source.tables(), FactsPolicy(with_due=True), AS_OF).facts
    assert facts.quality.rows["opportunities"] > 400
    crossed = {found.decode() for found in re.findall(rf"{NAME}-\w+".encode(), line.heard)}
    assert crossed == {row.key for row in facts.quality.bad_rows if row.key.startswith(NAME)}


def test_nothing_is_left_behind_and_nothing_can_be_written(postgres: Database) -> None:
    postgres.put(company(5))
    source = open_source(postgres.spec())
    tables = source.tables()
    load(tables, FactsPolicy(), ON)
    session = tables["opportunities"].get_backend()
    with pytest.raises(psycopg.errors.ReadOnlySqlTransaction):
        session.raw_sql("DELETE FROM opportunities")
    source.close()
    assert postgres.url is not None
    with psycopg.connect(postgres.url) as other:
        left = other.execute("SELECT relname FROM pg_class WHERE relname LIKE 'monitor%' OR relname LIKE 'ibis%'")
        assert left.fetchall() == []


def test_a_duckdb_file_is_the_same_byte_for_byte_after_a_run(duckdb_file: Database) -> None:
    duckdb_file.put(company(5))
    before = duckdb_file.file.read_bytes()
    source = open_source(duckdb_file.spec())
    load(source.tables(), FactsPolicy(), ON)
    source.close()
    assert duckdb_file.file.read_bytes() == before
    assert [path.name for path in duckdb_file.file.parent.iterdir()] == [duckdb_file.file.name]


def reader(postgres: Database, *grants: str) -> SourceSpec:
    """The source as a user of its own reads it, who was given only `grants`."""
    database, user = postgres.name, f"reader_of_{postgres.name}"
    postgres.run(
        f"CREATE ROLE {user} LOGIN PASSWORD '{PASSWORD}'",
        f"REVOKE ALL ON DATABASE {database} FROM PUBLIC",
        f"GRANT CONNECT ON DATABASE {database} TO {user}",
        *(f"GRANT {grant.format(database=database)} TO {user}" for grant in grants),
    )
    host = (postgres.url or "").partition("?")[2]
    return SourceSpec(type="sql", secrets={"SOURCE_URL": Secret(f"postgresql://{user}:{PASSWORD}@/{database}?{host}")})


READ, TEMPORARY = "SELECT ON ALL TABLES IN SCHEMA public", "TEMPORARY ON DATABASE {database}"


def test_to_read_the_tables_and_to_make_temporary_ones_is_all_that_its_user_needs(postgres: Database) -> None:
    postgres.put(company(5))
    source = open_source(reader(postgres, READ, TEMPORARY))
    assert load(source.tables(), FactsPolicy(), ON).facts.pipeline["deals"].abs().sum() > 0
    source.close()


@pytest.mark.parametrize(
    ("grants", "sentence"),
    [
        (
            (TEMPORARY,),
            r"Table public\.(accounts|opportunities) may not be read by the user of SOURCE_URL: GRANT SELECT",
        ),
        ((READ,), "may make no temporary tables, which the facts need: GRANT TEMPORARY ON DATABASE source"),
    ],
)
def test_a_right_that_is_lacking_is_named(postgres: Database, grants: tuple[str, ...], sentence: str) -> None:
    postgres.put(company(5))
    source = open_source(reader(postgres, *grants))
    with pytest.raises(DataError, match=sentence):
        source.tables()
