"""Which segment a deal is in: given, by its account's name, or by the vote of the signals."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import combinations
from typing import cast

import ibis
import ibis.expr.types as ir

from monitor.core.policy import FactsPolicy
from monitor.core.tables import REVIEW, SEGMENTS

NAMES = (*SEGMENTS, REVIEW)
"""Segments by their code, which is what the engine groups by."""
IN_REVIEW = NAMES.index(REVIEW)


def code(segment: ir.StringValue, unknown: ir.BooleanValue | None = None) -> ir.IntegerValue:
    """The code of a segment's name, null where none is given, review where what is given is none."""
    cases = [(segment == name, ibis.literal(number, "int8")) for number, name in enumerate(SEGMENTS)]
    if unknown is not None:
        cases.append((unknown, ibis.literal(IN_REVIEW, "int8")))
    return cast(ir.IntegerValue, ibis.cases(*cases))


def by_employees(employees: ir.NumericValue, policy: FactsPolicy) -> ir.IntegerValue:
    """The band of a number of employees; upper ends belong to the band."""
    small, middle = policy.segment_bands.employees
    return _band((employees <= small, employees <= middle, employees.notnull()))


def by_contract(amount: ir.DecimalValue, policy: FactsPolicy) -> ir.IntegerValue:
    """The band of an annual contract value; upper ends belong to the next band."""
    small, middle = policy.segment_bands.acv
    return _band((amount < small, amount < middle, amount.notnull()))


def _band(conditions: Sequence[ir.BooleanValue]) -> ir.IntegerValue:
    cases = [(condition, ibis.literal(number, "int8")) for number, condition in enumerate(conditions)]
    return cast(ir.IntegerValue, ibis.cases(*cases))


def vote(signals: Mapping[str, ir.IntegerValue], policy: FactsPolicy) -> ir.IntegerValue:
    """What the configured signals say together: two of them must agree, one that is configured alone decides."""
    named = [signals[name] for name in policy.segments_by]
    if len(named) == 1:
        return cast(ir.IntegerValue, ibis.coalesce(named[0], ibis.literal(IN_REVIEW, "int8")))
    agreed = [(one == other, one) for one, other in combinations(named, 2)]
    return cast(ir.IntegerValue, ibis.cases(*agreed, else_=ibis.literal(IN_REVIEW, "int8")))
