"""Alembic migrations of the cache, run by `crm.database`.

Runs in: desk process, store thread.
"""
