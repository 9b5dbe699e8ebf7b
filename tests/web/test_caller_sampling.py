"""A caller's sampling calls without scripts, on both databases: score, promise, answer, reply."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import Engine, Select, select

from adapters.clock import FixedClock
from adapters.store.models.calls import attempt, todo
from adapters.store.models.sampling import escalation, score
from tests.factories import at
from tests.web import panel_shop
from tests.web.conftest import Visitor
from tests.web.test_language import Chinese, english
from tests.web.workspace import CALLER, LEADER, OTHER, Workspace
from web.app import create_app

MORNING = "05-27 09:30"


@pytest.fixture
def workspace(engine: Engine, database_url: str, tmp_path: Path) -> Iterator[Workspace]:
    """One sampled customer; the shop's clock stands still."""
    made = Workspace(database_url, tmp_path, FixedClock(panel_shop.MACHINE), ())
    customer = made.shop.customer("抽到一")
    made.shop.phone(customer)
    made.shop.sampled(customer)
    made.move(MORNING, ticks=False)
    yield made
    made.shop.close()


@pytest.fixture
def app(workspace: Workspace) -> Flask:
    return create_app(workspace.runtime, panel_shop.CHEAP)


@pytest.fixture
def caller(signed_in: Callable[[str], Visitor]) -> Visitor:
    return signed_in(CALLER)


def dialled(browser: Visitor) -> str:
    browser.get("/call")
    browser.post("/call/next")
    found = re.search(r'data-attempt="([^"]+)"', browser.get("/call").text)
    assert found is not None
    browser.post(f"/call/{found[1]}/dial")
    return found[1]


def rows(workspace: Workspace, query: Select[Any]) -> list[Any]:
    with workspace.runtime.snapshot() as connection:
        return list(connection.execute(query).all())


def escalated(browser: Visitor) -> None:
    browser.get("/call")
    form = {"code": "complaint_escalated", "note": "少发一株"}
    assert browser.post(f"/call/{dialled(browser)}/outcome", form).status_code == 303


def test_r_smp_4_a_score_with_its_words_and_the_way_through_the_dialogue(
    workspace: Workspace, caller: Visitor
) -> None:
    attempt_id = dialled(caller)
    page = caller.get("/call").text
    assert page.count('class="score-radio"') == 5
    assert "未付款" not in page
    form = {
        "code": "scored",
        "score": "5",
        "suggestion": "孙悦很耐心",
        "path": "dial first score_5",
    }
    assert caller.post(f"/call/{attempt_id}/outcome", form).status_code == 303
    ((value, words),) = rows(workspace, select(score.c.value, score.c.suggestion))
    assert (value, words) == (5, "孙悦很耐心")
    ((path,),) = rows(workspace, select(attempt.c.path))
    assert "score_5" in path


@pytest.mark.parametrize(
    ("more", "field", "said"),
    [
        ({}, "score", "请选择 1 到 5 分"),
        ({"score": "2"}, "reason", "1 分和 2 分要写明客户说的原因"),
        ({"score": "7"}, "score", "评分只能是 1 到 5"),
    ],
)
def test_what_is_missing_names_its_field(
    workspace: Workspace, caller: Visitor, more: dict[str, str], field: str, said: str
) -> None:
    attempt_id = dialled(caller)
    caller.get("/call")
    form = {"code": "scored", **more}
    answer = caller.post(f"/call/{attempt_id}/outcome", form, headers={"HX-Request": "true"})
    assert answer.status_code == 400
    assert f'data-field="{field}"' in answer.text
    assert said in answer.text
    assert rows(workspace, select(score)) == []


def test_r_smp_5_what_may_be_promised_now_and_across_a_closed_window(
    workspace: Workspace, caller: Visitor
) -> None:
    attempt_id = dialled(caller)
    assert "最晚 今天 10:00" in caller.get(f"/call/{attempt_id}/promise").text
    workspace.move("05-27 11:45", ticks=False)
    page = caller.get(f"/call/{attempt_id}/promise").text
    assert "中间有不能联系的时段" in page
    assert "最晚 今天 13:30" in page
    assert Chinese.of(english(caller).get(f"/call/{attempt_id}/promise")) == []


