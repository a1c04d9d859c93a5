"""The made company as Salesforce and HubSpot hold it, in the tables of the tools that copy them."""

from __future__ import annotations

from tests.sources.crm_company import Raw
from tests.sources.crm_hubspot import airbytes_hubspot, hubspot
from tests.sources.crm_salesforce import airbytes_salesforce, salesforce

__all__ = ["Raw", "airbytes_hubspot", "airbytes_salesforce", "hubspot", "salesforce"]
