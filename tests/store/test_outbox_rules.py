"""Whatever workers do in whatever order: a row is one worker's at a time, and over once it is settled."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from monitor.core.outbox import Claimed, LedgerLine, Op, Outgoing, Settlement, Status
from monitor.store.repository import Store, open_store
from tests.store.trade import NOON, outgoing, sending

OVER = (Status.SENT, Status.FAILED, Status.CANCELLED)
POSTS = {f"post{number}": ("C1", "C2")[number % 2] for number in range(5)}
ENDS = [Status.SENT, Status.RETRY, Status.UNKNOWN, Status.FAILED]
WORKERS = st.sampled_from("abc")


@dataclass
class Seen:
    """What the test knows of a row without asking the store."""

    newest: Claimed | None = None
    unsure: datetime | None = None
    end: LedgerLine | None = None
    settled: list[str] = field(default_factory=list)


class Workers(RuleBasedStateMachine):
    """Several workers, one store, one clock that goes on."""

    store: Store
    now: datetime
    seen: dict[str, Seen]
    claims: list[Claimed]
    touched: dict[tuple[str, str], datetime]
    number: int

    @initialize()
    def begin(self) -> None:
        self.store = open_store("sqlite://")
        self.now, self.seen, self.claims, self.touched, self.number = NOON, {}, [], {}, 0
        for key in list(POSTS)[:4]:
            self.post(key)

    def teardown(self) -> None:
        if hasattr(self, "store"):
            self.store.close()

    def _add(self, row: Outgoing) -> None:
        self.store.commit(sending(row), self.now)
        self.seen.setdefault(row.key, Seen())

    @rule(key=st.sampled_from(sorted(POSTS)))
    def post(self, key: str) -> None:
        self._add(outgoing(key, POSTS[key]))

    @rule(of=st.sampled_from(sorted(POSTS)), op=st.sampled_from([Op.UPDATE, Op.CHART]), times=st.integers(1, 2))
    def change(self, of: str, op: Op, times: int) -> None:
        for _ in range(times):
            self.number += 1
            self._add(outgoing(f"{op}{self.number:03}:{of}", POSTS[of], op=op, target=of))

    @rule(seconds=st.sampled_from([0.5, 1, 30, 120, 3600]))
    def wait(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)

    @rule(by=WORKERS)
    def work(self, by: str) -> None:
        """What mostly happens."""
        self.wait(1)
        for claimed in self.claim(by, 4):
            self._settle(claimed, Status.SENT)

    @rule(by=WORKERS, limit=st.integers(1, 4))
    def claim_only(self, by: str, limit: int) -> None:
        self.claim(by, limit)

    def claim(self, by: str, limit: int) -> list[Claimed]:
        claimed = self.store.outbox.claim(by, self.now, limit)
        places = [(each.outgoing.address.channel, each.outgoing.address.to) for each in claimed]
        assert len(set(places)) == len(places) <= limit
        for place, each in zip(places, claimed, strict=True):
            self._is_free(place, each)
            self._is_what_was_seen(each)
            self.seen[each.outgoing.key].newest = each
            self.touched[place] = self.now
        self.claims += claimed
        return claimed

    def _is_free(self, place: tuple[str, str], each: Claimed) -> None:
        assert self.now >= self.touched.get(place, NOON - timedelta(days=1)) + timedelta(seconds=1)
        for key, seen in self.seen.items():
            if seen.newest and seen.newest.outgoing.address.to == place[1]:
                assert seen.newest.lease_until <= self.now, f"{key} is on its way while {each.outgoing.key} is claimed"

    def _is_what_was_seen(self, each: Claimed) -> None:
        row, seen = each.outgoing, self.seen[each.outgoing.key]
        assert seen.end is None
        if seen.newest is not None and seen.unsure is None:  # the lease was lost
            seen.unsure = seen.newest.lease_until - timedelta(seconds=120)
        assert (each.uncertain, each.tried_at if each.uncertain else None) == (seen.unsure is not None, seen.unsure)
        if row.op is not Op.POST:
            target = self.store.outbox.line(str(row.target))
            assert target is not None
            assert (target.status, target.receipt) == (Status.SENT, each.target)
        if row.op is Op.UPDATE:
            newer = [
                key for key in self.seen if key.startswith("update") and key.endswith(str(row.target)) and key > row.key
            ]
            assert all(self._status(key) in (Status.FAILED, Status.CANCELLED) for key in newer)

    def _status(self, key: str) -> Status:
        line = self.store.outbox.line(key)
        assert line is not None
        return line.status

    @precondition(lambda self: self.claims)
    @rule(data=st.data(), status=st.sampled_from(ENDS))
    def settle(self, data: st.DataObject, status: Status) -> None:
        self._settle(data.draw(st.sampled_from(self.claims)), status)

    def _settle(self, claimed: Claimed, status: Status) -> None:
        seen = self.seen[claimed.outgoing.key]
        receipt = {"ts": claimed.outgoing.key} if status is Status.SENT else None
        held = seen.newest == claimed
        assert self.store.outbox.settle(claimed, Settlement(status, receipt=receipt), self.now) is held
        if held:
            began = claimed.lease_until - timedelta(seconds=120)
            seen.unsure = (seen.unsure or began) if status is Status.UNKNOWN else None
            self._let_go(claimed)

    @precondition(lambda self: self.claims)
    @rule(data=st.data())
    def give_back(self, data: st.DataObject) -> None:
        claimed = data.draw(st.sampled_from(self.claims))
        self.store.outbox.give_back(claimed, self.now)
        if self.seen[claimed.outgoing.key].newest == claimed:
            self._let_go(claimed)

    def _let_go(self, claimed: Claimed) -> None:
        self.seen[claimed.outgoing.key].newest = None
        address = claimed.outgoing.address
        self.touched[(address.channel, address.to)] = self.now

    @invariant()
    def what_is_over_stays_as_it_is(self) -> None:
        for line in self.store.outbox.lines() if hasattr(self, "store") else ():
            seen = self.seen[line.key]
            assert seen.end in (None, line)
            if line.status in OVER:
                seen.end = line
                seen.newest = None


Workers.TestCase.settings = settings(max_examples=40, stateful_step_count=50, deadline=None)
test_workers_in_any_order = Workers.TestCase
