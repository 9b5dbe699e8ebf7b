"""English by a switch: no page shows a Chinese word of ours, and the choice is kept."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from html.parser import HTMLParser
from urllib.parse import urlsplit

import pytest
from flask import Flask
from werkzeug.exceptions import MethodNotAllowed
from werkzeug.test import TestResponse

from adapters.channels.base import Unknown
from adapters.channels.in_memory import InMemorySms
from adapters.channels.registry import Lines
from campaigns.values import LineName, Role
from scheduler.flows.text_pace import ToldPace
from scheduler.flows.text_sending import send_due
from scheduler.runtime import Runtime
from tests.databases import sqlite_only
from tests.web import panel_shop
from tests.web.conftest import Visitor
from tools import words
from web.appearance import THEMES
from web.language import COOKIE, LANGUAGES

pytestmark = sqlite_only

CJK = re.compile(r"[\u3001-\u303f\u3400-\u9fff\uff00-\uffef]")
SPOKEN = ("alt", "aria-description", "aria-label", "data-label", "data-question", "placeholder")
VOID = {"base", "br", "col", "hr", "img", "input", "link", "meta", "source", "wbr"}
MOST_PAGES = 300
LINK = r'(?:href|hx-get|data-[a-z-]*url)="(/[^"#]*)'
FILES = {
    *("assets.file", "leader.ledger_file", "leader.rejected_rows", "panel.chart"),
    "supervisor.recording",
}
"""What is not a page: files have the headings of the procedure, pictures a table beside them."""

ELSEWHERE = {"sampling.review", "caller.promise"}
"""What only a month's end has, walked in tests/web/sampling; what only a sampling call shows."""

SHOP = "样例店"
PEOPLES_DATA = (
    *panel_shop.NAMES.values(),
    *(buyer.name for buyer in panel_shop.BUYERS),
    *(panel_shop.SECOND_CALLER, SHOP),
)
"""Names may stand in attributes and titles, where their language cannot be marked."""


def test_everybody_begins_in_chinese_whatever_the_browser_asks_for(
    visitor: Callable[[], Visitor],
) -> None:
    page = visitor().get("/sign-in", headers={"Accept-Language": "en-GB,en"}).text
    assert '<html lang="zh-CN"' in page
    assert "登录" in page


def test_the_language_is_switched_on_the_sign_in_page_and_kept(
    visitor: Callable[[], Visitor],
) -> None:
    browser = visitor()
    browser.get("/sign-in?next=/password")
    answer = browser.post("/appearance/language", {"language": "en", "back": "/sign-in"})
    assert (answer.status_code, answer.location) == (303, "/sign-in")
    page = browser.get("/sign-in").text
    assert '<html lang="en"' in page
    assert "Password" in page
    browser.post("/appearance/language", {"language": "zh"})
    assert '<html lang="zh-CN"' in browser.get("/sign-in").text


@pytest.mark.parametrize("language", ["fr", "", "<script>"])
def test_an_unknown_language_is_refused(visitor: Callable[[], Visitor], language: str) -> None:
    browser = visitor()
    browser.get("/sign-in")
    answer = browser.post("/appearance/language", {"language": language})
    assert answer.status_code == 400
    assert browser.client.get_cookie(COOKIE) is None


def test_a_switch_goes_back_to_pages_of_ours_only(visitor: Callable[[], Visitor]) -> None:
    browser = visitor()
    browser.get("/sign-in")
    for back in ("//elsewhere.invalid/", "https://elsewhere.invalid/", ""):
        answer = browser.post("/appearance/theme", {"theme": "dark", "back": back})
        assert answer.location == "/"


def test_a_switch_needs_the_forms_token(app: Flask) -> None:
    client = app.test_client()
    assert client.post("/appearance/language", data={"language": "en"}).status_code == 400
    assert client.post("/appearance/theme", data={"theme": "dark"}).status_code == 400


@pytest.mark.parametrize("theme", list(THEMES))
def test_the_theme_is_kept_and_said_to_the_browser_before_it_paints(
    visitor: Callable[[], Visitor], theme: str
) -> None:
    browser = visitor()
    browser.get("/sign-in")
    browser.post("/appearance/theme", {"theme": theme, "back": "/sign-in"})
    page = browser.get("/sign-in").text
    scheme = {"auto": "light dark", "light": "light", "dark": "dark"}[theme]
    assert f'<meta name="color-scheme" content="{scheme}">' in page
    media = re.findall(r'/dark\.css" media="([^"]+)"', page)
    assert (
        media
        == {
            "auto": ["screen and (prefers-color-scheme: dark)"],
            "light": [],
            "dark": ["screen"],
        }[theme]
    )


def test_a_refusal_is_said_in_the_readers_language(signed_in: Callable[[Role], Visitor]) -> None:
    browser = english(signed_in(Role.LEADER))
    answer = browser.get("/desk/customers/999999")
    assert answer.status_code == 404
    assert "There is no such customer: 999999" in answer.text
    assert list(Chinese.of(answer)) == []


