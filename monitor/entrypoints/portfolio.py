"""Commands about many companies at once: status, digest, doctor."""

from __future__ import annotations

import argparse
import json
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime

from monitor.app import roll
from monitor.app.digest import Draft, Edition, planned, publish, undelivered
from monitor.app.portfolio import (
    Answer,
    Errand,
    Members,
    Work,
    answers,
    asked_of,
    drafted,
    inspect,
    members,
    tell,
)
from monitor.app.wiring import Asked, Company, open_log, words
from monitor.config import Config, Portfolio, doubts
from monitor.core.checks import Check, Outcome
from monitor.core.outbox import LedgerLine, Outgoing, Status
from monitor.core.portfolio import Board, PortfolioLine, Standing
from monitor.core.routes import AUDIENCES
from monitor.core.types import Snapshot
from monitor.entrypoints.delivering import OPEN, PATIENCE, deliver, must_be_heard, read_only, would_say
from monitor.entrypoints.opening import cores, now, world
from monitor.entrypoints.showing import show, show_as
from monitor.entrypoints.terminal import complain, progress, say
from monitor.errors import DataError, DeliveryError, MonitorError
from monitor.render import portfolio as drawing
from monitor.store.repository import Store

_DONE = (Status.SENT, Status.CANCELLED)


@dataclass
class Round:
    """One command on its way through all companies."""

    args: argparse.Namespace
    errand: Errand
    found: Members
    broke: bool = False
    """Whether an error of the program stopped one of them."""

    def answers(self, work: Work, opens: Callable[[Config], Store] = open_log) -> Iterator[Answer]:
        """Every company's answer. An error of ours is told at once, and raised where somebody looks for it."""
        with progress("companies") as told:
            for answer in answers(self.found, self.errand, work, told, opens):
                if answer.broke is not None:
                    if self.args.debug:
                        raise answer.broke
                    complain(f"{answer.company}: {answer.line.why} (--debug shows where)")
                    self.broke = True
                yield answer

    def code(self, board: Board) -> int:
        """0 where at least one company could be read; 2 where the program itself failed."""
        if self.broke:
            return MonitorError.exit_code
        unread = len(board.standing(Standing.UNREADABLE)) == len(board.lines)
        return DataError.exit_code if unread else 0


@contextmanager
def _round(args: argparse.Namespace, portfolio: Portfolio, errand: Errand | None = None) -> Iterator[Round]:
    errand = errand or Errand(args.as_of, world())
    with members(portfolio, errand) as found:
        yield Round(args, errand, found)


def _shared_out(args: argparse.Namespace, shows: Callable[[Snapshot], str] | None = None) -> Errand:
    """What as many processes may work on as there are cores; all in this one where somebody looks for an error."""
    return Errand(args.as_of, world(), shows, 1 if args.debug else cores())


def status(args: argparse.Namespace, portfolio: Portfolio) -> int:
    """One line for each company, the worst first."""
    from monitor.app.observe import observe

    documents: dict[str, str] = {}
    lines: list[PortfolioLine] = []
    with _round(args, portfolio, _shared_out(args, _document if args.json else None)) as each:
        for answer in each.answers(observe):
            lines.append(answer.line)
            if answer.shown is not None:
                documents[answer.company] = answer.shown
        board = _whole(portfolio, each.found.board(lines))
    if args.json:
        say(_documents(board, documents))
    else:
        show(drawing.status(board, words(portfolio.own)))
    return each.code(board)


def digest(args: argparse.Namespace, portfolio: Portfolio) -> int:
    """The digest of the portfolio."""
    from monitor.app.observe import observe

    with _round(args, portfolio, _shared_out(args)) as each:
        board = _whole(portfolio, each.found.board([answer.line for answer in each.answers(observe)]))
    chosen = words(portfolio.own)
    show_as(args, drawing.digest(board, chosen), chosen)
    return each.code(board)


@dataclass
class Postman:
    """Delivers what companies say themselves, and keeps what became of it.

    All of them together are waited for no longer than one alone would be: a channel that is down is down for all.
    """

    lines: list[LedgerLine] = field(default_factory=list)
    failing: list[str] = field(default_factory=list)
    """What did not arrive, earlier ones among it, which are no failure of this run."""
    stopped: bool = False
    """Whether a company's outbox could not be used at all."""
    _patience: float = PATIENCE

    def deliver(self, config: Config) -> None:
        began = time.monotonic()
        try:
            with open_log(config) as store:
                lines = deliver(config, store, max(self._patience, 0))
                self.lines += [replace(each, headline=f"{config.company}: {each.headline}") for each in lines]
                self.failing += [f"{config.company}: {each}" for each in undelivered(store, now())]
        except MonitorError as error:
            self.failing.append(f"{config.company}: {error}")
            self.stopped = True
        self._patience -= time.monotonic() - began


def send(args: argparse.Namespace, portfolio: Portfolio) -> int:
    """Runs every company, sends what each says itself, then the digest of them all."""
    must_be_heard(portfolio.own)
    postman = Postman()
    try:
        board, code = _told(args, portfolio, postman)
    except DataError as error:  # of the source that all share: whoever waits for the digest has to hear of it
        complain(str(error))
        board, code = _silenced(args, portfolio, str(error)), error.exit_code
    with open_log(portfolio.own) as store:
        publish(store, _draft(portfolio, board, store, postman.failing), Edition(now(), again=True))
        lines = [*postman.lines, *deliver(portfolio.own, store)]
    show(drawing.sent(board, lines, postman.failing, words(portfolio.own)), as_json=args.json)
    late = postman.stopped or any(line.status not in _DONE for line in lines)
    return DeliveryError.exit_code if late else code


