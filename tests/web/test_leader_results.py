"""Results, the calls behind them, why for any instant, and refusals that stay beside their form."""

from __future__ import annotations

import re
from collections.abc import Callable
from html import unescape

import pytest

from campaigns.values import Kind, Person, Role
from scheduler.flows.campaign_setup import add
from scheduler.flows.claim import HandOut, next_call
from scheduler.flows.dialling import dial
from scheduler.flows.outcome import OutcomeForm, record_outcome
from scheduler.flows.people import caller_named
from scheduler.runtime import Runtime
from tests.databases import sqlite_only
from tests.web import panel_shop
from tests.web.conftest import Visitor


@pytest.fixture
def leader(signed_in: Callable[[Role], Visitor]) -> Visitor:
    return signed_in(Role.LEADER)


def work(runtime: Runtime) -> None:
    panel_shop.fill(runtime)
    for name, code in (("陈晨", "will_pay"), ("孙悦", "no_answer"), ("陈晨", "not_needed")):
        person = caller_named(runtime, name)
        assert isinstance(person, Person)
        held = next_call(runtime, person, runtime.now())
        assert isinstance(held, HandOut)
        dial(runtime, held.attempt_id, runtime.now(), person)
        form = OutcomeForm(code, note="下班再打")
        record_outcome(runtime, held.attempt_id, form, runtime.now(), person)


def test_r_dun_8_each_figure_links_to_as_many_calls(runtime: Runtime, leader: Visitor) -> None:
    work(runtime)
    page = leader.get("/desk").text
    links = re.findall(r'<a href="(/desk/calls\?[^"]*)">(\d+)</a>', page)
    assert len(links) > 8
    for address, figure in links:
        listed = leader.get(unescape(address)).text
        assert f"{figure} 通" in listed, address
        assert listed.count('data-label="号码"') == int(figure), address
        assert re.search(r"184\d{8}", listed) is None
    assert leader.get("/desk/results").text.count("/desk/calls?") >= len(links)


@sqlite_only
def test_the_sampling_of_the_month_has_its_own_results_and_is_no_stopped_plan(
    leader: Visitor,
) -> None:
    page = leader.get("/desk").text
    card = page.split('id="r-sampling"')[1].split("</section>")[0]
    assert "升级的投诉" in card
    assert "同意等货" not in card
    assert '<a href="/sampling">打开抽查</a>' in page
    assert "停止的活动不做计划" not in page


@sqlite_only
def test_a_draft_of_a_campaign_is_not_among_the_plans_of_the_day(
    runtime: Runtime, leader: Visitor
) -> None:
    add(runtime, Kind.DUNNING, "大额催款", runtime.now(), "林组长")
    page = leader.get("/desk")
    assert page.status_code == 200
    assert "大额催款" not in page.text


def test_calls_are_filtered_by_caller_kind_and_outcome(runtime: Runtime, leader: Visitor) -> None:
    work(runtime)

    def listed(query: str) -> list[str]:
        page = leader.get(f"/desk/calls?from=2026-03-04&to=2026-03-04&{query}").text
        return re.findall(r'data-label="通话结果"><span[^>]*>([^<]+)', page)

    assert sorted(listed("")) == ["无人接听", "本人·不需要了", "本人·答应付款"]
    assert listed("which=missed") == ["无人接听"]
    assert listed("outcome=will_pay&kind=dunning") == ["本人·答应付款"]
    assert sorted(listed("outcome=will_pay&outcome=no_answer")) == ["无人接听", "本人·答应付款"]
    assert listed("kind=callback") == []
    person = caller_named(runtime, "孙悦")
    assert isinstance(person, Person)
    assert listed(f"caller={person.id}") == ["无人接听"]


