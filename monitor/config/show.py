"""A configuration written out: every default filled in, every secret masked, the same text each time."""

from __future__ import annotations

from datetime import time
from decimal import Decimal

import yaml

from monitor.config import database
from monitor.config.configuration import Config, dumped


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
    text = yaml.dump(dumped(config.document), Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=100)
    if config.database_given:
        text += f"# DATABASE_URL from the environment wins: {database.masked(config.database_given)}\n"
    if config.secrets:
        text += f"# from the environment: {', '.join(f'{name} {secret}' for name, secret in config.secrets.items())}\n"
    return text
