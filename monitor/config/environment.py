"""What comes from the environment and nowhere else: secrets, and the addresses that hold one."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable, Container, Iterator, Mapping
from types import MappingProxyType

from monitor.config import database
from monitor.config.lines import Path, Plain
from monitor.config.places import url_problem
from monitor.config.words import Problem
from monitor.core.secret import Secret

_LEAST_TOKEN = 16
"""Characters below which a token of the web server can be guessed."""


def _starts(*starts: str) -> Callable[[str], str | None]:
    return lambda text: None if text.startswith(starts) else f"must begin with {starts[0]}"


def _signing(text: str) -> str | None:
    try:
        made = base64.b64decode(text.removeprefix("whsec_"), validate=True)
    except (binascii.Error, ValueError):
        made = b""
    return None if text.startswith("whsec_") and made else "must be whsec_ and then base64"


_OTHER_ADDRESS = re.compile(r"(local(\[[0-9*]+\])?|yarn)(\?|$)|md:")
"""A Spark in this process or on YARN, and MotherDuck, whose addresses have no ://."""


def _any(text: str) -> str | None:
    return None if text else "is empty"


def _address(text: str) -> str | None:
    return (
        None
        if "://" in text or _OTHER_ADDRESS.match(text)
        else "must be a database's address such as postgresql://user:password@host/database"
    )


def _long(text: str) -> str | None:
    return None if len(text) >= _LEAST_TOKEN else f"must be at least {_LEAST_TOKEN} characters long"


_CHECKS: Mapping[str, Callable[[str], str | None]] = MappingProxyType(
    {
        "SLACK_BOT_TOKEN": _starts("xoxb-", "xoxe.xoxb-"),
        "SLACK_APP_TOKEN": _starts("xapp-"),
        "SLACK_SIGNING_SECRET": _any,
        "SLACK_API_URL": url_problem,
        "SMTP_PASSWORD": _any,
        "WEBHOOK_SECRET": _signing,
        "SMB_MONITOR_WEB_TOKEN": _long,
        "DEAD_MAN_URL": url_problem,
        "SOURCE_URL": _address,
        "SALESFORCE_INSTANCE_URL": url_problem,
        "SALESFORCE_ACCESS_TOKEN": _any,
        "SALESFORCE_REFRESH_TOKEN": _any,
        "SALESFORCE_CLIENT_ID": _any,
        "SALESFORCE_CLIENT_SECRET": _any,
        "SALESFORCE_USERNAME": _any,
        "SALESFORCE_PASSWORD": _any,
        "SALESFORCE_SECURITY_TOKEN": _any,
        "HUBSPOT_TOKEN": _any,
        "HUBSPOT_API_URL": url_problem,
    }
)
_ODD = "holds white space or characters that none has: copy it anew"
_ODD_ADDRESS = "holds characters that no address has; in a password, a space is written %20, an ä %C3%A4, a % %25"
_PASSWORDS = ("SMTP_PASSWORD", "SALESFORCE_PASSWORD")
"""May hold any character at all."""
OF_SOURCES = tuple(name for name in _CHECKS if name.startswith(("SOURCE_", "SALESFORCE_", "HUBSPOT_")))
"""What only a source is told."""
_OF = {name: "slack" for name in _CHECKS if name.startswith("SLACK_")} | {"WEBHOOK_SECRET": "webhook"}
"""The section without which a variable means nothing."""
SECRETS = tuple(_CHECKS)
"""Every variable with a secret, or with a URL that may hold one, besides DATABASE_URL."""


def secrets(environ: Mapping[str, str]) -> Mapping[str, Secret]:
    """By variable, what is set; white space around it, as files leave it, is taken off."""
    given = {name: environ.get(name, "").strip() for name in SECRETS}
    return {name: Secret(text) for name, text in given.items() if text}


def problems(environ: Mapping[str, str], given_keys: Container[str]) -> Iterator[str]:
    """One sentence for each variable that cannot be right; it never repeats what is set.

    Tokens of a section that is not among `given_keys` may be those of another program, and are left alone.
    """
    given = environ.get("DATABASE_URL") or None
    if given and (clause := database.problem(given)):
        yield f"DATABASE_URL (environment): {clause}"
    for name, secret in secrets(environ).items():
        if name in _OF and _OF[name] not in given_keys:
            continue
        text = secret.reveal()
        odd = name not in _PASSWORDS and (not text.isascii() or not text.isprintable() or " " in text)
        if clause := (_ODD_ADDRESS if name == "SOURCE_URL" else _ODD) if odd else _CHECKS[name](text):
            yield f"{name} (environment): {clause}"


_LOOKS = {
    "xoxb-": "SLACK_BOT_TOKEN",
    "xoxe-": "SLACK_BOT_TOKEN",
    "xoxe.": "SLACK_BOT_TOKEN",
    "xoxp-": "SLACK_BOT_TOKEN",
    "xapp-": "SLACK_APP_TOKEN",
    "whsec_": "WEBHOOK_SECRET",
}
_NAMES: Mapping[Path, str] = {
    ("slack", "token"): "SLACK_BOT_TOKEN",
    ("slack", "bot_token"): "SLACK_BOT_TOKEN",
    ("slack", "app_token"): "SLACK_APP_TOKEN",
    ("slack", "signing_secret"): "SLACK_SIGNING_SECRET",
    ("email", "password"): "SMTP_PASSWORD",
    ("webhook", "secret"): "WEBHOOK_SECRET",
    ("web", "token"): "SMB_MONITOR_WEB_TOKEN",
    ("schedule", "ping"): "DEAD_MAN_URL",
    ("source", "url"): "SOURCE_URL",
    ("source", "token"): "HUBSPOT_TOKEN",
    ("source", "username"): "SALESFORCE_USERNAME",
    ("source", "password"): "SALESFORCE_PASSWORD",
    ("source", "security_token"): "SALESFORCE_SECURITY_TOKEN",
    ("source", "access_token"): "SALESFORCE_ACCESS_TOKEN",
}


def misplaced(given: Plain, path: Path = ()) -> Iterator[Problem]:
    """Secrets that stand in the file, by their name or their look; where each belongs."""
    if variable := _NAMES.get(path):
        yield Problem(path, f"is a secret; take it out and give it as {variable} in the environment")
    elif isinstance(given, dict):
        for key, value in given.items():
            yield from misplaced(value, (*path, key))
    elif isinstance(given, list):
        for index, value in enumerate(given):
            yield from misplaced(value, (*path, index))
    elif given and (look := next((start for start in _LOOKS if given.startswith(start)), None)):
        yield Problem(path, f"holds a secret; take it out and give it as {_LOOKS[look]} in the environment")
