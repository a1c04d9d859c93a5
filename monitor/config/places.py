"""Kinds of values in config.yaml that say where and when: Slack ids, mail addresses, hosts, URLs, times of day."""

from __future__ import annotations

import re
from datetime import time
from ipaddress import ip_address
from typing import Annotated, Any
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, PlainValidator, WithJsonSchema

_CHANNEL, _USER, _GROUP = (re.compile(rf"[{first}][A-Z0-9]{{2,20}}") for first in ("CG", "UW", "S"))
_TIME = re.compile(r"([01]?[0-9]|2[0-3]):([0-5][0-9])")
_ADDRESS = r"[A-Za-z0-9.!#$%&'*+/^_`{|}~-]+@[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?"
_FROM = re.compile(rf"(?:(?P<name>[^<>@\"]+) <)?(?P<mail>{_ADDRESS})(?(name)>)")
_NO_URL = "is no URL such as https://monitor.acme.example"
_HOST = re.compile(r"[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?")


def _channel(text: str) -> str:
    if text.startswith("#"):
        raise ValueError(
            "must be a channel id such as C0123456789, which a rename does not change (in Slack: the channel's name, at"
            " the bottom of About), not its name"
        )
    if not _CHANNEL.fullmatch(text):
        raise ValueError("must be a channel id such as C0123456789 (in Slack: the channel's name, bottom of About)")
    return text


def _user(text: str) -> str:
    if not _USER.fullmatch(text):
        raise ValueError("must be a Slack user id such as U0123456789 (in Slack: the profile, ⋮, Copy member ID)")
    return text


def _group(text: str) -> str:
    if not _GROUP.fullmatch(text):
        raise ValueError("must be a user group's id such as S0123456789, not its name or handle")
    return text


def _from(text: str) -> str:
    found = _FROM.fullmatch(text)
    name = (found["name"] or "") if found else ""
    if not found or not name.isprintable() or "=?" in name:
        raise ValueError("must be an e-mail address, or a name with one: SMB Monitor <monitor@acme.example>")
    return text


def loopback(host: str) -> bool:
    """Whether a host is this machine and nothing else."""
    try:
        return ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host.casefold() == "localhost"


def _host(text: str) -> str:
    if not _HOST.fullmatch(text) and not _is_address(text):
        raise ValueError(
            "is no host: give its name or address alone, such as smtp.acme.example, without scheme or port"
        )
    return text


def _is_address(text: str) -> bool:
    try:
        return bool(ip_address(text))
    except ValueError:
        return False


def url_problem(text: str) -> str | None:
    """What is wrong with a URL that is called or linked to, as a clause that does not repeat it."""
    try:
        parts = urlsplit(text)
        host = parts.hostname if parts.port != 0 else None
    except ValueError:
        return _NO_URL
    if not host or parts.scheme not in ("http", "https") or not (text.isascii() and text.isprintable()) or " " in text:
        return _NO_URL
    if parts.username is not None or parts.password is not None:
        return "holds a user or password; take it out"
    if parts.scheme == "http" and not loopback(host):
        return "is sent in the clear; begin it with https:// (http:// is accepted for this machine only)"
    return None


def _url(text: str) -> str:
    if clause := url_problem(text):
        raise ValueError(clause)
    return text


def _time(value: Any) -> time:
    if isinstance(value, str) and (found := _TIME.fullmatch(value)):
        return time(int(found[1]), int(found[2]))
    raise ValueError("must be a time of day such as 08:00")


def _like(example: str, pattern: re.Pattern[str] | None = None) -> WithJsonSchema:
    made: dict[str, Any] = {"type": "string", "examples": [example]}
    return WithJsonSchema(made | ({"pattern": f"^(?:{pattern.pattern})$"} if pattern else {}))


ChannelId = Annotated[str, AfterValidator(_channel), _like("C0123456789", _CHANNEL)]
UserId = Annotated[str, AfterValidator(_user), _like("U0123456789", _USER)]
GroupId = Annotated[str, AfterValidator(_group), _like("S0123456789", _GROUP)]
Mail = Annotated[str, Field(pattern=f"^{_ADDRESS}$", max_length=254)]
From = Annotated[str, AfterValidator(_from), Field(max_length=320), _like("SMB Monitor <monitor@acme.example>")]
Host = Annotated[str, Field(max_length=253), AfterValidator(_host)]
Port = Annotated[int, Field(ge=1, le=65535)]
Url = Annotated[str, Field(max_length=2000), AfterValidator(_url), _like("https://monitor.acme.example")]
Time = Annotated[time, PlainValidator(_time), _like("08:00", _TIME)]
