"""Commands that set up: init, doctor, config."""

from __future__ import annotations

import argparse
import json
import os
import shlex
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from monitor.config import Portfolio, file_to_read
from monitor.entrypoints.opening import asked, configured, now, opened
from monitor.entrypoints.showing import show
from monitor.entrypoints.terminal import ask, complain, progress, say
from monitor.errors import ConfigError, UsageError

if TYPE_CHECKING:
    from monitor.config.model import Document
    from monitor.config.questions import Question
    from monitor.config.writing import Written


def init(args: argparse.Namespace) -> int:
    """Ask, and write a commented config.yaml, with a template of each spreadsheet; or one template alone."""
    from monitor.config.answered import render_config, render_sheets
    from monitor.config.questions import questions
    from monitor.config.writing import write_whole

    if args.template:
        return _template(args)
    file = _file(args)
    if file.exists() and not args.force:
        raise UsageError(f"{file} is there already: name another with --output, or replace it with --force.")
    answers: dict[str, str] = {}
    for question in questions():
        if question.wanted(answers):
            answers[question.key] = _ask(question, answers)
    sheets = {file.parent / path: text for path, text in render_sheets(answers).items()}
    _tell(write_whole({**sheets, file: render_config(answers)}, replacing=file))
    if sheets:
        say("Fill the sheets in, in any program; the row that says EXAMPLE is never counted.")
    say(f"Next: `smb-monitor doctor --config {shlex.quote(str(file))}`.")
    return 0


def _file(args: argparse.Namespace) -> Path:
    """The configuration that `init` is about."""
    found: Path = args.output or args.config or file_to_read(os.environ)
    return found


def _template(args: argparse.Namespace) -> int:
    """The template of one table, as the configuration that is there wants it."""
    from monitor.config.sheets import FOLDER, template, template_for
    from monitor.config.writing import write_whole

    file, table = _file(args), args.template
    document = _document(args, file) if file.exists() else None
    sheet = file.parent / FOLDER / f"{table}.csv"
    _tell(write_whole({sheet: template_for(table, document) if document else template(table)}))
    section = document.source.tables.get(table) if document else None
    if section and section.path and file.parent / section.path == sheet:
        say(f"Fill it in; {file} names it already.")
    else:
        named = f"`{table}: {{type: csv, path: {FOLDER}/{table}.csv}}`"
        say(f"Fill it in and name it in {file}, under source.tables: {named}.")
    return 0


def _document(args: argparse.Namespace, file: Path) -> Document:
    """Of many companies the one that is named, or what they share."""
    from monitor import config as configuration

    found = configuration.configured(file, os.environ)
    if isinstance(found, Portfolio):
        found = found.company(args.company) if args.company else found.own
    return found.document


def _tell(written: Written) -> None:
    for path in written.left:
        say(f"{path} is there already and is left as it is.")
    if written.new:
        say(f"Wrote {', '.join(map(str, written.new))}.")


def _ask(question: Question, before: Mapping[str, str]) -> str:
    default = question.default_after(before)
    while True:
        line = ask(f"{question.prompt}{f' [{default}]' if default else ''}: ")
        if line is None:
            raise UsageError("init asks questions, and the input ended before the last was answered.")
        answer = line or default
        wrong = question.problem(answer, before)
        if wrong is None:
            return answer
        complain(f"{wrong}{' Please' if wrong.endswith('?') else '; please'} answer again")


def doctor(args: argparse.Namespace) -> int:
    """Check everything."""
    from monitor.app import doctor_source
    from monitor.app.doctor import examine
    from monitor.core.checks import Outcome

    chosen = configured(args)
    if isinstance(chosen, Portfolio):
        from monitor.entrypoints import portfolio

        return portfolio.doctor(args, chosen)
    with opened(args, chosen) as found:
        with progress("reading the data"):
            if args.dry_run:
                checks = doctor_source.forecast(found)
            else:
                checks = examine(found, asked(args, found), now(), time.sleep)
        if args.json:
            say(json.dumps([asdict(check) for check in checks], indent=2))
        else:
            from monitor.render import doctor as page

            show(page.build(found.config.company, checks, found.words()))
    return 1 if any(check.outcome is Outcome.FAILED for check in checks) else 0


def config(args: argparse.Namespace) -> int:
    """Validate, print the schema, or show with defaults."""
    from monitor import config as configuration

    if args.act == "schema":
        say(json.dumps(configuration.schema(), indent=2, ensure_ascii=False))
        return 0
    file = args.config or configuration.file_to_read(os.environ)
    if args.act == "check":
        problems = configuration.check(file, os.environ) or _template_problems(file)
        for problem in problems:
            complain(problem)
        if not problems:
            for doubt in configuration.doubts(file, os.environ):
                complain(f"warning: {doubt}")
            say(f"{file} is valid.")
        return 2 if problems else 0
    found = configured(args)
    say(configuration.show_many(found) if isinstance(found, Portfolio) else configuration.show(found))
    return 0


def _template_problems(file: Path) -> list[str]:
    """What is wrong with the company's own templates."""
    from monitor import config as configuration
    from monitor.app.wiring import words

    try:
        found = configuration.configured(file, os.environ)
        companies = (found.own, *found.entries) if isinstance(found, Portfolio) else (found,)
        for each in {one.templates: one for one in companies}.values():
            words(each).check()
    except ConfigError as error:
        return [str(error)]
    return []


COMMANDS: Mapping[str, Callable[[argparse.Namespace], int]] = {"init": init, "doctor": doctor, "config": config}
