"""A PostgreSQL that does not answer: one sentence says why and what to do."""

from __future__ import annotations

from dataclasses import replace

import psycopg
import pytest

from monitor.core.policy import FactsPolicy
from monitor.core.source_spec import SourceSpec
from monitor.errors import DataError
from monitor.facts.load import load
from monitor.sources import open_source
from tests.sources.sql.databases import Database
from tests.sources.sql.test_reading_only import ON, READ, TEMPORARY, company, reader

CRM = ("CREATE SCHEMA crm", "ALTER TABLE opportunities SET SCHEMA crm")


def asked(spec: SourceSpec) -> str:
    """What is said instead of the tables."""
    source = open_source(spec)
    with pytest.raises(DataError) as caught:
        source.tables()
    assert "\n" not in str(caught.value)
    return str(caught.value)


def setting(postgres: Database, name: str, value: str) -> SourceSpec:
    """The source as a reader sees it whose sessions have a setting of their own."""
    spec = reader(postgres, READ, TEMPORARY)
    postgres.run(f"ALTER ROLE reader_of_{postgres.name} SET {name} = '{value}'")
    return spec


def test_a_schema_that_its_user_may_not_use(postgres: Database) -> None:
    postgres.put(company(5))
    postgres.run(*CRM)
    spec = replace(reader(postgres, "SELECT ON ALL TABLES IN SCHEMA crm", TEMPORARY), schema="crm")
    assert "permission denied for schema crm): its user needs USAGE on the schema and SELECT on the tables" in asked(
        spec
    )


def test_no_time_for_a_statement(postgres: Database) -> None:
    postgres.put(company(5000))
    assert "give its user a longer statement_timeout" in asked(setting(postgres, "statement_timeout", "1ms"))


def test_a_table_that_another_program_holds(postgres: Database) -> None:
    postgres.put(company(5))
    spec = setting(postgres, "lock_timeout", "100ms")
    with psycopg.connect(postgres.url or "") as other:
        other.execute("LOCK TABLE opportunities")
        assert "another program holds a table, so run it again when that is done" in asked(spec)


def test_a_server_that_goes_away_in_the_middle(postgres: Database) -> None:
    postgres.put(company(5))
    source = open_source(postgres.spec())
    tables = source.tables()
    postgres.run("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'smb-monitor'")
    with pytest.raises(DataError, match=r"The engine stopped \(.*\): look at what it allows .* and run it again\.$"):
        load(tables, FactsPolicy(), ON)
    source.close()
