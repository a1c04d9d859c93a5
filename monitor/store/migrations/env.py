"""What Alembic runs: migrates on the connection, and inside the transaction, that the store hands over."""

from __future__ import annotations

from alembic import context

from monitor.store.schema import VERSION_TABLE, metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    version_table=VERSION_TABLE,
    # The store has begun a transaction under its lock: a migration that is killed leaves nothing behind.
    transactional_ddl=True,
    render_as_batch=True,
)
context.run_migrations()
