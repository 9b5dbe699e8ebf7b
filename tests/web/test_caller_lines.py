"""The caller's screen of a call through a line, without scripts, on both databases."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import Engine

from adapters.channels.base import Missing, Refused, Unknown
from adapters.clock import FixedClock
from campaigns.lines import Cause, Leg, What
from campaigns.values import LineName
from scheduler.flows.line_choice import set_choice
from scheduler.runtime import Runtime
from tests.scheduler.flows.lines import LineShop
from tests.web import panel_shop
from tests.web.conftest import Visitor
from tests.web.test_language import Chinese, english
from tests.web.workspace import CALLER, LEADER, OTHER, Workspace
from web import app as web_app
from web.app import create_app


class Called:
    """The shop, its line, and the caller's browser."""

    def __init__(self, workspace: Workspace, lines: LineShop, browser: Visitor) -> None:
        self.workspace, self.lines, self.browser = workspace, lines, browser
        self.attempt_id = ""

    def take(self) -> None:
        self.browser.get("/call")
        self.browser.post("/call/next")
        found = re.search(r'data-attempt="([^"]+)"', self.page())
        assert found is not None
        self.attempt_id = found[1]

    def page(self) -> str:
        return self.browser.get("/call").text

    def post(self, what: str, **form: str) -> str:
        """Press a button; the screen afterwards."""
        answer = self.browser.post(f"/call/{self.attempt_id}/{what}", form)
        return self.page() if answer.status_code == 303 else answer.text

    def dial(self) -> str:
        self.take()
        return self.post("dial")

    def state(self) -> dict[str, Any]:
        found = self.browser.get(f"/call/{self.attempt_id}/state").json
        assert isinstance(found, dict)
        return found

    def enter(self, code: str, **more: str) -> str:
        key = re.search(r'name="key" value="([^"]+)"', self.page())
        assert key is not None
        return self.post("outcome", code=code, key=key[1], **more)


def open_shop(
    database_url: str, folder: Path, buyers: tuple[str, ...], now: str
) -> tuple[Workspace, LineShop]:
    workspace = Workspace(database_url, folder, FixedClock(panel_shop.MACHINE), buyers)
    workspace.shop.runtime = workspace.runtime
    return workspace, LineShop(workspace.shop, now)


@pytest.fixture
def shop(
    request: pytest.FixtureRequest, engine: Engine, database_url: str, tmp_path: Path
) -> Iterator[tuple[Workspace, LineShop]]:
    made = open_shop(database_url, tmp_path, ("欠款", "签收"), "05-13 09:30")
    yield made
    made[0].shop.close()


@pytest.fixture
def app(shop: tuple[Workspace, LineShop]) -> Flask:
    return create_app(shop[0].runtime, panel_shop.CHEAP)


@pytest.fixture
def called(shop: tuple[Workspace, LineShop], signed_in: Callable[[str], Visitor]) -> Called:
    return Called(*shop, signed_in(CALLER))


INVENTED = "培训号码，请不要真的拨打"


def for_real(around: Callable[[Runtime], dict[str, object]]) -> Callable[[Runtime], Any]:
    """What stands around a page of a shop that is not for training."""
    return lambda runtime: around(runtime) | {"is_training": False}


def strip_of(page: str) -> str:
    """The strip with what it says of the line, up to the columns."""
    return page.split('id="strip"', 1)[1].split('class="columns"', 1)[0]


def test_before_dialling_the_line_is_named_and_a_handset_stays_possible(called: Called) -> None:
    called.take()
    shown = strip_of(called.page())
    assert "训练线路（不会打到真实电话）" in shown
    assert shown.index('id="dial"') < shown.index('id="dial-by-hand"')
    assert "data-by-line" in shown
    assert INVENTED not in shown, "the training line's name says it"
    called.post("dial", line="manual")
    shown = strip_of(called.page())
    assert INVENTED in shown
    assert "tel:" not in shown, "nobody is invited to dial an invented number"
    assert called.lines.states() == []
    assert called.state()["line"] is None


