"""Salesforce as Fivetran and Airbyte write it into a warehouse, to the canonical tables.

Raw tables and the columns that are used (each may be missing unless it has a star; CamelCase is read alike):

- `opportunity`: `id`*, `account_id`, `owner_id`, `type`, `created_date`*, `close_date`, `stage_name`, `is_closed`*,
  `is_won`*, `amount`, `currency_iso_code`, `lead_source`, `is_deleted`; any other for a company's own `columns`.
- `opportunity_field_history`: `opportunity_id`*, `field`* (`Amount`, `StageName`, `CloseDate`, `Owner`), `old_value`,
  `new_value`, `created_date`*, `is_deleted`.
- `opportunity_history`: `opportunity_id`*, `created_date`*, `amount`, `stage_name`, `close_date`, `is_deleted`.
- `account`: `id`*, `name`, `number_of_employees`, `annual_revenue`, `industry`, `created_date`, `is_deleted`.
- `user`: `id`*, `name`, `title`, `manager_id`, `user_role_id`, `created_date`, `is_active`, `last_login_date`,
  `last_modified_date`.
- `user_role`: `id`*, `name`*.
- `forecasting_quota`: `quota_owner_id`*, `start_date`*, `quota_amount`*, `is_amount`, `forecasting_type_id`,
  `is_deleted`.

Of every table also `_fivetran_deleted`, `_fivetran_active`, `_fivetran_start` and `_airbyte_extracted_at`. Moments
without an offset are UTC. Cells are text or of their type.
"""

from __future__ import annotations

TABLES = (
    "opportunity", "opportunity_field_history", "opportunity_history", "account", "user", "user_role",
    "forecasting_quota",
    "opportunityfieldhistory", "opportunityhistory", "userrole", "forecastingquota",
    "sf_opportunity_data", "sf_opportunity_field_history_data", "sf_opportunity_history_data", "sf_account_data",
    "sf_user_data", "sf_user_role_data",
)  # fmt: skip
"""Names of the raw tables that are looked for: Fivetran's, Airbyte's, those of Fivetran's dbt seeds."""
