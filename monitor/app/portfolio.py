"""Many companies at once: each is run as if it were alone, and what it answers becomes its line."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import partial
from zoneinfo import ZoneInfo

from monitor.app.crew import Crew, crew
from monitor.app.digest import Draft, Edition, issue
from monitor.app.handing import Handed, NotHereError, Told, asked_for
from monitor.app.observe import observe
from monitor.app.telling import take_steps
from monitor.app.trouble import broke, tell_trouble
from monitor.app.wiring import Asked, Company, Shared, SharedSource, company, open_log, words
from monitor.config import Config, Portfolio, unknown_company
from monitor.core.checks import Check, Outcome
from monitor.core.messages import Lines, Message
from monitor.core.portfolio import Board, PortfolioLine, board, line, unreadable
from monitor.core.schedule import DIGEST, digest_name
from monitor.core.types import Snapshot
from monitor.errors import DataError, MonitorError, NoStore, UsageError
from monitor.render import portfolio as drawing
from monitor.render.portfolio import Extras
from monitor.sources import open_source
from monitor.sources.source import World
from monitor.store.repository import Store


@dataclass(frozen=True)
class Members:
    """The companies of a portfolio, in order, and what they share. `as_of` is the portfolio's own week."""

    portfolio: Portfolio
    configs: tuple[Config, ...]
    asked: Asked
    shared: SharedSource | None = None

    @property
    def remarks(self) -> tuple[str, ...]:
        """What a person should know of the source that all have; nothing where each has its own."""
        if self.shared is None:
            return ()
        return (*self.shared.source.remarks(), *self.shared.grouping.remarks)

    def board(self, lines: list[PortfolioLine]) -> Board:
        return board(self.portfolio.name, self.asked.as_of, lines, self.remarks)


@dataclass(frozen=True)
class Errand:
    """What is asked of every company: of which day (None: its own last complete week), and the world it is run in.

    `shows`: what is wanted of its run beside its line. `processes`: how many may work on it at once; where it is more
    than one, all that is done has to be plain values and functions of modules, since other processes are handed it.
    `worth`: for fewer companies each, to start another process takes longer than it saves.
    """

    as_of: date | None
    world: World
    shows: Callable[[Snapshot], str] | None = None
    processes: int = 1
    worth: int = 20


@dataclass(frozen=True)
class Answer:
    """What one company answered: `line` always, `shown` if that was asked for and it could be read.

    `broke`: it could not, by an error of ours.
    """

    line: PortfolioLine
    shown: str | None = None
    broke: Exception | None = None

    @property
    def company(self) -> str:
        return self.line.company


Work = Callable[[Company, Store, Asked, datetime], Snapshot]
"""What is done with one company: `observe`, or more."""


@contextmanager
def members(portfolio: Portfolio, errand: Errand) -> Iterator[Members]:
    """The companies, those of one source found in its data. Raises DataError where that cannot be used at all, and
    UsageError for a day that has not come.
    """
    if portfolio.column is None:
        day = _own_day(portfolio.entries, errand)
        yield Members(portfolio, portfolio.entries, asked_of(day, portfolio, errand))
        return
    source = open_source(portfolio.own.source_spec(), errand.world)
    try:
        shared = SharedSource(source, portfolio.column, portfolio.own.policy().facts)
        asked = asked_of(source.today(), portfolio, errand)
        yield Members(portfolio, tuple(map(portfolio.company, shared.grouping.names)), asked, shared)
    finally:
        source.close()


def _own_day(entries: Iterable[Config], errand: Errand) -> date | None:
    """The day that the companies' sources live on; None as soon as one of them lives in the real world."""
    days: list[date] = []
    for config in entries:
        try:
            with company(config, errand.world) as each:
                own = each.source.today()
        except MonitorError:
            return None  # it will say so itself
        if own is None:
            return None
        days.append(own)
    return max(days)


def asked_of(own_day: date | None, portfolio: Portfolio, errand: Errand) -> Asked:
    """The portfolio's own week; a source may live on a day of its own. Raises UsageError for a day to come."""
    own = portfolio.own
    today = own_day or _today(own, errand.world.now())
    if errand.as_of is None:
        return Asked(own.calendar.last_complete_week(today), today)
    if errand.as_of > today:
        raise UsageError(f"--as-of {errand.as_of} lies in the future: today is {today} in {own.document.timezone}.")
    return Asked(errand.as_of, errand.as_of)


def _today(config: Config, now: datetime) -> date:
    return now.astimezone(ZoneInfo(config.document.timezone)).date()


def run_one(
    config: Config,
    errand: Errand,
    work: Work,
    shared: Shared | None = None,
    opens: Callable[[Config], Store] = open_log,
) -> Answer:
    """One company run by itself. Whatever it fails by becomes its line and stops nobody else.

    Raises NotHereError in a process that was not handed what it needs.
    """
    now = errand.world.now()
    try:
        with company(config, errand.world, shared) as found, opens(config) as store:
            seen = work(found, store, _asked(found, errand), now)
    except MonitorError as error:
        return Answer(unreadable(config.company, str(error)))
    except NotHereError:
        raise
    except Exception as error:  # noqa: BLE001  one company that breaks the program must not leave the others unwatched
        return Answer(unreadable(config.company, broke(error)), broke=error)
    return Answer(line(seen), errand.shows(seen) if errand.shows else None)


