"""One small company's Salesforce, and who reads it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import trustme

from tests.sources.salesforce.reader import Reader
from tests.sources.salesforce.server import Org, Table, serving

STAMPS = {"Id": "id", "IsDeleted": "boolean", "CreatedDate": "datetime", "SystemModstamp": "datetime"}
FIELDS = {
    "Opportunity": STAMPS
    | {"AccountId": "reference", "OwnerId": "reference", "Type": "picklist", "CloseDate": "date",
       "StageName": "picklist", "IsClosed": "boolean", "IsWon": "boolean", "Amount": "currency",
       "LeadSource": "picklist", "Description": "textarea", "ARR__c": "currency", "Size_Band__c": "picklist"},
    "OpportunityFieldHistory": {"Id": "id", "IsDeleted": "boolean", "CreatedDate": "datetime",
                                "OpportunityId": "reference", "Field": "picklist", "OldValue": "anyType",
                                "NewValue": "anyType"},
    "OpportunityHistory": STAMPS
    | {"OpportunityId": "reference", "Amount": "currency", "StageName": "picklist", "CloseDate": "date"},
    "Account": STAMPS | {"Name": "string", "NumberOfEmployees": "int", "AnnualRevenue": "currency",
                         "Industry": "picklist"},
    "User": {"Id": "id", "Name": "string", "Title": "string", "ManagerId": "reference", "UserRoleId": "reference",
             "CreatedDate": "datetime", "SystemModstamp": "datetime", "IsActive": "boolean",
             "LastLoginDate": "datetime", "LastModifiedDate": "datetime"},
    "UserRole": {"Id": "id", "Name": "string", "SystemModstamp": "datetime", "LastModifiedDate": "datetime"},
    "ForecastingQuota": {"Id": "id", "QuotaOwnerId": "reference", "StartDate": "date", "QuotaAmount": "currency",
                         "IsAmount": "boolean", "ForecastingTypeId": "reference", "SystemModstamp": "datetime"},
}  # fmt: skip


def an_org(deals: int = 12) -> Org:
    """Deals `006-00` to `006-11`, each with a change of its amount; two accounts, a user with a role."""
    org = Org({name: Table(dict(fields)) for name, fields in FIELDS.items()}, datetime(2025, 10, 6, 12, tzinfo=UTC))
    org.put("Account", "001-1", Name="Acme, Inc.", NumberOfEmployees=40)
    org.put("Account", "001-2", Name='The "Umbrella"\nCorporation', NumberOfEmployees=400)
    org.put("UserRole", "00E-1", Name="Account Executive SMB")
    org.put("User", "005-1", Name="Ada", UserRoleId="00E-1", IsActive=True)
    for number in range(deals):
        key = f"{number:02}"
        org.put(
            "Opportunity", f"006-{key}", AccountId="001-1", OwnerId="005-1", CloseDate="2025-12-01", Amount=1000.5,
            StageName="Discovery", IsClosed=False, IsWon=False, LeadSource="Web", ARR__c=900.25,
        )  # fmt: skip
        org.put("OpportunityFieldHistory", f"017-{key}", OpportunityId=f"006-{key}", Field="Amount",
                OldValue=1000.0, NewValue=1000.5)  # fmt: skip
        org.put("OpportunityHistory", f"008-{key}", OpportunityId=f"006-{key}", Amount=1000.0, StageName="Discovery")
    org.now += timedelta(hours=1)
    return org


@pytest.fixture
def org() -> Org:
    return an_org()


@pytest.fixture
def reader(org: Org, trusted: trustme.CA, tmp_path: Path) -> Iterator[Reader]:
    with serving(org, trusted):
        yield Reader(org, tmp_path / "cache")
