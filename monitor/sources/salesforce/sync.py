"""Bringing the cache up to date: each object whole at first, then what changed; every page is kept once it is read."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING

from monitor.core.source_spec import SourceSpec
from monitor.errors import DataError
from monitor.sources.salesforce import parts
from monitor.sources.salesforce.line import Line, Page, Refused, Unreachable
from monitor.sources.salesforce.objects import OBJECTS, Shape, SObject, shape, unseen
from monitor.sources.salesforce.rows import BrokenPage, from_csv, from_json, last, written
from monitor.sources.salesforce.state import Cache, Load, State, TableState
from monitor.sources.source import World

if TYPE_CHECKING:
    import pyarrow as pa

OVERLAP = timedelta(minutes=10)
"""What is read again each time: a change becomes visible some time after the moment it bears."""
PAGE = 50_000
"""Rows of one page of a bulk query."""
COUNTED = timedelta(days=1)
"""How often a table is held against Salesforce's own count, which finds what was deleted for good."""
_SLOWEST = 15.0
_JOB = 3600.0
"""Seconds that a bulk query may take before the next run goes on with it."""
_MANY = 20
"""Parts of changes from which on they are put together."""


def synchronise(line: Line, cache: Cache, spec: SourceSpec, world: World) -> None:
    """Reads what is new. What was read stays, wherever it is interrupted. Raises DataError, Unreachable."""
    sync = _Sync(line, cache, spec, world)
    try:
        sync.run()
    except Refused as error:
        raise DataError(
            f"Salesforce refuses to let {sync.at} be read ({error.code}): give the user API Enabled and read access."
        ) from None
    except BrokenPage as error:
        raise DataError(f"Salesforce's answers about {sync.at} cannot be read ({error}): try again later.") from None


def shapes(line: Line, spec: SourceSpec) -> Iterator[tuple[SObject, Shape | None]]:
    """What can be read of every object. Raises DataError where an object or field is missing that is needed."""
    for sobject in OBJECTS:
        described = line.describe(sobject.name)
        if described is None and sobject.required:
            raise DataError(f"Salesforce shows this user no {sobject.name}: give it read access to the object.")
        yield sobject, None if described is None else shape(sobject, described, spec)


def same_org(line: Line, cache: Cache, state: State) -> str:
    """The organisation that answers. Raises DataError where the cache is another's."""
    org = line.org
    if state.org not in (None, org):
        raise DataError(
            f"'{cache.folder}' holds the data of another organisation of Salesforce: name another folder under "
            "source.cache."
        )
    return org


