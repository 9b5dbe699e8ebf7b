"""Every route and every role: who may enter, and that nobody else does."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from flask import Flask
from werkzeug.routing import Rule

from campaigns.values import Role
from tests.databases import sqlite_only
from tests.web.conftest import Visitor
from web.auth import PUBLIC_BLUEPRINTS, guards_of

pytestmark = sqlite_only

EXPECTED: dict[str, set[Role]] = {
    "home": set(Role),
    "account": set(Role),
    "own_phone": {Role.CALLER, Role.LEADER, Role.SUPERVISOR},
    "caller": {Role.CALLER, Role.LEADER, Role.SUPERVISOR},
    "cases": {Role.CALLER, Role.LEADER, Role.SUPERVISOR},
    "registers": {Role.LEADER, Role.SUPERVISOR},
    "sampling": {Role.LEADER, Role.SUPERVISOR},
    "leader": {Role.LEADER, Role.SUPERVISOR},
    "texting": {Role.LEADER, Role.SUPERVISOR},
    "panel": {Role.LEADER, Role.SUPERVISOR},
    "supervisor": {Role.SUPERVISOR},
    "training": {Role.LEADER, Role.SUPERVISOR, Role.ADMIN},
    "lines": {Role.SUPERVISOR, Role.ADMIN},
    "admin": {Role.ADMIN},
}
"""The table of roles, written down a second time on purpose."""

SAMPLE = {
    "attempt_id": "019cb660-743e-781b-8fec-e32b5b8adc12",
    "which": "detail",
    "file_format": "csv",
}


def routes(app: Flask) -> Iterator[tuple[Rule, str, str]]:
    """Each rule with a method and an address that fits it."""
    for rule in app.url_map.iter_rules():
        values = {name: SAMPLE.get(name, 1) for name in rule.arguments}
        _, path = rule.build(values) or ("", "")
        for method in sorted((rule.methods or set()) & {"GET", "POST", "PUT", "PATCH", "DELETE"}):
            yield rule, method, str(path)


def guarded(app: Flask) -> list[tuple[Rule, str, str]]:
    return [r for r in routes(app) if r[0].endpoint.partition(".")[0] not in PUBLIC_BLUEPRINTS]


def test_every_blueprint_is_guarded_or_named_public(app: Flask) -> None:
    assert set(app.blueprints) == set(guards_of(app)) | PUBLIC_BLUEPRINTS
    assert {name: set(roles) for name, roles in guards_of(app).items()} == EXPECTED
    assert all("." in rule.endpoint for rule in app.url_map.iter_rules())


@pytest.mark.parametrize("role", list(Role))
def test_every_route_asks_for_its_roles(
    app: Flask, signed_in: Callable[[Role], Visitor], role: Role
) -> None:
    browser = signed_in(role)
    seen = 0
    for rule, method, path in guarded(app):
        if rule.endpoint == "account.leave":
            continue
        # No form token is sent: a refusal for the role comes first, else the form is refused.
        status = browser.client.open(path, method=method).status_code
        may = role in EXPECTED[rule.endpoint.partition(".")[0]]
        if not may:
            assert status == 403, (rule.endpoint, method)
        elif method == "POST":
            assert status == 400, (rule.endpoint, method)
        else:
            assert status in (200, 302, 404), (rule.endpoint, method)
        seen += 1
    assert seen > 30


def test_nobody_enters_without_signing_in(app: Flask, visitor: Callable[[], Visitor]) -> None:
    browser = visitor()
    for rule, method, path in guarded(app):
        answer = browser.client.open(path, method=method)
        assert answer.status_code in (302, 303), (rule.endpoint, method)
        assert answer.location.startswith("/sign-in"), rule.endpoint


def test_an_address_of_nobody_is_not_found(visitor: Callable[[], Visitor]) -> None:
    assert visitor().get("/nothing/here").status_code == 404


def test_a_page_that_asks_by_itself_learns_that_nobody_is_signed_in(
    visitor: Callable[[], Visitor],
) -> None:
    answer = visitor().get("/call/x/state", headers={"Accept": "application/json"})
    assert answer.status_code == 401
    assert answer.json == {"state": "signed_out"}


def test_one_comes_back_to_the_page_one_wanted_but_never_to_another_site(
    visitor: Callable[[], Visitor],
) -> None:
    browser = visitor()
    answer = browser.get("/desk/offers?x=1")
    assert answer.location == "/sign-in?next=/desk/offers?x%3D1"
    for target, expected in [
        ("/desk/offers?x=1", "/desk/offers?x=1"),
        ("//elsewhere.invalid/", "/desk"),
        ("https://elsewhere.invalid/", "/desk"),
        ("/\\elsewhere.invalid", "/desk"),
    ]:
        browser = visitor()
        browser.get("/sign-in")
        form = {"name": "李组长", "password": "四只蓝色的鸭子在弹钢琴", "next": target}
        assert browser.post("/sign-in", form).location == expected
