"""Files as people export them from a spreadsheet: read right, or refused in a sentence that says what to do."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from monitor.core.policy import FactsPolicy
from monitor.core.source_spec import SourceSpec, TableSpec
from monitor.errors import DataError
from monitor.facts.load import load
from monitor.sources import open_source
from tests.sources.company import company, read, write_company, write_csv
from tests.sources.mutations import AS_OF

HEAD = "Rep ID,Period Start,Amount,,\n"


def quotas(folder: Path, text: str, currency: str = "USD", **mapping: str | None) -> list[dict[str, str]]:
    """The rows of a sheet of quotas."""
    (write_company(folder) / "quotas.csv").write_text(text, encoding="utf-8")
    found = read(folder, tables={"quotas": TableSpec(**mapping)}, currency=currency)  # type: ignore[arg-type]
    return [dict(row) for row in found["quotas"]]


def test_a_sheet_as_google_exports_it_is_read_as_it_stands(tmp_path: Path) -> None:
    text = '﻿Rep ID,Period Start,Amount,,\r\nR1,1/31/2026,"$120,000.50",,\r\nR2,4/1/2026,"90,000",,\r\n,,,,\r\n,,,,\r\n'
    assert quotas(tmp_path, text, date_format="%m/%d/%Y") == [
        {"rep_id": "R1", "period_start": "2026-01-31", "amount": "120000.50"},
        {"rep_id": "R2", "period_start": "2026-04-01", "amount": "90000"},
    ]


AMOUNTS = [
    ("120000", "USD", None, "120000"), ('"120,000"', "USD", None, "120000"), ("$12000", "USD", None, "12000"),
    ('"1,234,567.8"', "USD", None, "1234567.8"), ('"$ 12,000"', "CAD", None, "12000"),
    ('"€1,200.50"', "EUR", None, "1200.50"), ('"1,200.50 €"', "EUR", None, "1200.50"),
    ('"$1,200"', "EUR", None, "$1,200"), ("€12", "USD", None, "€12"),
    ("£12", "GBP", None, "12"), ("$12", "CHF", None, "$12"), ("12 %", "USD", None, "12 %"),
    ('"12,5"', "USD", None, "12,5"), ('"1.234,50"', "USD", None, "1.234,50"), ('"0,125"', "USD", None, "0,125"),
    ('"12,34,567"', "USD", None, "12,34,567"), ('"(1,200)"', "USD", None, "(1,200)"), ("1e5", "USD", None, "1e5"),
    ('"-1,200"', "USD", None, "-1,200"), ('"1234,567"', "USD", None, "1234,567"), ("0.125", "USD", None, "0.125"),
    ('"1.234,50 €"', "EUR", "1.234,50", "1234.50"), ("120.000", "EUR", "1.234,50", "120000"),
    ('"12,5"', "EUR", "1.234,50", "12.5"), ("120.5", "EUR", "1.234,50", "not 1.234,50: 120.5"),
    ('"1,234.50"', "EUR", "1.234,50", "not 1.234,50: 1,234.50"), ("120.000", "USD", "1,234.50", "120.000"),
    ("12 000", "EUR", "1 234,50", "12000"), ('"1\u202f234,5\u00a0€"', "EUR", "1 234,50", "1234.5"),
    ("12.000", "EUR", "1 234,50", "not 1 234,50: 12.000"),
]  # fmt: skip


@pytest.mark.parametrize("number", range(len(AMOUNTS)))
def test_an_amount_is_read_right_or_left_to_be_set_aside(number: int, tmp_path: Path) -> None:
    written, currency, form, wanted = AMOUNTS[number]
    found = quotas(tmp_path, f"{HEAD}R1,2026-01-01,{written},,\n", currency, number_format=form)
    assert [row["amount"] for row in found] == [wanted]


def test_a_sign_of_the_reporting_currency_beside_another_currency_is_no_amount(tmp_path: Path) -> None:
    text = (
        'Month,Segment,Function,Amount,Currency\n2026-01-01,smb,sales,"$1,000",usd\n2026-01-01,smb,sales,"$2,000",EUR\n'
    )
    (write_company(tmp_path) / "spend.csv").write_text(text + '2026-01-01,smb,sales,"3,000",EUR\n')
    assert sorted(dict(row)["amount"] for row in read(tmp_path)["spend"]) == ["$2,000", "1000", "3000"]


def test_a_rate_of_exchange_has_no_thousands(tmp_path: Path) -> None:
    (write_company(tmp_path) / "fx_rates.csv").write_text('Currency,Rate\nEUR,"1,085"\nGBP,1.252\n')
    assert {dict(row)["rate"] for row in read(tmp_path)["fx_rates"]} == {"1,085", "1.252"}


DOUBTFUL = [
    ("120.000\n90.000", True), ("120.000\n90", True), ("€120.000", True), ("1.234.567", True),
    ('120.000\n"90.000,50"', True), ("120.000\n90000", False), ("120.000\n90.5", False), ("120.000\n0.5", False),
    ("120000.000", False), ("0.125", False), ('120.000\n"1,200.000"', False), ("12.00", False), ("12", False),
]  # fmt: skip


@pytest.mark.parametrize("number", range(len(DOUBTFUL)))
def test_amounts_that_may_be_a_thousand_times_what_they_seem_are_refused(number: int, tmp_path: Path) -> None:
    cells, refused = DOUBTFUL[number]
    text = HEAD + "".join(f"R{line},2026-01-01,{cell},,\n" for line, cell in enumerate(cells.splitlines()))
    if not refused:
        assert len(quotas(tmp_path, text)) == len(cells.splitlines())
        return
    sentence = r"^quotas\.csv, line 2: '.*' under Amount can be read in two ways: set source\.tables\.quotas\.number_f"
    with pytest.raises(DataError, match=sentence):
        quotas(tmp_path, text)
    assert len(quotas(tmp_path, text, number_format="1.234,50")) == len(cells.splitlines())


def test_a_constant_quota_of_the_people_is_read_like_any_other_amount(tmp_path: Path) -> None:
    reps = write_company(tmp_path) / "reps.csv"
    rule = TableSpec(from_reps="yearly_quota", per="year")
    for cell, form in (('"$400,000"', None), ('"400.000"', "1.234,50")):
        reps.write_text(f"Rep ID,Role,Segment,Start Date,Yearly Quota\nR1,ae,smb,2025-01-01,{cell}\n")
        found = read(tmp_path, tables={"quotas": replace(rule, number_format=form)})
        assert {float(dict(row)["amount"]) for row in found["quotas"]} == {100_000.0}
        assert "Yearly Quota" not in dict(found["reps"][0])
    with pytest.raises(DataError, match=r"'400\.000' under Yearly Quota .* source\.tables\.quotas\.number_format"):
        read(tmp_path, tables={"quotas": rule})


def test_where_a_whole_column_is_written_otherwise_the_sentence_names_the_key(tmp_path: Path) -> None:
    write_csv(tmp_path / "opportunities.csv", company()["opportunities"][:2])
    for cell, wanted in (
        ("1/31/2026,12", r"need a date_format, such as '%m/%d/%Y'.* under source\.tables\.quotas"),
        ('2026-01-01,"12,5"', r"need a number_format.* under source\.tables\.quotas"),
        ("2026-02-01,12", "begins on the first day of a fiscal quarter, as fiscal_year_start has them"),
    ):
        (tmp_path / "quotas.csv").write_text(f"{HEAD}R1,{cell},,\n")
        source = open_source(SourceSpec(path=tmp_path))
        with pytest.raises(DataError, match=rf"quotas\.csv:2 .*{wanted}"):
            load(source.tables(), FactsPolicy(), AS_OF)
        source.close()


def test_a_row_that_says_example_is_never_counted_wherever_it_stands(tmp_path: Path) -> None:
    text = HEAD + "R1,2026-01-01,10,,\nEXAMPLE,2026-01-01,100000,,\nR2,EXAMPLE,7,,\nR3,2026-01-01,30,,\n"
    (write_company(tmp_path) / "quotas.csv").write_text(text)
    source = open_source(SourceSpec(path=tmp_path))
    amounts = source.tables()["quotas"].order_by("rep_id").to_pyarrow()["amount"].to_pylist()
    told = source.remarks()
    source.close()
    assert amounts == ["10", "30"]
    assert "quotas.csv, line 3: EXAMPLE stands in 2 rows, not counted: put your own in its place." in told


def test_a_deal_that_is_called_example_is_a_deal(tmp_path: Path) -> None:
    deals = write_company(tmp_path) / "opportunities.csv"
    deals.write_text(deals.read_text().replace("D1,", "EXAMPLE,"))
    assert len(read(tmp_path)["opportunities"]) == 5


def test_a_column_of_its_exact_name_goes_before_one_with_spaces(tmp_path: Path) -> None:
    text = "Rep ID,rep_id,Period-Start,amount\nAda,R1,2026-01-01,5\n"
    assert quotas(tmp_path, text) == [{"Rep ID": "Ada", "rep_id": "R1", "period_start": "2026-01-01", "amount": "5"}]
    assert quotas(tmp_path, text, columns={"rep_id": "rep id"})[0]["rep_id"] == "Ada"  # type: ignore[arg-type]
