"""The leader's desk: import, plan, lists, do-not-contact, customers, offers, ledgers, clock."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable

import openpyxl
import pytest
from sqlalchemy import select

from adapters.store.models.audit import audit
from adapters.store.models.imports import import_file
from campaigns.values import Person, Role
from scheduler.flows.claim import HandOut, next_call
from scheduler.flows.outcome import OutcomeForm, record_outcome
from scheduler.flows.people import caller_named
from scheduler.runtime import Runtime
from tests.databases import sqlite_only
from tests.factories_exports import system_file
from tests.web import panel_shop
from tests.web.conftest import Visitor

NAME = "ExportOrderList202603040900.csv"


@pytest.fixture
def leader(signed_in: Callable[[Role], Visitor]) -> Visitor:
    return signed_in(Role.LEADER)


def file_of(content: bytes, name: str = NAME) -> tuple[io.BytesIO, str]:
    return io.BytesIO(content), name


def call_one(runtime: Runtime, code: str) -> HandOut:
    person = caller_named(runtime, "陈晨")
    assert isinstance(person, Person)
    held = next_call(runtime, person, runtime.now())
    assert isinstance(held, HandOut)
    record_outcome(runtime, held.attempt_id, OutcomeForm(code), runtime.now(), person)
    return held


def audited(runtime: Runtime, what: str) -> list[str]:
    with runtime.snapshot() as connection:
        query = select(audit.c.who).where(audit.c.what == what)
        return list(connection.execute(query).scalars())


def test_r_imp_1_a_file_is_looked_at_before_it_is_taken(runtime: Runtime, leader: Visitor) -> None:
    leader.get("/desk/imports")
    answer = leader.post(
        "/desk/imports", {"files": file_of(panel_shop.orders_csv()), "do": "preview"}
    )
    assert "预览，还没有收下" in answer.text
    assert "青柠小站" in answer.text
    assert "184****5671" in answer.text
    assert "18412345671" not in answer.text
    with runtime.snapshot() as connection:
        assert connection.execute(select(import_file.c.id)).first() is None
    answer = leader.post("/desk/imports", {"files": file_of(panel_shop.orders_csv()), "do": "take"})
    assert "已收下" in answer.text
    assert "收下 <strong>4</strong>" in answer.text


def test_r_imp_2_rejected_rows_are_shown_and_downloaded(leader: Visitor) -> None:
    bad = [*panel_shop.BUYERS, panel_shop.Buyer("坏行", "18412345679", state="=HYPERLINK(1)")]
    leader.get("/desk/imports")
    answer = leader.post(
        "/desk/imports", {"files": file_of(panel_shop.orders_csv(bad)), "do": "take"}
    )
    found = re.search(r'href="(/desk/imports/\d+/rejected.csv)"', answer.text)
    assert found is not None
    download = leader.get(found[1])
    assert download.data.startswith(b"\xef\xbb\xbf")
    rows = list(csv.reader(io.StringIO(download.data.decode("utf-8-sig"))))
    assert rows[0] == ["行号", "列", "原因"]
    assert rows[1][0] == "6"
    assert not any(cell.startswith("=") for row in rows for cell in row)
    assert leader.get("/desk/imports/999/rejected.csv").status_code == 404


def test_r_imp_3_the_same_file_again_changes_nothing(leader: Visitor) -> None:
    leader.get("/desk/imports")
    for expected in ("收下 <strong>4</strong>，没有变化 0", "收下 <strong>0</strong>，没有变化 4"):
        form = {"files": file_of(panel_shop.orders_csv()), "do": "take"}
        assert expected in leader.post("/desk/imports", form).text


def test_a_file_that_is_none_of_ours_is_refused_with_its_reason(leader: Visitor) -> None:
    leader.get("/desk/imports")
    for content, name in ((b"hello\n", "x.csv"), (b"PK\x03\x04junk", "x.xlsx"), (b"", "y.csv")):
        answer = leader.post("/desk/imports", {"files": file_of(content, name), "do": "take"})
        assert answer.status_code == 200
        assert "没有收下" in answer.text
    assert leader.post("/desk/imports", {"do": "take"}).status_code == 400


@sqlite_only
def test_r_imp_2_a_file_of_another_kind_is_refused_in_chinese(leader: Visitor) -> None:
    leader.get("/desk/imports")
    form = {"files": file_of(panel_shop.orders_csv()), "do": "take", "kind": "do-not-contact"}
    page = leader.post("/desk/imports", form).text
    assert "内容与所选类型不符：选的是“免打扰名单”，内容是“订单”" in page


@sqlite_only
def test_r_imp_1_a_preview_names_the_system_and_what_its_sheet_lacks(leader: Visitor) -> None:
    page = leader.get("/desk/imports").text
    assert 'value="shipments">发货单' in page
    assert 'value="stock-out">缺货清单' in page
    form = {"files": file_of(system_file("拼多多", [{}]), "多多.csv"), "do": "preview"}
    page = leader.post("/desk/imports", form).text
    assert "拼多多</span>" in page
    assert "没有电话一列" in page


def test_r_dun_1_planning_from_the_panel(runtime: Runtime, leader: Visitor) -> None:
    assert "今天还没有做计划" in leader.get("/desk").text
    leader.post("/desk/imports", {"files": file_of(panel_shop.orders_csv()), "do": "take"})
    assert leader.post("/desk/plan").status_code == 303
    page = leader.get("/desk").text
    assert "4 位客户（新增 4 位）" in page
    assert "云上牧羊" in page
    leader.post("/desk/plan")
    assert "4 位客户（新增 0 位）" in leader.get("/desk").text


def test_r_dun_5_the_queue_is_shown_in_its_order(runtime: Runtime, leader: Visitor) -> None:
    panel_shop.fill(runtime)
    page = leader.get("/desk").text
    names = [page.index(f">{name}</a>") for name in ("云上牧羊", "阿禾的厨房", "晚风与海")]
    assert names == sorted(names)


def test_r_aud_3_a_customers_page_answers_for_any_instant(
    runtime: Runtime, leader: Visitor
) -> None:
    panel_shop.fill(runtime)
    found = leader.post("/desk/customers/search", {"words": "晚风"}).text
    path = re.search(r'href="(/desk/customers/\d+)"', found)
    assert path is not None
    now = leader.get(path[1]).text
    assert "可以打" in now
    noon = leader.get(f"{path[1]}?at=2026-03-04T12:30").text
    assert "还要等" in noon
    assert "R-HOURS-3" in noon
    late = leader.get(f"{path[1]}?at=2026-03-06T22:00").text
    assert "R-DUN-3" in late
    assert "R-DUN-4" in late
    assert leader.get(f"{path[1]}?at=noon").status_code == 400
    assert leader.get("/desk/customers/99999").status_code == 404


def test_customers_are_found_by_order_number_and_by_whole_number(
    runtime: Runtime, leader: Visitor
) -> None:
    panel_shop.fill(runtime)
    leader.get("/desk/customers")
    for words in ("3515313147329300102", "184 1234 5672", "晚风与"):
        assert "晚风与海" in leader.post("/desk/customers/search", {"words": words}).text, words
    assert "没有找到" in leader.post("/desk/customers/search", {"words": "5672"}).text


def test_r_pii_1_a_number_is_revealed_once_with_a_reason(runtime: Runtime, leader: Visitor) -> None:
    panel_shop.fill(runtime)
    page = leader.get("/desk/customers/1").text
    path = re.search(r'action="(/desk/customers/1/numbers/\d+)"', page)
    assert path is not None
    assert leader.post(path[1], {"reason": " "}).status_code == 400
    assert leader.get(path[1]).status_code == 405
    assert audited(runtime, "phone.revealed") == []
    shown = leader.post(path[1], {"reason": "客户要求核对号码"})
    assert "184 1234 567" in shown.text
    assert "184 1234 567" not in leader.get("/desk/customers/1").text
    assert audited(runtime, "phone.revealed") == ["李组长"]


def test_r_dun_5_a_long_queue_shows_its_first_customers_and_opens_for_the_others(
    runtime: Runtime, leader: Visitor
) -> None:
    panel_shop.fill(runtime)
    assert "<summary>第 31 到" not in leader.get("/desk").text
    more = [panel_shop.Buyer(f"买家{i:02}", f"184123457{i:02}") for i in range(31)]
    panel_shop.fill(runtime, [*panel_shop.BUYERS, *more])
    shown, folded = leader.get("/desk").text.split("<summary>第 31 到 35 位</summary>")
    assert [text.count('data-label="序"') for text in (shown, folded)] == [30, 5]


def test_what_ended_today_is_one_figure_with_its_parts(runtime: Runtime, leader: Visitor) -> None:
    panel_shop.fill(runtime)
    for code in ("not_needed", "opt_out", "not_needed"):
        call_one(runtime, code)
    figures = re.findall(r"<b>(\d+)</b><span>今天结束", leader.get("/desk").text)
    assert figures == ["3"]
    parts = re.search(r'<ul class="endings"[^>]*>(.*?)</ul>', leader.get("/desk").text)
    assert parts is not None
    assert sorted(re.findall(r">(\d+)<", parts[1])) == ["1", "2"]


@sqlite_only
def test_a_refused_form_comes_back_with_its_message_and_what_was_typed(
    leader: Visitor, signed_in: Callable[[Role], Visitor]
) -> None:
    def refused(path: str, form: dict[str, str]) -> str:
        leader.get(path)
        answer = leader.post(path, form)
        assert answer.status_code == 400
        for typed in form.values():
            assert f'value="{typed}"' in answer.text
        return answer.text

    entry = {"phone": "123", "reason": "来电要求"}
    page = refused("/desk/do-not-contact", entry)
    assert "电话号码不能用" in page
    assert 'value="123" aria-invalid="true"' in page
    offer = {"wording": "满百减五", "first_day": "2026-03-09", "last_day": "2026-03-02"}
    assert "开始日期晚于结束日期" in refused("/desk/offers", {"campaign": "1", **offer})
    admin = signed_in(Role.ADMIN)
    admin.get("/admin/people")
    twin = {"name": "李组长", "password": panel_shop.PASSWORD, "role": "leader"}
    answer = admin.post("/admin/people", twin)
    assert (answer.status_code, "已经有人叫 李组长" in answer.text) == (409, True)
    assert 'value="李组长"' in answer.text
    assert '<option value="leader" selected>' in answer.text
    assert panel_shop.PASSWORD not in answer.text
    ledger = leader.get("/desk/ledgers?which=summary&from=2026-03-09&to=2026-03-02")
    assert ledger.status_code == 400
    assert "晚于结束日期" in ledger.text
    assert 'value="2026-03-09"' in ledger.text
    assert "下载 XLSX" not in ledger.text


@sqlite_only
def test_r_aud_3_every_rule_of_the_answer_has_a_reason(runtime: Runtime, leader: Visitor) -> None:
    panel_shop.fill(runtime)
    page = leader.get("/desk/customers/1").text
    assert "无限制" in page
    answers = re.findall(r"</abbr>([^<]*)", page.split('class="checks"', 1)[1].split("</ul>")[0])
    assert len(answers) > 10
    assert all(text.strip() for text in answers)


def test_r_dnc_2_a_user_id_that_is_not_in_the_shop_yet_is_said(
    runtime: Runtime, leader: Visitor
) -> None:
    panel_shop.fill(runtime)
    waiting = "店里还没有这个用户ID，已先登记，出现订单时立即生效"
    for user_id, is_known in (("青柠小战", False), (" 青柠小站 ", True)):
        leader.get("/desk/do-not-contact")
        leader.post("/desk/do-not-contact", {"user_id": user_id, "reason": "来电要求"})
        page = leader.get("/desk/do-not-contact").text
        assert (waiting in page, "已生效；排着的工作也撤回了" in page) == (not is_known, is_known)


def test_r_dnc_3_anybody_who_leads_adds_and_only_a_supervisor_lifts(
    runtime: Runtime, leader: Visitor, signed_in: Callable[[Role], Visitor]
) -> None:
    panel_shop.fill(runtime)
    leader.get("/desk/do-not-contact")
    both = {"user_id": "青柠小站", "phone": "18412345671", "reason": "x"}
    assert leader.post("/desk/do-not-contact", both).status_code == 400
    assert leader.post("/desk/do-not-contact", {"user_id": "青柠小站"}).status_code == 400
    form = {"user_id": "青柠小站", "reason": "电话里要求", "kind": ""}
    assert leader.post("/desk/do-not-contact", form).status_code == 303
    leader.post("/desk/do-not-contact", {"phone": "18412345672", "reason": "来电要求"})
    page = leader.get("/desk/do-not-contact").text
    assert "青柠小站" in page
    assert "184****5672" in page
    assert "18412345672" not in page
    assert "/lift" not in page
    supervisor = signed_in(Role.SUPERVISOR)
    path = re.search(
        r'action="(/supervisor/do-not-contact/\d+/lift)"',
        supervisor.get("/desk/do-not-contact?words=青柠").text,
    )
    assert path is not None
    assert leader.post(path[1], {"reason": "x"}).status_code == 403
    assert supervisor.post(path[1], {"reason": ""}).status_code == 400
    assert supervisor.post(path[1], {"reason": "客户来电取消"}).status_code == 303
    assert "青柠小站" not in supervisor.get("/desk/do-not-contact").text
    assert "客户来电取消" in supervisor.get("/desk/do-not-contact?lifted=1").text


def test_r_dun_6_an_offer_is_entered_and_said(runtime: Runtime, leader: Visitor) -> None:
    panel_shop.fill(runtime)
    leader.get("/desk/offers")
    form = {"campaign": "1", "wording": "满两百减二十", "first_day": "2026-03-03"}
    assert leader.post("/desk/offers", {**form, "last_day": "2026-03-01"}).status_code == 400
    assert leader.post("/desk/offers", {**form, "last_day": "soon"}).status_code == 400
    assert leader.post("/desk/offers", {**form, "last_day": "2026-03-03"}).status_code == 303
    assert "满两百减二十" in leader.get("/desk/offers").text
    leader.post("/call/next")
    page = leader.get("/call").text
    assert page.count("满两百减二十") >= 2, "beside the orders, and in the script"


def test_r_dun_7_r_dun_8_ledgers_have_one_total_everywhere(
    runtime: Runtime, leader: Visitor
) -> None:
    panel_shop.fill(runtime)
    held = [call_one(runtime, code) for code in ("will_pay", "no_answer")]
    assert len(held) == 2
    page = leader.get("/desk/ledgers?from=2026-03-04&to=2026-03-04").text
    total = re.search(r"<tfoot>.*?([\d,]+\.\d\d)", page, re.DOTALL)
    assert total is not None
    written = leader.get("/desk/ledgers/detail.csv?from=2026-03-04&to=2026-03-04")
    rows = list(csv.reader(io.StringIO(written.data.decode("utf-8-sig"))))
    assert rows[-1][0] == "合计"
    assert total[1].replace(",", "") in rows[-1]
    book = leader.get("/desk/ledgers/detail.xlsx?from=2026-03-04&to=2026-03-04")
    assert "attachment" in book.headers["Content-Disposition"]
    sheet = openpyxl.load_workbook(io.BytesIO(book.data)).active
    assert sheet is not None
    cells = [cell.value for cell in sheet[sheet.max_row]]
    assert float(total[1].replace(",", "")) in cells
    assert "催款汇总表" in leader.get("/desk/ledgers?which=summary").text
    assert leader.get("/desk/ledgers/summary.csv").status_code == 200
    assert audited(runtime, "ledger.exported") == ["李组长"] * 3


@sqlite_only
def test_ledgers_of_nonsense_days_are_refused(leader: Visitor) -> None:
    assert leader.get("/desk/ledgers?from=2026-03-05&to=2026-03-04").status_code == 400
    assert leader.get("/desk/ledgers?from=yesterday").status_code == 400
    assert leader.get("/desk/ledgers?which=everything").status_code == 404
    assert leader.get("/desk/ledgers/detail.pdf").status_code == 404
    assert "这几天没有记录" in leader.get("/desk/ledgers").text


@sqlite_only
def test_leaders_move_the_training_clock(leader: Visitor) -> None:
    leader.get("/desk")
    for how, expected in [
        ("quarter", "今天 09:20"),
        ("hour", "今天 10:20"),
        ("opening", "今天 13:00"),
        ("opening", "明天 09:00"),
        ("morning", "3月5日 08:45"),
    ]:
        answer = leader.post("/training/clock", {"how": how, "back": "/desk"})
        assert answer.location == "/desk"
        page = leader.get("/desk").text
        shown = re.search(r"店铺时间已调到 3月\d日 周. (\d\d:\d\d)", page)
        assert shown is not None
        assert shown[1] == expected.split()[-1]
    leader.post("/training/clock", {"how": "pause"})
    assert "已暂停" in leader.get("/desk").text
    leader.post("/training/clock", {"how": "resume"})
    assert "（已暂停）" not in leader.get("/desk").text
    assert leader.post("/training/clock", {"how": "back to 1999"}).status_code == 400


@sqlite_only
def test_r_hours_6_an_unknown_year_is_said(runtime: Runtime, leader: Visitor) -> None:
    assert "官方日历还没有公布" not in leader.get("/desk").text
    from datetime import datetime  # noqa: PLC0415

    from campaigns.values import SHOP_ZONE  # noqa: PLC0415
    from scheduler.flows.shop import set_clock  # noqa: PLC0415

    set_clock(runtime, "test", to=datetime(2040, 3, 5, 10, 0, tzinfo=SHOP_ZONE))
    page = leader.get("/desk").text
    assert "2040 年的官方日历还没有公布" in page
    assert "R-HOURS-6" in page


@sqlite_only
def test_an_administrator_sees_the_state_of_the_installation(
    signed_in: Callable[[Role], Visitor],
) -> None:
    page = signed_in(Role.ADMIN).get("/admin/status").text
    assert "官方日历" in page
    assert "样例店" in page


@sqlite_only
def test_a_buyers_name_is_text_on_every_page(runtime: Runtime, leader: Visitor) -> None:
    name = "<script>alert('1')</script>\"x"
    panel_shop.fill(runtime, [panel_shop.Buyer(name, "18412345675", "99.00")])
    leader.post("/desk/do-not-contact", {"user_id": f"{name}2", "reason": name})
    pages = [leader.get(f"/desk{p}").text for p in ("", "/customers/1", "/do-not-contact")]
    leader.post("/call/next")
    page = leader.get("/call").text
    key = re.search(r'name="key" value="([^"]+)"', page)
    path = re.search(r'action="(/call/[^"]+/outcome)"', page)
    assert key is not None
    assert path is not None
    leader.post(path[1], {"code": "relay", "key": key[1], "note": name})
    pages += [page, *(leader.get(p).text for p in ("/call/todos", "/call/day", "/desk/lists"))]
    for text in pages:
        assert "<script>alert" not in text
        assert "&lt;script&gt;alert" in text
