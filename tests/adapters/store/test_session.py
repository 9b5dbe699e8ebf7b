"""How the database is opened."""

from __future__ import annotations

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.exc import DBAPIError

from adapters.store.session import open_engine, snapshot


def test_r_pii_1_an_error_of_the_database_quotes_no_values(engine: Engine) -> None:
    opened = open_engine(engine.url.render_as_string(hide_password=False))
    statement = text("SELECT missing FROM person WHERE name = :name")
    with pytest.raises(DBAPIError) as error, snapshot(opened) as connection:
        connection.execute(statement, {"name": "陈女士"})
    opened.dispose()
    assert "陈女士" not in str(error.value)
