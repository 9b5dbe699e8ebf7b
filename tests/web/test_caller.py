"""The caller's screen, on both databases: take, dial, record, skip, withdrawn, nobody, to-dos."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import func, select

from adapters.store.models.audit import audit
from adapters.store.models.calls import attempt
from adapters.store.models.campaigns import campaign, task
from campaigns.values import CampaignState, Role
from scheduler.flows.campaigns import change_state, pause_all, resume_all
from scheduler.flows.do_not_contact import EntryForm, add_entry
from scheduler.flows.outcome import OutcomeAnswer
from scheduler.flows.shop import set_clock
from scheduler.runtime import Runtime
from tests.databases import sqlite_only
from tests.web import panel_shop
from tests.web.conftest import Visitor
from web.caller import in_words

FULL_NUMBER = re.compile(r"(?<!\d)1[3-9]\d{9}(?!\d)|184 \d{4} \d{4}")


@pytest.fixture
def caller(runtime: Runtime, signed_in: Callable[[Role], Visitor]) -> Visitor:
    panel_shop.fill(runtime)
    return signed_in(Role.CALLER)


def take(browser: Visitor) -> str:
    """Take the next customer; returns the attempt's id."""
    browser.get("/call")
    assert browser.post("/call/next").location == "/call"
    found = re.search(r'data-attempt="([^"]+)"', browser.get("/call").text)
    assert found is not None
    return found[1]


def form_of(page: str, code: str, **more: str) -> dict[str, str]:
    key = re.search(r'name="key" value="([^"]+)"', page)
    assert key is not None
    return {"code": code, "key": key[1], **more}


def move_on(runtime: Runtime, **span: float) -> None:
    set_clock(runtime, "test", to=runtime.now() + timedelta(**span))


def count_attempts(runtime: Runtime) -> int:
    with runtime.snapshot() as connection:
        return int(connection.execute(select(func.count()).select_from(attempt)).scalar_one())


def test_r_dun_6_the_screen_has_what_the_caller_needs(caller: Visitor) -> None:
    take(caller)
    page = caller.get("/call").text
    assert "云上牧羊" in page, "worth most"
    assert "¥1,280.00" in page
    assert "手工陶瓷马克杯" in page
    assert "后天 14:20 关闭" in page
    assert "昨天 14:20" in page
    assert "为什么是这位" in page


def test_outcomes_stand_in_the_order_of_a_call_and_what_ends_contact_is_marked(
    caller: Visitor,
) -> None:
    take(caller)
    page = caller.get("/call").text
    titles = re.findall(r"<legend>([^<]+)</legend>", page)
    assert titles == ["没打通", "打通了", "以后再打", "不再联系"]
    assert re.findall(r'outcome-ends">\s*<input[^>]* id="o-(\w+)"', page) == [
        "hung_up_angry",
        "opt_out",
    ]
    assert page.count("<small>免打扰</small>") == 2


def test_r_etq_1_manners_stand_with_the_script(caller: Visitor) -> None:
    take(caller)
    page = caller.get("/call").text
    assert "不开免提" in page
    assert "让客户先挂电话" in page


def test_r_pii_1_the_number_is_for_the_holder_alone(
    runtime: Runtime, caller: Visitor, signed_in: Callable[[Role | str], Visitor]
) -> None:
    take(caller)
    page = caller.get("/call").text
    assert "184 1234 5674" in page
    elsewhere = [(caller, "/call/day"), (caller, "/call/todos")]
    other = signed_in(panel_shop.SECOND_CALLER)
    leader = signed_in(Role.SUPERVISOR)
    elsewhere += [(other, "/call"), (other, "/call/day"), (leader, "/call")]
    elsewhere += [(leader, f"/desk{p}") for p in ("", "/lists", "/imports", "/do-not-contact")]
    elsewhere += [
        (leader, f"/desk{p}") for p in ("/customers/1", "/ledgers", "/customers?words=云")
    ]
    for browser, path in elsewhere:
        answer = browser.get(path)
        assert answer.status_code == 200, path
        assert FULL_NUMBER.search(answer.text) is None, path
        assert FULL_NUMBER.search(str(answer.headers)) is None, path
    assert "184****5674" in leader.get("/desk/customers?words=云").text


