"""Companies of any size and number for the benchmarks: N deals each over three years, four changes a deal."""

from __future__ import annotations

import argparse
from pathlib import Path

import duckdb

DATA = Path(__file__).parent / "data"
FIRST_DAY, DAYS = "2023-01-01", 1096

_DEALS = """
CREATE TEMP TABLE deals AS
SELECT
    i, i // {companies} AS n, {name} AS company_id,
    'OPP' || lpad((i // {companies})::VARCHAR, 12, '0') AS opportunity_id,
    hash(i, 1) % {accounts} AS account, hash(i, 2) % {reps} AS rep,
    DATE '{first}' + (hash(i, 3) % {days})::INTEGER AS created_date,
    (hash(i, 4) % 60 + hash(i, 5) % 60)::INTEGER + 5 AS age,
    hash(i, 6) % 100 < 22 AS won,
    CASE WHEN hash(i, 7) % 10 < 7 THEN 'smb' WHEN hash(i, 7) % 10 < 9 THEN 'mid_market' ELSE 'strategic' END AS segment,
    CASE WHEN hash(i, 7) % 10 < 7 THEN 2000 + hash(i, 8) % 4000000 / 100.0
         WHEN hash(i, 7) % 10 < 9 THEN 50000 + hash(i, 8) % 40000000 / 100.0
         ELSE 500000 + hash(i, 8) % 100000000 / 100.0 END::DECIMAL(18, 2) AS amount
FROM range({deals} * {companies}) t(i)
"""
_COMPANIES = "CREATE TEMP TABLE companies AS SELECT {name} AS company_id FROM range({companies}) t(i)"
_NAME = "'C' || lpad((i % {companies})::VARCHAR, 6, '0')"
_CLOSED = "created_date + age < DATE '{first}' + {days}"
_STAGE = "CASE WHEN NOT {closed} THEN 'Proposal' WHEN won THEN 'Closed Won' ELSE 'Closed Lost' END"
_STAGE_BEFORE = "['Proposal', 'Demo', 'Discovery', 'Qualified', 'New'][later + {offset} + (NOT {closed})::INT]"
_OPPORTUNITIES = """
SELECT
    {company_id} opportunity_id, 'ACC' || lpad(account::VARCHAR, 9, '0') AS account_id,
    'REP' || lpad(rep::VARCHAR, 5, '0') AS owner_id,
    CASE WHEN n % 12 = 0 THEN 'renewal' ELSE 'new_business' END AS type, created_date, created_date + age AS close_date,
    {stage} AS stage,
    {closed} AS is_closed, won AND {closed} AS is_won, amount::{money} AS amount, 'USD' AS currency,
    {segment} AS segment, ['inbound', 'plg', 'outbound', 'partner'][n % 4 + 1] AS source
FROM deals
"""
_HISTORY = """
SELECT
    {company_id} opportunity_id, field,
    CASE field WHEN 'amount' THEN (amount * (95 - 5 * later) / 100)::DECIMAL(18, 2)::VARCHAR
               WHEN 'close_date' THEN (created_date + age - 10 * (later + 1))::DATE::VARCHAR
               WHEN 'stage' THEN {stage_before}
               ELSE 'REP' || lpad(((rep + later + 1) % {reps})::VARCHAR, 5, '0')
    END AS old_value,
    CASE field WHEN 'amount' THEN (amount * (100 - 5 * later) / 100)::DECIMAL(18, 2)::VARCHAR
               WHEN 'close_date' THEN (created_date + age - 10 * later)::DATE::VARCHAR
               WHEN 'stage' THEN {stage_after} ELSE 'REP' || lpad(((rep + later) % {reps})::VARCHAR, 5, '0')
    END AS new_value,
    created_date::TIMESTAMP
        + to_seconds((lived * 86400 * (4 - k) // 4 + hash(i, 20 + k) % 20000)::BIGINT) AS changed_at
FROM (
    SELECT *, fields[k] AS field,
        (k > 1 AND fields[1] = fields[k])::INT + (k > 2 AND fields[2] = fields[k])::INT
            + (k > 3 AND fields[3] = fields[k])::INT AS later
    FROM (
        SELECT *, unnest([1, 2, 3, 4]) AS k
        FROM (SELECT *, {fields} AS fields, least(age, DATE '{first}' + {days} - 1 - created_date) AS lived FROM deals)
    )
)
ORDER BY changed_at
"""
_FIELD = "['amount', 'close_date', 'stage', 'owner_id'][(hash(i, 10 + {k}) % 4 + 1)::BIGINT]"
_ACCOUNTS = """
SELECT {company_id} 'ACC' || lpad(i::VARCHAR, 9, '0') AS account_id, 'Company ' || i AS name,
    CASE WHEN hash(i, 31) % 10 < 7 THEN 1 + hash(i, 32) % 50 ELSE 51 + hash(i, 32) % 900 END AS employees,
    'software' AS industry
FROM companies, range({accounts}) t(i)
"""
_REPS = """
SELECT {company_id} 'REP' || lpad(i::VARCHAR, 5, '0') AS rep_id, 'Rep ' || i AS name, 'ae' AS role,
    CASE WHEN i % 10 < 7 THEN 'smb' ELSE 'mid_market' END AS segment, DATE '2022-01-01' AS start_date,
    NULL::DATE AS end_date
FROM companies, range({reps}) t(i)
"""
_QUOTAS = """
SELECT {company_id} rep_id, quarter::DATE AS period_start, {quota}::DECIMAL(18, 2) AS amount
FROM reps, generate_series(DATE '2023-01-01', DATE '2025-12-31', INTERVAL 3 MONTH) q(quarter)
"""
_SPEND = """
SELECT {company_id} month::DATE AS month, segment, function, ({deals} * 2.5)::DECIMAL(18, 2) AS amount
FROM companies, generate_series(DATE '2023-01-01', DATE '2025-12-31', INTERVAL 1 MONTH) m(month),
    (VALUES ('smb'), ('mid_market'), ('shared')) s(segment), (VALUES ('sales'), ('marketing')) f(function)
"""


