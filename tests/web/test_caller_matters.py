"""The caller's forms beyond one matter, on both databases: riders, feedback, cases, own day, parts."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import Engine

from adapters.clock import FixedClock
from adapters.store.models.after_sales import feedback, service_case
from campaigns.errors import UsageError
from campaigns.registry import KINDS
from campaigns.values import CaseKind, Effect, Kind, OrderState
from scheduler.flows.shop import change_policy
from scheduler.runtime import Runtime
from tests.web import panel_shop
from tests.web.conftest import Visitor
from tests.web.workspace import CALLER, LEADER, OTHER, Workspace
from web.app import create_app
from web.caller.outcome_form import read_outcome
from web.caller.outcome_groups import Group, asks_once_more, grouped, is_undone_softly

PART = {"X-Part": "desk", "HX-Request": "true", "Accept": "application/json, text/html"}


@pytest.fixture
def workspace(engine: Engine, database_url: str, tmp_path: Path) -> Iterator[Workspace]:
    made = Workspace(database_url, tmp_path, FixedClock(panel_shop.MACHINE), ("两件事", "缺货"))
    yield made
    made.shop.close()


@pytest.fixture
def runtime(workspace: Workspace) -> Runtime:
    return workspace.runtime


@pytest.fixture
def app(runtime: Runtime) -> Flask:
    return create_app(runtime, panel_shop.CHEAP)


@pytest.fixture
def caller(signed_in: Callable[[str], Visitor]) -> Visitor:
    return signed_in(CALLER)


def take(browser: Visitor, buyer: str) -> tuple[str, str]:
    """Take customers, skipping others, until this one is on screen: the attempt and the page."""
    for _ in range(3):
        browser.get("/call")
        browser.post("/call/next")
        page = browser.get("/call").text
        found = re.search(r'data-attempt="([^"]+)"', page)
        assert found is not None
        if f'lang="zh-CN">{buyer}</strong>' in page:
            return found[1], page
        browser.post(f"/call/{found[1]}/skip", {"reason": "先打另一位"})
    raise AssertionError(buyer)


def key_of(page: str) -> str:
    found = re.search(r'name="key" value="([^"]+)"', page)
    assert found is not None
    return found[1]


def rider_of(page: str) -> str:
    found = re.search(r'name="also" value="(\d+)"', page)
    assert found is not None
    return found[1]


def test_r_repeat_2_both_matters_stand_on_the_screen(caller: Visitor) -> None:
    _, page = take(caller, "两件事")
    rider = rider_of(page)
    assert "本次通话还有：" in page
    assert f'id="m{rider}-o-satisfied"' in page
    assert f'id="m{rider}-o-no_answer"' not in page, "that counts for the whole call"
    assert f'id="m{rider}-o-open" value=""' in page
    assert "签收 7 天" in page
    assert "YL0001234567" in page


def test_r_cb_6_what_the_customer_said_and_the_case_are_kept_with_their_matter(
    workspace: Workspace, caller: Visitor
) -> None:
    attempt_id, page = take(caller, "两件事")
    caller.post(f"/call/{attempt_id}/dial")
    rider = f"m{rider_of(page)}-"
    form = {
        "code": "will_pay",
        "note": "晚上付",
        "key": key_of(page),
        "also": rider_of(page),
        f"{rider}code": "complaint",
        f"{rider}note": "盖子破损",
        f"{rider}effect": "bad",
        f"{rider}product": "多肉植物六盆装",
        f"{rider}verbatim": "一打开就是裂的",
        f"{rider}case_kind": "exchange",
        f"{rider}agreed": "明天答复换货",
    }
    for _ in range(2):  # a double click
        assert caller.post(f"/call/{attempt_id}/outcome", form).status_code == 303
    page = caller.get("/call").text
    assert "回访也已记录。" in page
    assert "已登记售后 #1，明天 09:30 前答复。" in page
    (said,) = workspace.shop.rows(feedback)
    assert (said.effect, said.verbatim) == ("bad", "一打开就是裂的")
    (case,) = workspace.shop.rows(service_case)
    assert (case.kind, case.cause, case.agreed) == ("exchange", "盖子破损", "明天答复换货")
    made = {one for one in workspace.outcomes() if one[1] is not None}
    assert made == {("dunning", "will_pay"), ("callback", "complaint")}


def test_a_matter_without_an_outcome_is_left_open() -> None:
    form = {
        "code": "will_pay",
        "also": "7 8",
        "m7-code": "",
        "m7-note": "x",
        "m8-code": "satisfied",
    }
    assert [matter.task for matter in read_outcome(form).also] == [8]


def test_fields_of_the_form_are_read_or_named() -> None:
    form = read_outcome(
        {"code": "complaint", "effect": "none", "wish": " 便宜点 ", "case_kind": "use"}
    )
    assert form.feedback is not None
    assert (form.feedback.effect, form.feedback.wish) == (Effect.NONE, "便宜点")
    assert form.case is not None
    assert form.case.kind is CaseKind.USE
    assert read_outcome({"code": "satisfied", "product": "马克杯"}).feedback is None
    for wrong in ({"effect": "super"}, {"case_kind": "x"}, {"also": "1 b"}, {"also": "1 " * 9}):
        with pytest.raises(UsageError) as raised:
            read_outcome({"code": "satisfied", **wrong})
        assert raised.value.field == next(iter(wrong))


@pytest.mark.parametrize("kind", list(KINDS))
def test_every_outcome_is_in_one_group_and_one_key_reaches_it(kind: Kind) -> None:
    outcomes = list(KINDS[kind].offered)
    groups = grouped(outcomes)
    shown = [outcome for group in groups for outcome in group.outcomes]
    assert sorted(o.code for o in shown) == sorted(o.code for o in outcomes)
    keys = [outcome.key for outcome in shown]
    assert len(set(keys)) == len(keys)
    assert not set(keys) & set("ndghsbfkmpxz/?[]"), "those are commands"
    assert [group.group for group in groups] == list(Group)


def test_what_is_refused_is_never_recorded_by_one_key() -> None:
    for kind in KINDS.values():
        for outcome in kind.offered:
            if outcome.suppresses or outcome.code == "refuses":
                assert asks_once_more(outcome), outcome.code
                assert not is_undone_softly(outcome), outcome.code


def test_a_part_answers_in_place_and_says_how_long_it_took(caller: Visitor) -> None:
    caller.get("/call")
    answer = caller.post("/call/next", headers=PART)
    assert answer.status_code == 200
    assert "<html" not in answer.text
    assert 'id="call"' in answer.text
    assert re.fullmatch(r"take_next;dur=\d+\.\d", answer.headers["Server-Timing"])


def test_a_part_without_a_session_is_refused_so_that_the_page_stays(
    caller: Visitor, visitor: Callable[[], Visitor]
) -> None:
    caller.get("/call")
    stranger = visitor()
    stranger.token = caller.token
    assert stranger.post("/call/next", headers=PART).status_code == 401


def test_r_oos_1_the_caller_sees_what_is_missing_and_until_when(caller: Visitor) -> None:
    _, page = take(caller, "缺货")
    assert "预计 5月20日 周二 到货" in page
    assert "供应商晚到" in page
    assert "营养土一包" in page


def test_r_msg_1_the_text_to_copy_is_for_the_holder_alone(
    caller: Visitor, signed_in: Callable[[str], Visitor]
) -> None:
    attempt_id, _ = take(caller, "两件事")
    answer = caller.get(f"/call/{attempt_id}/message")
    assert "没联系上时会生成的留言" in answer.text
    assert "四季花坊" in answer.text
    assert signed_in(OTHER).get(f"/call/{attempt_id}/message").status_code == 404


def test_r_pii_1_the_search_finds_ones_own_customers_alone(
    caller: Visitor, signed_in: Callable[[str], Visitor]
) -> None:
    attempt_id, page = take(caller, "两件事")
    caller.post(f"/call/{attempt_id}/dial")
    form = {"code": "will_pay", "note": "晚上付", "key": key_of(page)}
    caller.post(f"/call/{attempt_id}/outcome", form)
    found = caller.get("/call/search?words=件").text
    assert "两件事" in found
    assert "晚上付" in found
    assert "/desk/" not in found
    assert "两件事" not in signed_in(OTHER).get("/call/search?words=件").text
    assert "在所有客户里找" in signed_in(LEADER).get("/call/search?words=件").text


def test_r_cpl_2_ones_day_begins_with_what_is_unfinished_and_counts_money(
    workspace: Workspace, caller: Visitor, signed_in: Callable[[str], Visitor]
) -> None:
    attempt_id, page = take(caller, "两件事")
    caller.post(f"/call/{attempt_id}/dial")
    rider = f"m{rider_of(page)}-"
    form = {"code": "will_pay", "key": key_of(page), "also": rider_of(page)}
    form |= {f"{rider}code": "complaint", f"{rider}note": "盖子破损"}
    caller.post(f"/call/{attempt_id}/outcome", form)
    day = caller.get("/call/day").text
    assert day.index("没办完的售后问题") < day.index("盖子破损") < day.index("按类别")
    assert "<b>1</b><span>拨打</span>" in day, "two matters of one call are one call"
    buyer = next(row.customer_id for row in workspace.shop.attempts() if row.outcome)
    dunned = workspace.shop.orders_of(buyer)[:1]
    workspace.shop.see("05-13 15:00", state=OrderState.PAID, paid="05-13 14:00", only=dunned)
    workspace.move("05-13 15:01")
    day = caller.get("/call/day/now").text
    assert "¥999.00" in day
    assert "之后已付款（1 位）" in day
    assert "盖子破损" not in signed_in(OTHER).get("/call/day").text


def test_an_empty_queue_names_what_is_paused_and_waits(
    workspace: Workspace, caller: Visitor
) -> None:
    workspace.move("05-13 12:30")
    caller.get("/call")
    page = caller.post("/call/next").text
    assert "到时间（" in page
    queue = caller.get("/call/queue").text
    assert "今天 13:00" in queue
    assert 'data-part="queue-why"' in queue
    assert workspace.shop.attempts() == []


def test_r_cpl_2_the_answer_is_promised_within_a_day(workspace: Workspace, caller: Visitor) -> None:
    _, page = take(caller, "缺货")
    assert "最晚 明天 09:30 答复客户" in page
    change_policy(workspace.runtime, {"case_answer_hours": 6}, workspace.runtime.now(), "李组长")
    assert "最晚 今天 15:30 答复客户" in caller.get("/call").text