def test_dialling_shows_the_way_to_dial_and_to_hang_up(caller: Visitor) -> None:
    attempt_id = take(caller)
    assert "tel:" not in caller.get("/call").text, "the gate is asked first"
    assert caller.post(f"/call/{attempt_id}/dial").status_code == 303
    page = caller.get("/call").text
    assert "tel:" not in page, "an invented number is nobody's to dial"
    assert "培训号码，请不要真的拨打" in page
    assert "通话中" in page
    assert caller.post(f"/call/{attempt_id}/hang-up").status_code == 303
    assert "已挂断，请填结果" in caller.get("/call").text


def test_r_hours_3_dialling_is_refused_in_plain_chinese(runtime: Runtime, caller: Visitor) -> None:
    attempt_id = take(caller)
    move_on(runtime, hours=3)  # 12:05
    answer = caller.post(f"/call/{attempt_id}/dial")
    assert answer.status_code == 409
    assert "R-HOURS-3" in answer.text or "R-CLAIM-1" in answer.text
    assert "不能拨打" in answer.text or "超时" in answer.text


def test_a_refusal_to_a_script_is_a_notice_alone(runtime: Runtime, caller: Visitor) -> None:
    attempt_id = take(caller)
    add_entry(runtime, EntryForm(reason="电话里要求", user_id="云上牧羊"), runtime.now(), "李组长")
    answer = caller.post(f"/call/{attempt_id}/dial", headers={"HX-Request": "true"})
    assert answer.status_code == 409
    assert answer.headers["HX-Retarget"] == "#notice"
    assert "<html" not in answer.text
    assert "R-DNC-2" in answer.text


def test_r_dnc_2_an_open_page_learns_that_its_customer_was_withdrawn(
    runtime: Runtime, caller: Visitor
) -> None:
    attempt_id = take(caller)
    seen = caller.get(f"/call/{attempt_id}/state").json
    assert seen is not None
    assert seen["state"] == "held"
    add_entry(runtime, EntryForm(reason="电话里要求", user_id="云上牧羊"), runtime.now(), "李组长")
    seen = caller.get(f"/call/{attempt_id}/state").json
    assert seen is not None
    assert (seen["state"], seen["rule"]) == ("withdrawn", "R-DNC-2")
    assert "不再联系" in seen["reason"]
    assert "云上牧羊" not in caller.get("/call").text


def test_r_claim_1_an_open_page_learns_that_the_leader_paused_and_why(
    runtime: Runtime, caller: Visitor
) -> None:
    attempt_id = take(caller)
    pause_all(runtime, "台风停电", runtime.now(), "李组长")
    seen = caller.get(f"/call/{attempt_id}/state").json
    assert seen is not None
    assert seen["pause"] == "组长已暂停全部外呼。原因：台风停电。请勿拨打，恢复后可以继续。"
    resume_all(runtime, runtime.now(), "李组长")
    seen = caller.get(f"/call/{attempt_id}/state").json
    assert seen is not None
    assert (seen["state"], seen["pause"]) == ("withdrawn", None), "over by now"


@pytest.mark.parametrize(
    ("state", "words"), [(CampaignState.PAUSED, "暂停"), (CampaignState.STOPPED, "停止")]
)
def test_r_claim_1_an_open_page_learns_which_campaign_was_paused(
    runtime: Runtime, caller: Visitor, state: CampaignState, words: str
) -> None:
    attempt_id = take(caller)
    with runtime.snapshot() as connection:
        row = connection.execute(
            select(campaign.c.id, campaign.c.name)
            .join(task, task.c.campaign_id == campaign.c.id)
            .where(task.c.id.in_(select(attempt.c.task_id).where(attempt.c.id == attempt_id)))
        ).one()
    change_state(runtime, row.id, state, "等新优惠", runtime.now(), "李组长")
    seen = caller.get(f"/call/{attempt_id}/state").json
    assert seen is not None
    assert seen["pause"].startswith(f"组长已{words}活动“{row.name}”。原因：等新优惠。")


