"""The leader's pages of campaigns, their people, and the shop's own numbers."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta

import pytest

from campaigns.policy import Policy, settings_of
from campaigns.values import Kind, Person, Role
from scheduler.flows.claim import HandOut, next_call
from scheduler.flows.dialling import dial
from scheduler.flows.outlook import NobodyNow
from scheduler.flows.people import caller_named
from scheduler.flows.shop import set_clock
from scheduler.flows.shop_numbers import current, written
from scheduler.runtime import Runtime
from tests.databases import sqlite_only
from tests.web import panel_shop
from tests.web.conftest import Visitor
from web.leader.number_words import FIELDS_OF, LABELS

NUMBERS = "/desk/campaigns/numbers"


@pytest.fixture
def leader(signed_in: Callable[[Role], Visitor]) -> Visitor:
    return signed_in(Role.LEADER)


def ask(runtime: Runtime, name: str = "陈晨") -> HandOut | NobodyNow:
    person = caller_named(runtime, name)
    assert isinstance(person, Person)
    return next_call(runtime, person, runtime.now())


def test_r_claim_1_a_leader_pauses_and_starts_a_campaign(runtime: Runtime, leader: Visitor) -> None:
    panel_shop.fill(runtime)
    assert isinstance(ask(runtime), HandOut)
    page = leader.get("/desk/campaigns").text
    assert page.count("进行中") == len(Kind)
    refused = leader.post("/desk/campaigns/1/state", {"state": "paused", "reason": " "})
    assert refused.status_code == 400
    assert "请写明原因" in refused.text
    assert isinstance(ask(runtime), HandOut)
    leader.post("/desk/campaigns/1/state", {"state": "paused", "reason": "开会"})
    page = leader.get("/desk/campaigns").text
    assert "撤回了 1 位还没拨的客户" in page
    assert "已暂停" in page
    assert "开会" in page
    assert isinstance(ask(runtime), NobodyNow)
    leader.post("/desk/campaigns/1/state", {"state": "running"})
    assert isinstance(ask(runtime), HandOut)


def test_r_claim_1_the_switch_for_everything_stands_on_the_first_page(
    runtime: Runtime, leader: Visitor
) -> None:
    panel_shop.fill(runtime)
    page = leader.get("/desk").text
    assert 'aria-keyshortcuts="Alt+P"' in page
    answer = leader.post("/desk/campaigns/pause", {"reason": "停电", "back": "/desk"})
    assert answer.location == "/desk"
    page = leader.get("/desk").text
    assert "全部外呼已暂停" in page
    assert "停电" in page
    assert "随全部暂停" in page
    assert isinstance(ask(runtime), NobodyNow)
    assert leader.post("/desk/campaigns/resume", {"back": "//evil"}).location == "/desk/campaigns"
    assert isinstance(ask(runtime), HandOut)
    refused = leader.post("/desk/campaigns/pause", {"reason": ""})
    assert (refused.status_code, "请写明原因" in refused.text) == (400, True)


@sqlite_only
def test_a_stopped_campaign_has_no_plan_and_a_wrong_name_stays_in_its_form(
    runtime: Runtime, leader: Visitor
) -> None:
    panel_shop.fill(runtime)
    leader.get("/desk/campaigns")
    leader.post("/desk/campaigns/2/state", {"state": "stopped", "reason": "季度结束"})
    assert "停止的活动不做计划" in leader.get("/desk").text
    answer = leader.post("/desk/campaigns/2/name", {"name": "催款"})
    assert (answer.status_code, "已经有活动叫 催款" in answer.text) == (409, True)
    assert leader.post("/desk/campaigns/2/name", {"name": "满意回访"}).status_code == 303
    assert "满意回访" in leader.get("/desk/campaigns").text
    assert leader.post("/desk/campaigns/2/state", {"state": "flying"}).status_code == 400
    assert leader.post("/desk/campaigns/99/state", {"state": "running"}).status_code == 404


def test_r_claim_1_people_are_given_campaigns(runtime: Runtime, leader: Visitor) -> None:
    panel_shop.fill(runtime)
    page = leader.get("/desk/campaigns/people").text
    names = [page.index(f">{name}</th>") for name in sorted(("陈晨", "孙悦", "李组长", "周主管"))]
    assert names == sorted(names), "by name: no ranking"
    assert "管理员" not in re.findall(r'<th scope="row" lang="zh-CN">([^<]*)', page)
    person = caller_named(runtime, "陈晨")
    assert isinstance(person, Person)
    assert " checked" not in page, "none ticked is all, and so it is shown"
    assert "全部活动" in page
    leader.post(f"/desk/campaigns/people/{person.id}", {"campaign": ["2", "3"]})
    assert leader.get("/desk/campaigns/people").text.count(" checked") == 2
    assert isinstance(ask(runtime), NobodyNow)
    assert isinstance(ask(runtime, "孙悦"), HandOut)
    assert "已领客户" in leader.get("/desk/campaigns/people").text
    assert leader.post("/desk/campaigns/people/999", {"campaign": "1"}).status_code == 404


def test_r_claim_1_a_call_without_an_outcome_is_not_shown_as_a_talk(
    runtime: Runtime, leader: Visitor
) -> None:
    panel_shop.fill(runtime)
    held = ask(runtime)
    assert isinstance(held, HandOut)
    caller = caller_named(runtime, "陈晨")
    assert isinstance(caller, Person)
    dial(runtime, held.attempt_id, runtime.now(), caller)
    assert "已通话" in leader.get("/desk/campaigns/people").text
    set_clock(runtime, "test", to=runtime.now() + timedelta(days=12, hours=13), ticks=False)
    page = leader.get("/desk/campaigns/people").text
    assert "结果未填，已 12 天 13 小时" in page
    assert "已通话" not in page


# --- the numbers ---------------------------------------------------------------------------------


def form(runtime: Runtime, **changes: object) -> dict[str, object]:
    """The form as the page shows it, with some fields typed over."""
    shown = {k: str(v) for k, v in written(current(runtime)).items()}
    return {**shown, **changes}


def test_every_number_of_the_policy_is_on_the_page() -> None:
    fields = [field.name for fields in FIELDS_OF.values() for field in fields]
    settable = {n for n in written(Policy()) if not n.startswith("region_")}
    assert sorted(fields) == sorted(settable)
    assert set(fields) == set(LABELS)
    assert {"region_shifts", "region_dayparts"} <= settings_of(Policy()).keys()


def test_r_hours_6_numbers_are_tried_saved_shown_and_reset(
    runtime: Runtime, leader: Visitor
) -> None:
    panel_shop.fill(runtime)
    page = leader.get(NUMBERS).text
    assert "都是规定的默认值" in page
    assert "本店已改" not in page
    typed = form(runtime, calls_from="10:30", attempts_per_day="1", do="try")
    page = leader.post(NUMBERS, typed).text
    assert "4 个未结束的任务里有 4 个会变" in page
    assert "推后 4 个" in page
    assert 'value="10:30"' in page
    assert current(runtime).version == 0
    assert leader.post(NUMBERS, {**typed, "do": "save"}).status_code == 303
    page = leader.get(NUMBERS).text
    assert "已保存并生效" in page
    assert page.count("本店已改") == 2
    assert "每天最多拨打：2 次 → <strong>1 次</strong>" in page
    assert isinstance(ask(runtime), NobodyNow)
    leader.post(NUMBERS, form(runtime, do="save"))
    assert "没有改动" in leader.get(NUMBERS).text
    leader.post(NUMBERS, {"do": "reset"})
    assert written(current(runtime)) == written(Policy())
    assert current(runtime).version == 2
    assert isinstance(ask(runtime), HandOut)


@sqlite_only
def test_r_hours_4_regions_are_a_table_of_provinces(runtime: Runtime, leader: Visitor) -> None:
    leader.get(NUMBERS)
    changes = {
        "region_shifts.新疆": "3",
        "region_shifts.西藏": "",
        "region_shifts.青海": "1",
        "region_dayparts.浙江": "evening",
        "do": "save",
    }
    assert leader.post(NUMBERS, form(runtime, **changes)).status_code == 303
    policy = current(runtime)
    assert {k: v.later_hours for k, v in policy.region_shifts.items()} == {"新疆": 3, "青海": 1}
    assert dict(policy.region_dayparts) == {"浙江": "evening"}
    page = leader.get(NUMBERS).text
    assert page.count("本店已改") == 4
    assert "浙江 首拨时段：— → <strong>傍晚</strong>" in page
    leader.post(NUMBERS, form(runtime, do="save"))
    assert current(runtime).version == 1, "nothing was changed, so there is no new version"


@sqlite_only
@pytest.mark.parametrize(
    ("field", "text", "message"),
    [
        ("attempts_per_day", "0", "请填 1 到 100000 的整数"),
        ("attempts_per_day", "viele", "请填 1 到 100000 的整数"),
        ("attempts_per_task.callback", "", "请填 1 到 100000 的整数"),
        ("calls_from", "08:00", "不能早于 09:00"),
        ("calls_until", "21:00", "不能晚于 20:00"),
        ("calls_until", "12:00", "这样新疆在休息日没有可以拨打的时段"),
        ("plan_at", "bald", "请写几点几分，例如 08:45"),
        ("signed_from_days", "30", "开始的天数不能大于结束的天数"),
    ],
)
def test_a_wrong_number_is_said_beside_its_field(
    runtime: Runtime, leader: Visitor, field: str, text: str, message: str
) -> None:
    leader.get(NUMBERS)
    for do in ("try", "save"):
        answer = leader.post(NUMBERS, form(runtime, **{field: text}, do=do))
        assert answer.status_code == 400
        fault = re.search(rf'<div class="fault" id="f-{re.escape(field)}">([^<]*)', answer.text)
        assert fault is not None
        assert fault[1] == message
        assert f'name="{field}" value="{text}"' in answer.text
    assert current(runtime).version == 0
