"""Brings a cache to the newest schema with Alembic.

Runs in: desk process, store thread; imported only when a database is not at `schema.HEAD`.
"""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import Connection

from ctidesk.crm import faults


def scripts(connection: Connection | None = None) -> Config:
    """Alembic's configuration, without any file of its own."""
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    config.attributes["connection"] = connection
    return config


def upgrade(connection: Connection, at: str) -> None:
    """From version `at` ("" = empty) to the newest, inside the caller's transaction. Raises
    `KnownError` cache_newer for a version that this program does not know."""
    config = scripts(connection)
    known = {script.revision for script in ScriptDirectory.from_config(config).walk_revisions()}
    if at and at not in known:
        raise faults.newer()
    command.upgrade(config, "head")
