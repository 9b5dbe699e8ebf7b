"""The sampling month said in English: every page of a month that is under way, and in trouble."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from campaigns.values import Role, Verdict
from scheduler.flows.reviews import ReviewForm, finish_review, open_review, to_review
from scheduler.runtime import Runtime
from tests.databases import sqlite_only
from tests.web.conftest import Visitor
from tests.web.sampling import month
from tests.web.test_language import Chinese, english

pytestmark = sqlite_only


def under_way(runtime: Runtime) -> list[str]:
    """A month with every kind of ending, a correction, a promised answer; its reviews' pages."""
    month.registers(runtime)
    month.approved(runtime)
    path = ("dial", "first_call", "closing")
    month.call(runtime, "陈晨", "27 09:00", "scored", score=2, reason="等了三天", path=path)
    month.call(runtime, "陈晨", "27 09:05", "refused")
    month.call(runtime, "孙悦", "27 09:10", "complaint_solved", note="换了一盆")
    month.call(runtime, "孙悦", "27 09:15", "scored", score=5)
    month.call(runtime, "陈晨", "27 09:20", "complaint_escalated", note="盆碎了", score=1)
    supervisor, now = month.person(runtime, month.SUPERVISOR), runtime.now()
    lines = to_review(runtime, month.MONTH, now, supervisor)
    corrected = ReviewForm(Verdict.CORRECTED, 3, "听错了")
    scored = [line.task for line in lines if line.score is not None]
    finish_review(runtime, scored[0], corrected, now, supervisor)
    open_review(runtime, scored[1], now, supervisor)
    return [f"/sampling/review/{line.task}" for line in lines]


@pytest.mark.parametrize("role", [Role.LEADER, Role.SUPERVISOR])
def test_no_page_of_a_month_shows_a_chinese_word_of_ours(
    runtime: Runtime, signed_in: Callable[[Role], Visitor], role: Role
) -> None:
    pages = under_way(runtime)
    month.go_to(runtime, "27 09:55")
    browser = english(signed_in(role))
    listed = [f"/sampling?standing={one}" for one in ("reserve", "scored", "unscored", "open")]
    for path in ("/sampling", "/sampling/review", "/escalations", *listed, *pages):
        answer = browser.get(path)
        assert answer.status_code == 200
        assert [f"{path}: {text}" for text in Chinese.of(answer)] == []


def test_what_is_refused_is_said_in_english(
    runtime: Runtime, signed_in: Callable[[Role], Visitor]
) -> None:
    month.registers(runtime, 12)
    month.drawn(runtime)
    month.go_to(runtime, "28 10:00")
    supervisor, leader = english(signed_in(Role.SUPERVISOR)), english(signed_in(Role.LEADER))
    for browser in (leader, supervisor):
        assert Chinese.of(browser.get("/sampling")) == []
    answers = [
        leader.post("/sampling/draw", {"seed": "x"}),
        leader.post("/sampling/approve"),
        supervisor.post("/sampling/approve"),
        supervisor.post("/sampling/submit"),
        supervisor.post("/sampling/approve"),
        leader.post("/sampling/submit"),
        leader.post("/sampling/draw"),
    ]
    assert [answer.status_code for answer in answers] == [400, 409, 409, 303, 409, 409, 409]
    for answer in answers:
        assert [text for text in Chinese.of(answer) if month.SUPERVISOR not in text] == []
