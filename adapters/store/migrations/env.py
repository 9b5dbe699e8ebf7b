"""Runs the migrations on the connection that `adapters.store.session.migrate` hands over."""

from alembic import context

from adapters.store.models import METADATA

connection = context.config.attributes["connection"]
context.configure(connection=connection, target_metadata=METADATA, render_as_batch=False)
with context.begin_transaction():
    context.run_migrations()
