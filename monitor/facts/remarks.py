"""Sentences about the data as a whole, for `doctor` and the digest's footer."""

from __future__ import annotations

from monitor.core.facts import Facts
from monitor.core.tables import REVIEW
from monitor.facts import segments
from monitor.facts.intervals import Reader

_COLUMN = {"employees": "accounts.employees", "fit": "accounts.fit_segment", "acv": "opportunities.amount"}


def remarks(facts: Facts, reader: Reader) -> list[str]:
    """Where history begins, that there is none, and why most deals end in review."""
    found = []
    if facts.history_begins is not None:
        found.append(
            f"History begins on {facts.history_begins}: what the first change says is carried back before it, "
            "so earlier readings are approximate."
        )
    if not facts.has_history:
        found.append(
            "There is no opportunity_history, so values of past days are today's: past readings are approximate."
        )
    return found + _review(facts, reader)


def _review(facts: Facts, reader: Reader) -> list[str]:
    created = facts.pipeline[facts.pipeline["change"] == "created"]
    every = int(created["deals"].sum())
    unsure = int(created.loc[created["segment"] == REVIEW, "deals"].sum())
    if not every or 2 * unsure <= every:
        return []
    return [f"The segment of {unsure:,} of {every:,} deals cannot be told, so they are in review: {_why(reader)}."]


def _why(reader: Reader) -> str:
    if not reader.need.vote:
        return "opportunities.segment is none of smb, mid_market and strategic; map yours by the source's `values:`"
    deals = reader.deals.filter(reader.deals.counts)
    signals = {"employees": deals.size, "acv": segments.by_contract(deals.amount, reader.policy), "fit": deals.fit}
    counts = {name: signal.count() for name, signal in signals.items()}
    known = reader.tally.work.dicts(deals.agg(deals=deals.count(), **counts))[0]
    bare = [_COLUMN[name] for name in reader.policy.segments_by if 2 * known[name] <= known["deals"]]
    carry = [name for name in signals if 2 * known[name] > known["deals"]]
    missing = f"{' and '.join(bare)} {'is' if len(bare) == 1 else 'are'} missing for most of them"
    advice = f"; segments.by: [{', '.join(carry)}] is what the data can carry" if carry else ""
    return (missing if bare else "the signals contradict each other") + advice
