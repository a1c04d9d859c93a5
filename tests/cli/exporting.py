"""A company whose CRM keeps no history: every Monday somebody exports the deals as they are and runs a command."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

from monitor.entrypoints import opening
from monitor.entrypoints.cli import main
from tests.cli.conftest import Answer
from tests.lent import at

BEGINS = date(2025, 1, 1)
FIRST = date(2026, 4, 6)
"""The Monday of the first run: a week of the quarter before is over by then, none of this one."""
DAY, WEEK = timedelta(days=1), timedelta(weeks=1)
CONFIG = """
company: Acme
timezone: America/New_York
expansion: {{started: 2026-01-01}}
source: {{type: csv, path: {data}}}
indicators: {{pipeline_coverage: {{max_age_days: {{smb: {age}}}, basis: {basis}}}}}
leadership: {{approvers: [{{name: Ada Marsh}}, {{name: Ben Okoro}}]}}
database: sqlite:///{name}.db
"""


@dataclass(frozen=True)
class Deal:
    """One that is worth something else every week, from the day after it was made on. None of that on a Monday."""

    number: int
    created: date

    @property
    def closed(self) -> date:
        return self.created + timedelta(days=57 + 7 * (self.number % 3))

    @property
    def changes(self) -> list[tuple[date, int]]:
        step = (900, -400, 1700)[self.number % 3]
        days = [self.created + DAY + n * WEEK for n in range((self.closed - self.created).days // 7)]
        return [(day, self.first + step * (n + 1)) for n, day in enumerate(days)]

    @property
    def first(self) -> int:
        return 6000 + 137 * (self.number % 11)

    def amount(self, day: date) -> int:
        return ([self.first] + [amount for changed, amount in self.changes if changed <= day])[-1]

    def row(self, day: date, factor: int) -> str:
        """As the CRM has it on `day`."""
        closed = self.closed <= day
        due = self.closed if closed else self.closed + 30 * DAY
        won = closed and self.number % 2 == 0
        return f"D{self.number},smb,ann,{self.created},{due},{closed},{won},{factor * self.amount(day)}"


DEALS = [Deal(n, date(2025, 1, 1) + 7 * DAY * (n // 2) + 2 * DAY * (n % 2)) for n in range(170)]


@dataclass
class Shop:
    """One company, its folder and its database. `today` is what the clock shows."""

    folder: Path
    name: str = "acme"
    today: date = FIRST

    def __post_init__(self) -> None:
        self.data.mkdir()
        quotas = [f"ann,{year}-{month:02}-01,300000" for year in (2025, 2026) for month in (1, 4, 7, 10)]
        (self.data / "quotas.csv").write_text("\n".join(["rep_id,period_start,amount", *quotas]))
        (self.data / "reps.csv").write_text("rep_id,role,segment,start_date\nann,ae,smb,2024-01-01")
        self.configure()

    @property
    def data(self) -> Path:
        return self.folder / f"{self.name}-data"

    @property
    def config(self) -> Path:
        return self.folder / f"{self.name}.yaml"

    @property
    def url(self) -> str:
        return f"sqlite:///{self.folder}/{self.name}.db"

    def configure(self, age: int = 90, basis: str = "horizon") -> None:
        self.config.write_text(CONFIG.format(data=self.data, name=self.name, age=age, basis=basis))

    def export(self, *, history: bool = False, factor: int = 1) -> None:
        """Everything as it is today; `factor`: what all amounts were multiplied by since."""
        deals = [deal for deal in DEALS if deal.created <= self.today]
        header = "opportunity_id,segment,owner_id,created_date,close_date,is_closed,is_won,amount"
        rows = [deal.row(self.today, factor) for deal in deals]
        (self.data / "opportunities.csv").write_text("\n".join([header, *rows]))
        if history:
            (self.data / "opportunity_history.csv").write_text("\n".join(self._history(deals)))

    def _history(self, deals: Sequence[Deal]) -> Iterator[str]:
        yield "opportunity_id,field,old_value,new_value,changed_at"
        for deal in deals:
            before = deal.first
            for day, amount in deal.changes:
                if day <= self.today:
                    yield f"D{deal.number},amount,{before},{amount},{day}"
                    before = amount

    def run(self, *words: object, code: int = 0) -> Answer:
        """Types a command at eight in the morning of `today`."""
        out, err = io.StringIO(), io.StringIO()
        with _clock(self.today), redirect_stdout(out), redirect_stderr(err):
            done = main(["--config", str(self.config), *map(str, words)])
        answer = Answer(done, out.getvalue(), err.getvalue())
        assert answer.code == code, answer.err
        return answer

    def seen(self) -> list[tuple[object, ...]]:
        """The rows of what was seen, as the database has them."""
        engine = create_engine(self.url)
        try:
            with engine.connect() as connection:
                return [tuple(row) for row in connection.execute(text("SELECT * FROM seen_weeks ORDER BY 1, 2, 3"))]
        finally:
            engine.dispose()


@contextmanager
def _clock(today: date) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("DATABASE_URL", raising=False)
        patch.delenv("SMB_MONITOR_CONFIG", raising=False)
        patch.setattr(opening, "datetime", at(datetime.combine(today, time(12), UTC)))
        yield