def test_r_claim_1_the_open_page_keeps_the_lease(runtime: Runtime, caller: Visitor) -> None:
    attempt_id = take(caller)
    for _ in range(3):
        move_on(runtime, minutes=10)
        assert caller.post(f"/call/{attempt_id}/renew").json == {"kept": True}
    assert (caller.get(f"/call/{attempt_id}/state").json or {})["state"] == "held"
    move_on(runtime, minutes=16)
    assert (caller.get(f"/call/{attempt_id}/state").json or {})["state"] == "expired"
    assert caller.post(f"/call/{attempt_id}/renew").json == {"kept": False}
    assert "准备好了吗" in caller.get("/call").text


def test_r_claim_1_another_caller_neither_sees_nor_touches_it(
    caller: Visitor, signed_in: Callable[[Role | str], Visitor]
) -> None:
    attempt_id = take(caller)
    other = signed_in(panel_shop.SECOND_CALLER)
    assert take(other) != attempt_id
    assert (other.get(f"/call/{attempt_id}/state").json or {})["state"] == "over"
    for what in ("dial", "hang-up", "skip", "outcome"):
        answer = other.post(f"/call/{attempt_id}/{what}", {"reason": "x", "code": "no_answer"})
        assert answer.status_code == 409, what
    assert other.post(f"/call/{attempt_id}/renew").json == {"kept": False}


def test_r_claim_1_a_missing_outcome_is_shown(
    runtime: Runtime, caller: Visitor, signed_in: Callable[[Role], Visitor]
) -> None:
    attempt_id = take(caller)
    caller.post(f"/call/{attempt_id}/dial")
    move_on(runtime, minutes=29)
    assert "结果还没填。" not in caller.get("/call").text
    move_on(runtime, minutes=2)
    assert "结果还没填。" in caller.get("/call").text
    assert (caller.get(f"/call/{attempt_id}/state").json or {})["outcome_missing"] is True
    lists = signed_in(Role.LEADER).get("/desk/lists").text
    assert "结果没填 1 通" in lists
    assert "陈晨" in lists


def test_no_further_call_before_the_closing_is_said(runtime: Runtime) -> None:
    open_end = OutcomeAnswer(task=1, state="open", result="", next_at=None, how=None, rules=())
    assert in_words.recorded(open_end, runtime.now()) == "已记录。关闭之前没有可以再打的时间了。"


def test_an_outcome_is_recorded_once_however_often_it_is_sent(
    runtime: Runtime, caller: Visitor
) -> None:
    attempt_id = take(caller)
    caller.post(f"/call/{attempt_id}/dial")
    form = form_of(caller.get("/call").text, "no_answer")
    path = f"/call/{attempt_id}/outcome"
    assert caller.post(path, form).status_code == 303
    assert "下次联系：今天 13:00" in caller.get("/call").text
    assert caller.post(path, form).status_code == 303, "a double click answers the same"
    assert "下次联系：今天 13:00" in caller.get("/call").text
    assert caller.post(path, {**form, "key": "another", "code": "busy"}).status_code == 409
    with runtime.snapshot() as connection:
        closed = connection.execute(
            select(func.count()).select_from(audit).where(audit.c.what == "attempt.closed")
        ).scalar_one()
    assert closed == 1


def test_taking_twice_gives_the_same_customer(runtime: Runtime, caller: Visitor) -> None:
    first = take(caller)
    assert take(caller) == first
    assert count_attempts(runtime) == 1


def test_r_hours_7_only_open_minutes_are_offered(runtime: Runtime, caller: Visitor) -> None:
    take(caller)
    page = caller.get("/call").text
    offered = re.findall(r'<option value="(2026[^"]+)"', page)
    assert len(offered) > 60
    assert offered[0] == "2026-03-04T09:10:00+08:00"
    hours = {text[11:16] for text in offered}
    assert {"11:50", "13:00", "19:50"} <= hours
    assert not {"12:00", "12:30", "20:00", "08:50"} & hours
    assert max(offered) < "2026-03-06T14:20", "before the deadline"
    assert "可拨：今天 09:06–12:00、13:00–20:00" in page


def test_r_hours_7_a_wish_is_kept_or_moved_and_said(runtime: Runtime, caller: Visitor) -> None:
    attempt_id = take(caller)
    caller.post(f"/call/{attempt_id}/dial")
    page = caller.get("/call").text
    form = form_of(page, "busy", callback_at="2026-03-04T12:30:00+08:00")
    assert caller.post(f"/call/{attempt_id}/outcome", form).status_code == 303
    page = caller.get("/call").text
    assert "已顺延" in page
    assert "今天 13:00" in page