def test_each_stage_is_told_in_words_and_a_reload_shows_it(called: Called) -> None:
    shown = strip_of(called.dial())
    assert "正在呼叫您的话机，请接听" in shown
    assert "tel:" not in shown, "the line rings, not a handset"
    assert 'id="goodbye"' not in shown, "nobody is there to say goodbye to"
    lines = called.lines
    (call,) = lines.line.calls
    lines.tell(call, Leg.CALLER, What.ANSWERED)
    lines.gate(call)
    assert "正在呼叫客户" in strip_of(called.page())
    lines.tell(call, Leg.CUSTOMER, What.RINGING)
    lines.clock.move(seconds=5)
    assert "客户的电话在响</span> " in (shown := strip_of(called.page()))
    assert 'data-seconds="5">00:05' in shown
    lines.tell(call, Leg.CUSTOMER, What.ANSWERED)
    assert "客户已接听" in (shown := strip_of(called.page()))
    assert 'id="goodbye"' in shown
    assert "strip-live" in shown
    lines.ends(call)
    shown = strip_of(called.page())
    assert "通话已结束，请填结果" in shown
    assert "data-wrap-up-shown" in shown
    assert 'id="hang-up"' not in shown


def test_the_open_page_is_told_whenever_the_strip_looks_different(called: Called) -> None:
    called.dial()
    (call,) = called.lines.line.calls

    def keys() -> tuple[str, str]:
        drawn = re.search(r'data-line-key="([^"]*)"', called.page())
        assert drawn is not None
        return drawn[1], called.state()["line"]["key"]

    seen = [keys()]
    called.lines.talks(call)
    seen.append(keys())
    called.lines.ends(call)
    seen.append(keys())
    assert all(drawn == told for drawn, told in seen)
    assert len(set(seen)) == 3


def test_what_the_line_did_not_take_may_be_dialled_again(called: Called) -> None:
    called.take()
    called.lines.line.answer_next(Refused("21211", "号码格式不对", is_permanent=False))
    shown = strip_of(called.post("dial"))
    assert "客户没有被拨打" in shown
    assert "号码格式不对" in shown
    assert 'id="dial"' in shown
    assert 'id="dial-by-hand"' in shown
    assert "正在呼叫您的话机" in strip_of(called.post("dial"))


def test_an_unknown_call_is_never_offered_again_and_others_may_be_called(called: Called) -> None:
    called.take()
    called.lines.line.answer_next(Unknown("超时"), happens=False)
    shown = strip_of(called.post("dial"))
    assert "线路未确认，系统核对中，请勿重拨" in shown
    assert 'id="dial"' not in shown
    assert 'id="hang-up"' not in shown
    assert re.search(r"data-left data-seconds=\"\d{2,}\"", shown)
    shown = strip_of(called.post("rang", rang="no"))
    assert re.search(r'id="rang-no"[^>]*aria-pressed="true"', shown)
    assert re.search(r'id="rang-yes"[^>]*aria-pressed="false"', shown)
    first = called.attempt_id
    page = called.post("go-on")
    found = re.search(r'data-attempt="([^"]+)"', page)
    assert found is not None, "the next customer is there"
    assert found[1] != first


def parked(called: Called, *, rang: bool) -> None:
    """A call whose request got no answer; the caller goes on, and gives the next customer back."""
    called.take()
    called.lines.line.answer_next(Unknown("超时"), happens=rang)
    called.post("dial")
    first = called.attempt_id
    called.post("go-on")
    found = re.search(r'data-attempt="([^"]+)"', called.page())
    assert found is not None
    called.attempt_id = found[1]
    called.post("skip", reason="认识的人，不方便打")
    called.attempt_id = first


def test_r_claim_1_a_call_that_rang_after_all_is_taken_back_and_entered(called: Called) -> None:
    parked(called, rang=True)
    assert "线路核对中，请勿重拨" in called.page()
    assert "线路核对中，请勿重拨" in called.browser.get("/call/day").text
    lines = called.lines
    (call,) = lines.line.calls
    lines.look_up(seconds=60)
    lines.talks(call)
    lines.ends(call)
    for page in ("/call", "/call/day", "/call/day/now"):
        assert "拨出去了，结果还没填" in called.browser.get(page).text, page
    shown = strip_of(called.post("take-back"))
    assert "通话已结束，请填结果" in shown
    assert called.post("take-back").count('id="strip"') == 1, "a second click changes nothing"
    called.enter("will_pay")
    assert ("dunning", "will_pay") in called.workspace.outcomes()
    assert "结果还没填" not in called.page()


