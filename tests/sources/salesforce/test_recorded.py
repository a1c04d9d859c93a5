"""The scripted Salesforce answers in the shapes that were recorded of the real one."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from tests.sources.salesforce.server import DATA, OAUTH, TOKEN, Org

QUERY = f"{DATA}/queryAll/?q=SELECT+Id,+CreatedDate+FROM+"


def shape(value: Any) -> Any:
    """What is there and of what kind; of a list its first."""
    if isinstance(value, dict):
        return {key: shape(each) for key, each in value.items() if key not in ("records", "attributes")}
    return [shape(each) for each in value[:1]] if isinstance(value, list) else type(value).__name__


def said(org: Org, target: str, body: str = "", method: str = "GET") -> tuple[int, Any]:
    status, text, _ = org.answer(method, target, body.encode(), TOKEN)
    return status, json.loads(text)


def pages(org: Org) -> tuple[Any, Any]:
    org.page = 6
    _, first = said(org, f"{QUERY}Opportunity")
    return first, said(org, first["nextRecordsUrl"])[1]


@pytest.fixture
def recorded(shared: Path) -> Any:
    folder = shared / "data" / "salesforce-responses"
    return lambda name: json.loads((folder / f"{name}_response.json").read_text(encoding="utf-8"))


def test_pages_and_their_rows(org: Org, recorded: Any) -> None:
    for page, name in zip(pages(org), ("query_paginated_first_page", "query_paginated_last_page"), strict=True):
        theirs = recorded(name)
        assert shape(page) == shape(theirs) and page["done"] is theirs["done"]
        assert shape(page["records"][0]["attributes"]) == shape(theirs["records"][0]["attributes"])
        assert re.match(r"/services/data/v\d+\.0/query/\w+", page.get("nextRecordsUrl", "/services/data/v1.0/query/x"))
    moments = pages(org)[0]["records"][0]["CreatedDate"], recorded("query_success")["records"][0]["DateTime_Label"]
    assert [re.sub(r"\d", "9", moment) for moment in moments] == ["9999-99-99T99:99:99.999+9999"] * 2


def test_a_count_and_a_field_that_is_not_there(org: Org, recorded: Any) -> None:
    count = said(org, f"{DATA}/queryAll/?q=SELECT+COUNT()+FROM+Opportunity")[1]
    assert shape(count) == shape(recorded("query_empty")) and count["records"] == []
    status, refused = said(org, QUERY.replace("CreatedDate", "Vibe") + "Opportunity")
    assert (status, shape(refused)) == (400, shape(recorded("query_error")))
    assert refused[0]["errorCode"] == recorded("query_error")[0]["errorCode"]


def test_a_sign_in_that_succeeds_and_one_that_is_refused(org: Org, recorded: Any) -> None:
    status, opened = said(org, OAUTH, "grant_type=refresh_token&refresh_token=5Aep", "POST")
    assert (
        (status, shape(opened)) == (200, shape(recorded("refresh_success"))) == (200, shape(recorded("auth_success")))
    )
    status, refused = said(org, OAUTH, "grant_type=refresh_token&refresh_token=wrong", "POST")
    assert (status, refused) == (400, recorded("refresh_error"))
    assert shape(refused) == shape(recorded("auth_error"))
