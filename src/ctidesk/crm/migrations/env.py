"""Alembic's way in: migrates over the connection that `crm.database` hands it.

Runs in: desk process, store thread. Executed by Alembic, imported by nobody.
"""

from alembic import context

from ctidesk.crm.schema import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    # the caller holds the transaction: SQLite's DDL takes part in it, so all steps or none
    transactional_ddl=False,
)
context.run_migrations()
