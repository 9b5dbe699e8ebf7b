"""A panel over a fresh shop, and browsers for it, with the form's token at hand."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Engine
from werkzeug.test import TestResponse

from campaigns.values import Role
from scheduler.runtime import Runtime
from tests.web import panel_shop
from web.app import create_app

TOKEN = 'name="csrf-token" content="'


@pytest.fixture
def runtime(engine: Engine, database_url: str, tmp_path: Path) -> Runtime:
    return panel_shop.open_shop(engine, database_url, tmp_path)


@pytest.fixture
def app(runtime: Runtime) -> Flask:
    return create_app(runtime, panel_shop.CHEAP)


class Visitor:
    """One browser. `post` sends the token of the page seen last, as a form of that page would."""

    def __init__(self, client: FlaskClient) -> None:
        self.client = client
        self.token = ""

    def get(self, path: str, **more: Any) -> TestResponse:
        return self._seen(self.client.get(path, **more))

    def post(self, path: str, data: dict[str, Any] | None = None, **more: Any) -> TestResponse:
        form = {"csrf_token": self.token, **(data or {})}
        return self._seen(self.client.post(path, data=form, **more))

    def sign_in(self, name: str, password: str = panel_shop.PASSWORD) -> TestResponse:
        self.get("/sign-in")
        answer = self.post("/sign-in", {"name": name, "password": password})
        if answer.status_code == 303:
            self.get("/password")  # the token changes with the person
        return answer

    def _seen(self, answer: TestResponse) -> TestResponse:
        if answer.mimetype == "text/html" and TOKEN in answer.text:
            self.token = answer.text.split(TOKEN, 1)[1].split('"', 1)[0]
        return answer


@pytest.fixture
def visitor(app: Flask) -> Callable[[], Visitor]:
    return lambda: Visitor(app.test_client())


@pytest.fixture
def signed_in(visitor: Callable[[], Visitor]) -> Callable[[Role | str], Visitor]:
    """A browser in which somebody of this role, or of this name, is signed in."""

    def make(who: Role | str) -> Visitor:
        made = visitor()
        name = panel_shop.NAMES[who] if isinstance(who, Role) else who
        assert made.sign_in(name).status_code == 303
        return made

    return make