def _told(args: argparse.Namespace, portfolio: Portfolio, postman: Postman) -> tuple[Board, int]:
    """Every company run and recorded, and what those say that speak for themselves delivered; and the exit code."""
    with _round(args, portfolio, _shared_out(args)) as each:
        speaking = {config.company: config for config in each.found.configs if not config.silent}
        told: list[PortfolioLine] = []
        for answer in each.answers(tell):
            told.append(answer.line)
            if answer.company in speaking:
                postman.deliver(speaking[answer.company])
        board = each.found.board(told)
    code = each.code(board)
    if portfolio.column is None:
        return board, code
    with open_log(portfolio.own) as store:
        whole = roll.with_missed(board, store)
        roll.note(board, store)
    return whole, code


def _silenced(args: argparse.Namespace, portfolio: Portfolio, why: str) -> Board:
    as_of = asked_of(None, portfolio, Errand(args.as_of, world())).as_of
    with read_only(portfolio.own) as store:
        return roll.silenced(portfolio.name, as_of, store, why)


def _whole(portfolio: Portfolio, board: Board) -> Board:
    """The board with the companies that the data named lately and name no longer."""
    if portfolio.column is None:
        return board
    with read_only(portfolio.own) as store:
        return roll.with_missed(board, store)


def dry_run(args: argparse.Namespace, portfolio: Portfolio) -> int:
    """Shows who would get what. Nothing is recorded, and nothing is sent."""
    rows: list[Outgoing] = []

    def prepared(found: Company, store: Store, asked: Asked, at: datetime) -> Snapshot:
        run, own = would_say(found, store, asked, at)
        for row in own:
            said = f"{found.config.company}: {row.message.headline}"
            rows.append(replace(row, message=replace(row.message, headline=said)))
        return run.snapshot

    with _round(args, portfolio) as each:
        board = _whole(portfolio, each.found.board([answer.line for answer in each.answers(prepared, read_only)]))
    with read_only(portfolio.own) as store:
        rows += planned(store, _draft(portfolio, board, store, []), Edition(now(), again=True)).outgoing
        waiting = store.outbox.lines(OPEN)
    from monitor.render.outbox import preview

    reachable = bool(portfolio.own.directory().everybody(AUDIENCES))
    show(preview(rows, waiting, words(portfolio.own), reachable=reachable), as_json=args.json)
    return each.code(board)


def _draft(portfolio: Portfolio, board: Board, store: Store, failing: list[str]) -> Draft:
    def extras(corrected: bool) -> drawing.Extras:
        return drawing.Extras(corrected, (*failing, *undelivered(store, now())))

    return drafted(portfolio.own, board, extras)


def doctor(args: argparse.Namespace, portfolio: Portfolio) -> int:
    """Checks each company, and whether the portfolio's digest would arrive."""
    errand = Errand(args.as_of, world())
    own: list[Check] = []
    if args.dry_run:
        checked = _forecasts(portfolio, errand)
    else:
        from monitor.app import doctor_delivery

        own = inspect(
            portfolio.own, errand, lambda found, _: list(doctor_delivery.examine(found, time.sleep, serves=False)), None
        )
        own += [Check("companies", Outcome.WARNING, doubt) for doubt in doubts(portfolio.own.file, os.environ)]
        checked, remarks = _examined(args, portfolio)
        own += [Check("companies", Outcome.WARNING, remark.rstrip(".")) for remark in remarks]
    failed = any(check.outcome is Outcome.FAILED for checks in (own, *checked.values()) for check in checks)
    if args.json:
        document = {name: [asdict(check) for check in checks] for name, checks in checked.items()}
        say(json.dumps({"companies": document, "portfolio": [asdict(check) for check in own]}, indent=2))
    else:
        show(drawing.doctor(checked, own, words(portfolio.own)))
    return 1 if failed else 0


def _examined(args: argparse.Namespace, portfolio: Portfolio) -> tuple[dict[str, list[Check]], tuple[str, ...]]:
    """What is checked of each company, and what is to be said of the column that tells them apart."""
    from monitor.app.doctor import examine

    checked: dict[str, list[Check]] = {}
    with _round(args, portfolio) as each, progress("companies") as told:
        for done, config in enumerate(each.found.configs, start=1):
            checked[config.company] = inspect(
                config, each.errand, lambda found, asked: examine(found, asked, now(), time.sleep), each.found.shared
            )
            told(done, len(each.found.configs))
        return checked, each.found.shared.grouping.remarks if each.found.shared else ()


def _forecasts(portfolio: Portfolio, errand: Errand) -> dict[str, list[Check]]:
    """What reading would cost; of one source that all have, once. Reads nothing."""
    from monitor.app import doctor_source

    configs = portfolio.entries or (portfolio.own,)
    return {
        each.company: inspect(each, errand, lambda found, _: doctor_source.forecast(found), None) for each in configs
    }


def _document(seen: Snapshot) -> str:
    from monitor.render.status_json import document

    return json.dumps(document(seen), ensure_ascii=False)


def _documents(board: Board, documents: dict[str, str]) -> str:
    """All documents in one, a line each, put together as text: a thousand of them as values would fill the memory."""
    held = ",\n".join(
        f"    {json.dumps(line.company, ensure_ascii=False)}: {documents[line.company]}"
        for line in board.lines
        if line.company in documents
    )
    rest = {
        "order": [line.company for line in board.lines],
        "unreadable": {line.company: line.why for line in board.lines if line.company not in documents},
        "portfolio": board.name,
        "as_of": board.as_of.isoformat(),
        "remarks": list(board.remarks),
    }
    tail = json.dumps(rest, indent=2, ensure_ascii=False).removeprefix("{")
    return f'{{\n  "companies": {{{"" if not held else chr(10) + held + chr(10) + "  "}}},{tail}'