def generate(
    deals: int, kind: str = "parquet", *, given: bool = True, doubles: bool = False, companies: int | None = None
) -> Path:
    """Writes one company, unless it stands there already, and returns its folder.

    `given`: segments are given; else they are voted for. `doubles`: amounts are binary fractions, as in pandas.
    `companies`: so many of that size instead, in one set of tables with a column `company_id`; their ids are the same.
    """
    many = "" if companies is None else f"{companies}x"
    name = f"{many}{deals}-{kind}" + ("" if given else "-vote") + ("-doubles" if doubles else "")
    folder = DATA / name
    if (folder / "done").exists():
        return folder
    folder.mkdir(parents=True, exist_ok=True)
    words: dict[str, object] = {
        "deals": deals,
        "accounts": max(deals // 3, 1),
        "reps": max(deals // 20_000, 10),
        "first": FIRST_DAY,
        "days": DAYS,
        "quota": 4_000_000,
        "money": "DOUBLE" if doubles else "DECIMAL(18, 2)",
        "segment": "segment" if given else "NULL::VARCHAR",
        "companies": companies or 1,
        "company_id": "" if companies is None else "company_id,",
    }
    words["name"] = _NAME.format(**words)
    words["fields"] = "[" + ", ".join(_FIELD.format(k=k) for k in range(1, 5)) + "]"
    words["closed"] = _CLOSED.format(**words)
    words["stage"] = _STAGE.format(**words)
    words["stage_before"] = _STAGE_BEFORE.format(offset=1, **words)
    words["stage_after"] = (
        f"CASE WHEN later = 0 THEN {words['stage']} ELSE {_STAGE_BEFORE.format(offset=0, **words)} END"
    )
    with duckdb.connect() as engine:
        engine.execute("SET threads = 2; SET memory_limit = '4GB'; SET preserve_insertion_order = false")
        engine.execute(f"SET temp_directory = '{folder}/spill'")
        engine.execute(_COMPANIES.format(**words))
        engine.execute(_DEALS.format(**words))
        engine.execute("CREATE TEMP TABLE reps AS " + _REPS.format(**words))
        for table, query in (
            ("opportunities", _OPPORTUNITIES),
            ("opportunity_history", _HISTORY),
            ("accounts", _ACCOUNTS),
            ("reps", "FROM reps"),
            ("quotas", _QUOTAS),
            ("spend", _SPEND),
        ):
            options = "FORMAT parquet, COMPRESSION snappy" if kind == "parquet" else "FORMAT csv, HEADER"
            engine.execute(f"COPY ({query.format(**words)}) TO '{folder / table}.{kind}' ({options})")
    (folder / "done").touch()
    return folder


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("deals", type=int)
    parser.add_argument("--csv", action="store_true")
    parser.add_argument("--vote", action="store_true", help="leave segments to the vote")
    parser.add_argument("--doubles", action="store_true", help="amounts as binary fractions")
    parser.add_argument("--companies", type=int, help="so many of that size in one set of tables")
    asked = parser.parse_args()
    kind = "csv" if asked.csv else "parquet"
    print(generate(asked.deals, kind, given=not asked.vote, doubles=asked.doubles, companies=asked.companies))
