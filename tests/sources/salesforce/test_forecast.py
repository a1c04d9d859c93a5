"""What a forecast says is what the next reading then does."""

from __future__ import annotations

import re
from datetime import timedelta

from tests.sources.salesforce.reader import Reader
from tests.sources.salesforce.server import Org
from tests.sources.salesforce.test_faults import cut_off


def foretold(reader: Reader) -> tuple[dict[str, int], int]:
    """Rows by object, and calls in all."""
    said = reader.source().forecast()
    rows = [re.match(r"(\w+): ([0-9,]+) rows? ", sentence) for sentence in said]
    (calls,) = [found for sentence in said if (found := re.match(r"about ([0-9,]+) calls? in all", sentence))]
    return {found[1]: int(found[2]) for found in rows if found}, int(calls[1])


def done(org: Org, reader: Reader) -> tuple[dict[str, int], int]:
    """The same of a reading: the rows that it went through, and its calls."""
    used = org.used
    reader.told.clear()
    reader.read()
    rows = {name.removeprefix("Salesforce: "): count for name, count, _ in reader.told if "made ready" not in name}
    return rows, org.used - used


def test_a_first_reading_takes_the_rows_and_no_more_calls_than_foretold(org: Org, reader: Reader) -> None:
    rows, calls = foretold(reader)
    read, used = done(org, reader)
    assert rows == read and 0.6 * calls < used <= calls


def test_the_readings_after_it_take_what_was_foretold_to_the_call(org: Org, reader: Reader) -> None:
    reader.read()
    org.page = 2_000
    for hours in (1, 1, 30):
        org.now += timedelta(hours=hours)
        org.put("Opportunity", "006-03", Amount=hours)
        org.put("OpportunityFieldHistory", f"017-9{org.now.hour}", OpportunityId="006-03", Field="Amount", NewValue=1)
        rows, calls = foretold(reader)
        read, used = done(org, reader)
        assert {name: count for name, count in rows.items() if count} == {k: v for k, v in read.items() if v}
        assert calls == used


def test_what_is_left_of_a_reading_that_was_interrupted_is_foretold(org: Org, reader: Reader) -> None:
    cut_off(org, reader, page=5, after=1)
    assert foretold(reader)[0]["Opportunity"] == 7
    assert done(org, reader)[0]["Opportunity"] >= 7
