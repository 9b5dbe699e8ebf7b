"""The page of the lines, and one's own phone."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from adapters.channels.in_memory import InMemoryVoice
from adapters.channels.registry import Lines
from campaigns.values import LineName, Role
from scheduler.flows.line_choice import choices, phones, set_choice
from scheduler.flows.shop_numbers import current
from scheduler.runtime import Runtime
from tests.databases import sqlite_only
from tests.web import panel_shop
from tests.web.conftest import Visitor

pytestmark = sqlite_only

PAGE = "/desk/lines"
OWN = "/my-phone"


@pytest.fixture
def supervisor(signed_in: Callable[[Role], Visitor]) -> Visitor:
    return signed_in(Role.SUPERVISOR)


@pytest.fixture
def line(runtime: Runtime) -> InMemoryVoice:
    made = InMemoryVoice(runtime.machine_clock.now)
    runtime.lines = Lines(voice={LineName.TWILIO: made})
    return made


def test_a_shop_without_lines_sees_what_it_has_and_what_to_do(supervisor: Visitor) -> None:
    page = supervisor.get(PAGE).text
    assert "手工拨打" in page
    assert "还没有选过线路" in page
    assert "不用登记" in page
    assert "24 小时内没有" in page
    assert "WAIHU_ASTERISK_" in page


def test_the_lines_are_asked_only_apart_from_the_page(
    supervisor: Visitor, line: InMemoryVoice
) -> None:
    line.is_ready = False
    assert "还没有检查" in supervisor.get(PAGE).text
    assert "不能用" in supervisor.get(f"{PAGE}/asked").text
    assert "不能用" in supervisor.get(f"{PAGE}?ask=1").text
    line.is_ready = True
    assert "可以用" in supervisor.get(f"{PAGE}/asked").text


def test_the_training_line_says_wherever_it_is_named_that_it_is_one(
    runtime: Runtime, supervisor: Visitor, line: InMemoryVoice
) -> None:
    set_choice(runtime, "call", "all", LineName.TWILIO, runtime.now(), "test")
    page = supervisor.get(PAGE).text
    table, rest = page.split('id="lines-choices"')[1].split("<form", 1)
    choice, people = rest.split('id="lines-phones"')
    for part in (table, choice, people.split("<tbody")[0], supervisor.get(OWN).text):
        assert "Twilio（训练线路）" in part
    line._is_training = False
    assert "Twilio（训练线路）" not in supervisor.get(OWN).text
    assert "电话 · Twilio（训练线路）" not in supervisor.get(PAGE).text


def test_choices_are_made_changed_and_taken_back(runtime: Runtime, supervisor: Visitor) -> None:
    supervisor.get(PAGE)
    for line in ("call:twilio", "call:asterisk"):
        answer = supervisor.post(f"{PAGE}/choices", {"scope": "kind:dunning", "line": line})
        assert answer.status_code == 303
    supervisor.post(f"{PAGE}/choices", {"scope": "number", "prefix": "+ 852", "line": "sms:twilio"})
    made = [(c.medium, c.scope, c.line, c.set_by) for c in choices(runtime)]
    assert made == [
        ("call", "kind:dunning", LineName.ASTERISK, panel_shop.NAMES[Role.SUPERVISOR]),
        ("sms", "number:+852", LineName.TWILIO, panel_shop.NAMES[Role.SUPERVISOR]),
    ]
    drop = {"do": "drop", "medium": "call", "scope": "kind:dunning"}
    supervisor.post(f"{PAGE}/choices", drop)
    assert [c.medium for c in choices(runtime)] == ["sms"]


@pytest.mark.parametrize(
    "form",
    [
        {"scope": "all", "line": "call:aliyun"},
        {"scope": "all", "line": "fax:twilio"},
        {"scope": "all", "line": "call"},
        {"scope": "number", "prefix": "852", "line": "call:twilio"},
        {"scope": "number", "prefix": "", "line": "call:twilio"},
        {"scope": "campaign:999", "line": "call:twilio"},
        {"line": "call:twilio"},
        {},
    ],
)
def test_a_wrong_choice_stays_in_its_form(
    runtime: Runtime, supervisor: Visitor, form: dict[str, str]
) -> None:
    supervisor.get(PAGE)
    answer = supervisor.post(f"{PAGE}/choices", form)
    assert answer.status_code in (400, 404)
    assert 'role="alert"' in answer.text
    assert choices(runtime) == []


def test_r_pii_1_a_callers_phone_is_set_and_only_shown_masked(
    runtime: Runtime, supervisor: Visitor, line: InMemoryVoice
) -> None:
    caller = next(p.person for p in phones(runtime) if p.person.name == panel_shop.SECOND_CALLER)
    assert "虚构的" in supervisor.get(PAGE).text
    address = f"{PAGE}/phones/{caller.id}"
    supervisor.post(address, {"line": "twilio", "number": "18412345699"})
    page = supervisor.get(PAGE).text
    assert "184****5699" in page
    assert "18412345699" not in page
    refused = supervisor.post(address, {"line": "twilio", "number": "184"})
    assert refused.status_code == 400
    assert 'value="184"' in refused.text
    empty = supervisor.post(address, {"line": "twilio", "number": ""})
    assert (empty.status_code, "请填写话机；不用了请取消登记" in empty.text) == (400, True)
    assert "184****5699" in supervisor.get(PAGE).text, "an empty save changes nothing"
    assert supervisor.get(PAGE).text.count('value="drop"') == 1, "only where there is one"
    assert supervisor.post(address, {"line": "twilio", "do": "drop"}).status_code == 303
    assert "184****5699" not in supervisor.get(PAGE).text
    assert supervisor.post(f"{PAGE}/phones/999", {"line": "twilio"}).status_code == 404


def test_r_smp_12_the_supervisor_switches_recording(runtime: Runtime, supervisor: Visitor) -> None:
    assert "打开录音" in supervisor.get(PAGE).text
    supervisor.post(f"{PAGE}/recording", {"records": "1"})
    assert current(runtime).records_calls == 1
    version = current(runtime).version
    supervisor.post(f"{PAGE}/recording", {"records": "1"})
    assert current(runtime).version == version
    assert "关闭录音" in supervisor.get(PAGE).text
    supervisor.post(f"{PAGE}/recording", {"records": "0"})
    assert current(runtime).records_calls == 0


def test_an_administrator_sets_lines_but_not_the_shops_numbers(
    runtime: Runtime, signed_in: Callable[[Role], Visitor]
) -> None:
    admin = signed_in(Role.ADMIN)
    page = admin.get(PAGE).text
    assert "打开录音" not in page
    assert "/desk/campaigns" not in page
    assert admin.post(f"{PAGE}/recording", {"records": "1"}).status_code == 403
    assert admin.post(f"{PAGE}/choices", {"scope": "all", "line": "call:twilio"}).status_code == 303
    assert current(runtime).records_calls == 0
    assert 'href="/desk/lines"' in admin.get("/admin/status").text


def test_the_page_stands_under_the_settings_tabs(signed_in: Callable[[Role], Visitor]) -> None:
    assert 'href="/desk/lines"' in signed_in(Role.SUPERVISOR).get("/desk/campaigns").text
    leader = signed_in(Role.LEADER)
    assert 'href="/desk/lines"' not in leader.get("/desk/campaigns").text
    assert leader.get(PAGE).status_code == 403


def test_a_caller_sets_their_own_phone_and_no_other(
    runtime: Runtime, signed_in: Callable[[Role], Visitor], line: InMemoryVoice
) -> None:
    caller = signed_in(Role.CALLER)
    assert OWN in caller.get("/call").text
    assert "虚构的" in caller.get(OWN).text
    assert caller.post(OWN, {"line": "twilio", "number": "18412345699"}).status_code == 303
    assert "184****5699" in caller.get(OWN).text
    set_ones = [p.person.name for p in phones(runtime) if p.shown]
    assert set_ones == [panel_shop.NAMES[Role.CALLER]]
    refused = caller.post(OWN, {"line": "twilio", "number": "hello"})
    assert (refused.status_code, 'value="hello"' in refused.text) == (400, True)
    assert caller.post(OWN, {"line": "pigeon", "number": "18412345699"}).status_code == 400
    assert caller.get(PAGE).status_code == 403


def test_where_calls_are_made_by_hand_nobody_sets_a_phone(
    runtime: Runtime, signed_in: Callable[[Role], Visitor]
) -> None:
    caller = signed_in(Role.CALLER)
    assert "不用登记" in caller.get(OWN).text
    set_choice(runtime, "call", "all", LineName.ASTERISK, runtime.now(), "周主管")
    assert "分机" in caller.get(OWN).text
    assert "my-phone" not in signed_in(Role.ADMIN).get("/admin/status").text


def test_ones_own_phone_is_taken_back_by_its_own_button(
    line: InMemoryVoice, signed_in: Callable[[Role], Visitor]
) -> None:
    caller = signed_in(Role.CALLER)
    assert "取消登记" not in caller.get("/my-phone").text
    caller.post("/my-phone", {"line": "twilio", "number": "18412345699"})
    assert caller.post("/my-phone", {"line": "twilio", "number": " "}).status_code == 400
    page = caller.get("/my-phone").text
    assert "184****5699" in page
    assert "取消登记" in page
    caller.post("/my-phone", {"line": "twilio", "do": "drop"})
    assert "184****5699" not in caller.get("/my-phone").text
