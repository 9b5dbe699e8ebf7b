"""Work that every test's own engine and panel would do again, and that one run need do only once.

A shop at work has one engine and one panel: they compile a statement and a page once. A test has
its own; measured, two fifths of a flow's test and a third of a page's went into compiling.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from types import CodeType
from typing import Any
from unittest import mock

from flask import Flask
from jinja2 import BytecodeCache
from jinja2.bccache import Bucket
from sqlalchemy import Engine, create_engine

from adapters.store import session
from campaigns.errors import NotReadyError


class _CompiledStatements(dict[Any, Any]):
    """Compiled statements by the kind of database, where SQLAlchemy asks by the engine's dialect."""

    def get(self, key: Any, default: Any = None) -> Any:
        return super().get(_of_kind(key), default)

    def __setitem__(self, key: Any, compiled: Any) -> None:
        super().__setitem__(_of_kind(key), compiled)


def _of_kind(key: Any) -> Any:
    dialect, *statement = key
    return (dialect.name, *statement)


class _CompiledPages(BytecodeCache):
    """Compiled templates by name and source."""

    def __init__(self) -> None:
        self._code: dict[tuple[str, str], CodeType | None] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        bucket.code = self._code.get((bucket.key, bucket.checksum))

    def dump_bytecode(self, bucket: Bucket) -> None:
        self._code[bucket.key, bucket.checksum] = bucket.code


@contextmanager
def compiling_once() -> Iterator[None]:
    """Engines that the product opens share compiled statements, panels compiled templates."""
    statements = _CompiledStatements()

    def sharing(*arguments: Any, **more: Any) -> Engine:
        return create_engine(*arguments, execution_options={"compiled_cache": statements}, **more)

    with (
        mock.patch.object(session, "create_engine", sharing),
        mock.patch.dict(Flask.jinja_options, bytecode_cache=_CompiledPages()),
    ):
        yield


@contextmanager
def migrating_once() -> Iterator[None]:
    """A copy of the migrated template is at the newest schema: Alembic need not find that out."""
    plain = session.migrate

    def unless_done(engine: Engine) -> None:
        try:
            session.check_schema(engine)
        except NotReadyError:
            plain(engine)

    with mock.patch.object(session, "migrate", unless_done):
        yield
