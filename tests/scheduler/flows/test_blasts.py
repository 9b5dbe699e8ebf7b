"""Mass messages to whom no call has reached: R-MSG-2, R-MSG-3."""

from __future__ import annotations

import pytest

from adapters.channels.base import Accepted, Refused, Unknown
from adapters.store.models.lines import blast_left_out
from campaigns.errors import ConflictError, NotFoundError, NotReadyError, RefusedError, UsageError
from campaigns.values import BlastState, Kind, OrderState, PhoneNumber
from scheduler.flows.blast_choice import NewBlast, preview
from scheduler.flows.blast_status import listing, texts_of
from scheduler.flows.blasts import approve, pause, resume, start, stop
from scheduler.flows.do_not_contact import EntryForm, add_entry
from scheduler.flows.shop import change_policy
from scheduler.flows.text_reconcile import settle_unknown
from tests.factories import at
from tests.scheduler.flows.texting import Texting
from tests.shops import Shop


def test_r_msg_2_the_unreached_are_chosen_and_what_it_comes_to_is_shown(texting: Texting) -> None:
    texting.unreached("tb_01", "tb_02")
    texting.shop.buyer("tb_uncalled")
    texting.shop.plan(now="05-13 09:50")
    made = texting.draft()
    assert (made.to, made.left_out, made.line) == (2, (), "twilio")
    assert {one.buyer for one in made.samples} == {"tb_01", "tb_02"}
    first = made.samples[0]
    assert first.wording.startswith("【四季花坊】")
    assert first.wording.endswith("拒收请回复R")
    assert (first.characters, first.segments) == (len(first.wording), 2)
    assert first.variables["order_amount_fen"] == "50元"
    assert "****" in first.phone_masked
    assert (made.segments, made.cost_fen) == (4, 20)
    assert texting.texts() == []
    assert texting.draft(include_uncalled=True).to == 3


def test_r_msg_2_who_is_left_out_is_named_with_every_rule(texting: Texting) -> None:
    ids = texting.unreached("tb_dnc", "tb_paid", "tb_ok")
    shop = texting.shop
    add_entry(texting.runtime, EntryForm("不要", user_id="tb_dnc"), at("05-13 09:30"), "李组长")
    shop.pays(ids[1], "05-13 09:35", known="05-13 09:40")
    made = texting.draft()
    assert made.to == 1
    rules = {one.buyer: one.rules for one in made.left_out}
    assert rules["tb_dnc"][:2] == ("R-DNC-2", "R-DNC-3")
    assert rules["tb_paid"][0] == "R-DUN-4"
    assert set(rules) == {"tb_dnc", "tb_paid"}


def test_r_phone_2_relay_numbers_and_fixed_lines_take_no_texts(texting: Texting) -> None:
    shop = texting.shop
    texting.unreached("tb_relay", number=PhoneNumber("+8618412345678", "1234"))
    made = texting.draft()
    assert made.to == 0
    assert [one.rules for one in made.left_out] == [("R-PHONE-1",)]
    assert shop.rows(blast_left_out)[0].rules == "R-PHONE-1"


def test_r_msg_2_another_person_a_supervisor_approves(texting: Texting) -> None:
    texting.unreached("tb_01")
    made = texting.draft().blast_id
    assert made is not None
    for person in (texting.leader, texting.supervisor_of("李组长")):
        with pytest.raises(RefusedError) as refused:
            approve(texting.runtime, made, at("05-13 10:00"), person)
        assert refused.value.rules == ("R-MSG-2",)
    with pytest.raises(RefusedError, match="还没有批准"):
        start(texting.runtime, made, at("05-13 10:00"), "李组长")
    assert approve(texting.runtime, made, at("05-13 10:01"), texting.supervisor) == 1
    assert approve(texting.runtime, made, at("05-13 10:01"), texting.supervisor) == 1
    assert texting.states() == ["queued"]
    assert texting.line.texts == []