def _asked(found: Company, errand: Errand) -> Asked:
    """What is asked of one company. A day that has not come where it is, further west, is no day yet: its own is."""
    today = found.today(errand.world.now())
    return found.asked(None if errand.as_of is None else min(errand.as_of, today), today)


def answers(
    found: Members,
    errand: Errand,
    work: Work,
    told: Callable[[int, int], None],
    opens: Callable[[Config], Store] = open_log,
) -> Iterator[Answer]:
    """Every company's answer. No more than a few are held in memory."""
    here = partial(run_one, errand=errand, work=work, shared=found.shared, opens=opens)
    size = min(errand.processes, len(found.configs) // errand.worth)
    each = map(here, found.configs) if size < 2 else _by_crew(found, errand, work, here, size)
    for done, answer in enumerate(each, start=1):
        yield answer
        told(done, len(found.configs))


@dataclass(frozen=True)
class _Task:
    """One company for another process."""

    config: Config
    errand: Errand
    work: Work
    shared: Handed | None


def _run(task: _Task) -> Answer | None:
    """In another process; None where it takes the engine, which is not there."""
    opens = _open_existing if task.shared is not None and not task.shared.is_read else open_log
    try:
        answer = run_one(task.config, task.errand, task.work, task.shared, opens)
    except NotHereError:
        return None
    # an error may not survive the way back
    return answer if answer.broke is None else replace(answer, broke=RuntimeError(answer.line.why))


def _open_existing(config: Config) -> Store:
    """Raises NotHereError where there is no log yet, so that nothing can be known without reading."""
    try:
        return open_log(config, create=False)
    except NoStore:
        raise NotHereError from None


def _by_crew(
    found: Members, errand: Errand, work: Work, here: Callable[[Config], Answer], size: int
) -> Iterator[Answer]:
    """By other processes; what they cannot do is done here. One source that all have is read only where it must be."""

    def tasks(shared: Callable[[Config], Handed | None], configs: Iterable[Config]) -> Iterator[_Task]:
        return (_Task(config, errand, work, shared(config)) for config in configs)

    with crew(size) as others:
        shared = found.shared
        if shared is None:
            left = yield from _done(others, tasks(lambda _: None, found.configs))
        else:
            unread = Handed(Told.of(shared.source, read=False))
            left = yield from _done(others, tasks(lambda _: unread, found.configs))
            handing = _handing(found, shared) if left else None
            if handing is not None:
                left = yield from _done(others, tasks(handing, left))
    yield from map(here, left)


def _done(others: Crew, tasks: Iterator[_Task]) -> Generator[Answer, None, list[Config]]:
    """What could be done; returns the rest."""
    left = []
    for task, answer in others.answers(_run, tasks):
        if answer is None:
            left.append(task.config)
        else:
            yield answer
    return left


def _handing(found: Members, shared: SharedSource) -> Callable[[Config], Handed] | None:
    """What each company is handed once the source was read; None where that cannot be used, as each will say itself."""
    policy, as_of = shared.policy, found.asked.as_of
    try:
        companies = shared.companies(policy, as_of)
    except MonitorError:
        return None
    told, of = Told.of(shared.source, read=True), asked_for(policy, as_of)

    def handed(config: Config) -> Handed:
        try:
            return Handed(told, companies.part(config.company), of)
        except DataError as error:
            return Handed(told, str(error), of)

    return handed


def inspect(
    config: Config, errand: Errand, examine: Callable[[Company, Asked], list[Check]], shared: Shared | None
) -> list[Check]:
    """The checks of one company; what it cannot be opened by is one that failed."""
    try:
        with company(config, errand.world, shared) as found:
            return examine(found, _asked(found, errand))
    except MonitorError as error:
        return [Check("company", Outcome.FAILED, str(error))]
    except Exception as error:  # noqa: BLE001  as for a run
        return [Check("company", Outcome.FAILED, broke(error))]


def tell(found: Company, store: Store, asked: Asked, now: datetime) -> Snapshot:
    """Runs one company and records what its own people are told: what happened, what is due, its digest.

    Raises what it cannot be read by, which is told once; nobody is spared a reminder for that.
    """
    try:
        seen = observe(found, store, asked, now)
    except DataError as error:
        tell_trouble(found, store, str(error), asked.today, now)
        raise
    except (MonitorError, NotHereError):
        raise
    except Exception as error:
        tell_trouble(found, store, broke(error), asked.today, now)
        raise
    take_steps(found, store, seen, asked.today, now)
    issue(found, store, seen, Edition(now, again=True))
    return seen


def drafted(own: Config, board: Board, extras: Callable[[bool], Extras]) -> Draft:
    """The digest of the portfolio, for whom the file names beside its companies."""
    said = words(own)

    def draw(corrected: bool) -> Message:
        return drawing.digest(board, said, extras(corrected))

    name = digest_name(board.as_of).replace(DIGEST, drawing.KIND, 1)
    return Draft(name, drawing.KIND, board.run, own.directory(), draw, (Lines,))


def one_of(portfolio: Portfolio, name: str, errand: Errand) -> Config:
    """One company's configuration. By a column, a name without a log yet has to be in the data. Raises UsageError."""
    config = portfolio.company(name)
    if portfolio.column is None or _has_log(config):
        return config
    with members(portfolio, errand) as found:
        names = tuple(each.company for each in found.configs)
    if name not in names:
        raise UsageError(unknown_company(name, names, config.file.name))
    return config


def _has_log(config: Config) -> bool:
    try:
        open_log(config, create=False).close()
    except NoStore:
        return False
    return True