class _Sync:
    """One run."""

    def __init__(self, line: Line, cache: Cache, spec: SourceSpec, world: World) -> None:
        self.line, self.cache, self.spec, self.world = line, cache, spec, world
        self.state = cache.state()
        self.remarks: list[str] = []
        self.at = "anything"
        """What is read just now."""

    def run(self) -> None:
        org = same_org(self.line, self.cache, self.state)
        self.state = replace(self.cache.tidy(self.state, self.world.now()), org=org)
        seen = list(shapes(self.line, self.spec))
        absent = tuple(sobject.table for sobject, found in seen if not self.brought(sobject, found))
        self.state = self.state.whole(absent, tuple(self.remarks), self.world.now())
        self.cache.keep(self.state)

    def brought(self, sobject: SObject, found: Shape | None) -> bool:
        """Whether the object's table is there, and up to date. Raises Refused for one that is needed."""
        self.at = sobject.name
        if found is None:
            return False
        self.remarks += _unseen(sobject, found)
        try:
            self.bring(sobject, found)
        except Refused as error:
            if sobject.required:
                raise
            made = sobject.canonical or sobject.makes
            left = f"it is left out, and table {made} lacks it" if made else "it is left out"
            self.remarks.append(f"Salesforce refuses to let {sobject.name} be read ({error.code}), so {left}.")
            return False
        return True

    def bring(self, sobject: SObject, found: Shape) -> None:
        """One table up to date."""
        table = self.state.table(sobject.table)
        if table.load is not None and table.load.fields != found.key:
            table = replace(table, load=None)
            self.put(sobject, table)
        if table.whole and table.load is None:
            if table.fields == found.key:
                self.follow(sobject, found)
                if self.is_all_there(sobject, found):
                    self.join(sobject)
                    return
            elif sobject.required:
                self.read_histories_anew()
        self.load(sobject, found)
        if table.load is not None:
            self.follow(sobject, found)  # the rows are as old as the reading that was interrupted
        self.join(sobject)

    # A whole object.

    def load(self, sobject: SObject, found: Shape) -> None:
        """Reads all rows, going on where an earlier run was interrupted."""
        table = self.state.table(sobject.table)
        load = table.load
        if load is not None and load.job is not None:
            try:
                return self.bulk(sobject, found, load)
            except Refused:
                load = None  # the job failed, or is no longer there: another one
        if load is None:
            load = self.begin(sobject, found)
        if load.job is not None:
            try:
                return self.bulk(sobject, found, load)
            except Refused as error:
                self.remarks.append(
                    f"Salesforce did not finish its bulk query of {sobject.name} ({error.code}), so it was read page "
                    "by page."
                )
                load = Load(None, found.key, total=load.total)
        return self.paged(sobject, found, load)

    def begin(self, sobject: SObject, found: Shape) -> Load:
        total = self.line.count(sobject.name, deleted=True)
        try:
            job = self.line.begin_job(_soql(sobject, found))
        except Refused:
            return Load(None, found.key, total=total)
        load = Load(str(job["id"]), found.key, watermark=_plain(str(job["createdDate"])), total=total)
        self.put(sobject, replace(self.state.table(sobject.table), load=load))
        return load

    def bulk(self, sobject: SObject, found: Shape, load: Load) -> None:
        """The pages of a bulk query. Raises Refused where the job fails."""
        assert load.job is not None
        self.finished(sobject, load)
        following: str | None = load.locator
        while True:
            number = self.state.table(sobject.table).number + 1
            read = partial(from_csv, shape=found, part=number)
            rows, following = self.line.results(load.job, following, PAGE, read)
            load = replace(self.added(sobject, load, rows), locator=following)
            if following is None:
                return self.done(sobject, load)
            self.put(sobject, replace(self.state.table(sobject.table), load=load, number=number))

    def finished(self, sobject: SObject, load: Load) -> None:
        """Waits until Salesforce has made the results."""
        waited, pause = 0.0, 0.5
        while (job := self.line.job(str(load.job)))["state"] != "JobComplete":
            if job["state"] in ("Failed", "Aborted"):
                raise Refused(str(job["state"]).upper())
            if waited >= _JOB:
                raise Unreachable(
                    f"Salesforce works for more than an hour on its bulk query of {sobject.name}: the next run goes on."
                )
            self.world.told(f"Salesforce: {sobject.name} is made ready", 0, None)
            pause = min(_SLOWEST, pause * 2)
            self.world.wait(pause)
            waited += pause

    def paged(self, sobject: SObject, found: Shape, load: Load) -> None:
        """The pages of an ordinary query in the order of their changes, so that any place is one to go on from."""
        for page in self.pages(sobject, found, load.watermark):
            number = self.state.table(sobject.table).number + 1
            rows = from_json(page.records, found, number)
            load = replace(self.added(sobject, load, rows), watermark=last(rows, found.by))
            self.put(sobject, replace(self.state.table(sobject.table), load=load, number=number))
        self.done(sobject, load)

    def added(self, sobject: SObject, load: Load, rows: pa.Table) -> Load:
        """`load` with a page, which is written."""
        number = self.state.table(sobject.table).number + 1
        name = (parts.write(self.cache, sobject.table, number, rows),) if rows.num_rows else ()
        count = load.rows + rows.num_rows
        self.world.told(f"Salesforce: {sobject.name}", count, load.total)
        return replace(load, parts=load.parts + name, rows=count)

    def done(self, sobject: SObject, load: Load) -> None:
        """What was read takes the place of what was there; a history, which Salesforce cuts short, is added to it."""
        table = self.state.table(sobject.table)
        number = table.number + 1 if load.job else table.number
        kept = table if sobject.grows else TableState()
        base, delta = (load.parts, kept.delta) if load.job and not kept.parts else (kept.base, kept.delta + load.parts)
        self.put(
            sobject,
            TableState(load.fields, load.watermark, base, delta, number, self.world.now().isoformat(), whole=True),
        )

    # What changed since.

    def follow(self, sobject: SObject, found: Shape) -> None:
        """Reads what changed since the last time, deletions included."""
        table = self.state.table(sobject.table)
        start = _moment(table.watermark) - OVERLAP if table.watermark else None
        paths = [self.cache.path(sobject.table, name) for name in table.parts]
        known = parts.since(paths, found, start) if start else {}
        count = 0
        for page in self.pages(sobject, found, written(start) if start else None):
            table = self.state.table(sobject.table)
            number = table.number + 1
            rows = from_json(page.records, found, number)
            count += rows.num_rows
            self.world.told(f"Salesforce: {sobject.name}", count, page.total)
            watermark = max(table.watermark or "", last(rows, found.by) or "") or None
            rows = parts.changed(rows, known)
            if rows.num_rows:
                name = parts.write(self.cache, sobject.table, number, rows)
                table = replace(table, delta=(*table.delta, name), number=number)
            if rows.num_rows or watermark != table.watermark:
                self.put(sobject, replace(table, watermark=watermark))

    def pages(self, sobject: SObject, found: Shape, start: str | None) -> Iterator[Page]:
        """Pages in the order of their changes; where Salesforce forgets its place, from there on again."""
        for _ in range(3):
            page = self.line.query(_soql(sobject, found, start) + f" ORDER BY {found.cursor}, Id")
            try:
                while page.records:
                    yield page
                    start = _plain(str(page.records[-1][found.cursor]))
                    if page.next is None:
                        return
                    page = self.line.more(page.next)
            except Refused as error:
                if error.code not in ("INVALID_QUERY_LOCATOR", "NOT_FOUND"):
                    raise
                continue
            return
        raise Unreachable(f"Salesforce keeps losing its place in {sobject.name}: try again later.")

    # Whether it is all there.

    def is_all_there(self, sobject: SObject, found: Shape) -> bool:
        """Whether as many rows live here as in Salesforce: what is deleted for good leaves no trace but this.

        It is asked once a day, and values of formulas, which change without a trace, are never all there then.
        """
        from monitor.sources.salesforce.tables import living

        table = self.state.table(sobject.table)
        if sobject.grows or is_counted(table, self.world.now()):
            return True
        until = table.watermark if found.has("CreatedDate") else None
        there = self.line.count(sobject.name, f" WHERE CreatedDate <= {until}" if until else "")
        more = 0 if there is None else there - living(self.cache, sobject.table, table, until)
        if more > 0 and sobject.required:
            self.read_histories_anew()
        if more or found.drifts:
            return False
        self.put(sobject, replace(table, counted=self.world.now().isoformat()))
        return True

    def read_histories_anew(self) -> None:
        """Who is shown more deals, or more of their fields, is shown more of their past too."""
        for sobject in OBJECTS:
            table = self.state.table(sobject.table)
            if sobject.grows and table.whole:
                self.put(sobject, replace(table, whole=False))

    # What is kept.

    def join(self, sobject: SObject) -> None:
        """Puts many small parts together."""
        table = self.state.table(sobject.table)
        if len(table.delta) > _MANY:
            number = table.number + 1
            rows = parts.together([self.cache.path(sobject.table, name) for name in table.delta], number)
            name = parts.write(self.cache, sobject.table, number, rows)
            self.put(sobject, replace(table, delta=(name,), number=number))

    def put(self, sobject: SObject, table: TableState) -> None:
        self.state = self.state.with_table(sobject.table, table)
        self.cache.keep(self.state)


def is_counted(table: TableState, now: datetime) -> bool:
    """Whether the table was held against Salesforce's own count a short while ago."""
    at = datetime.fromisoformat(table.counted) if table.counted else None
    return at is not None and timedelta() <= now - at < COUNTED


def _soql(sobject: SObject, found: Shape, start: str | None = None) -> str:
    """A query of all rows, or of those that changed at `start` or later."""
    where = f" WHERE {found.cursor} >= {start}" if start else ""
    return f"SELECT {', '.join(found.names)} FROM {sobject.name}{where}"  # noqa: S608  # names that Salesforce gave


def _unseen(sobject: SObject, found: Shape) -> Iterator[str]:
    if names := unseen(sobject, found):
        yield (
            f"Salesforce shows this user no {' and no '.join(names)} of {sobject.name}, so it is not read: give it "
            "read access (field-level security)."
        )


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


def _plain(moment: str) -> str:
    """A moment of Salesforce's JSON as SOQL takes it."""
    return written(datetime.fromisoformat(moment))
