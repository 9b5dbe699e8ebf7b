"""Safety F34. What was refused is counted by reason and shown on the panel; it leaves no row."""

from __future__ import annotations

from typing import Any

import pytest

from adapters.channels.registry import Lines
from adapters.store.queries.people import add_person
from campaigns.lines import CallbackFault
from campaigns.values import LineName, Role
from scheduler.flows.health import Finding, look_at
from tests.web import panel_shop
from tests.web.conftest import Visitor
from tests.web.test_language import english
from tests.web.webhooks.outside import (
    CALL,
    CALLBACK_TOKEN,
    OTHER_CALL,
    Held,
    call,
    everything,
    form,
    send,
    sign,
)

NAME = "被拒绝的回呼"


def counted(held: Held) -> dict[CallbackFault, int]:
    return {one.fault: one.count for one in held.lines.runtime.refused_callbacks.all()}


def findings(held: Held) -> list[Finding]:
    runtime = held.lines.runtime
    with runtime.snapshot() as connection:
        return [f for f in look_at(runtime, connection, runtime.now()) if f.name == NAME]


def forged(held: Held, **more: Any) -> int:
    headers = {"X-Twilio-Signature": "RSOYDt4T1cUTdK1PDd93/VVr8B8="}
    return int(call(held.app, held.path, form(), headers, **more).status_code)


def test_safety_f34_each_reason_is_counted_apart(held: Held) -> None:
    assert held.genuine().status_code == 204
    assert counted(held) == {}
    before = everything(held.shop.runtime.engine)
    assert [forged(held) for _ in range(3)] == [403, 403, 403]
    assert forged(held, content_type="text/plain") == 415
    assert held.genuine(body=f"{form()}&x={'y' * 66_000}").status_code == 413
    nobody = f"/line/twilio/leg/{'x' * 22}"
    assert held.genuine(path=nobody).status_code == 403
    secret = {"path": f"/line/aliyun/receipts/{'x' * 23}", "body": "[]", "headers": {}}
    assert send(held.app, {**secret, "content_type": "application/json"}).status_code == 403
    assert everything(held.shop.runtime.engine) == before
    assert counted(held) == {
        CallbackFault.FORGED: 4,
        CallbackFault.OTHER_CALL: 1,
        CallbackFault.MEDIA_TYPE: 1,
        CallbackFault.SIZE: 1,
    }
    assert held.genuine().status_code == 204
    assert sum(counted(held).values()) == 7


def test_safety_f34_a_text_or_line_of_nobody_is_counted(quiet_copy: Held) -> None:
    path, body = (
        f"/line/twilio/sms/{'x' * 22}",
        form(MessageSid="SM" + "4" * 32, MessageStatus="sent"),
    )
    assert quiet_copy.genuine(path=path, body=body).status_code == 403
    quiet_copy.lines.runtime.lines = Lines()
    assert quiet_copy.genuine().status_code == 403
    assert counted(quiet_copy) == {CallbackFault.OTHER_TEXT: 1, CallbackFault.NO_LINE: 1}


def test_safety_f34_the_panel_warns_for_an_hour_and_goes_on_counting(quiet_copy: Held) -> None:
    assert findings(quiet_copy) == []
    forged(quiet_copy)
    quiet_copy.lines.clock.move(minutes=59)
    detail = "启动以来签名不对 1 次，最近一次在 59 分钟前"
    assert findings(quiet_copy) == [Finding(NAME, False, detail, is_needed=False)]
    quiet_copy.lines.clock.move(minutes=2)
    assert [one.ok for one in findings(quiet_copy)] == [True]
    forged(quiet_copy)
    (one,) = findings(quiet_copy)
    assert (one.ok, one.detail) == (False, "启动以来签名不对 2 次，最近一次在 0 分钟前")


@pytest.fixture
def supervisor(quiet_copy: Held) -> Visitor:
    runtime = quiet_copy.lines.runtime
    name, hashed = "周主管", panel_shop.CHEAP.hash(panel_shop.PASSWORD)
    with runtime.transaction() as connection:
        add_person(connection, name, Role.SUPERVISOR, hashed, runtime.now())
    browser = Visitor(quiet_copy.app.test_client())
    assert browser.sign_in(name).status_code == 303
    return browser


def test_safety_f34_the_page_shows_it_in_both_languages(
    quiet_copy: Held, supervisor: Visitor
) -> None:
    assert NAME not in supervisor.get("/panel").text
    forged(quiet_copy)
    call_of_another = form(CallSid=OTHER_CALL)
    assert quiet_copy.genuine(body=call_of_another).status_code == 403
    shown = supervisor.get("/panel/now").text
    assert shown.count(NAME) == 2
    assert "签名不对 1 次" in shown
    assert "对不上电话 1 次" in shown
    for secret in (CALL, OTHER_CALL, quiet_copy.token, CALLBACK_TOKEN, LineName.TWILIO):
        assert secret not in shown
    said = english(supervisor).get("/panel/now").text
    assert "Refused callbacks" in said
    assert "1 × wrong signature since the start, the latest 0 min ago" in said
    assert sign(quiet_copy.path, form())["X-Twilio-Signature"] not in shown
