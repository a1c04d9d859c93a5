"""Each guide in docs/ done step by step: its configuration, of at most fifteen lines, makes a first digest."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from pathlib import Path
from textwrap import dedent

import pytest

from monitor.config.environment import SECRETS
from monitor.entrypoints.cli import main
from tests.conftest import ROOT
from tests.sources import crm
from tests.sources.company import Rows, write_csv
from tests.sources.crm_company import one_company
from tests.sources.shapes import Place, hubspot_api, salesforce_api
from tests.sources.sql.databases import Database

Raw = Mapping[str, Rows]


def in_schema(database: Database, name: str, raw: Raw) -> dict[str, str]:
    """Fivetran's tables in a schema of their own; the environment that reaches them."""
    database.run(f"CREATE SCHEMA {name}", f"ALTER DATABASE {database.name} SET search_path = {name}")
    database.put(raw)
    database.run(f"ALTER DATABASE {database.name} RESET search_path")
    return dict(database.environ)


def fivetran(place: Place) -> Mapping[str, str]:
    return in_schema(place.postgres, "salesforce", crm.salesforce())


def fivetrans_hubspot(place: Place) -> Mapping[str, str]:
    return in_schema(place.postgres, "hubspot", crm.hubspot())


def exported(place: Place) -> Mapping[str, str]:
    """What a CRM and a spreadsheet program make: titles and days as people see them."""
    titles = {"opportunity_id": "Record ID", "created_date": "Create Date", "owner_id": "Owner"}
    for name, rows in one_company().items():
        shown = [{titles.get(key, _title(key)): _in_america(key, cell) for key, cell in row.items()} for row in rows]
        deals = [{key: cell for key, cell in row.items() if not key.startswith("Is ")} for row in shown]
        plain = [{_title(key): cell for key, cell in row.items()} for row in rows]
        file = "deals-2026" if name == "opportunities" else name
        write_csv(place.folder / "exports" / f"{file}.csv", deals if name == "opportunities" else plain)
    return {}


GUIDES: dict[str, Callable[[Place], Mapping[str, str]]] = {
    "csv": exported,
    "sql": fivetran,
    "fivetran": fivetrans_hubspot,
    "mixed-tables": fivetran,
    "salesforce": lambda place: salesforce_api(place).environ,
    "hubspot": lambda place: hubspot_api(place).environ,
}
"""By page, what puts the company where the page reads it; what stands in the environment then."""


def configuration(page: str) -> str:
    """The one whole configuration of a page."""
    text = (ROOT / "docs" / f"{page}.md").read_text(encoding="utf-8")
    blocks = [dedent(block) for block in re.findall(r"^ *```yaml\n(.*?)```", text, re.DOTALL | re.MULTILINE)]
    (whole,) = [block for block in blocks if block.startswith("company:")]
    return whole


def export(folder: Path, shown: Callable[[str, str], str]) -> None:
    """People, quotas and spend as they come out of a spreadsheet that shows its cells so."""
    for name in ("reps", "quotas", "spend"):
        rows = [{_title(key): shown(key, cell) for key, cell in row.items()} for row in one_company()[name]]
        write_csv(folder / "sheets" / f"{name}.csv", rows)


def _title(column: str) -> str:
    return column.replace("_", " ").title()


def _plainly(column: str, cell: str) -> str:
    return cell


def _in_america(column: str, cell: str) -> str:
    if column == "amount":
        return f"${float(cell):,.2f}"
    return "/".join((cell[5:7], cell[8:], cell[:4])) if re.fullmatch(r"\d{4}-\d\d-\d\d", cell) else cell


@pytest.mark.parametrize("page", GUIDES)
def test_the_configuration_of_a_guide_makes_a_digest(
    page: str, place: Place, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    text, file = configuration(page), place.folder / "config.yaml"
    assert len(text.splitlines()) <= 15
    for variable in (*SECRETS, "DATABASE_URL"):
        monkeypatch.delenv(variable, raising=False)
    for variable, value in GUIDES[page](place).items():
        monkeypatch.setenv(variable, value)
    export(place.folder, _in_america if "date_format" in text else _plainly)
    file.write_text(text, encoding="utf-8")
    assert main(["config", "check", "--config", str(file)]) == 0
    assert main(["digest", "--as-of", "2026-09-27", "--config", str(file)]) == 0
    said = capsys.readouterr().out
    for reading in (r"Pipeline coverage +[0-9.]+x", r"AE attainment +[0-9.]+ %", r"CAC payback +[0-9.]+ months"):
        assert re.search(reading, said), said
