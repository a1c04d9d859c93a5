"""Small companies that stand differently, in folders of their own or, told apart by a column, in one."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from tests.sources.company import Rows, write_csv
from tests.sources.mutations import AS_OF, clean_company

Tables = dict[str, Rows]
DAY = AS_OF.isoformat()
REST = """
company: Northwind Group
timezone: America/New_York
expansion: {started: 2025-10-01}
indicators: {cac_payback: {gross_margin: {smb: 0.75}}}
"""


def healthy() -> Tables:
    """More is in the pipeline and sold, at less cost, than anybody asked for."""
    return _scaled(4, quota="60000")


def broken() -> Tables:
    """Well until the expansion began; little of worth came in since, and the breaker has tripped."""
    tables = healthy()
    for row in tables["opportunities"]:
        if row["created_date"] >= "2025-09-01":
            row["amount"] = "3000.00"
    return tables


def sliding() -> Tables:
    """Well for long; what closed in the last three months was worth little."""
    tables = _scaled(4, quota="60000")
    for row in tables["opportunities"]:
        if row["close_date"] >= "2026-07-01" and row["is_won"] == "true":
            row["amount"] = "2000.00"
    return tables


def without_spend() -> Tables:
    """Well, as far as anybody can tell."""
    tables = healthy()
    del tables["spend"]
    return tables


def _scaled(factor: int, quota: str) -> Tables:
    tables = {name: [dict(row) for row in rows] for name, rows in clean_company().items() if name in _KEPT}
    for row in tables["opportunities"]:
        row["amount"] = f"{float(row['amount']) * factor:.2f}"
    for row in tables["quotas"]:
        row["amount"] = quota
    return tables


_KEPT = ("opportunities", "quotas", "reps", "spend")
KINDS: Mapping[str, Callable[[], Tables]] = {
    "Acme": broken,
    "Beta": healthy,
    "Gamma": sliding,
    "Delta": without_spend,
}


def with_yearly_quotas(companies: Mapping[str, Tables]) -> dict[str, Tables]:
    """The same with a constant of each rep for the quotas, in each company another; the first has later deals."""
    found = {}
    for at, (name, tables) in enumerate(companies.items()):
        people = [row | {"Yearly": f"{240_000 + 30_000 * at}"} for row in tables["reps"]]
        deals = [
            row for row in tables["opportunities"] if at == 0 or max(row["close_date"], row["created_date"]) <= DAY
        ]
        found[name] = {**tables, "reps": people, "opportunities": deals}
        del found[name]["quotas"]
    return found


BY_RULE = ", tables: {quotas: {from_reps: yearly, per: year, ramp: [0.5]}}"


def in_folders(
    folder: Path, companies: Mapping[str, Tables], rest: str = REST, more: str = "", source: str = ""
) -> Path:
    """Each company in a folder of its own, and the configuration of them all. `more`: further entries."""
    entries = ""
    for at, (name, tables) in enumerate(companies.items()):
        place = f"data{at}"
        for table, rows in tables.items():
            write_csv(folder / place / f"{table}.csv", rows)
        entries += f"  - {{company: {name}, source: {{type: csv, path: {place}{source}}}}}\n"
    return configured(folder, f"{rest}companies:\n{entries}{more}")


def by_column(folder: Path, companies: Mapping[str, Tables], rest: str = REST, source: str = "") -> Path:
    """All companies in one folder, each row with its company."""
    together: Tables = {}
    for name, tables in companies.items():
        for table, rows in tables.items():
            together.setdefault(table, []).extend({"company_id": name, **row} for row in rows)
    for table, rows in together.items():
        write_csv(folder / "all" / f"{table}.csv", rows)
    return configured(folder, f"{rest}source: {{type: csv, path: all{source}}}\ncompanies: {{column: company_id}}\n")


def configured(folder: Path, text: str) -> Path:
    file = folder / "config.yaml"
    file.write_text(text, encoding="utf-8")
    return file