def test_no_other_call_has_a_promise(caller: Visitor) -> None:
    assert caller.get("/call/019cb660-743e-781b-8fec-e32b5b8adc12/promise").status_code == 404


def test_r_smp_5_only_the_owner_sees_it_and_the_next_call_is_the_answer(
    workspace: Workspace, caller: Visitor, signed_in: Callable[[str], Visitor]
) -> None:
    escalated(caller)
    for page in ("/call", "/call/day", "/call/escalations"):
        assert "还剩 30:00" in caller.get(page).text, page
    other = signed_in(OTHER)
    assert "少发一株" not in other.get("/call").text
    assert "少发一株" not in other.get("/call/escalations?whose=all").text
    other.get("/call")
    assert other.post("/call/escalations/1/ready").status_code == 409
    assert other.post("/call/escalations/1/hand-over", {"owner": OTHER}).status_code == 409
    workspace.move("05-27 09:50", ticks=False)
    caller.get("/call")
    answer = caller.post("/call/escalations/1/ready")
    assert answer.location == "/call"
    assert "下一位就是这位客户" in caller.get("/call").text
    attempt_id = dialled(caller)
    assert "答应了给答复" in caller.get("/call").text
    caller.post(f"/call/{attempt_id}/outcome", {"code": "complaint_solved", "score": "4"})
    ((who, late),) = rows(workspace, select(escalation.c.answered_by, escalation.c.breached_at))
    assert (who, late) == (CALLER, None)


def test_r_smp_5_leaders_see_all_hand_over_and_come_back_to_their_page(
    workspace: Workspace, caller: Visitor, signed_in: Callable[[str], Visitor]
) -> None:
    escalated(caller)
    leader = signed_in(LEADER)
    page = leader.get("/desk").text
    assert "少发一株" in page
    assert f'<option lang="zh-CN">{OTHER}</option>' in page
    form = {"owner": OTHER, "back": "/desk", "whose": "all"}
    assert leader.post("/call/escalations/1/hand-over", form).location == "/desk"
    part = leader.post("/call/escalations/1/take", form, headers={"X-Part": "escalations"})
    assert "<html" not in part.text
    assert "这件投诉由您处理" in part.text
    away = {"answer": "旺旺上说好了", "back": "https://elsewhere.invalid/"}
    assert leader.post("/call/escalations/1/answer", away).location == "/call"
    assert "少发一株" not in leader.get("/desk").text


def test_amber_from_ten_minutes_and_red_when_late(workspace: Workspace, caller: Visitor) -> None:
    escalated(caller)
    for now, words, mark in (
        ("05-27 09:49", "还剩 11:00", 'class="timer"'),
        ("05-27 09:50", "快到时限 10:00", "timer-warn"),
        ("05-27 10:00", "已超时 00:00", "timer-bad"),
        ("05-27 12:00", "已超时 2 小时", "timer-bad"),
    ):
        workspace.move(now, ticks=False)
        page = caller.get("/call/escalations").text
        assert words in page
        assert mark in page


def test_r_smp_6_a_sent_message_waits_for_its_reply_on_the_list(
    workspace: Workspace, caller: Visitor
) -> None:
    for now in ("05-27 09:30", "05-27 13:30", "05-28 18:10"):
        workspace.move(now, ticks=False)
        attempt_id = dialled(caller)
        caller.get("/call")
        assert caller.post(f"/call/{attempt_id}/outcome", {"code": "no_answer"}).status_code == 303
    workspace.move("05-28 18:20", ticks=False)
    (made,) = rows(workspace, select(todo))
    caller.get("/call/todos")
    assert caller.post(f"/call/todos/{made.id}/done").status_code == 303
    page = caller.get("/call/todos").text
    assert "等客户回复到 明天 18:20" in page
    assert caller.post(f"/call/todos/{made.id}/replied?back=day").location == "/call/day"
    assert "等客户回复到" not in caller.get("/call/day").text
    (noted,) = rows(workspace, select(todo))
    assert isinstance(noted.replied_at, datetime)
    assert noted.replied_at - at("05-28 18:20") < timedelta(seconds=1)
