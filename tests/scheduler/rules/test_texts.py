"""The gate for an SMS: R-MSG-2 with R-DNC, R-DUN, R-OOS-2, R-PHONE, R-HOURS-5, R-REPEAT-3."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from campaigns.days import business_day
from campaigns.decisions import Allow, Decision, Stop, Wait
from campaigns.facts import TaskFacts
from campaigns.policy import Policy
from campaigns.text_facts import SentText, TextFacts
from campaigns.values import AttemptState, Ending, Kind, OrderState, Scope
from scheduler.rules.hours import check_window
from scheduler.rules.texts import TextCase, ask_text, stands_against
from tests.factories import CALENDAR, at, attempt, case, numbers, order, phone, suppression, task

A = frozenset({ord("a")})
FAILED_TWICE = (attempt("05-13 09:10"), attempt("05-13 14:00"))


def sent(when: str, text: str = "another", **fields: Any) -> SentText:
    usual: dict[str, Any] = {"id": f"s{next(numbers)}", "customer_id": 1, "phone_key": "a"}
    return SentText(**(usual | fields), at=at(when), text_hash=text)


def text(
    of: TaskFacts | None = None,
    now: str = "05-13 15:00",
    occasion: str = "unreached:1",
    policy: Policy | None = None,
    **facts: Any,
) -> TextCase:
    asked = case(of or task(*FAILED_TWICE), now, policy)
    return TextCase(asked, TextFacts(**({"mobiles": A} | facts)), occasion, "this")


def rule_of(answer: Decision) -> str:
    assert not isinstance(answer, Allow), answer
    return answer.rule


def test_r_msg_2_who_was_not_reached_may_be_written_to() -> None:
    assert isinstance(ask_text(text()), Allow)
    assert stands_against(text()) == []


@pytest.mark.parametrize(
    "entry",
    [
        suppression(),
        suppression(scope=Scope.PHONE, phone_key="a"),
        suppression(rule="R-DNC-1", kind=Kind.DUNNING),
    ],
)
def test_r_dnc_2_nobody_on_the_list_is_written_to(entry: Any) -> None:
    answer = ask_text(text(task(*FAILED_TWICE, suppressions=[entry])))
    assert isinstance(answer, Stop)
    assert answer.rule == entry.rule


def test_r_dun_9_the_control_group_hears_nothing() -> None:
    assert rule_of(ask_text(text(task(), ending=Ending.CONTROL))) == "R-DUN-9"


def test_r_dun_4_whoever_paid_is_not_reminded() -> None:
    paid = order(state=OrderState.PAID, paid_at=at("05-13 12:00"))
    assert rule_of(ask_text(text(task(*FAILED_TWICE, orders=(paid,))))) == "R-DUN-4"


def test_r_dun_4_old_data_make_a_reminder_wait_for_an_import() -> None:
    answer = ask_text(text(now="05-14 08:31"))
    assert answer == Wait("R-DUN-4", None, answer.reason)
    assert [a.rule for a in stands_against(text(now="05-14 10:00"))] == ["R-DUN-4"]


def test_r_dun_3_no_reminder_at_or_after_the_closing() -> None:
    fresh = order(last_seen_at=at("05-15 14:00"))
    of = task(*FAILED_TWICE, orders=(fresh,))
    assert isinstance(ask_text(text(of, "05-15 14:59")), Allow)
    assert rule_of(ask_text(text(of, "05-15 15:00"))) == "R-DUN-3"


def test_r_dun_3_no_window_before_the_closing_is_a_reason_to_be_left_out() -> None:
    fresh = order("05-10 08:30", last_seen_at=at("05-12 21:00"))
    of = task(*FAILED_TWICE, orders=(fresh,))
    night = text(of, "05-12 21:00")
    assert [(a.rule, a.also) for a in stands_against(night)] == [("R-DUN-3", ("R-HOURS-5",))]
    assert stands_against(text(of, "05-12 19:00")) == []


def test_r_msg_2_who_was_reached_needs_no_text() -> None:
    of = task(attempt("05-13 09:10"), attempt("05-13 14:00", "will_pay"))
    assert rule_of(ask_text(text(of))) == "R-MSG-2"


@pytest.mark.parametrize("ending", [Ending.UNREACHABLE, Ending.ATTEMPTS_USED])
def test_r_msg_2_a_task_that_ended_unreached_still_has_its_text(ending: Ending) -> None:
    assert isinstance(ask_text(text(ending=ending)), Allow)


@pytest.mark.parametrize("ending", [Ending.CLOSED_BY_US, Ending.ANGRY, Ending.DEADLINE])
def test_r_msg_2_a_task_that_ended_otherwise_has_none(ending: Ending) -> None:
    assert rule_of(ask_text(text(ending=ending))) == "R-MSG-2"


@pytest.mark.parametrize("fault", ["is_wrong", "is_spent"])
def test_r_phone_3_a_wrong_or_spent_number_takes_nothing(fault: str) -> None:
    of = task(*FAILED_TWICE, phones=[phone("a", **{fault: True})])
    assert rule_of(ask_text(text(of))) == "R-PHONE-1"


def test_r_phone_2_a_number_that_takes_no_sms_is_not_used() -> None:
    of = task(*FAILED_TWICE, phones=[phone("a"), phone("b")])
    both = text(of, mobiles=frozenset({ord("b")}))
    assert both.phone is not None
    assert both.phone.key == "b"
    none = text(of, mobiles=frozenset())
    assert "收不了短信" in ask_text(none).reason
    expired = task(*FAILED_TWICE, phones=[phone("a", usable_until=at("05-13 15:00"))])
    assert ask_text(text(expired)).reason == "没有可用的手机号"


@pytest.mark.parametrize(
    ("now", "opens"),
    [
        ("05-13 12:00", "05-13 13:00"),
        ("05-13 20:00", "05-14 09:00"),
        ("05-13 08:59", "05-13 09:00"),
    ],
)
def test_r_hours_5_texts_keep_the_windows(now: str, opens: str) -> None:
    answer = ask_text(text(task(*FAILED_TWICE[:0]), now))
    assert isinstance(answer, Wait)
    assert (answer.rule, answer.until) == ("R-HOURS-5", at(opens))
    assert "R-HOURS-3" in answer.also
    assert stands_against(text(task(), now)) == []


def test_r_hours_4_a_region_keeps_its_own() -> None:
    of = task(region="新疆")
    assert rule_of(ask_text(text(of, "05-13 10:59"))) == "R-HOURS-5"
    assert isinstance(ask_text(text(of, "05-13 11:00")), Allow)


@pytest.mark.parametrize(
    "whose",
    [
        {},
        {"task_id": 2, "campaign_id": 2},
        {"task_id": 2, "campaign_id": 2, "customer_id": 2},  # another customer on this phone
    ],
)
def test_r_repeat_2_nobody_gets_a_text_while_they_are_talked_to(whose: dict[str, Any]) -> None:
    """Handed out it waits for the lease; dialled, for an end that nobody knows."""

    def beside(call: Any) -> TextCase:
        return text(task(*FAILED_TWICE, others=[call]) if whose else task(*FAILED_TWICE, call))

    dialled = beside(attempt("05-13 14:58", None, **whose))
    assert ask_text(dialled) == Wait("R-REPEAT-2", None, ask_text(dialled).reason)
    held = attempt("05-13 14:58", None, state=AttemptState.HANDED_OUT, **whose)
    waits = ask_text(beside(held))
    assert isinstance(waits, Wait)
    assert (waits.rule, waits.until) == ("R-REPEAT-2", at("05-13 15:13"))
    assert stands_against(dialled) == []  # it is over by the time a mass message is sent
    assert isinstance(ask_text(beside(attempt("05-13 14:58", **whose))), Allow)


@given(st.integers(0, 7 * 24 * 60))
def test_r_hours_5_a_text_goes_out_in_a_window_only(minutes: int) -> None:
    now = at("05-12 00:00") + timedelta(minutes=minutes)
    fresh = order("05-12 00:00", last_seen_at=now)
    policy = Policy(marketplace_closes_hours=24 * 30)
    asked = TextCase(
        case(task(orders=(fresh,)), now, policy), TextFacts(mobiles=A), "unreached:1", "this"
    )
    answer = ask_text(asked)
    is_open = isinstance(check_window(now, "浙江", policy, CALENDAR), Allow)
    assert isinstance(answer, Allow) is is_open
    if isinstance(answer, Wait):
        assert answer.until is not None
        assert isinstance(ask_text(asked.at(answer.until)), Allow)


def test_r_repeat_3_two_a_day_for_the_phone_and_for_the_customer() -> None:
    assert isinstance(ask_text(text(sent=(sent("05-13 09:30"),))), Allow)
    on_phone = (sent("05-13 09:30", customer_id=7), sent("05-13 10:00", customer_id=8))
    to_customer = (sent("05-13 09:30", phone_key="x"), sent("05-13 10:00", phone_key="y"))
    for made in (on_phone, to_customer):
        answer = ask_text(text(sent=made))
        assert answer == Wait("R-REPEAT-3", at("05-14 00:00"), answer.reason)
        assert [a.rule for a in stands_against(text(sent=made))] == ["R-REPEAT-3"]
    mixed = (sent("05-13 09:30", customer_id=7), sent("05-13 10:00", phone_key="y"))
    assert isinstance(ask_text(text(sent=mixed)), Allow)


def test_r_repeat_3_the_day_is_the_shops_and_the_number_a_setting() -> None:
    late = (sent("05-12 19:58"), sent("05-12 19:59"))
    assert business_day(late[0].at) < business_day(at("05-13 15:00"))
    assert isinstance(ask_text(text(sent=late)), Allow)
    one = Policy(sms_per_day=1)
    assert rule_of(ask_text(text(policy=one, sent=(sent("05-13 09:00"),)))) == "R-REPEAT-3"


@pytest.mark.parametrize("whose", [{"customer_id": 7}, {"phone_key": "x"}])
def test_r_repeat_3_never_the_same_text_twice(whose: dict[str, Any]) -> None:
    made = (sent("01-02 10:00", "this", **whose),)
    answer = ask_text(text(sent=made))
    assert isinstance(answer, Stop)
    assert (answer.rule, answer.also) == ("R-REPEAT-3", ("R-MSG-2",))


def test_r_msg_2_a_text_does_not_stand_against_itself() -> None:
    own = sent("05-13 14:59", "this")
    asked = text(sent=(own,))
    itself = TextCase(asked.case, asked.facts, asked.occasion, "this", except_id=own.id)
    assert isinstance(ask_text(asked), Stop)
    assert isinstance(ask_text(itself), Allow)


def test_r_claim_1_a_paused_campaign_sends_nothing() -> None:
    of = task(*FAILED_TWICE, held_back="活动已暂停")
    assert ask_text(text(of)) == Wait("R-CLAIM-1", None, "活动已暂停")


def test_r_msg_2_what_will_never_go_does_not_wait_for_a_window() -> None:
    of = task(*FAILED_TWICE, suppressions=[suppression()])
    assert isinstance(ask_text(text(of, "05-13 21:00")), Stop)


def agreed(**fields: Any) -> TaskFacts:
    paid = order(state=OrderState.PAID, paid_at=at("05-12 16:00"))
    made = attempt("05-13 09:10", "no_answer", kind=Kind.STOCK_OUT, is_reached=True)
    return task(made, **({"kind": Kind.STOCK_OUT, "orders": (paid,)} | fields))


def test_r_oos_2_who_agreed_is_told_although_the_task_has_ended() -> None:
    follow_up = text(agreed(), occasion="moved:2025-06-03", ending=Ending.AGREED)
    assert isinstance(ask_text(follow_up), Allow)
    refused = text(agreed(), occasion="moved:2025-06-03", ending=Ending.REFUSED)
    assert rule_of(ask_text(refused)) == "R-OOS-2"


def test_r_oos_2_who_waits_for_nothing_is_told_nothing() -> None:
    shipped = agreed(orders=(order(state=OrderState.SHIPPED),))
    answer = ask_text(text(shipped, occasion="arrived:2025-06-03", ending=Ending.AGREED))
    assert rule_of(answer) == "R-OOS-2"


def test_every_rule_that_stands_against_is_named() -> None:
    of = task(
        attempt("05-13 14:00", "will_pay"),
        suppressions=[suppression()],
        orders=(order(state=OrderState.PAID),),
        phones=[],
    )
    rules = [a.rule for a in stands_against(text(of, ending=Ending.OPTED_OUT))]
    assert rules == ["R-DNC-2", "R-DUN-4", "R-MSG-2", "R-PHONE-1"]
