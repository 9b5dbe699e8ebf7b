"""What several migrations do alike: guards of append-only tables, and a changed closed set."""

from __future__ import annotations

from collections.abc import Iterable

import sqlalchemy as sa
from alembic import op


def forbid_changes(table: str) -> None:
    """R-AUD-1. The database itself refuses to change or delete a row of this table."""
    if op.get_bind().dialect.name == "sqlite":
        for verb in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER {table}_no_{verb.lower()} BEFORE {verb} ON {table} "
                f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
            )
        return
    op.execute(
        f"CREATE FUNCTION {table}_append_only() RETURNS trigger LANGUAGE plpgsql AS "
        f"$$ BEGIN RAISE EXCEPTION '{table} is append-only'; END $$"
    )
    op.execute(
        f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE ON {table} "
        f"FOR EACH ROW EXECUTE FUNCTION {table}_append_only()"
    )


def change_choices(table: str, column: str, before: Iterable[str], after: Iterable[str]) -> None:
    """Let a `choice` column take other values.

    SQLite cannot change a constraint; making the table anew would break the references to it. Its
    manual allows this edit of the schema for a CHECK, as it alters no row. A changed text of the
    schema is read anew only by connections that come later, so the version is raised with it.
    """
    name = f"ck_{table}_{column}_known"
    if op.get_bind().dialect.name == "sqlite":
        old, new = (_listed(column, values) for values in (before, after))
        op.execute("PRAGMA writable_schema = ON")
        schema = sa.table("sqlite_master", sa.column("sql"), sa.column("type"), sa.column("name"))
        op.execute(
            sa.update(schema)
            .where(schema.c.type == "table", schema.c.name == table)
            .values(sql=sa.func.replace(schema.c.sql, old, new))
        )
        version = op.get_bind().exec_driver_sql("PRAGMA schema_version").scalar_one()
        op.execute(f"PRAGMA schema_version = {int(version) + 1}")
        op.execute("PRAGMA writable_schema = OFF")
        return
    op.execute(f"ALTER TABLE {table} DROP CONSTRAINT {name}")
    op.execute(f"ALTER TABLE {table} ADD CONSTRAINT {name} CHECK ({_listed(column, after)})")


def add_choice(table: str, column: str, default: str, values: Iterable[str]) -> None:
    """Add a column of a closed set, with its constraint, on both databases."""
    op.execute(
        f"ALTER TABLE {table} ADD COLUMN {column} TEXT DEFAULT '{default}' NOT NULL "
        f"CONSTRAINT ck_{table}_{column}_known CHECK ({_listed(column, values)})"
    )


def _listed(column: str, values: Iterable[str]) -> str:
    return f"{column} IN ({', '.join(_quoted(value) for value in values)})"


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
