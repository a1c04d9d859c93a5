"""Dates in other orders, constants, quotas from a constant and a ramp, and mappings that make no sense."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.core.calendar import FiscalCalendar
from monitor.core.source_spec import Derive, TableSpec
from monitor.errors import ConfigError
from tests.sources.company import company, read, write_company, write_csv

DATES = [
    ("%d/%m/%Y", "03/02/2025", "2025-02-03"),
    ("%d/%m/%Y", "3/2/2025", "2025-02-03"),
    ("%m/%d/%Y", "03/02/2025", "2025-03-02"),
    ("%d.%m.%y", "03.02.25", "2025-02-03"),
    ("%d.%m.%y", "03.02.99", "1999-02-03"),
    ("%Y%m%d", "20250203", "2025-02-03"),
    ("%d %b %Y", "3 Feb 2025", "2025-02-03"),
    ("%B %d, %Y", "february 3,  2025", "2025-02-03"),
    ("%a %d-%b-%Y", "Mon 03-Feb-2025", "2025-02-03"),
    ("%m/%d/%Y %I:%M %p", "2/3/2025 12:05 AM", "2025-02-03T00:05:00"),
    ("%m/%d/%Y %I:%M %p", "2/3/2025 3:45 pm", "2025-02-03T15:45:00"),
    ("%m/%d/%Y %I:%M %p", "2/3/2025 12:00 PM", "2025-02-03T12:00:00"),
    ("%d/%m/%Y %H:%M:%S%z", "03/02/2025 23:10:59+0100", "2025-02-03T23:10:59+0100"),
    ("%Y/%m/%d %H:%M:%S.%f", "2025/02/03 04:05:06.789", "2025-02-03T04:05:06.789"),
    ("%d/%m/%Y", "2025-02-03", "not %d/%m/%Y: 2025-02-03"),
    ("%d/%m/%Y", "03/02/2025 10:00", "not %d/%m/%Y: 03/02/2025 10:00"),
    ("%d %b %Y", "3 Xyz 2025", "2025-??-03"),
    ("%d/%m/%Y", "31/31/2025", "2025-31-31"),
]


@pytest.mark.parametrize(("written", "cell", "iso"), DATES)
def test_dates_are_read_as_they_are_written_and_no_other_way(written: str, cell: str, iso: str, tmp_path: Path) -> None:
    deals = [dict(row, created_date=cell, close_date="") for row in company()["opportunities"]]
    write_csv(tmp_path / "opportunities.csv", deals)
    found = read(tmp_path, tables={"opportunities": TableSpec(date_format=written)})["opportunities"]
    assert {dict(row)["created_date"] for row in found} == {iso}
    assert not any("close_date" in dict(row) for row in found)


@given(
    day=st.dates(date(1970, 1, 1), date(2068, 12, 31)),
    written=st.sampled_from(["%d/%m/%Y", "%m-%d-%y", "%b %d %Y", "%Y%m%d"]),
)
def test_what_strftime_writes_is_read_back(day: date, written: str, tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp("dates")
    write_csv(
        folder / "opportunities.csv",
        [dict(company()["opportunities"][0], created_date=day.strftime(written), close_date="")],
    )
    found = read(folder, tables={"opportunities": TableSpec(date_format=written)})["opportunities"]
    assert dict(found[0])["created_date"] == day.isoformat()


def test_dates_inside_a_history_are_read_alike(tmp_path: Path) -> None:
    change = {"opportunity_id": "D3", "changed_at": "20/03/2025"}
    write_company(tmp_path, opportunity_history=[
        change | {"field": "Close date", "old_value": "31/05/2025", "new_value": "30/06/2025"},
        change | {"field": "amount", "old_value": "31", "new_value": "30"},
    ])  # fmt: skip
    spec = TableSpec(date_format="%d/%m/%Y", values={"field": {"close date": "close_date"}})
    found = [dict(row) for row in read(tmp_path, tables={"opportunity_history": spec})["opportunity_history"]]
    assert sorted((row["field"], row["old_value"], row["changed_at"]) for row in found) == [
        ("amount", "31", "2025-03-20"), ("close_date", "2025-05-31", "2025-03-20"),
    ]  # fmt: skip


def test_constants_fill_missing_columns_and_empty_cells(tmp_path: Path) -> None:
    rows = [{"rep_id": "R1", "segment": ""}, {"rep_id": "R2", "segment": "strategic"}]
    write_company(tmp_path, reps=rows)
    spec = TableSpec(defaults={"role": "ae", "segment": "smb", "start_date": date(2016, 1, 1)})
    found = [dict(row) for row in read(tmp_path, tables={"reps": spec})["reps"]]
    assert found == [
        {"rep_id": "R1", "role": "ae", "segment": "smb", "start_date": "2016-01-01"},
        {"rep_id": "R2", "role": "ae", "segment": "strategic", "start_date": "2016-01-01"},
    ]


def test_constants_do_not_mend_a_broken_row(tmp_path: Path) -> None:
    write_company(tmp_path)
    (tmp_path / "reps.csv").write_text("rep_id,role,segment,start_date\nR1,ae\n")
    (row,) = read(tmp_path, tables={"reps": TableSpec(defaults={"role": "ae", "segment": "smb"})})["reps"]
    assert row == ()


def test_an_empty_cell_derives_nothing(tmp_path: Path) -> None:
    write_csv(tmp_path / "opportunities.csv", [dict(row, stage="") for row in company()["opportunities"]])
    spec = TableSpec(derive={"is_won": Derive("stage", ("Won",)), "is_closed": Derive("stage", ("Open",), negate=True)})
    for row in read(tmp_path, tables={"opportunities": spec})["opportunities"]:
        assert not {"is_won", "is_closed"} & set(dict(row))


NONSENSE = [
    (TableSpec(columns={"ammount": "x"}), "source.tables.opportunities.columns.ammount: .*do you mean 'amount'"),
    (TableSpec(derive={"won": Derive("stage", ())}), "derive.won: .*no such column"),
    (TableSpec(columns={"is_won": "Won"}, derive={"is_won": Derive("stage", ("x",))}), "derive.is_won: columns gives"),
    (TableSpec(values={"segment": {"S": "small"}}), "values.segment: 'small' is none of smb"),
    (TableSpec(defaults={"is_won": "perhaps"}), "defaults.is_won: 'perhaps' is none of true, false"),
    (TableSpec(defaults={"amount": "lots"}), "defaults.amount: 'lots' is no number"),
    (TableSpec(defaults={"close_date": "soon"}), "defaults.close_date: 'soon' is no date"),
    (TableSpec(date_format="%d/%m"), "date_format: .*year, month and day"),
    (TableSpec(date_format="%d/%m/%Y %d"), "date_format: .*once each"),
    (TableSpec(date_format="%j %Y"), "date_format: '%j' .*not understood"),
]


@pytest.mark.parametrize(("spec", "words"), NONSENSE)
def test_a_mapping_that_makes_no_sense_names_its_key(spec: TableSpec, words: str, tmp_path: Path) -> None:
    write_company(tmp_path)
    with pytest.raises(ConfigError, match=words):
        read(tmp_path, tables={"opportunities": spec})


def _quotas(folder: Path, reps: str, spec: TableSpec, **more: Any) -> dict[str, list[tuple[str, str]]]:
    """Quotas by rep as (quarter's first day, amount), of a company whose deals reach 2025-06-30."""
    write_company(folder)
    (folder / "reps.csv").write_text("rep_id,role,segment,start_date,end_date,Quota\n" + reps)
    found: dict[str, list[tuple[str, str]]] = {}
    for row in map(dict, read(folder, tables={"quotas": spec}, **more)["quotas"]):
        found.setdefault(row["rep_id"], []).append((row["period_start"], row.get("amount", "")))
    return {rep: sorted(quotas) for rep, quotas in found.items()}


def test_a_constant_quota_starts_on_a_ramp_and_ends_with_the_rep(tmp_path: Path) -> None:
    reps = "R1,ae,smb,2024-11-15,,1000\nR2,AE,smb,2025-01-01,2025-03-31,100.10\nR3,sdr,smb,2024-01-01,,5\n"
    assert _quotas(tmp_path, reps, TableSpec(from_reps="quota", ramp=(Decimal("0.5"), Decimal("0.75")))) == {
        "R1": [("2024-10-01", "500.0"), ("2025-01-01", "750.00"), ("2025-04-01", "1000"), ("2025-07-01", "1000")],
        "R2": [("2025-01-01", "50.050")],
    }


def test_a_yearly_quota_is_cut_in_four_fiscal_quarters(tmp_path: Path) -> None:
    found = _quotas(
        tmp_path, "R1,ae,smb,2025-01-31,,1000\n", TableSpec(from_reps="Quota", per="year"), calendar=FiscalCalendar(2)
    )
    assert found == {
        "R1": [("2024-11-01", "250.00"), ("2025-02-01", "250.00"), ("2025-05-01", "250.00"), ("2025-08-01", "250.00")]
    }


def test_a_move_is_no_new_start_and_no_second_quota(tmp_path: Path) -> None:
    reps = "R1,ae,smb,2024-10-01,2025-01-31,100\nR1,ae,mid_market,2025-02-01,,400\nR1,ae,mid_market,2025-02-01,,400\n"
    assert _quotas(tmp_path, reps, TableSpec(from_reps="Quota", ramp=(Decimal("0.5"),))) == {
        "R1": [("2024-10-01", "50.0"), ("2025-01-01", "100"), ("2025-04-01", "400"), ("2025-07-01", "400")],
    }


def test_of_seats_that_overlap_the_one_that_begins_with_the_quarter_counts_and_its_first_day_is_in_it(
    tmp_path: Path,
) -> None:
    reps = "R1,ae,smb,2025-01-01,2025-04-01,100\nR1,ae,smb,2025-04-01,2025-07-01,400\n"
    assert _quotas(tmp_path, reps, TableSpec(from_reps="Quota")) == {
        "R1": [("2025-01-01", "100"), ("2025-04-01", "400"), ("2025-07-01", "400")]
    }


def test_a_quota_that_is_no_number_is_handed_on_to_be_set_aside(tmp_path: Path) -> None:
    reps = "R1,ae,smb,2025-06-30,,1.00\nR2,ae,smb,2025-04-01,2025-05-01,a lot\nR3,ae,smb,2025-04-01,2025-05-01,\n"
    found = _quotas(tmp_path, reps + "R4,ae,smb,soon,,9\n", TableSpec(from_reps="Quota"))
    assert found["R2"] == [("2025-04-01", "a lot")]
    assert found["R3"] == [("2025-04-01", "")]
    assert set(found) == {"R1", "R2", "R3"}


def test_a_slip_of_the_pen_makes_no_quotas_for_a_thousand_years(tmp_path: Path) -> None:
    deals = [dict(row, close_date="9999-12-31") for row in company()["opportunities"]]
    write_company(tmp_path / "more", opportunities=deals)
    (tmp_path / "more" / "reps.csv").write_text("rep_id,role,segment,start_date,Quota\nR1,ae,smb,0001-01-01,1\n")
    quotas = read(tmp_path / "more", tables={"quotas": TableSpec(from_reps="Quota")})["quotas"]
    assert 200 < len(quotas) < 250
