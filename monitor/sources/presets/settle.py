"""What is made of a mapped table last: the CRM's words to choices, far-away ends, quotas to quarters."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import cast

import ibis
import ibis.expr.types as ir

from monitor.core.calendar import FiscalCalendar
from monitor.core.tables import SEGMENTS
from monitor.sources.presets.cells import day, number, squeezed, text, worded

_TYPES = {
    "new_business": ("newbusiness", "new", "newcustomer", "newlogo", "netnew", "newclient"),
    "expansion": (
        "expansion", "existingbusiness", "existingcustomer", "existing", "existingcustomerupgrade",
        "existingcustomerreplacement", "existingcustomerdowngrade", "upsell", "crosssell", "upgrade", "addon",
    ),
    "renewal": ("renewal", "existingcustomerrenewal", "contractrenewal", "renew"),
}  # fmt: skip
_SOURCES = {
    "inbound": (
        "inbound", "web", "website", "webform", "contactus", "phoneinquiry", "advertisement", "seminar", "webinar",
        "publicrelations", "wordofmouth", "marketing", "content", "organicsearch", "paidsearch", "paidsocial",
        "socialmedia", "directtraffic", "emailmarketing", "referrals", "othercampaigns",
    ),
    "plg": ("plg", "productled", "product", "selfserve", "selfservice", "freetrial", "trial", "signup", "freemium"),
    "outbound": ("outbound", "coldcall", "coldcalling", "coldemail", "prospecting", "purchasedlist", "sdr", "bdr",
                 "salesgenerated"),
    "partner": ("partner", "partnerreferral", "channel", "reseller", "channelpartner", "alliance"),
}  # fmt: skip
_ROLES = (
    ("csm", ("csm", "customer success manager", "customer success associate", "client success manager")),
    ("", ("account manager", "product manager", "marketing manager", "office manager", "project manager")),
    ("manager", ("manager", "director", "vp", "vice president", "head", "chief", "cro", "ceo", "coo", "leader")),
    ("sdr", ("sdr", "bdr", "sales development", "business development representative")),
    ("se", ("se", "sales engineer", "solutions engineer", "solution engineer", "solutions consultant", "presales")),
    ("csm", ("customer success", "client success")),
    ("ae", ("ae", "aes", "account executive", "account executives", "sales executive", "sales representative")),
)
"""Words in the name of a role, in the order in which they are looked for; the empty role is none of ours."""
_FAR = "2200"


REMARK = "remark"
"""The column of a settled table that says what is to be remarked of a row, null for nothing; a key of SENTENCES."""
LEFT_OUT = ("no_role", "no_segment")
"""Remarks on rows that do not count."""
SENTENCES = {
    "unknown_type": (
        "{count} deal is of a type that is not known here and counts",
        "{count} deals are of a type that is not known here and count",
        " as new business: say what it is under source.tables.opportunities.values.type.",
    ),
    "no_role": (
        "{count} person has a role that is not known here and is",
        "{count} people have a role that is not known here and are",
        " left out: say what it is under source.tables.reps.values.role.",
    ),
    "no_segment": (
        "{count} person with a role has no segment and is",
        "{count} people with a role have no segment and are",
        " left out: say which under source.tables.reps.values.segment.",
    ),
}
"""What is remarked of one row, of several, and the end of both sentences."""


def remarked(word: str, count: int) -> str:
    """The sentence on so many rows."""
    one, many, end = SENTENCES[word]
    return (one if count == 1 else many).format(count=f"{count:,}") + end


def settled(name: str, table: ibis.Table, calendar: FiscalCalendar) -> ibis.Table:
    """The mapped table `name` with its choices, open ends and quarters, and what is to be remarked of each row."""
    if name == "opportunities":
        return _deals(table)
    if name == "reps":
        return _people(table)
    rows = _quarterly(table, calendar) if name == "quotas" else table
    return rows.mutate(**{REMARK: ibis.null("string")})


def _deals(table: ibis.Table) -> ibis.Table:
    readers: dict[str, Callable[[ir.Value], ir.Value]] = {"type": _type, "source": _source, "close_date": _near}
    remark: ir.Value = ibis.null("string")
    if "type" in table.columns:
        remark = ibis.cases((text(table.type).notnull() & _type(table.type).isnull(), "unknown_type"))
    read = {name: reader(table[name]) for name, reader in readers.items() if name in table.columns}
    return table.mutate(**read, **{REMARK: remark})


def _people(table: ibis.Table) -> ibis.Table:
    ends = {"end_date": _near(table.end_date)} if "end_date" in table.columns else {}
    read = table.mutate(role=_role(table.role), segment=_segment(table.segment), **ends)
    return read.mutate(**{REMARK: ibis.cases((read.role.isnull(), "no_role"), (read.segment.isnull(), "no_segment"))})


def _type(cell: ir.Value) -> ir.Value:
    return _named(squeezed(cell), _TYPES)


def _source(cell: ir.Value) -> ir.Value:
    return _named(squeezed(cell), _SOURCES)


def _named(said: ir.StringValue, words: Mapping[str, tuple[str, ...]]) -> ir.Value:
    return cast(ir.Value, ibis.cases(*((said.isin(theirs), ours) for ours, theirs in words.items())))


def _role(cell: ir.Value) -> ir.Value:
    said = worded(cell)
    cases = [(ibis.or_(*(said.contains(f" {word} ") for word in words)), ours) for ours, words in _ROLES]
    return ibis.cases(*cases).nullif("")


def _segment(cell: ir.Value) -> ir.Value:
    said = squeezed(cell)
    return cast(ir.Value, ibis.cases(*((said == ours.replace("_", ""), ours) for ours in SEGMENTS)))


def _near(cell: ir.Value) -> ir.Value:
    """A day that is none of a sales team's, such as 9999-12-31, is an open end."""
    return ibis.ifelse(cell.cast("string").substr(0, 4) < _FAR, cell, ibis.null(cell.type()))


def _quarterly(table: ibis.Table, calendar: FiscalCalendar) -> ibis.Table:
    """One quota for each person and fiscal quarter; what is no day or no number stays as it is, to be set aside."""
    said = text(day(table.period_start))
    known = ibis.ifelse(said.re_search("^[0-9]{4}-[0-9]{2}-[0-9]{2}"), said, ibis.null("string"))
    month = known.substr(0, 4).cast("int64") * 12 + known.substr(5, 2).cast("int64") - 1
    first = month - (month - (calendar.fiscal_year_start - 1)) % 3
    quarter = (first // 12).cast("string") + "-" + (first % 12 + 1).cast("string").lpad(2, "0") + "-01"
    kind = (
        {"kind": table.forecasting_type_id} if "forecasting_type_id" in table.columns else {"kind": ibis.null("string")}
    )
    amount = number(table.amount, "decimal(38, 4)")
    rows = table.select(
        "rep_id",
        period_start=ibis.coalesce(quarter, said),
        amount=amount,
        is_bad=ibis.ifelse(amount.isnull(), 1, 0),
        **kind,
    )
    by_kind = rows.group_by("rep_id", "period_start", "kind").agg(amount=rows.amount.sum(), bad=rows.is_bad.sum())
    whole = by_kind.mutate(amount=ibis.ifelse(by_kind.bad > 0, ibis.null(by_kind.amount.type()), by_kind.amount))
    return whole.group_by("rep_id", "period_start").agg(amount=whole.amount.max())
