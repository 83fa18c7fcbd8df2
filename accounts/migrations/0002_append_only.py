"""Let the database itself refuse to change the two ledgers, whoever asks.

PostgreSQL refuses UPDATE and DELETE. SQLite refuses UPDATE only: emptying a table between tests
(`flush`) is TRUNCATE on PostgreSQL, which fires no row trigger, but DELETE on SQLite. There a
removed row is refused by the models and found by the chain.
"""

from __future__ import annotations

from typing import Any

from django.db import migrations

TABLES = ("accounts_grant", "accounts_accessentry")

SQLITE = """
CREATE TRIGGER {table}_no_update BEFORE UPDATE ON {table}
BEGIN SELECT RAISE(ABORT, 'append-only: ledger rows are never changed'); END
"""
FUNCTION = """
CREATE OR REPLACE FUNCTION accounts_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN RAISE EXCEPTION 'append-only: ledger rows are never changed or removed'; END $$
"""
POSTGRESQL = """
CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE ON {table}
FOR EACH ROW EXECUTE FUNCTION accounts_append_only()
"""


def add_triggers(apps: Any, editor: Any) -> None:
    """Create one trigger a table."""
    if editor.connection.vendor == "postgresql":
        editor.execute(FUNCTION)
    for table in TABLES:
        statement = POSTGRESQL if editor.connection.vendor == "postgresql" else SQLITE
        editor.execute(statement.format(table=table))


def drop_triggers(apps: Any, editor: Any) -> None:
    """Remove them again."""
    postgresql = editor.connection.vendor == "postgresql"
    for table in TABLES:
        if postgresql:
            editor.execute(f"DROP TRIGGER IF EXISTS {table}_append_only ON {table}")
        else:
            editor.execute(f"DROP TRIGGER IF EXISTS {table}_no_update")
    if postgresql:
        editor.execute("DROP FUNCTION IF EXISTS accounts_append_only()")


class Migration(migrations.Migration):
    """Add the triggers."""

    dependencies = [("accounts", "0001_initial")]
    operations = [migrations.RunPython(add_triggers, drop_triggers)]
