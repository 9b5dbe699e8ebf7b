"""How the panel looks: light and dark, on paper, for a finger, for who reads English."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page, expect
from sqlalchemy import Engine

from adapters.clock import SystemClock
from scheduler.flows.shop import set_clock
from scheduler.flows.training_colleagues import set_colleagues
from tests.databases import sqlite_only
from tests.e2e.served import Panel, served
from tests.e2e.test_leader_day import PAGES, PHONE, work
from tests.web import panel_shop
from web.appearance import THEME_COOKIE
from web.language import COOKIE as LANGUAGE_COOKIE

pytestmark = sqlite_only

COLOURS = """() => [...document.querySelectorAll("body, body *")].map((element) => {
  const style = getComputedStyle(element);
  const names = ["color", "backgroundColor", "backgroundImage", "borderTopColor", "boxShadow"];
  return `${element.tagName}.${element.className}: ${names.map((name) => style[name]).join(" ")}`;
})"""
SMALL_TARGETS = """() => [...document.querySelectorAll("a, button, input, select, summary")]
  .filter((element) => element.checkVisibility() && element.type !== "hidden")
  .filter((element) => !element.closest("p, .hint, .break, dd, td, th, .skip"))
  .map((element) => [element, element.getBoundingClientRect()])
  .filter(([element, box]) => Math.min(box.width, box.height) < 24 && box.width > 1)
  .filter(([element]) => !element.labels?.length)
  .map(([element]) => element.outerHTML.slice(0, 120))"""


@pytest.fixture
def panel(engine: Engine, database_url: str, tmp_path: Path) -> Iterator[Panel]:
    runtime = panel_shop.open_shop(engine, database_url, tmp_path, machine=SystemClock())
    with served(runtime) as found:
        yield found


def opened(panel: Panel, context: BrowserContext, name: str, **cookies: str) -> Page:
    for cookie, value in cookies.items():
        context.add_cookies([{"name": cookie, "value": value, "url": panel.url}])
    page = context.new_page()
    panel.sign_in(page, name)
    return page


@pytest.mark.parametrize(("chosen", "other"), [("dark", "light"), ("light", "dark")])
def test_a_chosen_theme_looks_as_the_systems_own(
    panel: Panel, new_context: Callable[..., BrowserContext], chosen: str, other: str
) -> None:
    work(panel)
    by_choice = opened(panel, new_context(color_scheme=other), "周主管", **{THEME_COOKIE: chosen})
    by_system = opened(panel, new_context(color_scheme=chosen), "周主管")
    for path in ("/desk", "/desk/do-not-contact", "/desk/imports", "/nothing"):
        seen = []
        for page in (by_choice, by_system):
            page.goto(panel.url + path)
            seen.append([line for line in page.evaluate(COLOURS) if "aria-pressed" not in line])
        differing = [pair for pair in zip(*seen, strict=True) if pair[0] != pair[1]]
        # The switch itself shows which of the three was chosen.
        assert [pair for pair in differing if "btn btn-sm btn-plain" not in pair[0]] == [], path
    background = by_choice.evaluate("getComputedStyle(document.body).backgroundColor")
    lightness = sum(int(part) for part in background[4:-1].split(",")) / 3
    assert (lightness < 60) is (chosen == "dark")


def test_language_and_theme_are_switched_by_keyboard(panel: Panel, page: Page) -> None:
    panel.sign_in(page, "李组长")
    page.goto(f"{panel.url}/desk/offers?x=1")
    menu = page.locator("details.menu", has_text="李组长")
    menu.locator("summary").focus()
    page.keyboard.press("Enter")
    page.get_by_role("button", name="深色").focus()
    page.keyboard.press("Enter")
    expect(page.locator("html")).to_have_attribute("data-bs-theme", "dark")
    menu.locator("summary").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="深色")).to_have_attribute("aria-pressed", "true")
    page.get_by_role("button", name="English").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="New offer")).to_be_visible()
    assert page.url == f"{panel.url}/desk/offers?x=1"
    assert page.evaluate("document.documentElement.lang") == "en"


def test_paper_is_light_and_lies_on_its_side(
    panel: Panel, new_context: Callable[..., BrowserContext]
) -> None:
    work(panel)
    page = opened(panel, new_context(), "李组长", **{THEME_COOKIE: "dark"})
    page.goto(f"{panel.url}/desk/ledgers")
    page.emulate_media(media="print")
    style = "getComputedStyle(document.querySelector('{}')).{}"
    assert page.evaluate(style.format("body", "backgroundColor")) == "rgb(255, 255, 255)"
    assert page.evaluate(style.format("td", "color")) == "rgb(29, 40, 48)"
    assert page.evaluate(style.format("thead", "display")) == "table-header-group"
    paper = page.pdf(prefer_css_page_size=True)
    width, height = paper.split(b"/MediaBox [0 0 ", 1)[1].split(b"]", 1)[0].split()
    assert (round(float(width)), round(float(height))) == (842, 595)


@pytest.mark.parametrize("name", list(PAGES))
def test_a_finger_finds_everything(
    panel: Panel, new_context: Callable[..., BrowserContext], name: str
) -> None:
    work(panel)
    page = opened(panel, new_context(viewport=PHONE), name)
    for path in PAGES[name]:
        page.goto(panel.url + path)
        assert page.evaluate(SMALL_TARGETS) == [], path


def test_nothing_moves_for_who_asked_for_rest(
    panel: Panel, new_context: Callable[..., BrowserContext]
) -> None:
    page = opened(panel, new_context(reduced_motion="reduce"), "李组长")
    moving = """[...document.querySelectorAll("*")].filter((element) =>
      getComputedStyle(element).transitionDuration !== "0s").length"""
    assert page.evaluate(moving) == 0


@pytest.mark.parametrize("name", list(PAGES))
def test_english_pages_are_accessible_and_fit(
    panel: Panel,
    new_context: Callable[..., BrowserContext],
    axe: Callable[[Page], list[str]],
    name: str,
) -> None:
    work(panel)
    context = new_context(viewport=PHONE)
    page = opened(panel, context, name)
    context.add_cookies([{"name": LANGUAGE_COOKIE, "value": "en", "url": panel.url}])
    for path in PAGES[name]:
        page.goto(panel.url + path)
        assert axe(page) == [], path
        assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"], path


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("name", ["陈晨", "李组长"])
@pytest.mark.parametrize("width", [360, 683, 1366])
def test_the_top_stays_low_and_nothing_lies_over_anything(
    panel: Panel, new_context: Callable[..., BrowserContext], width: int, name: str, language: str
) -> None:
    now = panel.runtime.now()
    set_colleagues(panel.runtime, 4, now, "test")
    set_clock(panel.runtime, "test", ticks=True, speed=60)
    context = new_context(viewport={"width": width, "height": 768})
    page = opened(panel, context, name)
    context.add_cookies([{"name": LANGUAGE_COOKIE, "value": language, "url": panel.url}])
    page.goto(f"{panel.url}/work" if name == "陈晨" else f"{panel.url}/desk")
    assert page.evaluate("document.querySelector('.top').offsetHeight") < (
        60 if width > 900 else 96
    )
    places = """[...document.querySelectorAll('.brand > *, .top-right > *')]
      .map((element) => element.getBoundingClientRect()).filter((box) => box.width > 1)"""
    boxes = sorted(page.evaluate(places), key=lambda box: box["left"])
    for one, other in itertools.pairwise(boxes):
        assert one["right"] <= other["left"] + 1
    assert page.evaluate("document.documentElement.scrollWidth") <= width
