"""The routes: dashboard, API, health, metrics, Slack's requests. GET reads what was recorded and changes nothing."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp

from monitor import __version__
from monitor.core.schedule import upcoming
from monitor.core.settings import WebSettings
from monitor.entrypoints.web import metrics, openapi
from monitor.entrypoints.web.guard import Guard
from monitor.entrypoints.web.health import ready
from monitor.entrypoints.web.state import Seen
from monitor.errors import MonitorError

LARGEST = 1_000_000
"""Bytes that Slack's requests may have; they have some thousands."""
_LOG = logging.getLogger(__name__)
_UNAVAILABLE = 503
Page = Callable[[Seen, Request], Response]


def site(seen: Seen, settings: WebSettings) -> ASGIApp:
    """The whole site, guarded."""
    pages: dict[str, Page] = {
        "/": _dashboard,
        "/api/status": _status,
        "/api/history": _history,
        "/api/gate/mid-market-hiring": _gate,
        "/api/docs": lambda *_: HTMLResponse(openapi.page()),
        "/api/openapi.json": lambda *_: _json(openapi.document()),
        "/healthz": lambda *_: _json({"alive": True, "version": __version__}),
        "/readyz": _readyz,
        "/metrics": lambda seen, _: Response(metrics.page(seen), media_type=metrics.CONTENT_TYPE),
    }
    routes = [Route(path, _answering(page, seen), methods=["GET"]) for path, page in pages.items()]
    routes.append(Route("/slack/events", _slack(seen), methods=["POST"]))
    return Guard(Starlette(routes=routes, exception_handlers={404: _not_found}), settings)


def _answering(page: Page, seen: Seen) -> Callable[[Request], Response]:
    """A page that fails says so in a sentence. Starlette runs it in a thread, so that none waits for another."""

    def answer(request: Request) -> Response:
        try:
            return page(seen, request)
        except MonitorError as error:
            return _json({"error": str(error)}, _UNAVAILABLE)

    return answer


def _dashboard(seen: Seen, _: Request) -> Response:
    from monitor.render import dashboard, html

    snapshot = seen.snapshot()
    schedule = seen.company.config.schedule()
    lines = tuple(seen.store.outbox.lines(limit=dashboard.SHOWN))
    desk = dashboard.Desk(lines, upcoming(schedule, seen.clock()), schedule.timezone)
    message = dashboard.build(snapshot, desk, seen.words)
    return HTMLResponse(html.render(message, seen.words), 200 if snapshot else _UNAVAILABLE)


def _status(seen: Seen, _: Request) -> Response:
    from monitor.render.status_json import document

    snapshot = seen.snapshot()
    return _json({**document(snapshot), "run": snapshot.run}) if snapshot else _nothing_yet()


def _history(seen: Seen, request: Request) -> Response:
    from monitor.render.status_json import history

    snapshot = seen.snapshot()
    if snapshot is None:
        return _nothing_yet()
    wanted = request.query_params.get("indicator")
    keys = [view.key for view in snapshot.indicators]
    if wanted is not None and wanted not in keys:
        return _json({"error": f"there is no such indicator: there are {', '.join(keys)}"}, 404)
    return _json(history(snapshot, wanted))


def _gate(seen: Seen, _: Request) -> Response:
    """Whatever happens, what is not surely open is closed, in words and by the status code."""
    try:
        told, answer = seen.gate()
    except Exception:  # noqa: BLE001  fails closed
        _LOG.exception("the gate cannot tell")
        told, answer = False, {"open": False, "reason": "cannot tell, treat it as paused: an error of the program"}
    return _json(answer, 200 if told else _UNAVAILABLE)


def _readyz(seen: Seen, _: Request) -> Response:
    answer = ready(seen)
    return _json(answer, 200 if answer["ready"] else _UNAVAILABLE)


def _slack(seen: Seen) -> Callable[[Request], object]:
    async def events(request: Request) -> Response:
        body = b""
        async for chunk in request.stream():
            body += chunk
            if len(body) > LARGEST:
                return PlainTextResponse("too large", 413)
        if seen.slack is None:
            return PlainTextResponse("Slack is not configured", 404)
        status, headers, answer = await run_in_threadpool(seen.slack.handle, dict(request.headers), body)
        return Response(answer, status, headers)

    return events


def _nothing_yet() -> Response:
    return _json({"error": "nothing was read yet: the worker has not finished its first run"}, _UNAVAILABLE)


def _not_found(_: Request, _error: Exception) -> Response:
    return _json({"error": "there is nothing here: /api/docs lists what there is"}, 404)


def _json(value: object, status: int = 200) -> Response:
    text = json.dumps(value, indent=2, ensure_ascii=False)
    return Response(text, status, media_type="application/json")
