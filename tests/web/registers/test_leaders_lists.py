"""Feedback, promises and stock-outs as a leader sees them (R-CB-6, R-OOS-2)."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlalchemy import select

from adapters.store.models.calls import todo
from campaigns.values import Role
from scheduler.runtime import Runtime
from tests.databases import sqlite_only
from tests.web.conftest import Visitor
from tests.web.registers.story import GOODS, tell

pytestmark = sqlite_only

SignedIn = Callable[[Role | str], Visitor]


@pytest.fixture
def calls(runtime: Runtime) -> None:
    tell(runtime)


@pytest.mark.usefixtures("calls")
def test_r_cb_6_counts_by_week_lead_to_the_words(signed_in: SignedIn) -> None:
    leader = signed_in(Role.LEADER)
    page = leader.get("/after-sales/feedback").text
    assert "2026-W10" in page
    assert GOODS in page
    assert page.count("把手有点松") == 2
    bad = leader.get(f"/after-sales/feedback?effect=bad&product={GOODS}").text
    assert bad.count("把手有点松") == 1
    assert "这几天没有反馈" in leader.get("/after-sales/feedback?to=2026-01-31").text
    wrong = leader.get("/after-sales/feedback?from=2026-03-09&to=2026-03-02")
    assert (wrong.status_code, "晚于结束日期" in wrong.text) == (400, True)
    assert leader.get("/after-sales/feedback?effect=loud").status_code == 400
    lines = leader.get("/desk/ledgers/feedback.csv").data.decode("utf-8-sig").splitlines()
    assert lines[0] == "日期,处理人员,用户ID,商品,效果,意见,建议,原话"
    assert len(lines) == 4
    counts = leader.get("/desk/ledgers/feedback-summary.csv").data.decode("utf-8-sig")
    assert f"{GOODS},2026-W10,2026-03-02,2,1,0,0,1,0" in counts
    assert leader.get("/desk/ledgers/feedback-summary.xlsx").data.startswith(b"PK")


@pytest.mark.usefixtures("calls")
def test_r_oos_2_a_promise_is_ticked_off_and_broken_ones_say_why(
    signed_in: SignedIn, runtime: Runtime
) -> None:
    leader = signed_in(Role.LEADER)
    page = leader.get("/after-sales/promises").text
    assert page.count("随货送赠品") >= 2
    assert "待兑现（6）" in page
    address = page.split('action="/after-sales/promises/', 1)[1].split('"', 1)[0]
    answer = leader.post(f"/after-sales/promises/{address}", {"state": "open"})
    assert answer.location == "/after-sales/promises?state=open"
    assert "待兑现（5）" in leader.get("/after-sales/promises").text
    with runtime.snapshot() as connection:
        done = connection.execute(select(todo).where(todo.c.done_at.is_not(None))).all()
    assert [row.done_by for row in done] == ["李组长"]
    listed = leader.get("/after-sales/stock-outs").text
    assert "陶瓷马克杯" in listed
    move = {"expected_on": "2026-03-20"}
    assert leader.post("/after-sales/stock-outs/1/move", move).status_code == 303
    broken = leader.get("/after-sales/promises?state=broken").text
    assert "未兑现（5）" in broken
    assert "3 月 20 日" in broken
    assert leader.get("/after-sales/promises?state=later").status_code == 400


@pytest.mark.usefixtures("calls")
def test_r_oos_2_the_list_of_stock_outs_is_moved_marked_and_dropped(signed_in: SignedIn) -> None:
    leader = signed_in(Role.LEADER)
    leader.get("/after-sales/stock-outs")
    past = leader.post("/after-sales/stock-outs/1/move", {"expected_on": "2026-03-01"})
    assert (past.status_code, "不能早于今天" in past.text) == (400, True)
    assert 'value="2026-03-01"' in past.text
    assert leader.post("/after-sales/stock-outs/1/arrived").status_code == 303
    assert "已到货" in leader.get("/after-sales/stock-outs").text
    assert leader.post("/after-sales/stock-outs/1/drop").status_code == 303
    assert "不再跟" in leader.get("/after-sales/stock-outs").text
    assert leader.post("/after-sales/stock-outs/99/arrived").status_code == 404


@pytest.mark.usefixtures("calls")
@pytest.mark.parametrize(
    ("which", "words"),
    [("callback-detail", "把手有点松"), ("stockout-detail", "待兑现")],
)
def test_r_cb_6_the_detail_ledgers_on_screen_and_as_files(
    signed_in: SignedIn, which: str, words: str
) -> None:
    leader = signed_in(Role.LEADER)
    page = leader.get(f"/desk/ledgers?which={which}").text
    assert words in page
    assert "2 位" in page
    assert words in leader.get(f"/desk/ledgers/{which}.csv").data.decode("utf-8-sig")
    assert leader.get(f"/desk/ledgers/{which}.xlsx").data.startswith(b"PK")


def test_the_pages_are_empty_in_an_empty_shop(signed_in: SignedIn) -> None:
    leader = signed_in(Role.LEADER)
    assert "没有缺货商品" in leader.get("/after-sales/stock-outs").text
    assert "没有这样的承诺" in leader.get("/after-sales/promises").text
    assert "这几天没有反馈" in leader.get("/after-sales/feedback").text
    caller = signed_in(Role.CALLER)
    for page in ("stock-outs", "promises", "feedback"):
        assert caller.get(f"/after-sales/{page}").status_code == 403
