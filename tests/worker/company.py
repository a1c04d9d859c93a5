"""A small company whose files, clock and schedule a test moves: one AE who wins a deal a week."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from monitor.app.wiring import Company, open_company
from monitor.app.worker import Worker
from monitor.core.messages import Lines, Message, Paragraph, plain
from monitor.core.outbox import LedgerLine
from monitor.store.repository import Store, open_store
from tests.slack_server import ALERT, DIGEST

NEW_YORK = ZoneInfo("America/New_York")
UNTIL = date(2026, 12, 31)
CONFIG = """
company: Acme
timezone: America/New_York
source: {{type: csv, path: data}}
leadership:
  approvers: [{{name: Ada Marsh, slack: U0ADA}}, {{name: Ben Okoro, slack: U0BEN}}]
slack: {{digest_channel: {digest}, alert_channel: {alert}{slack}}}
{more}
"""


def write(folder: Path, *, more: str = "", slack: str = "", until: date = UNTIL) -> Path:
    """The company's files; its configuration."""
    data = folder / "data"
    data.mkdir(exist_ok=True)
    rows = ["opportunity_id,segment,owner_id,created_date,close_date,is_closed,is_won,amount"]
    first = until - timedelta(weeks=110)
    for number in range(110):
        created = first + timedelta(weeks=number)
        rows.append(f"D{number},smb,ann,{created},{created + timedelta(days=6)},true,true,8000")
    (data / "opportunities.csv").write_text("\n".join(rows))
    (data / "reps.csv").write_text("rep_id,role,segment,start_date\nann,ae,smb,2022-01-01")
    config = folder / "config.yaml"
    config.write_text(CONFIG.format(digest=DIGEST, alert=ALERT, more=more, slack=slack))
    return config


def at(text: str) -> datetime:
    """A moment by the clock on the wall in New York."""
    return datetime.fromisoformat(text).replace(tzinfo=NEW_YORK)


@dataclass
class Clock:
    """Shows what it was set to."""

    now: datetime

    def __call__(self) -> datetime:
        return self.now

    def set(self, text: str) -> None:
        self.now = at(text)

    def pass_by(self, **time: float) -> None:
        self.now += timedelta(**time)


@dataclass
class Office:
    """One company, one database, as many workers as are called."""

    config: Path
    url: str
    clock: Clock
    company: Company = field(init=False)
    store: Store = field(init=False)
    pings: list[datetime] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.company = self.open_company()
        self.store = open_store(self.url)

    def open_company(self, environ: Mapping[str, str] | None = None) -> Company:
        return open_company(self.config, {"DATABASE_URL": self.url, **(environ or {})})

    def worker(self, name: str = "ann", opening: Callable[[], Company] | None = None) -> Worker:
        return Worker(
            self.company,
            self.store,
            self.clock,
            name,
            opening or self.open_company,
            ping=lambda: self.pings.append(self.clock()),
        )

    @property
    def data(self) -> Path:
        return self.config.parent / "data" / "opportunities.csv"

    def lines(self, kind: str = "digest") -> list[LedgerLine]:
        """What was recorded to be sent, oldest first."""
        return [line for line in self.store.outbox.lines()[::-1] if line.kind == kind]

    def message(self, key: str) -> str:
        """The running text of a row's message."""
        row = self.store.outbox.outgoing(key)
        assert row is not None
        return text(row.message)

    def close(self) -> None:
        self.company.close()
        self.store.close()


def text(message: Message) -> str:
    lines = [block.line for block in message.blocks if isinstance(block, Paragraph)]
    lines += [line for block in message.blocks if isinstance(block, Lines) for line in block.items]
    return "\n".join([message.headline, *map(plain, lines)])