@sqlite_only
def test_nonsense_filters_are_refused_beside_the_form(leader: Visitor) -> None:
    for query in ("kind=love", "which=none", "from=2026-03-09&to=2026-03-02", "caller=x"):
        answer = leader.get(f"/desk/calls?{query}")
        assert answer.status_code == 400, query
        assert 'role="alert"' in answer.text
        assert 'name="which"' in answer.text
    answer = leader.get("/desk/results?from=2026-03-09&to=2026-03-02")
    assert (answer.status_code, "晚于结束日期" in answer.text) == (400, True)
    assert "还没有人拨打" in leader.get("/desk/results").text


def test_r_aud_3_why_is_answered_for_every_kind_at_any_instant(
    runtime: Runtime, leader: Visitor
) -> None:
    work(runtime)
    leader.get("/desk/customers/why")

    def verdicts(who: str, at: str) -> list[str]:
        page = leader.post("/desk/customers/why", {"who": who, "at": at}).text
        assert "R-DNC-2" in page
        return re.findall(r'id="why-\w+">(?:催款|回访|缺货通知) <span[^>]*>([^<]+)', page)

    free = "晚风与海"
    assert verdicts(free, "2026-03-04T09:30") == ["可以打", "不能打", "不能打"]
    assert verdicts("3515313147329300102", "2026-03-04T12:30")[0] == "还要等"
    assert verdicts(free, "2026-03-03T12:00")[0] == "不能打", "nothing was known of it yet"


def test_r_aud_3_an_unknown_customer_is_said_beside_the_question(leader: Visitor) -> None:
    leader.get("/desk/customers/why")
    for form, status, text in (
        ({"who": "没有这个人"}, 404, "没有这位客户"),
        ({"who": ""}, 400, "请写用户ID或订单编号"),
        ({"who": "x", "at": "noon"}, 400, "时间看不懂"),
    ):
        answer = leader.post("/desk/customers/why", form)
        assert answer.status_code == status
        assert text in answer.text
        assert f'name="who" value="{form["who"]}"' in answer.text


@sqlite_only
def test_r_pii_1_a_reveal_without_a_reason_is_said_in_its_place(
    runtime: Runtime, leader: Visitor
) -> None:
    panel_shop.fill(runtime)
    page = leader.get("/desk/customers/1").text
    path = re.search(r'action="(/desk/customers/1/numbers/\d+)"', page)
    assert path is not None
    answer = leader.post(path[1], {"reason": " "})
    assert answer.status_code == 400
    assert "<details open><summary" in answer.text
    assert "请写明查看原因" in answer.text
    assert "联系经过" in answer.text


@sqlite_only
def test_r_dnc_3_a_lifting_without_a_reason_is_said_in_its_line(
    runtime: Runtime, signed_in: Callable[[Role], Visitor]
) -> None:
    panel_shop.fill(runtime)
    supervisor = signed_in(Role.SUPERVISOR)
    supervisor.get("/desk/do-not-contact")
    supervisor.post("/desk/do-not-contact", {"user_id": "青柠小站", "reason": "电话里要求"})
    page = supervisor.get("/desk/do-not-contact").text
    path = re.search(r'action="(/supervisor/do-not-contact/\d+/lift)"', page)
    assert path is not None
    answer = supervisor.post(path[1], {"reason": " "})
    assert answer.status_code == 400
    assert "解除需要写明原因" in answer.text
    assert answer.text.count('role="alert"') == page.count('role="alert"') + 1
    assert "青柠小站" in answer.text
    assert (
        supervisor.post("/supervisor/do-not-contact/999/lift", {"reason": "x"}).status_code == 404
    )


@sqlite_only
def test_a_bad_new_password_is_said_beside_the_person(
    signed_in: Callable[[Role], Visitor],
) -> None:
    admin = signed_in(Role.ADMIN)
    page = admin.get("/admin/people").text
    path = re.search(r'action="(/admin/people/\d+/password)"', page)
    assert path is not None
    answer = admin.post(path[1], {"password": "short"})
    assert answer.status_code == 400
    assert "<details open><summary" in answer.text
    assert 'role="alert"' in answer.text.split("<h2>名单</h2>", 1)[1]
    assert "short" not in answer.text
