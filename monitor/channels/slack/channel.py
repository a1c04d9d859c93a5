"""The Slack channel: sends a row, finds it again, examines itself."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from time import monotonic

from monitor.channels.slack import charts, finding
from monitor.channels.slack.calls import TIMEOUT, Api, Errand
from monitor.channels.slack.examination import examine
from monitor.channels.slack.posting import Posting
from monitor.channels.slack.trouble import Trouble
from monitor.core.checks import Check
from monitor.core.outbox import Claimed, Failed, Found, Op, Outcome, Unknown
from monitor.core.settings import SlackSettings


class SlackChannel:
    """One app in one workspace. `wait` lets seconds pass; `timeout` is how long one call may take."""

    def __init__(
        self,
        settings: SlackSettings,
        wait: Callable[[float], None],
        *,
        timeout: float = TIMEOUT,
        clock: Callable[[], float] = monotonic,
    ) -> None:
        self._settings = settings
        self._api = Api(settings, wait, timeout, clock)
        self._posting = Posting()

    @property
    def name(self) -> str:
        return "slack"

    def send(self, row: Claimed, now: datetime) -> Outcome:
        """Post, change or upload, once."""
        if self._settings.bot_token is None:
            return Failed("SLACK_BOT_TOKEN is not set", credentials=True)
        errand = Errand(self._api, now)
        try:
            match row.outgoing.op:
                case Op.POST:
                    return self._posting.post(errand, row)
                case _ if row.target is None:
                    return Failed("the message that it belongs to was never sent")
                case Op.UPDATE:
                    return self._posting.update(errand, row, row.target)
                case Op.CHART:
                    return charts.upload(errand, row, row.target)
        except Trouble as trouble:
            return trouble.outcome()

    def find(self, row: Claimed, now: datetime) -> Found:
        """By its key in the conversation's history or in the thread."""
        try:
            return finding.find(Errand(self._api, now), self._posting, row, now)
        except Trouble as trouble:
            return Unknown(trouble.error)

    def examine(self) -> Sequence[Check]:
        """Token, scopes, channels, group, and whether Slack would take our blocks."""
        return examine(self._settings, self._api)

    def close(self) -> None:
        """Nothing is held open."""