def test_required_fields_are_asked_for(caller: Visitor) -> None:
    attempt_id = take(caller)
    path = f"/call/{attempt_id}/outcome"
    page = caller.get("/call").text
    for code in ("other", "gave_number", "", "nonsense"):
        assert caller.post(path, form_of(page, code)).status_code == 400, code
    wrong = form_of(page, "gave_number", phone="400-123-4567")
    assert caller.post(path, wrong).status_code == 400
    past = form_of(page, "busy", callback_at="2026-03-03T10:00:00+08:00")
    assert caller.post(path, past).status_code == 400
    assert caller.post(path, form_of(page, "busy", callback_at="tomorrow")).status_code == 400
    late = form_of(page, "busy", callback_at="2026-03-07T10:00:00+08:00")
    assert caller.post(path, late).status_code == 409
    assert caller.post(path, form_of(page, "other", note="要问发票")).status_code == 303


def test_r_claim_1_skipping_needs_a_reason_that_the_leader_sees(
    caller: Visitor, signed_in: Callable[[Role], Visitor]
) -> None:
    attempt_id = take(caller)
    assert caller.post(f"/call/{attempt_id}/skip", {"reason": " "}).status_code == 400
    assert caller.post(f"/call/{attempt_id}/skip", {"reason": "听不懂方言"}).status_code == 303
    assert "今天 09:35" in caller.get("/call").text
    assert "听不懂方言" in signed_in(Role.LEADER).get("/desk/lists").text


def test_an_empty_queue_says_when_it_goes_on_and_why(runtime: Runtime, caller: Visitor) -> None:
    for _ in panel_shop.BUYERS:
        attempt_id = take(caller)
        page = caller.get("/call").text
        caller.post(f"/call/{attempt_id}/outcome", form_of(page, "no_answer"))
    caller.get("/call")
    answer = caller.post("/call/next")
    assert answer.status_code == 200
    assert "现在没有可拨的客户" in answer.text
    assert "今天 13:00" in answer.text
    assert "R-SLOT-1" in answer.text


def test_r_msg_1_own_to_dos_are_copied_sent_and_ticked_off(
    runtime: Runtime, caller: Visitor, signed_in: Callable[[Role | str], Visitor]
) -> None:
    attempt_id = take(caller)
    caller.post(f"/call/{attempt_id}/outcome", form_of(caller.get("/call").text, "relay"))
    attempt_id = take(caller)
    caller.post(f"/call/{attempt_id}/outcome", form_of(caller.get("/call").text, "not_needed"))
    page = caller.get("/call/todos").text
    assert "旺旺留言" in page
    assert "关闭交易" in page
    assert "aliim:sendmsg?touid=cntaobao" in page
    done = re.findall(r'action="(/call/todos/\d+/done)"', page)
    assert len(done) == 2
    for path in done * 2:
        assert caller.post(path).status_code == 303
    assert "都做完了" in caller.get("/call/todos").text
    other = signed_in(panel_shop.SECOND_CALLER)
    assert "都做完了" in other.get("/call/todos").text


def test_ones_own_day(caller: Visitor) -> None:
    for code, note in (("will_pay", "晚上付"), ("no_answer", "")):
        attempt_id = take(caller)
        page = caller.get("/call").text
        caller.post(f"/call/{attempt_id}/outcome", form_of(page, code, note=note))
    page = caller.get("/call/day").text
    figures = re.findall(r"<b>([^<]+)</b><span>([^<]+)", page)
    assert {name: count for count, name in figures} == {
        "拨打": "2",
        "接通": "1",
        "答应付款、转告、等货": "1",
        "之后已付款（0 位）": "¥0.00",
    }
    assert "晚上付" in page


@sqlite_only
def test_the_screen_is_made_fast_enough(app: Flask, runtime: Runtime, caller: Visitor) -> None:
    """No figure to be proud of, only a fence against queries by the hundred."""
    take(caller)
    statements: list[str] = []

    def note(*arguments: object) -> None:
        statements.append(str(arguments[2]))

    from sqlalchemy import event  # noqa: PLC0415

    event.listen(runtime.engine, "before_cursor_execute", note)
    caller.get("/call")
    event.remove(runtime.engine, "before_cursor_execute", note)
    assert len(statements) < 120
