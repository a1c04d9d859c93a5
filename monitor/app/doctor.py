"""Is everything as it should be? Each check says what it saw and how to mend it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from itertools import groupby

from monitor.app import doctor_delivery, doctor_source, doctor_worker
from monitor.app.seen import seen_so_far
from monitor.app.wiring import Asked, Company
from monitor.core.book import Book
from monitor.core.checks import Check, Outcome
from monitor.core.counted import counted
from monitor.core.definition import definition_check
from monitor.core.facts import BadRow
from monitor.core.indicators import INDICATORS
from monitor.core.policy import WATCHED
from monitor.core.scope import command
from monitor.core.seeing import seen_remarks
from monitor.core.seen import SeenWeeks
from monitor.core.tables import ON_SHEETS, REVIEW, TABLES
from monitor.errors import DataError, StoreError

_SHOWN = 5
"""Rows shown of each table and reason; of a finding, all that are listed."""


def examine(company: Company, asked: Asked, now: datetime, wait: Callable[[float], None]) -> list[Check]:
    """Every check, in the order in which a person would go through them. `wait` lets seconds pass between two calls."""
    checks = [Check("configuration", Outcome.OK, f"{company.config.file.name} is valid")]
    checks += _people(company)
    checks += _store(company)
    checks += doctor_delivery.examine(company, wait, serves=company.config.membership is None)
    checks += _worker(company, now)
    checks += doctor_source.examine(company)
    try:
        book = company.read(asked.as_of, with_due=True, today=asked.today)[0].seeing(_seen_weeks(company))
    except DataError as error:
        return [*checks, Check("data", Outcome.FAILED, str(error)), *_remarks(company, str(error))]
    return [
        *checks,
        *_data(company, book, asked),
        *_rows(book),
        *_segments(book, asked),
        *_definitions(book, asked),
        _clock(company, asked, now),
    ]


def _remarks(company: Company, refusal: str) -> Iterator[Check]:
    """What else the source says of itself where its data cannot be used, if it can say anything."""
    try:
        told = company.source.remarks()
    except DataError:
        return
    yield from (Check("data", Outcome.NOTE, remark) for remark in told if remark not in refusal)


def _people(company: Company) -> Iterator[Check]:
    approvers, needed = company.policy.approvers, company.policy.breaker.approvals
    if approvers:
        yield Check("leadership", Outcome.OK, f"{counted(len(approvers), 'approver')}, an override needs {needed}")
    else:
        yield Check(
            "leadership",
            Outcome.WARNING,
            "nobody may override, approve or resume",
            f"name at least {counted(needed, 'person', 'people')} under leadership.approvers",
        )
    margin = company.policy.settings["cac_payback"]
    if not getattr(margin, "gross_margin", {}).get(WATCHED):
        yield Check(
            "configuration",
            Outcome.WARNING,
            "CAC payback cannot be computed without a gross margin",
            f"set indicators.cac_payback.gross_margin.{WATCHED}, such as 0.75",
        )


def _store(company: Company) -> Iterator[Check]:
    try:
        with company.open_store() as store:
            problems = store.verify()
            lines = len(store.events())
    except StoreError as error:
        yield Check("database", Outcome.FAILED, str(error))
        return
    where = company.config.database_masked
    if problems:
        mend = "compare with a backup; the log is append-only and nobody may edit it"
        yield Check("database", Outcome.FAILED, f"{where}: the log was touched", mend, tuple(problems))
    else:
        yield Check("database", Outcome.OK, f"{where}: {counted(lines, 'line')} in the log, none touched")


def _worker(company: Company, now: datetime) -> list[Check]:
    """Nothing where the database cannot be used: that was said already."""
    try:
        with company.open_store() as store:
            return list(doctor_worker.examine(company, store, now))
    except StoreError:
        return []


def _seen_weeks(company: Company) -> SeenWeeks:
    """None where the database cannot be used: that was said already."""
    try:
        return seen_so_far(company)
    except StoreError:
        return SeenWeeks()


def _data(company: Company, book: Book, asked: Asked) -> Iterator[Check]:
    quality = book.facts.quality
    rows = ", ".join(f"{name} {count:,}" for name, count in sorted(quality.rows.items()))
    yield Check("data", Outcome.OK, f"rows read: {rows}")
    for name in dict.fromkeys(name for i in INDICATORS for name in i.needs):
        if name not in quality.rows:
            titles = [i.title for i in INDICATORS if name in i.needs]
            reads = f"{' and '.join(titles)} read{'s' * (len(titles) == 1)} no data"
            yield Check("data", Outcome.WARNING, f"there is no table `{name}`: {reads}", _lacking(company, name))
    newest = book.newest(asked.as_of)
    if book.is_stale(asked.as_of):
        lacks = f"the newest row is of {newest}"
        if book.facts.sync is not None and book.is_unsynced(asked.as_of):
            lacks = f"the last sync was on {book.facts.sync.at:%Y-%m-%d %H:%M}"
        text = f"{lacks}, stale on {asked.as_of} (quality.max_age {counted(book.policy.max_age, 'day')})"
        yield Check("data", Outcome.FAILED, text, "sync the source, or ask for an earlier day with --as-of")
    else:
        yield Check(
            "data", Outcome.OK, f"data from {book.facts.begins} to {newest}, first full quarter {book.first_full}"
        )
    for remark in (*quality.remarks, *seen_remarks(book, asked.as_of)):
        yield Check("data", Outcome.NOTE, remark)
    for table, columns in sorted(quality.ignored_columns.items()):
        if columns:
            ignored = f"{counted(len(columns), 'column')} ignored ({', '.join(columns)})"
            yield Check("data", Outcome.NOTE, f"{table}: {ignored}")


def _lacking(company: Company, name: str) -> str:
    """Where the rows of a table go that has none."""
    columns = ", ".join(TABLES[name].required)
    place = company.config.document.source.tables.get(name)
    if place and place.type == "sql":
        where = place.path or "the database of SOURCE_URL"
        return f"put rows of your own into the table {place.table or name} of {where} ({columns})"
    if place and place.path:
        return f"put rows of your own into {place.path} ({columns})"
    typed = command(f"init --template {name}", company.config.signature)
    template = f"; `{typed}` writes one to fill in" if name in ON_SHEETS else ""
    return f"add the table `{name}` ({columns}){template}"


def _rows(book: Book) -> Iterator[Check]:
    quality = book.facts.quality
    found = {finding.reason for finding in quality.findings}
    where = {
        key: [_seen(row) for row in rows]
        for key, rows in groupby(
            sorted(quality.bad_rows, key=lambda r: (r.table, r.reason, r.file or "", r.line or 0)),
            key=lambda r: (r.table, r.reason),
        )
    }
    for kind, outcome, held in (
        ("set aside", Outcome.WARNING, quality.set_aside),
        ("suspicious, kept", Outcome.NOTE, quality.suspicious),
    ):
        for table, reasons in sorted(held.items()):
            for reason, count in sorted(reasons.items()):
                if count:
                    places = where.get((table, reason), [])
                    shown = places if reason in found else places[:_SHOWN]
                    more = [f"and {count - len(shown):,} more"] if shown and count > len(shown) else []
                    text = f"{table}: {counted(count, 'row')} {kind}: {reason.replace('_', ' ')}"
                    yield Check("rows", outcome, text, details=(*shown, *more))


def _seen(row: BadRow) -> str:
    place = f"{row.file or row.table}{f':{row.line}' if row.line else ''} {row.key}"
    return f"{place}: {row.note}" if row.note else place


def _segments(book: Book, asked: Asked) -> Iterator[Check]:
    piles = {
        name: book.open_pipeline(name, asked.as_of, fresh=False)
        for name in (WATCHED, "mid_market", "strategic", REVIEW)
    }
    total, review = sum(pile.deals for pile in piles.values()), piles[REVIEW]
    if not review.deals:
        yield Check("segments", Outcome.OK, f"every open deal has a segment ({total:,})")
        return
    lack = "has" if review.deals == 1 else "have"
    text = f"{review.deals:,} of {counted(total, 'open deal')} ({float(review.amount):,.0f}) {lack} no segment"
    most = 2 * review.deals > total
    signals = book.policy.facts.segments_by
    missing = [column for signal, column in _SIGNALS.items() if signal in signals and not _has(book, column)]
    mend = "give opportunities.segment, name the accounts (segments.named_accounts)"
    mend += f", or fill {', '.join(missing)}" if missing else ""
    left = [signal for signal in signals if _SIGNALS[signal] not in missing]
    if left and len(signals) > 1:
        mend += f", or let one signal decide alone, such as segments.by: [{left[0]}]"
    yield Check("segments", Outcome.FAILED if most else Outcome.WARNING, text, mend)


_SIGNALS = {"employees": "accounts.employees", "acv": "opportunities.amount", "fit": "accounts.fit_segment"}


def _has(book: Book, column: str) -> bool:
    return column not in book.facts.empty_columns


def _definitions(book: Book, asked: Asked) -> Iterator[Check]:
    for fit in definition_check(book, asked.as_of):
        if fit.fits is None:
            yield Check("definitions", Outcome.NOTE, f"{fit.title}: nothing to read in the baseline yet, so it counts")
        elif fit.fits:
            over = f" over {fit.quarters[0]} to {fit.quarters[-1]}" if fit.quarters else ""
            yield Check("definitions", Outcome.OK, f"{fit.title} fits: {fit.text}{over}")
        else:
            yield Check(
                "definitions",
                Outcome.WARNING,
                f"{fit.title} does not fit: its median on {fit.quarters[0]} to {fit.quarters[-1]} is {fit.text},"
                " breakage before the watch began; it is shown and does not count",
                "choose a definition knowingly; on the same quarters these would have read"
                if fit.alternatives
                else "compare what it divides by with what the company plans by, or set bands of your own",
                tuple(f"{other.setting}: {other.text} ({other.band.replace('_', ' ')})" for other in fit.alternatives),
            )


def _clock(company: Company, asked: Asked, now: datetime) -> Check:
    text = f"today is {company.today(now)} in {company.policy.facts.timezone}; readings are as of {asked.as_of}"
    return Check("clock", Outcome.OK, text)
