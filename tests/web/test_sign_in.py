"""Signing in and out as a browser sees it."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask

from adapters.clock import FixedClock
from campaigns.values import Role
from scheduler.runtime import Runtime
from tests.databases import sqlite_only
from tests.web import panel_shop
from tests.web.conftest import Visitor
from web.app import create_app

pytestmark = sqlite_only


def later(runtime: Runtime, browser: Visitor, minutes: int) -> Visitor:
    """The same browser, some minutes of the machine later."""
    clock = FixedClock(panel_shop.MACHINE + timedelta(minutes=minutes))
    app = create_app(Runtime(runtime.settings, runtime.engine, clock), panel_shop.CHEAP)
    other = Visitor(app.test_client())
    for name in ("waihu-session", "waihu-form"):
        cookie = browser.client.get_cookie(name)
        if cookie is not None:
            other.client.set_cookie(name, cookie.value)
    other.token = browser.token
    return other


def test_everybody_begins_at_their_own_page(visitor: Callable[[], Visitor]) -> None:
    begins = {Role.CALLER: "/call", Role.LEADER: "/desk", Role.SUPERVISOR: "/panel"}
    begins[Role.ADMIN] = "/admin/people"
    for role, path in begins.items():
        answer = visitor().sign_in(panel_shop.NAMES[role])
        assert answer.location == path
        browser = visitor()
        browser.sign_in(panel_shop.NAMES[role])
        assert browser.get("/").location == path


@pytest.mark.parametrize("name", ["陈晨", "没有这个人"])
def test_a_wrong_password_and_an_unknown_name_look_alike(
    visitor: Callable[[], Visitor], name: str
) -> None:
    answer = visitor().sign_in(name, "wrong password")
    assert answer.status_code == 401
    page = re.sub(r'content="[^"]*"|value="[^"]*"', "", answer.text)
    assert "用户名或密码不对" in page
    assert name not in page


def test_after_five_failures_one_waits(visitor: Callable[[], Visitor], runtime: Runtime) -> None:
    browser = visitor()
    for _ in range(5):
        assert browser.sign_in("陈晨", "wrong password").status_code == 401
    answer = browser.sign_in("陈晨")
    assert answer.status_code == 429
    assert "尝试次数太多" in answer.text
    assert later(runtime, browser, 1).sign_in("陈晨").status_code == 303


def test_a_session_ends_when_nobody_uses_it(
    runtime: Runtime, signed_in: Callable[[Role], Visitor]
) -> None:
    browser = signed_in(Role.CALLER)
    assert later(runtime, browser, 29).get("/call").status_code == 200
    assert later(runtime, browser, 58).get("/call").status_code == 200
    assert later(runtime, browser, 88).get("/call").status_code == 302


def test_what_a_page_asks_by_itself_is_no_use(
    runtime: Runtime, signed_in: Callable[[Role], Visitor]
) -> None:
    browser = signed_in(Role.CALLER)
    for minutes in (10, 20, 29):
        answer = later(runtime, browser, minutes).get("/call/x/state")
        assert answer.status_code == 200
    assert later(runtime, browser, 30).get("/call").status_code == 302


@pytest.mark.parametrize(
    "path",
    [
        "/desk/now",
        "/panel/now",
        "/panel/days",
        "/panel/charts/money.svg",
        "/sampling/progress",
        "/escalations/answered",
    ],
)
def test_a_page_that_renews_itself_is_no_use_either(
    runtime: Runtime, signed_in: Callable[[Role], Visitor], path: str
) -> None:
    browser = signed_in(Role.SUPERVISOR)
    for minutes in (10, 20, 29):
        assert later(runtime, browser, minutes).get(path).status_code == 200
    assert later(runtime, browser, 30).get("/panel").status_code == 302


def test_an_untouched_page_keeps_no_session_but_a_live_call_does(
    runtime: Runtime, signed_in: Callable[[Role], Visitor]
) -> None:
    panel_shop.fill(runtime)
    browser = signed_in(Role.CALLER)
    browser.get("/call")
    browser.post("/call/next")
    found = re.search(r'data-attempt="([^"]+)"', browser.get("/call").text)
    assert found is not None
    path = f"/call/{found[1]}"
    later(runtime, browser, 5).get("/call")
    for minutes in (10, 20, 30, 34):
        later(runtime, browser, minutes).post(f"{path}/renew")
    assert later(runtime, browser, 35).get("/call").status_code == 302
    again = signed_in(Role.CALLER)
    again.get("/call")
    again.post(f"{path}/dial")
    for minutes in (20, 40, 60):
        assert later(runtime, again, minutes).post(f"{path}/renew").status_code == 200
    assert later(runtime, again, 80).get("/call").status_code == 200


def test_a_session_ends_after_twelve_hours(
    runtime: Runtime, signed_in: Callable[[Role], Visitor]
) -> None:
    browser = signed_in(Role.CALLER)
    for minutes in range(25, 720, 25):
        assert later(runtime, browser, minutes).get("/call").status_code == 200
    assert later(runtime, browser, 720).get("/call").status_code == 302


def test_signing_out_makes_the_cookie_worthless(
    app: Flask, signed_in: Callable[[Role], Visitor]
) -> None:
    browser = signed_in(Role.CALLER)
    stolen = browser.client.get_cookie("waihu-session")
    assert stolen is not None
    assert browser.post("/sign-out").status_code == 303
    thief = app.test_client()
    thief.set_cookie("waihu-session", stolen.value)
    assert thief.get("/call").status_code == 302


def test_signing_in_again_ends_the_session_before(
    app: Flask, signed_in: Callable[[Role], Visitor]
) -> None:
    browser = signed_in(Role.CALLER)
    before = browser.client.get_cookie("waihu-session")
    assert before is not None
    browser.get("/desk")
    browser.post("/sign-in", {"name": "李组长", "password": panel_shop.PASSWORD})
    after = browser.client.get_cookie("waihu-session")
    assert after is not None
    assert after.value != before.value
    other = app.test_client()
    other.set_cookie("waihu-session", before.value)
    assert other.get("/call").status_code == 302


def test_an_administrator_adds_disables_and_resets(
    signed_in: Callable[[Role], Visitor], visitor: Callable[[], Visitor]
) -> None:
    admin = signed_in(Role.ADMIN)
    new = {"name": "新来的", "role": "caller", "password": "一二三四五六七八九十木头人"}
    assert admin.post("/admin/people", new).status_code == 303
    page = admin.get("/admin/people").text
    found = re.search(
        r"/admin/people/(\d+)/active[^<]*<[^<]*<[^<]*<button[^>]*>停用<[^>]*> 新来的", page
    )
    assert found is not None
    browser = visitor()
    assert browser.sign_in("新来的", new["password"]).status_code == 303
    admin.post(f"/admin/people/{found[1]}/active", {"active": "0"})
    assert browser.get("/call").status_code == 302
    assert visitor().sign_in("新来的", new["password"]).status_code == 401
    admin.post(f"/admin/people/{found[1]}/active", {"active": "1"})
    better = "五月的雨打湿白色球鞋"
    admin.post(f"/admin/people/{found[1]}/password", {"password": better})
    assert visitor().sign_in("新来的", new["password"]).status_code == 401
    assert visitor().sign_in("新来的", better).status_code == 303


def test_a_bad_new_password_is_explained(signed_in: Callable[[Role], Visitor]) -> None:
    browser = signed_in(Role.CALLER)
    form = {"old": panel_shop.PASSWORD, "new": "taobao2024"}
    answer = browser.post("/password", form)
    assert answer.status_code == 400
    assert "太容易猜到" in answer.text
    good = {**form, "new": "五月的雨打湿白色球鞋"}
    assert browser.post("/password", good).status_code == 303
    assert browser.get("/call").status_code == 200, "this browser stays signed in"


def test_only_a_training_shop_tells_its_logins(
    runtime: Runtime, visitor: Callable[[], Visitor], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "下面的登录名谁都可以用" in visitor().get("/sign-in").text
    real = Runtime(runtime.settings, runtime.engine, runtime.machine_clock)
    monkeypatch.setitem(real.__dict__, "_shop", ("正式店", False, None))
    monkeypatch.setitem(real.__dict__, "is_training", False)
    page = create_app(real, panel_shop.CHEAP).test_client().get("/sign-in").text
    assert "登录" in page
    assert "谁都可以用" not in page
    assert "培训" not in page
