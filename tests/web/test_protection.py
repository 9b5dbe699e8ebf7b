"""Headers, hosts, form tokens, where requests come from, sizes."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import Engine

from adapters.settings import Settings
from campaigns.values import Role
from scheduler.runtime import Runtime
from tests.databases import sqlite_only
from tests.web import panel_shop
from tests.web.conftest import Visitor
from web.app import create_app
from web.protection import CONTENT_SECURITY_POLICY, UPLOAD_BYTES

pytestmark = sqlite_only


def panel_with(
    runtime: Runtime, *, public_url: str | None = None, allow_lan_http: bool = False
) -> Flask:
    settings = replace(runtime.settings, public_url=public_url, allow_lan_http=allow_lan_http)
    other = Runtime(settings, runtime.engine, runtime.machine_clock)
    return create_app(other, panel_shop.CHEAP)


def test_every_answer_carries_the_headers(signed_in: Callable[[Role], Visitor]) -> None:
    browser = signed_in(Role.LEADER)
    for path in ("/desk", "/nothing", "/sign-in", "/desk/ledgers/detail.csv"):
        headers = browser.client.get(path).headers
        assert headers["Content-Security-Policy"] == CONTENT_SECURITY_POLICY
        assert "unsafe" not in headers["Content-Security-Policy"]
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Referrer-Policy"] == "no-referrer"
        assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
        assert headers["Cache-Control"] == "no-store"
        assert "Strict-Transport-Security" not in headers


def test_pages_hold_no_inline_script_style_or_address_of_another_site(
    runtime: Runtime, signed_in: Callable[[Role], Visitor]
) -> None:
    panel_shop.fill(runtime)
    browser = signed_in(Role.SUPERVISOR)
    browser.get("/call")
    browser.post("/call/next")
    for path in ("/call", "/desk", "/desk/lists", "/desk/imports", "/desk/customers/1"):
        text = browser.get(path).text
        assert "<style" not in text
        assert " style=" not in text
        assert "<script>" not in text
        assert " onclick" not in text
        assert "http://" not in text
        assert "https://" not in text


def test_files_are_kept_by_version_and_pages_never(visitor: Callable[[], Visitor]) -> None:
    page = visitor().get("/sign-in").text
    paths = sorted(set(re.findall(r'(?:href|src)="(/assets/[^"]+)"', page)))
    assert len(paths) >= 4
    for path in paths:
        answer = visitor().get(path)
        assert answer.status_code == 200
        assert "immutable" in answer.headers["Cache-Control"]
    version = paths[0].split("/")[2]
    assert visitor().get(paths[0].replace(version, "0" * 12)).status_code == 404
    assert visitor().get(f"/assets/{version}/app.py").status_code == 404


def test_https_brings_secure_cookies_and_hsts(runtime: Runtime) -> None:
    browser = Visitor(panel_with(runtime, public_url="https://waihu.shop.example").test_client())
    where = {"base_url": "https://waihu.shop.example"}
    answer = browser.get("/sign-in", **where)
    assert answer.headers["Strict-Transport-Security"].startswith("max-age=31536000")
    answer = browser.post("/sign-in", {"name": "陈晨", "password": panel_shop.PASSWORD}, **where)
    assert answer.status_code == 303
    cookies = answer.headers.getlist("Set-Cookie")
    session = next(c for c in cookies if c.startswith("__Host-waihu-session="))
    assert all(part in session for part in ("Secure", "HttpOnly", "Path=/", "SameSite=Lax"))
    assert "Domain" not in session
    assert any(c.startswith("__Host-waihu-form=") and "Secure" in c for c in cookies)


def test_plain_http_has_plain_names_but_http_only_cookies(visitor: Callable[[], Visitor]) -> None:
    cookies = visitor().sign_in("陈晨").headers.getlist("Set-Cookie")
    session = next(c for c in cookies if c.startswith("waihu-session="))
    assert "HttpOnly" in session
    assert "SameSite=Lax" in session
    assert "Secure" not in session


@pytest.mark.parametrize("host", ["evil.example", "192.168.1.20:8765", "waihu.shop.example"])
def test_only_loopback_is_answered_over_plain_http(app: Flask, host: str) -> None:
    client = app.test_client()
    assert client.get("/sign-in", headers={"Host": host}).status_code == 400
    assert client.get("/sign-in", headers={"Host": "127.0.0.1:8765"}).status_code == 200
    assert client.get("/sign-in", headers={"Host": "localhost"}).status_code == 200


def test_a_lan_is_served_over_plain_http_only_when_allowed(runtime: Runtime) -> None:
    client = panel_with(runtime, allow_lan_http=True).test_client()
    assert client.get("/sign-in", headers={"Host": "192.168.1.20:8765"}).status_code == 200
    client = panel_with(runtime, public_url="https://waihu.shop.example").test_client()
    assert client.get("/sign-in", headers={"Host": "waihu.shop.example"}).status_code == 200
    assert client.get("/sign-in", headers={"Host": "evil.example"}).status_code == 400


def test_behind_a_proxy_the_limit_is_the_visitors_own(runtime: Runtime) -> None:
    app = panel_with(runtime, public_url="https://waihu.shop.example")

    def answer(number: int, visitor_address: str) -> int:
        browser = Visitor(app.test_client())
        where = {
            "base_url": "https://waihu.shop.example",
            "headers": {"X-Forwarded-For": visitor_address},
        }
        browser.get("/sign-in", **where)
        form = {"name": f"某人{number}", "password": "wrong"}
        return browser.post("/sign-in", form, **where).status_code

    assert [answer(n, "203.0.113.1") for n in range(21)] == [401] * 20 + [429]
    assert answer(99, "203.0.113.2") == 401
    assert answer(99, "203.0.113.2, 203.0.113.1") == 429, "only the proxy's own word counts"


def test_without_a_proxy_nobodys_word_is_taken(visitor: Callable[[], Visitor]) -> None:
    answers = []
    for number in range(21):
        browser = visitor()
        browser.get("/sign-in")
        form = {"name": f"某人{number}", "password": "wrong"}
        where = {"X-Forwarded-For": f"203.0.113.{number}"}
        answers.append(browser.post("/sign-in", form, headers=where).status_code)
    assert answers == [401] * 20 + [429]


def test_a_change_needs_the_forms_token(signed_in: Callable[[Role], Visitor]) -> None:
    browser = signed_in(Role.LEADER)
    form = {"campaign": "1", "wording": "满两百减二十", "first_day": "2026-03-03"}
    form["last_day"] = "2026-03-04"
    assert browser.client.post("/desk/offers", data=form).status_code == 400
    assert browser.client.post("/desk/offers", data={**form, "csrf_token": "x"}).status_code == 400
    assert "还没有优惠" in browser.get("/desk/offers").text
    header = {"X-CSRFToken": browser.token}
    assert browser.client.post("/desk/offers", data=form, headers=header).status_code == 303
    assert browser.post("/desk/offers", form).status_code == 303


def test_the_token_of_another_person_is_worth_nothing(
    signed_in: Callable[[Role], Visitor],
) -> None:
    leader, supervisor = signed_in(Role.LEADER), signed_in(Role.SUPERVISOR)
    answer = leader.client.post("/desk/plan", data={"csrf_token": supervisor.token})
    assert answer.status_code == 400


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Origin": "http://evil.example"},
    ],
)
def test_a_change_asked_for_by_another_site_is_refused(
    signed_in: Callable[[Role], Visitor], headers: dict[str, str]
) -> None:
    browser = signed_in(Role.LEADER)
    assert browser.post("/desk/plan", headers=headers).status_code == 403
    same = {"Sec-Fetch-Site": "same-origin", "Origin": "http://localhost"}
    assert browser.post("/desk/plan", headers=same).status_code == 303


def test_large_bodies_are_refused_and_only_the_import_takes_more(
    signed_in: Callable[[Role], Visitor],
) -> None:
    browser = signed_in(Role.LEADER)
    assert browser.post("/desk/offers", {"wording": "x" * 1_100_000}).status_code == 413
    answer = browser.client.post(
        "/desk/imports", headers={"Content-Length": str(UPLOAD_BYTES + 1)}, data=b""
    )
    assert answer.status_code in (400, 413)


def test_nobody_sends_a_large_body_before_signing_in(visitor: Callable[[], Visitor]) -> None:
    answer = visitor().client.post("/desk/imports", data={"files": "x" * 2_000_000})
    assert answer.status_code == 303


def test_a_shop_without_its_key_is_not_served(
    runtime: Runtime, engine: Engine, tmp_path: Path
) -> None:
    from campaigns.errors import NotReadyError  # noqa: PLC0415

    missing = Settings(runtime.settings.database_url, tmp_path / "missing.key")
    with pytest.raises(NotReadyError):
        create_app(Runtime(missing, engine, runtime.machine_clock))


def test_a_defect_says_nothing_of_the_code(
    app: Flask, signed_in: Callable[[Role], Visitor], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail() -> str:
        raise RuntimeError("secret detail 18412345678")

    browser = signed_in(Role.LEADER)
    monkeypatch.setitem(app.view_functions, "leader.offers", fail)
    answer = browser.get("/desk/offers")
    assert answer.status_code == 500
    assert "secret" not in answer.text
    assert "18412345678" not in answer.text
    assert "系统出错" in answer.text
