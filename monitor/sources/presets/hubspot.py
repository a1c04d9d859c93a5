"""HubSpot as Fivetran and Airbyte write it into a warehouse, to the canonical tables.

Raw tables and the columns that are used (each may be missing unless it has a star). A property `amount` is the column
`property_amount` (Fivetran), `properties_amount` (Airbyte) or `amount`:

- `deal`: `deal_id`* (or `id`), `deal_pipeline_id` (or property `pipeline`), `deal_pipeline_stage_id` (or `dealstage`),
  `owner_id` (or `hubspot_owner_id`), `is_deleted`, `archived`; properties `createdate`* (or `hs_createdate`),
  `closedate`, `amount`, `dealtype`, `deal_currency_code`, `hs_analytics_source`, `hs_is_closed`, `hs_is_closed_won`,
  `hs_deal_stage_probability`, `hs_merged_object_ids`; any other for a company's own `columns`.
- `deal_pipeline_stage`: `stage_id`*, `label`, `is_closed`, `closed_won`, `probability`.
- `deal_pipeline`: `pipeline_id`*, `label`.
- `deal_property_history` or `property_history`: `deal_id`*, `name`* (`amount`, `closedate`, `dealstage`,
  `hubspot_owner_id`), `value`*, `timestamp`*.
- `deal_stage`: `deal_id`*, `value`* (the stage's id), `date_entered`* (or `_fivetran_start`).
- `company`: `id`*, properties `name`, `numberofemployees`, `annualrevenue`, `industry`, `createdate`.
- `deal_company`: `deal_id`*, `company_id`*, `type_id` (5 is the primary company).
- `owner`: `owner_id`* (or `id`), `first_name`, `last_name`, `email`, `created_at`, `updated_at`, `archived`.
- `merged_deal`: `deal_id`* (the winner), `merged_deal_id`* (the loser).

Of every table also `_fivetran_deleted`, `_fivetran_active` and `_airbyte_extracted_at`. Moments without an offset are
UTC; a number of 10 digits or more is milliseconds since 1970. Cells are text or of their type.
"""

from __future__ import annotations

TABLES = (
    "deal", "deal_pipeline_stage", "deal_pipeline", "deal_property_history", "property_history", "deal_stage",
    "company", "deal_company", "owner", "merged_deal",
    "deals", "deals_property_history", "companies", "owners", "owners_archived",
    "deal_data", "deal_pipeline_stage_data", "deal_pipeline_data", "deal_property_history_data", "deal_stage_data",
    "company_data", "deal_company_data", "owner_data", "merged_deal_data",
)  # fmt: skip
"""Names of the raw tables that are looked for: Fivetran's, Airbyte's, those of Fivetran's dbt seeds."""
