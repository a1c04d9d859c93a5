"""What the worker writes down: one line of JSON each, plain on a terminal, the libraries' logs too, secrets masked."""

from __future__ import annotations

import json
import logging
import re
import sys
import threading
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import IO, Any
from urllib.parse import quote, unquote, urlsplit

from monitor.core.secret import MASK, Secret

LEVELS = {"": logging.WARNING, "monitor": logging.INFO, "slack_sdk": logging.INFO, "slack_bolt": logging.INFO}
"""No library at DEBUG, ever: slack_sdk writes whole messages then, SQLAlchemy every row."""
_LEAST = 4
"""Characters below which a secret is none, and would mask half of every line."""
_LOOKS = re.compile(
    r"xox[a-z](?:\.xox[a-z])?-[\w.%-]+"
    r"|xapp-[\w.%-]+"
    r"|whsec_[A-Za-z0-9+/=_-]+"
    r"|(?<=wss://)\S*?(?=[\s\"'\\)\]}>]|$)"
    r"|(?<=ws://)\S*?(?=[\s\"'\\)\]}>]|$)"
    r"|(?<=https://hooks\.slack\.com/)[\w/.%-]+"
    r"|(?<=response_url)(?P<sign>[\"'\\]*\s*[:=]\s*[\"'\\]*)[^\s\"'\\,}]+"
    r"|(?<=://)[^\s/@:\"']*:[^\s/@\"']+(?=@)"
    r"|\b(?P<scheme>Bearer|Basic)\s+[\w.~+/=-]{8,}"
)
"""What looks like a token, a ticket of a WebSocket, a response_url, credentials in a URL or header."""


class Mask:
    """Replaces secrets in a text: the values it knows however they are written, and what looks like one."""

    def __init__(self, secrets: Iterable[Secret]) -> None:
        spellings = {spelling for secret in secrets for spelling in _spellings(secret.reveal())}
        known = sorted((each for each in spellings if len(each) >= _LEAST), key=len, reverse=True)
        self._known = re.compile("|".join(map(re.escape, known)) or r"(?!)")

    def __call__(self, text: str) -> str:
        return _LOOKS.sub(_masked, self._known.sub(MASK, text))

    def throughout(self, value: Any) -> Any:
        """The same value with every text in it masked."""
        if isinstance(value, str):
            return self(value)
        if isinstance(value, Mapping):
            return {key: self.throughout(item) for key, item in value.items()}
        return [self.throughout(item) for item in value] if isinstance(value, list | tuple) else value


def _spellings(text: str) -> set[str]:
    """A secret as it is, as JSON, repr and URLs write it; of a URL, also what follows its host."""
    found = {text, unquote(text)}
    if "://" in text:
        parts = urlsplit(text)
        rest = f"{parts.path}?{parts.query}" if parts.query else parts.path
        found |= {rest if len(rest) > _LEAST else text, unquote(parts.password or "")}
    for each in tuple(found):
        found |= {json.dumps(each)[1:-1], json.dumps(each, ensure_ascii=False)[1:-1], repr(each)[1:-1], quote(each, "")}
    return found


def _masked(found: re.Match[str]) -> str:
    kept = found["sign"] or (f"{found['scheme']} " if found["scheme"] else "")
    return kept + MASK


@contextmanager
def written(secrets: Iterable[Secret], *, debug: bool = False, stream: IO[str] | None = None) -> Iterator[None]:
    """While it lasts, everything that is logged, warned or dies in a thread goes to `stream` (standard error)."""
    stream = stream or sys.stderr
    handler = logging.StreamHandler(stream)
    handler.setFormatter(_formatter(Mask(secrets), plain=stream.isatty()))
    levels = {**LEVELS, "monitor": logging.DEBUG if debug else LEVELS["monitor"]}
    before = {name: logging.getLogger(name).level for name in levels}
    hooks = threading.excepthook
    logging.getLogger().addHandler(handler)
    for name, level in levels.items():
        logging.getLogger(name).setLevel(level)
    logging.captureWarnings(True)
    threading.excepthook = _died
    try:
        yield
    finally:
        threading.excepthook = hooks
        logging.captureWarnings(False)
        for name, level in before.items():
            logging.getLogger(name).setLevel(level)
        logging.getLogger().removeHandler(handler)


def _died(died: threading.ExceptHookArgs) -> None:
    if died.exc_type is not SystemExit:
        error = died.exc_value or died.exc_type()
        name = died.thread.name if died.thread else ""
        logging.getLogger(__name__).error("a thread died", exc_info=error, extra={"thread_name": name})


def _formatter(mask: Mask, *, plain: bool) -> logging.Formatter:
    import structlog

    timestamp = structlog.processors.TimeStamper(fmt="iso", utc=True, key="at")
    renderer: list[structlog.typing.Processor] = (
        [structlog.dev.ConsoleRenderer(colors=False, timestamp_key="at", exception_formatter=_plain_traceback)]
        if plain
        else [structlog.processors.JSONRenderer(sort_keys=True)]
    )
    written_out: list[structlog.typing.Processor] = [] if plain else [structlog.processors.format_exc_info]

    class Masked(structlog.stdlib.ProcessorFormatter):
        def format(self, record: logging.LogRecord) -> str:
            return _printable(mask(super().format(record)))

    return Masked(
        foreign_pre_chain=[
            structlog.stdlib.add_log_level,
            structlog.stdlib.add_logger_name,
            timestamp,
            structlog.stdlib.ExtraAdder(),
        ],
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            *written_out,
            lambda _logger, _method, line: mask.throughout(line),  # before the renderer escapes what is escaped already
            *renderer,
        ],
    )


def _plain_traceback(stream: IO[str], error: object) -> None:
    import structlog

    structlog.dev.plain_traceback(stream, error)  # type: ignore[arg-type]  # its own type is no public name


def _printable(text: str) -> str:
    """Names from data may hold what a terminal obeys."""
    return "".join(each if each.isprintable() or each in "\n\t" else f"\\x{ord(each):02x}" for each in text)