def test_a_name_that_looks_like_markup_stays_a_name(signed_in: Callable[[Role], Visitor]) -> None:
    for language in LANGUAGES:
        browser = english(signed_in(Role.ADMIN), language)
        form = {"name": f"<i>{language}</i>", "role": "caller", "password": panel_shop.PASSWORD}
        assert browser.post("/admin/people", form).status_code == 303
        page = browser.get("/admin/people").text
        assert f"<i>{language}" not in page
        assert f"&lt;i&gt;{language}" in page


@pytest.mark.parametrize("filled", [False, True], ids=["empty", "filled"])
def test_no_page_shows_a_chinese_word_of_ours_to_an_english_reader(
    app: Flask, runtime: Runtime, signed_in: Callable[[Role], Visitor], filled: bool
) -> None:
    if filled:
        panel_shop.fill(runtime)
        work(signed_in(Role.CALLER))
        write(runtime, signed_in)
    seen: set[str] = set()
    for role in Role:
        for endpoint, path, page in crawl(app, english(signed_in(role))):
            assert [f"{path}: {text}" for text in Chinese.of(page)] == []
            seen.add(endpoint)
    rules = [rule for rule in app.url_map.iter_rules() if "GET" in (rule.methods or ())]
    pages = {rule.endpoint for rule in rules if filled or not rule.arguments}
    assert pages - seen - FILES - ELSEWHERE == set()


def work(browser: Visitor) -> None:
    """A call with an outcome that leaves a to-do and a note, a case, and a call on the screen."""
    for outcome in ("relay", "no_answer", "no_answer", None):
        browser.get("/call")
        browser.post("/call/next")
        page = browser.get("/call").text
        attempt = page.split('data-attempt="', 1)[1].split('"', 1)[0]
        browser.post(f"/call/{attempt}/dial")
        if outcome:
            form = {"code": outcome, "note": "她妈妈会转告"}
            assert browser.post(f"/call/{attempt}/outcome", form).status_code == 303
    problem = {"user_id": panel_shop.BUYERS[0].name, "kind": "product", "cause": "杯子有裂纹"}
    assert browser.post("/after-sales/new", problem).status_code == 303


def write(runtime: Runtime, signed_in: Callable[[Role], Visitor]) -> None:
    """A mass message: of one text nobody knows whether it went out, one waits for its turn."""
    line = InMemorySms(runtime.machine_clock.now)
    line.answer_next(Unknown("线路服务商没有按时回答"))
    runtime.lines = Lines(sms={LineName.TWILIO: line})
    made = signed_in(Role.LEADER).post("/desk/texts/new", {"kind": "dunning"})
    browser = signed_in(Role.SUPERVISOR)
    browser.get(made.location)
    for step in ("approve", "send"):
        assert browser.post(f"{made.location}/{step}").status_code == 303
    send_due(runtime, limit=1, pace=ToldPace(runtime.now()), start=runtime.now())


def english(browser: Visitor, language: str = "en") -> Visitor:
    browser.client.set_cookie(COOKIE, language)
    return browser


def crawl(app: Flask, browser: Visitor) -> Iterator[tuple[str, str, TestResponse]]:
    """Every page without arguments, and every page that these lead to."""
    adapter = app.url_map.bind("localhost")
    plain = (r for r in app.url_map.iter_rules() if not r.arguments and "GET" in (r.methods or ()))
    waiting = [str(rule.rule) for rule in plain]
    met: set[str] = set()
    while waiting:
        path = waiting.pop()
        if path in met:
            continue
        met.add(path)
        try:
            endpoint = str(adapter.match(urlsplit(path).path, method="GET")[0])
        except MethodNotAllowed:
            continue
        answer = browser.get(path)
        yield endpoint, path, answer
        if answer.mimetype != "text/html":
            continue
        links = re.findall(LINK, answer.text.replace("&amp;", "&"))
        if len(met) < MOST_PAGES:
            waiting.extend(link for link in links if not link.startswith("/assets/"))


class Chinese(HTMLParser):
    """Collects Chinese outside of what is marked as Chinese."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self._open: list[tuple[str, bool]] = []

    @classmethod
    def of(cls, answer: TestResponse) -> list[str]:
        if answer.mimetype != "text/html":
            return []
        parser = cls()
        parser.feed(answer.text)
        return parser.found

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        marked = self._is_marked()
        if given.get("lang"):
            marked = str(given["lang"]).startswith("zh")
        spoken = [*SPOKEN, *(("value",) if tag == "button" else ()), "title"]
        for name in spoken:
            if given.get(name) and not marked:
                self._note(f"{name}={_without_names(str(given[name]))}")
        if tag not in VOID:
            self._open.append((tag, marked))

    def handle_endtag(self, tag: str) -> None:
        while self._open and self._open.pop()[0] != tag:
            pass

    def handle_data(self, data: str) -> None:
        inside = self._open[-1][0] if self._open else ""
        if inside not in ("script", "style") and not self._is_marked():
            self._note(_without_names(data) if inside == "title" else data.replace(SHOP, ""))

    def _is_marked(self) -> bool:
        return bool(self._open) and self._open[-1][1]

    def _note(self, text: str) -> None:
        if CJK.search(words.QUOTED.sub("", text)):
            self.found.append(text.strip())


def _without_names(text: str) -> str:
    for name in PEOPLES_DATA:
        text = text.replace(name, "")
    return text