def test_r_msg_2_sent_at_the_rate_with_steps_and_receipts(texting: Texting) -> None:
    texting.unreached("tb_01", "tb_02", "tb_03")
    made = texting.sent()
    told = texting.status(made)
    assert (told.queued, told.sent, told.head.state) == (0, 3, BlastState.DONE)
    assert [row.at for row in texting.texts()] == [
        at(f"05-13 10:00:0{second}") for second in range(3)
    ]
    assert {row.state for row in texting.texts()} == {"sent"}
    for row in texting.texts():
        assert texting.steps(row.id) == ["queued", "sending", "sent"]
        assert (row.policy_version, row.calendar_version, row.day_kind) == (0, 1, "working")
    assert len({text.order.token for text in texting.line.texts}) == 3
    assert {text.order.params["shop_name"] for text in texting.line.texts} == {"四季花坊"}
    assert (told.segments, told.cost_fen) == (6, 30)


def test_r_msg_2_the_intent_is_committed_before_the_request(texting: Texting) -> None:
    texting.unreached("tb_01")
    seen: list[list[str]] = []
    texting.line.on_send = lambda order: seen.append(texting.states())
    texting.sent()
    assert seen == [["sending"]]


def test_r_hours_5_what_does_not_fit_in_the_window_waits_for_the_next(texting: Texting) -> None:
    texting.unreached("tb_01", "tb_02", "tb_03")
    made = texting.approved("05-13 11:59:00")
    told = texting.send(made, "05-13 11:59:58")
    assert (told.sent, told.queued, told.head.state) == (2, 1, BlastState.SENDING)
    assert told.next_at == at("05-13 13:00")
    assert texting.go_on(made, "05-13 12:30").sent == 2
    assert texting.go_on(made, "05-13 13:00").sent == 3
    assert texting.blast_state() == "done"


def test_r_dnc_2_who_opts_out_meanwhile_is_taken_back_at_once(texting: Texting) -> None:
    texting.unreached("tb_01", "tb_02")
    made = texting.approved()
    add_entry(texting.runtime, EntryForm("不要", user_id="tb_01"), at("05-13 10:01"), "李组长")
    told = texting.status(made)
    assert (told.queued, dict(told.withdrawn)) == (1, {"R-DNC-2": 1})
    assert texting.send(made, "05-13 10:02").sent == 1


def test_r_dun_4_who_pays_meanwhile_is_taken_back(texting: Texting) -> None:
    ids = texting.unreached("tb_01", "tb_02")
    made = texting.approved()
    texting.shop.see("05-13 10:05", only=texting.shop.orders_of(ids[1]))
    texting.shop.change_order(
        texting.shop.orders_of(ids[0])[0], state=OrderState.PAID, paid_at=at("05-13 10:01")
    )
    told = texting.send(made, "05-13 10:06")  # nobody had judged it anew; the gate does
    assert (told.sent, dict(told.withdrawn)) == (1, {"R-DUN-4": 1})


def test_r_msg_2_who_is_reached_meanwhile_gets_no_text(texting: Texting) -> None:
    texting.unreached("tb_01")
    made = texting.approved()
    texting.shop.call(texting.caller, "05-13 13:00", "will_pay")
    assert dict(texting.send(made, "05-13 14:00").withdrawn) == {"R-MSG-2": 1}


def test_r_repeat_3_two_a_day_and_never_the_same_text(texting: Texting) -> None:
    texting.unreached("tb_01")
    texting.sent()
    again = texting.draft("05-13 10:30")
    assert (again.to, again.left_out[0].rules) == (0, ("R-MSG-2",)) or (
        again.left_out[0].rules[0] == "R-REPEAT-3"
    )
    assert again.blast_id is not None
    with pytest.raises(ConflictError):
        approve(texting.runtime, again.blast_id, at("05-13 10:30"), texting.supervisor)
    assert len(texting.line.texts) == 1


