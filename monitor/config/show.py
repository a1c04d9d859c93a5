"""A configuration written out: every default filled in, every secret masked, the same text each time."""

from __future__ import annotations

from datetime import time
from decimal import Decimal
from typing import Any

import yaml

from monitor.config import database
from monitor.config.configuration import Config, dumped
from monitor.config.portfolio import KEY, TELLING, Portfolio


class _Dumper(yaml.SafeDumper):
    """Decimals as they were written, lists set in."""

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
        super().increase_indent(flow, False)

    def ignore_aliases(self, data: object) -> bool:
        return True


def _decimal(dumper: yaml.SafeDumper, value: Decimal) -> yaml.ScalarNode:
    text = f"{value:f}"
    return dumper.represent_scalar(f"tag:yaml.org,2002:{'float' if '.' in text else 'int'}", text)


def _list(dumper: yaml.SafeDumper, value: tuple[object, ...]) -> yaml.SequenceNode:
    return dumper.represent_list(value)


def _time(dumper: yaml.SafeDumper, value: time) -> yaml.ScalarNode:
    return dumper.represent_str(f"{value:%H:%M}")


_Dumper.add_representer(Decimal, _decimal)
_Dumper.add_representer(time, _time)
_Dumper.add_representer(tuple, _list)


def show(config: Config) -> str:
    """YAML that reads back as the same configuration."""
    return _written(dumped(config.document)) + _environment(config)


def show_many(portfolio: Portfolio) -> str:
    """The same of many companies: what they share with its defaults, then what sets each apart."""
    shared = {key: value for key, value in dumped(portfolio.own.document).items() if key not in portfolio.unread}
    if portfolio.column is not None:
        return _written({**shared, KEY: {"column": portfolio.column}}) + _environment(portfolio.own)
    shared.pop("source", None)
    given = [_apart(entry, shared) for entry in portfolio.entries]
    return _written({**shared, KEY: given}) + _environment(portfolio.own)


def _apart(entry: Config, shared: dict[str, Any]) -> dict[str, Any]:
    """The name, and whatever the entry says otherwise than `shared`; what makes it tell others itself, whole."""
    document = dumped(entry.document)
    telling = {key: document[key] for key in TELLING if key in document}
    own_log = {"database": document["database"]} if entry.membership and entry.membership.own_log else {}
    return {"company": entry.company, **_beyond(document, shared), **telling, **own_log}


def _beyond(values: dict[str, Any], shared: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in values.items():
        below = shared.get(key)
        if isinstance(value, dict) and isinstance(below, dict):
            if further := _beyond(value, below):
                found[key] = further
        elif value != below:
            found[key] = value
    return found


def _written(values: dict[str, Any]) -> str:
    return str(yaml.dump(values, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=100))


def _environment(config: Config) -> str:
    text = ""
    if config.database_given:
        text += f"# DATABASE_URL from the environment wins: {database.masked(config.database_given)}\n"
    if config.secrets:
        text += f"# from the environment: {', '.join(f'{name} {secret}' for name, secret in config.secrets.items())}\n"
    return text
