"""The pages of the after-sales register (R-CASE-1, R-CPL-2)."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from adapters.store.models.after_sales import case_entry, service_case
from campaigns.values import Role
from scheduler.runtime import Runtime
from tests.databases import sqlite_only
from tests.web import panel_shop
from tests.web.conftest import Visitor

pytestmark = sqlite_only

SignedIn = Callable[[Role | str], Visitor]
FORM = {"kind": "parcel", "user_id": "青柠小站", "cause": "一直没有收到", "agreed": "明天回电"}


@pytest.fixture(autouse=True)
def filled(runtime: Runtime) -> None:
    panel_shop.fill(runtime)


def entered(browser: Visitor, **changes: str) -> str:
    """Enter a case; the address of its page."""
    browser.get("/after-sales/new")
    answer = browser.post("/after-sales/new", FORM | changes)
    assert answer.status_code == 303
    return str(answer.location)


def seen_of(page: str) -> str:
    return page.split('name="seen" value="', 1)[1].split('"', 1)[0]


def test_r_case_1_a_caller_enters_a_problem_works_it_and_ends_it(
    signed_in: SignedIn, runtime: Runtime
) -> None:
    browser = signed_in(Role.CALLER)
    assert "没有未办结的问题" in browser.get("/after-sales").text
    address = entered(browser)
    page = browser.get(address).text
    assert "一直没有收到" in page
    assert "明天回电" in page
    listed = browser.get("/after-sales").text
    assert "青柠小站" in listed
    assert "未办结 1 件" in listed
    change = {"seen": seen_of(page), "state": "solved", "note": ""}
    refused = browser.post(address, change)
    assert refused.status_code == 400
    assert "办结要写明做了什么" in refused.text
    assert 'aria-invalid="true"' in refused.text
    assert browser.post(address, change | {"note": "补发了"}).status_code == 303
    assert browser.post(address, change | {"note": "补发了"}).status_code == 303  # a double click
    with runtime.snapshot() as connection:
        rows = connection.execute(case_entry.select()).all()
    assert [(row.state, row.note) for row in rows] == [("open", None), ("solved", "补发了")]
    assert "没有未办结的问题" in browser.get("/after-sales").text
    assert "青柠小站" in browser.get("/after-sales?state=solved").text


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"user_id": "没有这个人"}, "没有这位客户"),
        ({"order_no": "123"}, "没有这个订单"),
        ({"cause": " "}, "请写明原因"),
        ({"kind": "weather"}, "请从列表里选择"),
        ({"due_at": "2026-03-09T09:00"}, "到期时间要在 48 小时以内"),
    ],
)
def test_r_case_1_a_refused_form_keeps_what_was_typed(
    signed_in: SignedIn, changes: dict[str, str], message: str
) -> None:
    browser = signed_in(Role.CALLER)
    browser.get("/after-sales/new")
    answer = browser.post("/after-sales/new", FORM | changes)
    assert answer.status_code == 400
    assert message in answer.text
    assert "明天回电" in answer.text


def test_r_cpl_2_another_callers_case_is_not_shown_until_nobody_has_it(
    signed_in: SignedIn,
) -> None:
    mine, other, leader = signed_in(Role.CALLER), signed_in("孙悦"), signed_in(Role.LEADER)
    address = entered(mine)
    assert other.get(address).status_code == 404
    assert "青柠小站" not in other.get("/after-sales?state=all").text
    assert other.post(f"{address}/hand-over", {"handler": "孙悦"}).status_code == 409
    leader.get(address)
    assert leader.post(f"{address}/hand-over", {"handler": "", "note": "谁有空"}).status_code == 303
    page = other.get("/after-sales").text
    assert "没人接" in page
    assert "我来" in page
    assert other.post(f"{address}/take").status_code == 303
    history = other.get(address).text
    assert history.index("谁有空") < history.index("记下处理")
    assert mine.get(address).status_code == 404
    assert leader.post(f"{address}/take").status_code == 409


def test_r_cpl_2_an_overtaken_form_is_refused_with_what_was_typed(signed_in: SignedIn) -> None:
    mine, leader = signed_in(Role.CALLER), signed_in(Role.LEADER)
    address = entered(mine)
    seen = seen_of(mine.get(address).text)
    leader.get(address)
    leader.post(address, {"seen": seen, "state": "in_progress", "note": "我先问仓库"})
    answer = mine.post(address, {"seen": seen, "state": "waiting", "note": "等快递回话"})
    assert answer.status_code == 409
    assert "别人刚改过这件事" in answer.text
    assert "我先问仓库" in answer.text
    assert "等快递回话" in answer.text


def test_r_case_1_a_leader_names_the_handler_and_finds_cases(
    signed_in: SignedIn, runtime: Runtime
) -> None:
    leader = signed_in(Role.LEADER)
    address = entered(leader, handler="孙悦")
    with runtime.snapshot() as connection:
        (row,) = connection.execute(service_case.select()).all()
    assert row.handler == "孙悦"
    for query, found in (
        ("words=青柠", True),
        ("words=没有", False),
        ("kind=parcel", True),
        ("kind=refund", False),
        ("handler=孙悦", True),
        ("handler=-", False),
        ("state=open", True),
        ("state=closed", False),
        ("state=all", True),
    ):
        assert (address in leader.get(f"/after-sales?{query}").text) is found, query
    assert leader.get("/after-sales?state=later").status_code == 400
    assert leader.get("/after-sales?kind=later").status_code == 400


def test_r_case_1_the_customers_page_lists_the_cases(signed_in: SignedIn) -> None:
    leader = signed_in(Role.LEADER)
    assert "没有登记过问题" in leader.get("/desk/customers/1").text
    address = entered(leader)
    with_case = leader.get("/desk/customers?words=青柠小站", follow_redirects=True).text
    assert f'href="{address}"' in with_case
    prefilled = with_case.split('href="/after-sales/new?', 1)[1].split('"', 1)[0]
    assert 'value="青柠小站"' in leader.get(f"/after-sales/new?{prefilled}").text
    assert "一直没有收到" in with_case


def test_r_case_1_the_form_is_downloaded_as_the_procedure_has_it(signed_in: SignedIn) -> None:
    leader = signed_in(Role.LEADER)
    entered(leader)
    days = "from=2026-03-04&to=2026-03-04"
    answer = leader.get(f"/desk/ledgers/cases.csv?{days}")
    header, row = answer.data.decode("utf-8-sig").splitlines()[:2]
    assert header == "日期,处理人,用户ID,订单编号,问题类型,原因,协商结果,状态,到期时间"
    assert row.startswith("2026-03-04,,青柠小站,,快递问题,一直没有收到,明天回电,待处理,2026-03-05")
    assert "青柠小站" in leader.get(f"/desk/ledgers?which=cases&{days}").text
    before = leader.get(f"/desk/ledgers?which=cases&{days}&as_of=2026-03-04T08:00").text
    assert "青柠小站" not in before
    assert signed_in(Role.CALLER).get(f"/desk/ledgers/cases.csv?{days}").status_code == 403
