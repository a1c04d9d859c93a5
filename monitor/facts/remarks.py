"""Sentences about the data as a whole, for `doctor` and the digest's footer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from monitor.core.counted import counted
from monitor.core.facts import Facts
from monitor.core.tables import REVIEW
from monitor.facts import segments
from monitor.facts.grouping import COMPANY
from monitor.facts.intervals import Reader

_COLUMN = {"employees": "accounts.employees", "fit": "accounts.fit_segment", "acv": "opportunities.amount"}


@dataclass(frozen=True)
class Signals:
    """What the segments of each company's deals can be told by."""

    wanted: Sequence[str]
    voting: frozenset[int]
    known: Mapping[int, Mapping[str, int]]
    """The deals that count, and how many of them have each signal."""

    @classmethod
    def of(cls, reader: Reader) -> Signals:
        """One look at all deals, where any has to be voted on."""
        wanted, voting = reader.policy.segments_by, reader.need.voting
        if not voting:
            return cls(wanted, voting, {})
        deals = reader.deals.filter(reader.deals.counts)
        signals = {"employees": deals.size, "acv": segments.by_contract(deals.amount, reader.policy), "fit": deals.fit}
        counts = {name: signal.count() for name, signal in signals.items()}
        known = reader.tally.work.dicts(deals.group_by(COMPANY).agg(deals=deals.count(), **counts))
        return cls(wanted, voting, {row[COMPANY]: row for row in known})

    def why(self, company: int) -> str:
        """Why the segments of most deals of a company cannot be told."""
        if company not in self.voting:
            return "opportunities.segment is none of smb, mid_market and strategic; map yours by the source's `values:`"
        known = self.known.get(company)
        if known is None:
            return "no deal of it counts"
        bare = [_COLUMN[name] for name in self.wanted if 2 * known[name] <= known["deals"]]
        carry = [name for name in ("employees", "acv", "fit") if 2 * known[name] > known["deals"]]
        missing = f"{' and '.join(bare)} {'is' if len(bare) == 1 else 'are'} missing for most of them"
        advice = f"; segments.by: [{', '.join(carry)}] is what the data can carry" if carry else ""
        return (missing if bare else "the signals contradict each other") + advice


def remarks(facts: Facts, why: str) -> list[str]:
    """Where history begins, that there is none, and that most deals end in review: `why`, should that be so."""
    found = []
    if facts.history_begins is not None:
        found.append(
            f"History begins on {facts.history_begins}: what the first change says is carried back before it, "
            "so earlier readings are approximate."
        )
    if not facts.has_history:
        found.append(
            "There is no opportunity_history of amounts, so those of past days are today's: "
            "past readings are approximate."
        )
    if facts.has_history and not facts.says_before:
        found.append(
            "The changes in opportunity_history never say what was before (old_value), so what a deal's first one says "
            "is carried back: past readings are approximate."
        )
    return found + _review(facts, why)


def _review(facts: Facts, why: str) -> list[str]:
    changes, where, deals = (facts.pipeline[name].to_numpy() for name in ("change", "segment", "deals"))
    created = changes == "created"
    every, unsure = int(deals[created].sum()), int(deals[created & (where == REVIEW)].sum())
    if not every or 2 * unsure <= every:
        return []
    return [f"The segment of {unsure:,} of {counted(every, 'deal')} cannot be told, which puts them in review: {why}."]
