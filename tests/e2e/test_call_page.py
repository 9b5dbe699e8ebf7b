"""The page of one call that a line carried: on a phone, in both languages, with its recording."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page, ViewportSize, expect
from sqlalchemy import Engine

from adapters.channels.in_memory import InMemoryVoice
from adapters.channels.registry import Lines
from adapters.clock import SystemClock
from campaigns.lines import CallEvent, Cause, Leg, What
from campaigns.values import LineName, Person
from scheduler.flows.claim import HandOut, next_call
from scheduler.flows.line_calls import dial
from scheduler.flows.line_choice import set_choice
from scheduler.flows.line_events import apply_waiting, take_call_events
from scheduler.flows.line_gate import let_through
from scheduler.flows.people import caller_named
from scheduler.runtime import Runtime
from tests.databases import sqlite_only
from tests.e2e.served import Panel, served
from tests.e2e.test_leader_day import PHONE
from tests.web import panel_shop
from web.language import COOKIE as LANGUAGE_COOKIE

pytestmark = sqlite_only

NARROW: ViewportSize = {"width": PHONE["width"], "height": PHONE["height"]}
WIDTH = "() => document.documentElement.scrollWidth"
IN_VIEW = """() => [...document.querySelectorAll(".nav-main, .tabs")].every((row) => {
  const whole = row.getBoundingClientRect();
  const present = row.querySelector("[aria-current]").getBoundingClientRect();
  return present.left >= whole.left - 1 && present.right <= whole.right + 1;
})"""


@pytest.fixture
def panel(engine: Engine, database_url: str, tmp_path: Path) -> Iterator[Panel]:
    runtime = panel_shop.open_shop(engine, database_url, tmp_path, machine=SystemClock())
    panel_shop.fill(runtime)
    with served(runtime) as found:
        yield found


def talked(runtime: Runtime) -> str:
    """A call through a line, from its request to its recording; the attempt."""
    line = InMemoryVoice(runtime.machine_clock.now)
    runtime.lines = Lines(voice={LineName.TWILIO: line})
    now = runtime.now()
    set_choice(runtime, "call", "all", LineName.TWILIO, now, "周主管")
    caller = caller_named(runtime, "陈晨")
    assert isinstance(caller, Person)
    held = next_call(runtime, caller, now)
    assert isinstance(held, HandOut)
    dial(runtime, held.attempt_id, now, caller)
    (call,) = line.calls
    told: list[CallEvent] = [line.tell(call, Leg.CALLER, What.ANSWERED)]
    let_through(runtime, LineName.TWILIO, call.order.token, call.provider_id)
    told += [line.tell(call, Leg.CUSTOMER, what) for what in (What.RINGING, What.ANSWERED)]
    told += [line.tell(call, leg, What.ENDED, cause=Cause.TALKED) for leg in Leg]
    told += [line.tell(call, Leg.CUSTOMER, What.RECORDED, recording="RE1", seconds=31)]
    take_call_events(runtime, LineName.TWILIO, call.order.token, told)
    apply_waiting(runtime)
    return held.attempt_id


@pytest.mark.parametrize("language", ["zh", "en"])
def test_r_smp_12_a_recorded_call_fits_a_phone(
    panel: Panel,
    new_context: Callable[..., BrowserContext],
    axe: Callable[[Page], list[str]],
    language: str,
) -> None:
    attempt_id = talked(panel.runtime)
    context = new_context(viewport=PHONE)
    page = context.new_page()
    panel.sign_in(page, "周主管")
    context.add_cookies([{"name": LANGUAGE_COOKIE, "value": language, "url": panel.url}])
    page.goto(f"{panel.url}/calls/{attempt_id}")
    expect(page.locator("audio")).to_be_visible()
    expect(
        page.get_by_text("客户接起" if language == "zh" else "The customer picked up")
    ).to_be_visible()
    assert page.evaluate(WIDTH) <= PHONE["width"]
    for fold in page.locator("main details summary").all():
        fold.click()
    assert page.evaluate(WIDTH) <= PHONE["width"]
    assert axe(page) == []


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_present_page_is_in_view_in_the_menu_and_tabs_of_a_phone(
    panel: Panel, new_context: Callable[..., BrowserContext], language: str
) -> None:
    context = new_context(viewport=PHONE)
    page = context.new_page()
    panel.sign_in(page, "周主管")
    context.add_cookies([{"name": LANGUAGE_COOKIE, "value": language, "url": panel.url}])
    for path in ("/panel", "/desk/do-not-contact", "/desk/lines", "/desk/texts/replies"):
        page.set_viewport_size(NARROW)
        page.goto(f"{panel.url}{path}")
        expect(page.locator(".nav-main [aria-current]")).to_have_count(1)
        assert page.evaluate(IN_VIEW), path
        page.set_viewport_size({"width": 1440, "height": 820})
        page.set_viewport_size(NARROW)
        page.wait_for_function(IN_VIEW)  # made narrow with the page open
        assert page.evaluate(WIDTH) <= PHONE["width"], path
