"""Templates of spreadsheets for what a CRM does not hold: the header, and one row that is plainly an example."""

from __future__ import annotations

import csv
import io

from monitor.config.model import Document
from monitor.core.tables import EXAMPLE, TABLES

_EXAMPLES = {
    "reps": {"rep_id": EXAMPLE, "name": "Ada Example", "role": "ae", "segment": "smb", "start_date": "2026-01-15"},
    "quotas": {"rep_id": EXAMPLE, "amount": "100000"},
    "spend": {"month": "2026-01-01", "segment": EXAMPLE, "function": "sales", "amount": "12500"},
    "revenue": {"month": "2026-01-01", "account_id": EXAMPLE, "segment": "smb", "arr": "54000"},
}
"""One row each, with EXAMPLE in it, by which the program knows it: it is never counted."""


FOLDER = "sheets"
"""Where templates are written, beside config.yaml, when nobody names another folder."""


def template_for(table: str, document: Document) -> str:
    """The template as this company needs it."""
    quotas = document.source.tables.get("quotas")
    quota = quotas.from_reps if quotas and table == "reps" else None
    return template(table, first_month=document.fiscal_year_start, currency=document.currency, quota=quota)


def template(table: str, *, first_month: int = 1, currency: str = "USD", quota: str | None = None) -> str:
    """A CSV file of one canonical table, to be filled in; `quota` names one more column, for a constant quota each."""
    names = [column.name for column in TABLES[table].columns]
    row = dict.fromkeys(names, "") | _EXAMPLES[table]
    if "currency" in row:
        row["currency"] = currency
    if "period_start" in row:
        row["period_start"] = f"2026-{first_month:02}-01"
    if quota is not None:
        row[quota] = "400000"
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerows([row.keys(), row.values()])
    return text.getvalue()