def test_r_msg_2_two_mass_messages_at_once_send_one_text(texting: Texting) -> None:
    texting.unreached("tb_01", "tb_02")
    one, two = texting.draft().blast_id, texting.draft().blast_id
    assert one is not None
    assert two is not None
    approve(texting.runtime, one, at("05-13 10:00"), texting.supervisor)
    with pytest.raises(ConflictError, match="没有可以发送"):
        approve(texting.runtime, two, at("05-13 10:00"), texting.supervisor)
    texting.send(one)
    assert len(texting.line.texts) == 2


def test_r_msg_2_paused_resumed_and_stopped(texting: Texting) -> None:
    texting.unreached("tb_01", "tb_02", "tb_03")
    made = texting.approved("05-13 11:00")
    texting.send(made, "05-13 11:59:59")
    assert texting.status(made).sent == 1
    pause(texting.runtime, made, "供应商维护", at("05-13 12:10"), "李组长")
    assert texting.go_on(made, "05-13 13:00").queued == 2
    assert listing(texting.runtime)[0].pause_reason == "供应商维护"
    with pytest.raises(ConflictError):
        start(texting.runtime, made, at("05-13 13:00"), "李组长")
    resume(texting.runtime, made, at("05-13 13:01"), "李组长")
    assert stop(texting.runtime, made, at("05-13 13:01"), "李组长") == 2
    assert stop(texting.runtime, made, at("05-13 13:01"), "李组长") == 0
    told = texting.go_on(made, "05-13 13:02")
    assert (told.sent, dict(told.withdrawn), told.head.state) == (
        1,
        {"R-MSG-2": 2},
        BlastState.STOPPED,
    )
    with pytest.raises(ConflictError):
        pause(texting.runtime, made, "x", at("05-13 13:03"), "李组长")
    with pytest.raises(ConflictError):
        resume(texting.runtime, made, at("05-13 13:03"), "李组长")


def test_r_msg_2_what_was_taken_back_may_be_sent_by_another(texting: Texting) -> None:
    texting.unreached("tb_01")
    made = texting.approved()
    stop(texting.runtime, made, at("05-13 10:01"), "李组长")
    again = texting.sent("05-13 10:02")
    assert texting.status(again).sent == 1


def test_r_msg_2_failures_are_told_by_reason(texting: Texting) -> None:
    texting.unreached("tb_01", "tb_02", "tb_03")
    texting.line.answer_next(Refused("21211", "号码不存在", is_permanent=True))
    texting.line.answer_next(Unknown("超时"))
    told = texting.status(texting.sent())
    assert (told.sent, dict(told.failed), told.unknown) == (1, {"21211": 1}, 1)
    seen = texts_of(texting.runtime, told.head.id)
    assert [one.state for one in seen] == ["unknown", "failed", "sent"]
    assert (seen[0].reason, seen[1].reason) == ("超时", "号码不存在")
    settle_unknown(texting.runtime, seen[0].id, at("05-13 11:00"), "李组长", was_sent=False)
    settle_unknown(texting.runtime, seen[0].id, at("05-13 11:00"), "李组长", was_sent=False)
    assert dict(texting.status(told.head.id).failed) == {"21211": 1, "not_sent": 1}
    with pytest.raises(ConflictError):
        settle_unknown(texting.runtime, seen[2].id, at("05-13 11:00"), "李组长", was_sent=False)


def test_r_msg_2_what_the_line_did_not_take_goes_later(texting: Texting) -> None:
    texting.unreached("tb_01")
    texting.line.answer_next(Refused("20429", "太快", is_permanent=False))
    made = texting.approved()
    told = texting.send(made)
    assert (told.queued, told.sent) == (1, 0)
    assert told.next_at == at("05-13 10:00:30")
    assert texting.texts()[0].at is None
    assert texting.go_on(made, "05-13 10:01").sent == 1
    assert texting.steps(texting.texts()[0].id) == [
        *("queued", "sending", "queued", "sending", "sent"),
    ]


