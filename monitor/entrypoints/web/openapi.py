"""What the API offers, as an OpenAPI document and as a page that fetches nothing from elsewhere."""

from __future__ import annotations

from typing import Any

from markupsafe import Markup

from monitor import __version__

_GATE = {
    "type": "object",
    "required": ["open", "reason"],
    "properties": {
        "open": {"type": "boolean", "description": "Whether a mid-market hire may be made."},
        "since": {"type": ["string", "null"], "format": "date", "description": "The day of the trip."},
        "reason": {"type": "string"},
        "tripped_by": {"type": "array", "items": {"type": "string"}, "description": "Keys of indicators."},
        "override": {
            "type": ["object", "null"],
            "properties": {
                "by": {"type": "array", "items": {"type": "string"}},
                "until": {"type": "string", "format": "date"},
                "reason": {"type": "string"},
            },
        },
    },
}
_READY = {
    "type": "object",
    "required": ["ready", "checks"],
    "properties": {
        "ready": {"type": "boolean"},
        "checks": {
            "type": "object",
            "description": "By part: data, schedule, slack, delivery.",
            "additionalProperties": {
                "type": "object",
                "required": ["ok", "says"],
                "properties": {"ok": {"type": "boolean"}, "says": {"type": "string"}},
            },
        },
    },
}
_ANY = {"type": "object"}
_ERROR = {"type": "object", "required": ["error"], "properties": {"error": {"type": "string"}}}
_INDICATOR = {
    "name": "indicator",
    "in": "query",
    "schema": {"type": "string"},
    "description": "The key of one indicator, such as pipeline_coverage; all of them without it.",
}


def document() -> dict[str, Any]:
    """OpenAPI 3.1. Every operation reads; none changes anything."""
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "SMB Monitor",
            "version": __version__,
            "description": "Every answer comes from the last run that was recorded; asking changes nothing. Where a"
            " token is configured, all but /healthz need it, as bearer or as the password of basic authentication.",
        },
        "components": {
            "securitySchemes": {
                "bearer": {"type": "http", "scheme": "bearer"},
                "basic": {"type": "http", "scheme": "basic"},
            }
        },
        "security": [{"bearer": []}, {"basic": []}, {}],
        "paths": _paths(),
    }


def _paths() -> dict[str, Any]:
    return {
        "/": {"get": _html("The dashboard: what the digest says, and what became of everything sent.")},
        "/api/status": {
            "get": _operation(
                "The four readings, the breaker and what is ahead: the fields of status --json, and run.",
                _ANY,
            )
        },
        "/api/history": {
            "get": {
                **_operation("The quarters and weeks behind the verdict, oldest first.", _ANY),
                "parameters": [_INDICATOR],
            }
        },
        "/api/gate/mid-market-hiring": {
            "get": _operation(
                "May a mid-market hire be made? Only 200 with open: true means yes.",
                _GATE,
                _GATE,
                "That cannot be told; open is false.",
            )
        },
        "/healthz": {"get": {**_operation("The process answers.", _ANY, None), "security": [{}]}},
        "/readyz": {
            "get": _operation(
                "Data are fresh, the schedule is alive, Slack is connected, nothing is undelivered.",
                _READY,
                _READY,
                "One of them is not so.",
            )
        },
        "/metrics": {"get": _text("The same for Prometheus.", "text/plain")},
        "/api/openapi.json": {"get": _operation("This document.", _ANY, None)},
    }


def _operation(
    summary: str,
    schema: dict[str, Any],
    otherwise: dict[str, Any] | None = _ERROR,
    why: str = "Nothing was read yet, or the database cannot be read.",
) -> dict[str, Any]:
    found = {"200": {"description": "OK", "content": {"application/json": {"schema": schema}}}}
    if otherwise is not None:
        content = {"application/json": {"schema": otherwise}}
        found["503"] = {"description": why, "content": content}
    return {"summary": summary, "responses": found}


def _html(summary: str) -> dict[str, Any]:
    return _text(summary, "text/html")


def _text(summary: str, kind: str) -> dict[str, Any]:
    return {
        "summary": summary,
        "responses": {"200": {"description": "OK", "content": {kind: {"schema": {"type": "string"}}}}},
    }


_PAGE = Markup(
    "<!doctype html><html lang=en><meta charset=utf-8>"
    '<meta name=viewport content="width=device-width, initial-scale=1"><title>{title} API</title><style>'
    "body{{font:15px/1.5 -apple-system,'Segoe UI',Roboto,Helvetica,Arial,sans-serif;color:#1f2933;max-width:44em;"
    "margin:2em auto;padding:0 1em}}h1{{font-size:20px}}h2{{font-size:15px;margin:1.6em 0 .2em}}"
    "code,pre{{font-family:ui-monospace,Menlo,Consolas,monospace;font-size:13px}}p{{margin:.2em 0}}"
    "dt{{margin-top:.4em}}dd{{margin:0 0 0 1.2em;color:#475467}}</style>"
    '<h1>{title} API</h1><p>{about}</p><p><a href="/api/openapi.json">The same as OpenAPI 3.1</a></p>{paths}</html>'
)
_ENTRY = Markup('<h2><code>GET <a href="{path}">{path}</a></code></h2><p>{summary}</p><dl>{answers}</dl>')
_ANSWER = Markup("<dt><code>{code}</code></dt><dd>{text}{fields}</dd>")


def page() -> str:
    """The document for people."""
    found = document()
    info = found["info"]
    paths = Markup("").join(_entry(path, entry["get"]) for path, entry in found["paths"].items())
    return str(_PAGE.format(title=info["title"], about=info["description"], paths=paths))


def _entry(path: str, operation: dict[str, Any]) -> Markup:
    answers = Markup("").join(
        _ANSWER.format(code=code, text=answer["description"], fields=_fields(answer))
        for code, answer in operation["responses"].items()
    )
    named = ", ".join(f"{each['name']}: {each['description']}" for each in operation.get("parameters", ()))
    summary = f"{operation['summary']} {f'Query: {named}' if named else ''}"
    return _ENTRY.format(path=path, summary=summary, answers=answers)


def _fields(answer: dict[str, Any]) -> str:
    (kind,) = answer["content"]
    names = answer["content"][kind]["schema"].get("properties", {})
    return f" {kind}: {', '.join(names)}" if names else f" {kind}"