def test_a_call_is_not_taken_back_while_another_customer_is_held(called: Called) -> None:
    called.take()
    called.lines.line.answer_next(Unknown("超时"), happens=True)
    called.post("dial")
    called.post("go-on")
    answer = called.browser.post(f"/call/{called.attempt_id}/take-back")
    assert answer.status_code == 409
    assert "请先处理完手上的客户" in answer.text


def test_nobody_takes_back_somebody_elses_call(
    called: Called, signed_in: Callable[[str], Visitor]
) -> None:
    parked(called, rang=True)
    other = signed_in(OTHER)
    assert "请勿重拨" not in other.get("/call").text
    assert other.post(f"/call/{called.attempt_id}/take-back").status_code == 409


def test_one_that_never_rang_is_closed_by_the_system_and_gone_from_the_list(
    called: Called,
) -> None:
    parked(called, rang=False)
    called.lines.line.lookups.extend([Missing()] * 20)
    called.lines.look_up(20, seconds=60)
    assert "line_unconfirmed" in [code for _, code in called.workspace.outcomes()]
    assert "请勿重拨" not in called.page()
    answer = called.browser.post(f"/call/{called.attempt_id}/take-back")
    assert answer.status_code == 409


def test_a_line_in_trouble_gives_way_to_the_handset(
    called: Called, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Safety F9."""
    called.take()
    before = called.state()["line"]["key"]
    monkeypatch.setattr("scheduler.flows.line_view.is_in_trouble", lambda *_: True)
    shown = strip_of(called.page())
    assert "线路异常，正在核对…" in shown
    assert re.search(r'name="line" value="manual">\s*<button id="dial"[^>]*btn-primary', shown)
    assert 'id="dial-by-hand"' not in shown
    assert called.state()["line"]["key"] != before, "the open page notices"
    assert INVENTED in shown
    assert "通话中" in strip_of(called.post("dial", line="manual"))


def test_without_a_phone_of_ones_own_the_way_to_it_is_shown(
    called: Called, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("scheduler.flows.line_choice._made_up", lambda *_: None)
    called.take()
    shown = strip_of(called.page())
    assert "/my-phone" in shown
    assert re.search(r'name="line" value="manual">\s*<button id="dial"', shown)


def test_a_shop_without_a_line_looks_as_before(called: Called) -> None:
    lines = called.lines
    set_choice(lines.runtime, "call", "all", None, lines.now, LEADER)
    called.take()
    shown = strip_of(called.page())
    assert "线路" not in shown
    assert 'id="dial-by-hand"' not in shown
    assert INVENTED in shown
    shown = strip_of(called.post("dial"))
    assert INVENTED in shown
    assert 'data-before="练习' in shown


def test_a_shop_that_is_for_real_is_dialled_by_hand_with_one_touch(
    called: Called, monkeypatch: pytest.MonkeyPatch
) -> None:
    called.take()
    called.post("dial", line="manual")
    monkeypatch.setattr("web.app._chrome", for_real(web_app._chrome))
    shown = strip_of(called.page())
    assert "tel:+86" in shown
    assert 'data-before="请用手机拨打"' in shown
    assert INVENTED not in shown


def test_every_stage_can_be_read_in_english(called: Called) -> None:
    english(called.browser)
    called.take()
    called.lines.line.answer_next(Unknown("超时"), happens=True)
    pages = [called.browser.get("/call")]
    called.post("dial")
    pages.append(called.browser.get("/call"))
    lines = called.lines
    (call,) = lines.line.calls
    lines.look_up(seconds=60)
    lines.talks(call)
    pages.append(called.browser.get("/call"))
    lines.ends(call, Cause.NO_ANSWER)
    pages.append(called.browser.get("/call"))
    found = {text for page in pages for text in Chinese.of(page)}
    assert found == {"欠款 · Waihu"}, "the window's title is the customer's name"


def test_lines_have_names(called: Called) -> None:
    called.lines.line._is_training = False
    called.take()
    assert '<span class="line-name">Twilio' in strip_of(called.page())
    assert called.lines.line.name is LineName.TWILIO
