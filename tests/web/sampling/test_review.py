"""The review of sampled calls and the promised answers on the pages (R-SMP-5, R-SMP-12)."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime, timedelta

import pytest

from adapters.store.queries import scores
from campaigns.values import SHOP_ZONE, Role
from scheduler.flows.people import NewPerson, add_person
from scheduler.flows.reviews import ReviewState, to_review
from scheduler.flows.shop import set_clock
from scheduler.runtime import Runtime
from tests.databases import sqlite_only
from tests.web import panel_shop
from tests.web.conftest import Visitor
from tests.web.sampling import month

pytestmark = sqlite_only
OTHER = "吴主管"


@pytest.fixture
def tasks(runtime: Runtime) -> list[int]:
    """Three customers who were called to their end; 陈晨, 孙悦 and the supervisor called."""
    add_person(
        runtime,
        NewPerson(OTHER, Role.SUPERVISOR, panel_shop.PASSWORD),
        runtime.now(),
        "init",
        panel_shop.CHEAP,
    )
    month.registers(runtime)
    month.approved(runtime)
    path = ("dial", "first_call", "closing")
    held = [
        month.call(runtime, "陈晨", "27 09:00", "scored", score=4, note="快一点", path=path),
        month.call(runtime, "孙悦", "27 09:10", "scored", score=2, reason="等了三天"),
        month.call(runtime, month.SUPERVISOR, "27 09:20", "scored", score=5),
    ]
    return [one.task_id for one in held]


def test_r_smp_12_taken_seen_and_agreed_with(
    runtime: Runtime, signed_in: Callable[[Role | str], Visitor], tasks: list[int]
) -> None:
    supervisor, other = signed_in(Role.SUPERVISOR), signed_in(OTHER)
    page = supervisor.get("/sampling/review").text
    assert page.count("开始复核") == 2
    assert "您打的，由别人复核" in page
    address = f"/sampling/review/{tasks[0]}"
    page = supervisor.get(address).text
    for text in ("开场：是不是本人", "没有录音", "快一点", "第 1 版；没有录音"):
        assert text in page
    assert "sampling.first_call.voice" not in page
    assert len(re.findall(r'href="/calls/[^"]+"', page)) == 1, "each call leads to its page"
    assert supervisor.post(f"{address}/take").location == address
    assert "同意，看下一位" in supervisor.get(address).text
    assert "data-keep=" in supervisor.get(address).text
    assert f"{month.SUPERVISOR}</strong> 正在复核" in other.get(address).text
    refused = other.post(f"{address}/take")
    assert (refused.status_code, f"{month.SUPERVISOR} 正在复核" in refused.text) == (409, True)
    answer = supervisor.post(address, {"verdict": "agreed", "then": "next"})
    assert answer.location == f"/sampling/review/{tasks[1]}", "the next one is taken at once"
    assert "同意，看下一位" in supervisor.get(answer.location).text
    answer = supervisor.post(answer.location, {"verdict": "agreed", "then": "next"})
    assert answer.location == f"/sampling/review?month={month.MONTH}", "the own one is not offered"
    assert "这个月没有别的可以复核的了" in supervisor.get(answer.location).text


def test_r_smp_12_a_correction_needs_score_and_reason_and_shows_at_once(
    runtime: Runtime, signed_in: Callable[[Role | str], Visitor], tasks: list[int]
) -> None:
    supervisor, address = signed_in(Role.SUPERVISOR), f"/sampling/review/{tasks[0]}"
    supervisor.get(address)
    supervisor.post(f"{address}/take")
    refused = supervisor.post(address, {"verdict": "corrected", "score": "3", "why": ""})
    assert (refused.status_code, "更正要写明原因" in refused.text) == (400, True)
    assert 'value="3" required checked' in refused.text, "what was chosen stays"
    supervisor.post(address, {"verdict": "corrected", "score": "3", "why": "听成了四分"})
    page = supervisor.get(address).text
    assert "4 分 → 3 分" in page
    assert "听成了四分" in page
    assert "复核更正" in page
    with runtime.snapshot() as connection:
        newest = scores.newest_score(connection, tasks[0])
    assert newest is not None
    assert newest.value == 3
    again = supervisor.post(address, {"verdict": "agreed"})
    assert again.status_code == 409
    assert supervisor.post(address, {"verdict": "maybe"}).status_code == 400


def test_r_smp_12_ones_own_call_and_a_leader_are_refused(
    signed_in: Callable[[Role | str], Visitor], tasks: list[int]
) -> None:
    supervisor, leader = signed_in(Role.SUPERVISOR), signed_in(Role.LEADER)
    own = f"/sampling/review/{tasks[2]}"
    assert "要由另一位主管复核" in supervisor.get(own).text
    refused = supervisor.post(f"{own}/take")
    assert (refused.status_code, "自己打的电话不能自己复核" in refused.text) == (409, True)
    assert "由主管复核" in leader.get(f"/sampling/review/{tasks[0]}").text
    refused = leader.post(f"/sampling/review/{tasks[0]}", {"verdict": "agreed"})
    assert (refused.status_code, "只有主管可以复核" in refused.text) == (409, True)
    assert supervisor.get("/sampling/review/4711").status_code == 404


def test_r_smp_12_an_open_page_keeps_what_it_has(
    runtime: Runtime, signed_in: Callable[[Role | str], Visitor], tasks: list[int]
) -> None:
    supervisor, address = signed_in(Role.SUPERVISOR), f"/sampling/review/{tasks[0]}"
    supervisor.get(address)
    supervisor.post(f"{address}/take")
    for _ in range(3):
        set_clock(runtime, "test", to=runtime.now() + timedelta(minutes=8), ticks=False)
        assert supervisor.post(f"{address}/keep").status_code == 204
    line = next(
        line
        for line in to_review(
            runtime, month.MONTH, runtime.now(), month.person(runtime, month.SUPERVISOR)
        )
        if line.task == tasks[0]
    )
    assert line.state is ReviewState.UNDER_WAY


def test_r_smp_12_a_new_month_says_what_the_old_one_left_to_review(
    runtime: Runtime, signed_in: Callable[[Role | str], Visitor], tasks: list[int]
) -> None:
    supervisor = signed_in(Role.SUPERVISOR)
    assert "没有复核" not in supervisor.get("/sampling").text, "the month is not over"
    set_clock(runtime, "test", to=datetime(2026, 4, 1, 10, tzinfo=SHOP_ZONE), ticks=False)
    said = f"2026-03 还有 {len(tasks)} 通没有复核"
    for page in ("/sampling", "/panel"):
        assert f'href="/sampling/review?month=2026-03">{said} →</a>' in supervisor.get(page).text
    assert said not in supervisor.get("/sampling?month=2026-03").text
    supervisor.post(f"/sampling/review/{tasks[0]}/take")
    supervisor.post(f"/sampling/review/{tasks[0]}", {"verdict": "agreed"})
    assert f"2026-03 还有 {len(tasks) - 1} 通没有复核" in supervisor.get("/sampling").text


def test_r_smp_5_a_new_month_says_which_answers_the_old_one_left(
    runtime: Runtime, signed_in: Callable[[Role | str], Visitor], tasks: list[int]
) -> None:
    month.call(runtime, "陈晨", "31 09:30", "complaint_escalated", note="盆碎了没人理")
    leader = signed_in(Role.LEADER)
    assert "件投诉没有答复" not in leader.get("/sampling").text
    set_clock(runtime, "test", to=datetime(2026, 4, 1, 10, tzinfo=SHOP_ZONE), ticks=False)
    assert "2026-03 还有 1 件投诉没有答复 →" in leader.get("/sampling").text


def test_r_smp_5_the_board_of_promised_answers(
    runtime: Runtime, signed_in: Callable[[Role | str], Visitor], tasks: list[int]
) -> None:
    leader = signed_in(Role.LEADER)
    page = leader.get("/escalations").text
    assert "没有等答复的投诉" in page
    assert "一天内没有答复过" in page
    month.call(runtime, "陈晨", "27 09:30", "complaint_escalated", note="盆碎了没人理")
    for when, shown in (("27 09:35", "还剩 25:00"), ("27 09:52", "快到时限 08:00")):
        month.go_to(runtime, when)
        assert shown in leader.get("/escalations").text
    month.go_to(runtime, "27 10:01")
    page = leader.get("/escalations").text
    assert "已超时 01:00" in page
    assert 'class="timer timer-bad"' in page
    assert "我来处理" in page
    leader.post("/call/escalations/1/answer", {"answer": "旺旺上说好了", "back": "/escalations"})
    answered = leader.get("/escalations/answered").text
    assert "旺旺上说好了" in answered
    assert "超时" in answered
