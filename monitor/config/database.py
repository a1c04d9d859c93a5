"""Where the state is kept, as a URL: what is accepted, where a relative file lies, how it is shown without secrets."""

from __future__ import annotations

import os
import re
from pathlib import Path, PureWindowsPath
from urllib.parse import parse_qs, parse_qsl, unquote, urlencode, urlsplit

SCHEMES = ("sqlite", "postgresql", "postgres")
_BESIDE = ".companies"
_LONGEST_SCHEMA = 63
"""Bytes of a name that PostgreSQL keeps."""
_SECRET_PARAMETERS = ("password", "sslpassword")
_USERINFO = re.compile(r"(?<=://)([^/@]*?):[^/]*@")
_PARAMETER = re.compile(rf"(?<=[?&])({'|'.join(_SECRET_PARAMETERS)})=[^&#]*", re.IGNORECASE)


def problem(url: str) -> str | None:
    """What is wrong with a database URL, as a clause that does not repeat it; None when it can be used."""
    scheme = url.partition(":")[0].partition("+")[0]
    if scheme not in SCHEMES or "://" not in url:
        return "must begin with sqlite:/// or postgresql://"
    if scheme == "sqlite":
        return None if url.partition("://")[2][:1] in ("", "/") else "needs three slashes before the file: sqlite:///"
    try:
        parts = urlsplit(url)
        named = bool(parts.path.strip("/")) and (parts.port is None or parts.port > 0)
    except ValueError:
        return "has a host or port that cannot be read; a special character in a password is written as %40"
    return None if named else "must name a database, such as postgresql://host/smb_monitor"


def holds_secret(url: str) -> bool:
    """Whether a password stands in the URL."""
    return masked(url) != url or bool(set(parse_qs(url.partition("?")[2])) & set(_SECRET_PARAMETERS))


def masked(url: str) -> str:
    """The URL with every password replaced by ***."""
    return _PARAMETER.sub(r"\1=***", _USERINFO.sub(r"\1:***@", url))


def passwords(url: str) -> list[str]:
    """Every password that stands in the URL, as it is typed at a prompt."""
    parts = urlsplit(url)
    in_query = [text for key, text in parse_qsl(parts.query) if key.lower() in _SECRET_PARAMETERS]
    return [each for each in (unquote(parts.password or ""), *in_query) if each]


def located(url: str, folder: Path) -> str:
    """The URL with a relative SQLite file made absolute, from `folder`; PostgreSQL under the name SQLAlchemy knows."""
    if url.startswith("postgres:"):
        return "postgresql:" + url.partition(":")[2]
    scheme, _, rest = url.partition(":///")
    file, mark, query = rest.partition("?")
    if not scheme.startswith("sqlite") or file in ("", ":memory:") or file.startswith("file:") or _absolute(file):
        return url
    return f"{scheme}:///{(folder / file).as_posix()}{mark}{query}"


def derived(url: str, name: str) -> str | None:
    """The log of one of many companies, from the located `url` of them all: a file in a folder beside that file, or a
    schema in that database. None where it is a database in memory, which has no beside. `name` is harmless in both.
    """
    scheme, _, rest = url.partition("://")
    base, mark, query = rest.partition("?")
    if not scheme.startswith("sqlite"):
        given = dict(parse_qsl(query))
        schema = _schema(given.get("schema", "smb"), name)
        return f"{scheme}://{base}?{urlencode({**given, 'schema': schema})}"
    if not base.strip("/") or base.startswith(("/:memory:", "/file:")):
        return None
    return f"{scheme}://{base.removesuffix('.db')}{_BESIDE}/{name}.db{mark}{query}"


def _schema(prefix: str, name: str) -> str:
    """PostgreSQL cuts longer names off at their end, where the hash is that tells two companies apart."""
    head, _, tail = f"{prefix}_{name.replace('-', '_')}".rpartition("_")
    return f"{head.encode()[: _LONGEST_SCHEMA - len(tail) - 1].decode(errors='ignore')}_{tail}"


def identity(url: str) -> str:
    """The same for two located URLs of one database, however they are spelt."""
    scheme, _, rest = url.partition("://")
    base, _, query = rest.partition("?")
    if scheme.startswith("sqlite"):
        return f"sqlite:{os.path.realpath(base[1:])}"
    parts, given = urlsplit(url), dict(parse_qsl(query))
    host, port = given.get("host", parts.hostname or ""), given.get("port", parts.port or 5432)
    return f"postgresql:{host}:{port}{parts.path}?{given.get('schema', 'public')}"


def lent(url: str, whole: str) -> str:
    """One company's `url`, with the login of `whole` where it has none there: files hold no password."""
    own, shared = urlsplit(url), urlsplit(whole)
    login, at, _ = shared.netloc.rpartition("@")
    if own.scheme.startswith("sqlite") or "@" in own.netloc or not at or own.hostname != shared.hostname:
        return url
    return own._replace(netloc=f"{login}@{own.netloc}").geturl()


def folder_beside(url: str) -> Path | None:
    """The folder of a log that `derived` made, where it is a file; None for any other URL."""
    scheme, _, rest = url.partition(":///")
    found = Path(rest.partition("?")[0]).parent
    return found if scheme.startswith("sqlite") and found.suffix == _BESIDE else None


def _absolute(file: str) -> bool:
    return Path(file).is_absolute() or PureWindowsPath(file).is_absolute()
