"""One made company as Salesforce and HubSpot hold it, by shape."""

from __future__ import annotations

from collections.abc import Callable

from tests.sources.crm_company import Raw, plain
from tests.sources.crm_hubspot import airbytes_hubspot, hubspot
from tests.sources.crm_salesforce import airbytes_salesforce, salesforce

SHAPES: dict[str, tuple[str, Callable[[], tuple[Raw, Raw]]]] = {
    "salesforce by Fivetran": ("salesforce", salesforce),
    "salesforce by Airbyte": ("salesforce", airbytes_salesforce),
    "hubspot by Fivetran": ("hubspot", hubspot),
    "hubspot by Airbyte": ("hubspot", airbytes_hubspot),
}
"""Preset, and what makes the company and its raw tables."""

__all__ = ["SHAPES", "Raw", "airbytes_hubspot", "airbytes_salesforce", "hubspot", "plain", "salesforce"]
