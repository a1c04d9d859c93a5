"""Fifty people ask `/smb-health status` at once, over Socket Mode: how soon each is acknowledged and answered.

The Slack of the test suite runs here, the program in a process of its own, both on this machine.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from monitor.app.observe import observe  # noqa: E402  the checkout has to be found first
from monitor.app.wiring import open_company  # noqa: E402
from monitor.core.secret import Secret  # noqa: E402
from monitor.core.settings import SlackSettings  # noqa: E402
from monitor.entrypoints.slack.surface import SlackSurface  # noqa: E402
from tests.slack.people import Somebody  # noqa: E402
from tests.slack.sockets import Sockets  # noqa: E402
from tests.slack_server import ALERT, APP_TOKEN, BOT_TOKEN, DIGEST, SlackServer  # noqa: E402

PEOPLE, ROUNDS = 50, 10
CONFIG = """
company: Acme
timezone: America/New_York
currency: USD
fiscal_year_start: 1
expansion: {started: 2025-04-01}
source: {type: demo, scenario: trap}
indicators: {cac_payback: {gross_margin: {smb: 0.75, mid_market: 0.75}}}
database: sqlite:///slack.db
"""


def now() -> datetime:
    return datetime.now(UTC)


def configured(folder: Path) -> Path:
    """The built-in company with a run that was kept."""
    file = folder / "config.yaml"
    file.write_text(CONFIG)
    with open_company(file, {}) as company, company.open_store() as store:
        observe(company, store, company.asked(None, now().date()), now())
    return file


def serve(file: Path, url: str) -> None:
    """The surface, until standard input ends."""
    settings = SlackSettings(DIGEST, ALERT, "socket", None, Secret(BOT_TOKEN), Secret(APP_TOKEN), api_url=url)
    surface = SlackSurface(lambda: open_company(file, {}), settings, now)
    surface.start()
    sys.stdin.read()
    surface.stop()


def ask(slack: SlackServer, sockets: Sockets, number: int) -> tuple[list[float], list[float]]:
    """One round: seconds until each acknowledgement, and until each answer, from when the first one asked."""
    acked, answered = len(sockets.acks), len(slack.calls("response_url"))
    asked = [Somebody(slack, sockets, f"U{at:03}").command("status") for at in range(PEOPLE)]
    began = time.monotonic()
    for body in asked[:number]:
        sockets.send("slash_commands", body)
    slack.wait_for(lambda: len(slack.calls("response_url")) == answered + number, 60)
    answers = [call.at - began for call in slack.calls("response_url")[answered:]]
    return [ack.at - began for ack in sockets.acks[acked:]], answers


def percentile(values: Sequence[float], share: float) -> float:
    """The value below which `share` of the values lie, nearest rank."""
    return sorted(values)[min(len(values) - 1, int(share * len(values)))]


def main() -> None:
    """Prints a table of milliseconds."""
    acks: list[float] = []
    answers: list[float] = []
    with tempfile.TemporaryDirectory() as name, SlackServer() as slack:
        sockets = Sockets(slack)
        words = [sys.executable, __file__, str(configured(Path(name))), slack.url]
        with subprocess.Popen(words, stdin=subprocess.PIPE, cwd=ROOT) as program:
            sockets.connected()
            first = ask(slack, sockets, 1)
            for _ in range(ROUNDS):
                new = ask(slack, sockets, PEOPLE)
                acks += new[0]
                answers += new[1]
    print(f"\n| `/smb-health status`, {PEOPLE} people at once | p50 ms | p99 ms | most ms | asked |")
    print("|---|---:|---:|---:|---:|")
    for what, values in (("acknowledged", acks), ("answered", answers)):
        shown = (percentile(values, 0.5), percentile(values, 0.99), max(values))
        print(f"| {what} | {' | '.join(f'{1000 * each:.0f}' for each in shown)} | {len(values)} |")
    soon = [round(1000 * values[0]) for values in first]
    print(f"\nThe very first, alone: acknowledged in {soon[0]} ms, answered in {soon[1]} ms.")
    assert program.returncode == 0


if __name__ == "__main__":
    if len(sys.argv) > 1:
        serve(Path(sys.argv[1]), sys.argv[2])
    else:
        main()