def test_r_msg_2_a_line_that_takes_nothing_pauses_the_mass_message(texting: Texting) -> None:
    texting.unreached("tb_01")
    made = texting.approved()
    start(texting.runtime, made, at("05-13 10:00"), "李组长")
    for minute in (0, 5, 10, 20, 40):
        texting.line.answer_next(Refused("isv.AMOUNT_NOT_ENOUGH", "余额不足", is_permanent=False))
        texting.go_on(made, f"05-13 10:{minute:02}")
    head = texting.status(made).head
    assert (head.state, head.pause_reason) == (BlastState.PAUSED, "线路不收短信：余额不足")
    resume(texting.runtime, made, at("05-13 11:00"), "李组长")
    assert texting.go_on(made, "05-13 11:00").sent == 1


def test_safety_f9_a_line_without_answers_is_left_alone(texting: Texting) -> None:
    texting.unreached(*(f"tb_{n:02}" for n in range(8)))
    for _ in range(8):
        texting.line.answer_next(Unknown("没有回答"))
    made = texting.approved()
    told = texting.send(made)
    assert (told.unknown, told.queued) == (5, 3)
    texting.pass_time(seconds=61)
    texting.line.answers.clear()
    assert texting.go_on(made, "05-13 10:05").sent == 3


def test_r_msg_2_without_a_line_there_is_a_preview_and_no_approval(texting: Texting) -> None:
    texting.unreached("tb_01")
    del texting.runtime.lines.sms["twilio"]  # type: ignore[attr-defined]
    made = texting.draft()
    assert (made.to, made.blast_id) == (1, 1)
    assert "短信线路" in (made.warning or "")
    with pytest.raises(NotReadyError, match="没有可用的短信线路"):
        approve(texting.runtime, 1, at("05-13 10:00"), texting.supervisor)


def test_r_msg_2_the_only_line_serves_where_nothing_was_chosen(shop: Shop) -> None:
    texting = Texting(shop, is_chosen=False)
    texting.unreached("tb_01")
    assert texting.status(texting.sent()).sent == 1


@pytest.mark.parametrize(
    ("wanted", "error"),
    [
        (NewBlast(Kind.SAMPLING), UsageError),
        (NewBlast(Kind.DUNNING, script_id="callback.unreached.sms"), UsageError),
        (NewBlast(Kind.STOCK_OUT, script_id="stock_out.moved.sms"), UsageError),
        (NewBlast(Kind.DUNNING, campaign_id=99), NotFoundError),
    ],
)
def test_r_msg_2_what_cannot_be_sent_is_refused(
    texting: Texting, wanted: NewBlast, error: type[Exception]
) -> None:
    with pytest.raises(error):
        preview(texting.runtime, wanted, at("05-13 10:00"))


def test_r_msg_2_one_customer_of_two_campaigns_gets_one_text(texting: Texting) -> None:
    shop = texting.shop
    other = shop.campaign("老客催款")
    texting.unreached("tb_01", "tb_02")
    assert (
        texting.draft(campaign_id=other).to == 2
    )  # the added one's are no longer the standing one's
    assert texting.draft(campaign_id=shop.campaign_id).to == 0
    assert texting.draft().to == 2


def test_r_msg_2_the_rate_is_a_setting(texting: Texting) -> None:
    texting.unreached("tb_01", "tb_02")
    change_policy(texting.runtime, {"sms_per_minute": 6}, at("05-13 09:59"), "周主管")
    texting.sent()
    one, two = (row.at for row in texting.texts())
    assert (two - one).total_seconds() == 10


def test_r_msg_2_the_lines_id_is_kept_whatever_it_answered(texting: Texting) -> None:
    texting.unreached("tb_01")
    texting.line.answer_next(Accepted("ignored"))
    texting.sent()
    assert [row.provider_id for row in texting.texts()] == ["text-1"]
