"""Sentences about the data as a whole, for `doctor` and the digest's footer."""

from __future__ import annotations

from collections.abc import Mapping

import ibis.expr.types as ir

from monitor.core.facts import Facts
from monitor.core.tables import REVIEW
from monitor.facts import segments
from monitor.facts.intervals import Reader

_COLUMN = {"employees": "accounts.employees", "fit": "accounts.fit_segment", "acv": "opportunities.amount"}


def remarks(facts: Facts, reader: Reader, raw: Mapping[str, ir.Table]) -> list[str]:
    """Where history begins, that there is none, and why most deals end in review."""
    found = []
    if facts.history_begins is not None:
        found.append(
            f"History begins on {facts.history_begins}: what the first change says is carried back before it, "
            "so earlier readings are approximate."
        )
    if not facts.has_history:
        found.append("There is no opportunity_history, so values of past days are today's and past readings approximate.")
    return found + _review(facts, reader, raw)


def _review(facts: Facts, reader: Reader, raw: Mapping[str, ir.Table]) -> list[str]:
    created = facts.pipeline[facts.pipeline["change"] == "created"]
    every = int(created["deals"].sum())
    unsure = int(created.loc[created["segment"] == REVIEW, "deals"].sum())
    if not every or 2 * unsure <= every:
        return []
    known = _known(reader)
    bare = [_COLUMN[name] for name in reader.policy.segments_by if 2 * known[name] <= every]
    carry = [name for name in ("employees", "acv", "fit") if 2 * known[name] > every]
    missing = f"{' and '.join(bare)} {'is' if len(bare) == 1 else 'are'} missing for most of them" if bare else "signals differ"
    advice = f"; segments.by: [{', '.join(carry)}] is what the data can carry" if carry else ""
    return [f"The segment of {unsure:,} of {every:,} deals cannot be told, so they are in review: {missing}{advice}."]


def _known(reader: Reader) -> dict[str, int]:
    """For how many deals each signal is known."""
    deals = reader.deals.filter(reader.deals.counts)
    signals = {"employees": deals.size, "acv": segments.by_contract(deals.amount, reader.policy), "fit": deals.fit}
    counted = reader.tally.work.dicts(deals.agg(**{name: signal.count() for name, signal in signals.items()}))
    return dict(counted[0])
