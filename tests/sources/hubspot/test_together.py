"""Whatever happens in HubSpot between readings, they end with what one reading of it all would have found."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any

import pytest

from tests.sources.hubspot.reader import Reader
from tests.sources.hubspot.server import START, Portal, iso, serving
from tests.sources.sample import by_example

Act = Callable[[Portal, Random, int], None]


def living(portal: Portal, chance: Random) -> str:
    return chance.choice([number for number, deal in portal.deals.items() if not deal["archived"]])


def create(portal: Portal, chance: Random, at: int) -> None:
    portal.deal(max(map(int, portal.deals)) + 1, at, ("502",), amount="1", dealstage="open", createdate=iso(at))


def change(portal: Portal, chance: Random, at: int) -> None:
    links = chance.choice([(), ("501",), ("502", "501")])
    portal.deal(living(portal, chance), at, links, amount=str(at), dealstage=chance.choice(["open", "won", None]))


def merge(portal: Portal, chance: Random, at: int) -> None:
    create(portal, chance, at)
    loser, winner = living(portal, chance), max(portal.deals, key=int)
    if loser != winner:
        past = portal.deals.pop(loser)["properties"].get("hs_merged_object_ids")
        portal.deal(winner, at, hs_merged_object_ids=";".join(filter(None, [loser, past])))


def archive(portal: Portal, chance: Random, at: int) -> None:
    portal.deals[living(portal, chance)]["archived"] = True


def restore(portal: Portal, chance: Random, at: int) -> None:
    portal.deals[chance.choice(list(portal.deals))]["archived"] = False


def purge(portal: Portal, chance: Random, at: int) -> None:
    del portal.deals[living(portal, chance)]


ACTS: tuple[Act, ...] = (create, change, change, merge, archive)


def told(reader: Reader) -> dict[str, list[Any]]:
    """All that the cache holds of living deals, in order."""
    live = reader.live()
    rows = {name: reader.rows(name) for name in ("deal", "deal_property_history", "deal_company")}
    return {
        name: sorted(repr(sorted(row.items())) for row in some if row["deal_id"] in live) for name, some in rows.items()
    }


@pytest.mark.parametrize("seed", by_example([3], range(10)))
def test_many_readings_end_as_one(seed: int, portal: Portal, reader: Reader, tmp_path: Path) -> None:
    chance = Random(seed)
    acts = (*ACTS, restore if seed % 2 else purge)  # of both at once the number of deals tells nothing
    for nth in range(1, 6):
        for each in range(chance.randrange(8)):
            chance.choice(acts)(portal, chance, START + nth * 3_600_000 + each // 3)
        portal.most = chance.choice([1, 2, 3, 50])
        reader.read()
        reader.clock.pass_by(hours=chance.choice([1, 30]))
    with serving(portal) as address:
        whole = Reader(address, tmp_path / "whole")
        whole.read()
    assert told(reader) == told(whole)
