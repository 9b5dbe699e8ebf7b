"""Receipts, replies, look-ups, follow-ups of texts: R-MSG-2, R-DNC-2, R-OOS-2."""

from __future__ import annotations

from datetime import timedelta
from itertools import permutations

import pytest
from sqlalchemy import update
from structlog.testing import capture_logs

from adapters.channels.base import Missing, Refused, SmsFound, Unknown
from adapters.store.models.customers import customer_phone, suppression
from adapters.store.models.lines import line_event, sms_reply
from campaigns.errors import UsageError
from campaigns.lines import SmsEvent, SmsReply
from campaigns.values import LineName, OrderState, SmsState
from scheduler.flows.blasts import start
from scheduler.flows.shortages import arrive, follow_up_due, move
from scheduler.flows.text_events import apply_waiting_texts, take_sms_events
from scheduler.flows.text_pace import ToldPace
from scheduler.flows.text_reconcile import reconcile_texts
from scheduler.flows.text_replies import add_reply, import_replies, replies, take_replies
from scheduler.flows.text_sending import give_up_stale, send_due
from tests.factories import at, day
from tests.scheduler.flows.texting import Texting, agreed
from tests.shops import Shop

TWILIO = LineName.TWILIO


@pytest.fixture
def texting(shop: Shop) -> Texting:
    return Texting(shop, now="05-13 10:00")


def receipt(key: str, state: SmsState, **fields: object) -> SmsEvent:
    return SmsEvent(key, state, **fields)  # type: ignore[arg-type]


def sent_one(texting: Texting) -> tuple[str, str]:
    """One text that went out: its id and the token that the line has."""
    texting.unreached("tb_01", "tb_02")
    texting.sent()
    order = texting.line.texts[0].order
    return order.sms_id, order.token


def state_of(texting: Texting, sms_id: str) -> str:
    return next(str(row.state) for row in texting.texts() if row.id == sms_id)


@pytest.mark.parametrize("how", ["token", "sms_id", "provider_id"])
def test_r_msg_2_a_receipt_finds_its_text(texting: Texting, how: str) -> None:
    sms_id, token = sent_one(texting)
    known = {"token": token, "sms_id": sms_id, "provider_id": "text-1"}
    assert take_sms_events(
        texting.runtime, TWILIO, [receipt("k", SmsState.DELIVERED, **{how: known[how]})]
    )
    assert apply_waiting_texts(texting.runtime) == 1
    assert state_of(texting, sms_id) == "delivered"
    assert apply_waiting_texts(texting.runtime) == 0
    assert texting.steps(sms_id) == ["queued", "sending", "sent", "delivered"]


def test_safety_i14_the_order_of_receipts_makes_no_difference(texting: Texting) -> None:
    texting.unreached(*(f"tb_{n}" for n in range(6)))
    texting.sent()
    told = [SmsState.SENT, SmsState.FAILED, SmsState.DELIVERED]
    for text, order in zip(texting.line.texts, permutations(told), strict=True):
        for state in order:
            event = receipt(f"{text.provider_id}:{state}", state, token=text.order.token)
            take_sms_events(texting.runtime, TWILIO, [event, event])
            apply_waiting_texts(texting.runtime)
    assert set(texting.states()) == {"delivered"}
    assert len(texting.shop.rows(line_event)) == 18


def test_r_msg_2_a_receipt_before_the_answer_counts(texting: Texting) -> None:
    texting.unreached("tb_01")

    def told(order: object) -> None:
        event = receipt("k", SmsState.DELIVERED, sms_id=order.sms_id, provider_id="text-1")  # type: ignore[attr-defined]
        take_sms_events(texting.runtime, TWILIO, [event])
        apply_waiting_texts(texting.runtime)

    texting.line.on_send = told
    texting.sent()
    assert texting.states() == ["delivered"]


def test_r_msg_2_receipts_of_nobody_are_kept_apart(texting: Texting) -> None:
    sms_id, token = sent_one(texting)
    foreign = [
        receipt("a", SmsState.FAILED, token="x" * 22),
        receipt("b", SmsState.FAILED, provider_id="other"),
        receipt("c", SmsState.FAILED, token=token, provider_id="another-id"),
        receipt("d", SmsState.FAILED),
    ]
    assert not take_sms_events(texting.runtime, TWILIO, foreign)
    assert not take_sms_events(
        texting.runtime, LineName.ALIYUN, [receipt("a", SmsState.FAILED, token=token)]
    )
    apply_waiting_texts(texting.runtime)
    assert state_of(texting, sms_id) == "sent"
    assert {row.verdict for row in texting.shop.rows(line_event)} == {"foreign"}


@pytest.mark.parametrize("code", ["21610", "isv.BLACK_KEY_CONTROL_LIMIT"])
def test_r_dnc_2_a_line_that_says_opted_out_is_believed(texting: Texting, code: str) -> None:
    _, token = sent_one(texting)
    event = receipt("k", SmsState.FAILED, token=token, error_code=code)
    take_sms_events(texting.runtime, TWILIO, [event])
    apply_waiting_texts(texting.runtime)
    (entry,) = texting.shop.rows(suppression)
    assert (entry.scope, entry.kind, entry.source, entry.rule) == ("phone", None, "sms", "R-DNC-2")
    assert len([t for t in texting.shop.tasks() if t.ending == "opted_out"]) == 1
    assert dict(texting.status(1).failed) == {code: 1}


def test_r_dnc_2_a_refusal_for_an_opted_out_number_is_believed(texting: Texting) -> None:
    texting.unreached("tb_01")
    refused = Refused("sms.blocked", "已退订", is_permanent=True, is_opted_out=True)
    texting.line.answer_next(refused)
    texting.sent()
    assert len(texting.shop.rows(suppression)) == 1
    assert texting.states() == ["failed"]


def test_r_dnc_2_a_reply_with_the_word_withdraws_everything_at_once(texting: Texting) -> None:
    texting.unreached("tb_01", "tb_02")
    made = texting.approved()
    number = texting.shop.phone(1)
    shop = texting.shop
    held = shop.take(texting.caller, "05-13 13:00")
    assert (
        take_replies(
            texting.runtime,
            TWILIO,
            [SmsReply("r1", number.e164, "Ｔ Ｄ。"), SmsReply("r2", "10690", "R")],
        )
        == 1
    )
    assert take_replies(texting.runtime, TWILIO, [SmsReply("r1", number.e164, "TD")]) == 0
    assert dict(texting.status(made).withdrawn) == {"R-DNC-2": 1}
    assert {row.ending for row in shop.tasks()} == {None, "opted_out"}
    (entry,) = shop.rows(suppression)
    assert entry.source == "sms"
    assert shop.attempts()[-1].id == held.attempt_id
    assert len(shop.rows(sms_reply)) == 1


def test_r_dnc_2_a_reply_whose_sender_cannot_be_read_is_logged_without_its_words(
    texting: Texting,
) -> None:
    with capture_logs() as said:
        assert take_replies(texting.runtime, TWILIO, [SmsReply("r1", "shop-4711", "退订")]) == 0
    (entry,) = said
    assert (entry["event"], entry["log_level"]) == ("sms.reply_of_nobody", "warning")
    assert not any(word in str(entry) for word in ("4711", "退订"))


def test_r_dnc_2_another_reply_is_only_shown(texting: Texting) -> None:
    number = texting.shop.phone(texting.shop.customer("tb_01"))
    taken = add_reply(texting.runtime, number.national, "知道了", at("05-13 10:00"), "李组长")
    assert (taken.is_new, taken.is_opt_out) == (True, False)
    assert not add_reply(
        texting.runtime, number.national, "知道了", at("05-13 10:00"), "李组长"
    ).is_new
    assert texting.shop.rows(suppression) == []
    (seen,) = replies(texting.runtime)
    assert (seen.buyer, seen.phone_masked, seen.entered_by) == ("tb_01", number.masked, "李组长")


def test_r_phone_3_a_stranger_who_writes_is_not_called_the_customer(texting: Texting) -> None:
    shop = texting.shop
    number = shop.phone(shop.customer("tb_01"), wrong_since=at("05-12 09:00"))
    add_reply(texting.runtime, number.national, "发错了吧", at("05-13 10:00"), "李组长")
    (seen,) = replies(texting.runtime)
    assert (seen.buyer, seen.phone_masked) == (None, number.masked)
    shop.phone(shop.customer("tb_02"), number)
    assert [seen.buyer for seen in replies(texting.runtime)] == ["tb_02"]


@pytest.mark.parametrize(("phone", "text"), [("10086", "R"), ("13900001234", "  ")])
def test_r_dnc_2_what_is_no_reply_is_refused(texting: Texting, phone: str, text: str) -> None:
    with pytest.raises(UsageError):
        add_reply(texting.runtime, phone, text, at("05-13 10:00"), "李组长")


def test_r_dnc_2_a_list_of_replies_is_taken_once(texting: Texting) -> None:
    number = texting.shop.phone(texting.shop.customer("tb_01"))
    lines = f"手机号码,回复内容,回复时间\n{number.national},退订,2025-05-13 09:00:00\n"
    lines += "13900001234,好,2025-05-13 09:01:00\n123,R,\n13900001235,,\n"
    for encoding in ("utf-8-sig", "gb18030"):
        told = import_replies(texting.runtime, lines.encode(encoding), at("05-13 10:00"), "李组长")
        assert told.taken + told.unchanged + len(told.rejected) == told.rows == 4
        assert [problem.line for problem in told.rejected] == [4, 5]
    assert (told.taken, told.unchanged, told.opted_out) == (0, 2, 0)
    assert len(texting.shop.rows(suppression)) == 1


@pytest.mark.parametrize("content", [b"", b"a,b\n1,2\n", b"\0\1\2"])
def test_r_imp_2_what_is_no_list_of_replies_is_refused_whole(
    texting: Texting, content: bytes
) -> None:
    with pytest.raises(UsageError):
        import_replies(texting.runtime, content, at("05-13 10:00"), "李组长")
    assert texting.shop.rows(sms_reply) == []


# --- what is not known ---------------------------------------------------------------------------


def test_r_msg_2_an_unknown_text_is_looked_up_and_never_sent_again(texting: Texting) -> None:
    texting.unreached("tb_01")
    texting.line.answer_next(Unknown("超时"), happens=True)
    made = texting.sent()
    assert texting.states() == ["unknown"]
    texting.line.tell(texting.line.texts[0], SmsState.DELIVERED)
    assert reconcile_texts(texting.runtime) == 0
    texting.pass_time(seconds=31)
    assert reconcile_texts(texting.runtime) == 1
    assert texting.states() == ["delivered"]
    assert texting.steps(texting.texts()[0].id)[2:] == ["unknown", "sent", "delivered"]
    texting.go_on(made, "05-13 11:00")
    assert texting.line.asked.count("send") == 1


def test_r_msg_2_a_text_that_is_never_found_stays_unknown(texting: Texting) -> None:
    texting.unreached("tb_01")
    texting.line.answer_next(Unknown("超时"), happens=False)
    texting.sent()
    asked = 0
    for _ in range(50):
        texting.pass_time(minutes=5)
        texting.line.lookups.append(Missing())
        asked += reconcile_texts(texting.runtime)
    assert texting.states() == ["unknown"]
    assert 5 < asked < 15  # ever more rarely
    assert texting.line.asked.count("send") == 1


def test_r_msg_2_a_lost_receipt_is_asked_for(texting: Texting) -> None:
    sent_one(texting)
    for text in texting.line.texts:
        texting.line.tell(text, SmsState.DELIVERED)
    texting.pass_time(minutes=9)
    assert reconcile_texts(texting.runtime) == 0
    texting.pass_time(minutes=2)
    assert reconcile_texts(texting.runtime) == 2
    assert texting.states() == ["delivered", "delivered"]


def test_r_msg_2_another_text_than_ours_is_not_taken_for_it(texting: Texting) -> None:
    sms_id, _ = sent_one(texting)
    texting.pass_time(minutes=11)
    texting.line.lookups.extend([SmsFound("another"), SmsFound("another")])
    reconcile_texts(texting.runtime)
    assert state_of(texting, sms_id) == "sent"


def test_safety_f3_a_sender_that_died_leaves_what_is_not_known(texting: Texting) -> None:
    texting.unreached("tb_01")
    made = texting.approved()

    def die(order: object) -> None:
        raise KeyboardInterrupt

    texting.line.on_send = die
    with pytest.raises(KeyboardInterrupt):
        texting.send(made)
    texting.line.on_send = None
    assert texting.states() == ["sending"]
    assert texting.go_on(made, "05-13 10:01").sending == 1
    texting.pass_time(seconds=46)
    assert give_up_stale(texting.runtime) == 1
    told = texting.go_on(made, "05-13 10:02")
    assert (told.unknown, told.head.state) == (1, "done")
    assert texting.line.texts == []


# --- R-OOS-2 -------------------------------------------------------------------------------------


def test_r_oos_2_a_moved_date_is_told_by_sms(texting: Texting) -> None:
    article = agreed(texting)
    move(texting.runtime, article, day("05-25"), at("05-13 10:00"), "李组长")
    (text,) = texting.texts()
    assert (text.occasion, text.script_id, text.line) == (
        "moved:2025-05-25",
        "stock_out.moved.sms",
        "twilio",
    )
    assert "拒收" not in text.wording
    assert [todo.kind for todo in texting.shop.todos() if todo.kind == "wangwang"] == []
    assert send_due(texting.runtime, pace=ToldPace(at("05-13 10:01")), start=at("05-13 10:01")) == 1
    assert texting.states() == ["sent"]


def test_r_oos_2_an_older_message_that_was_not_sent_goes_back(texting: Texting) -> None:
    article = agreed(texting)
    move(texting.runtime, article, day("05-25"), at("05-13 10:00"), "李组长")
    move(texting.runtime, article, day("05-27"), at("05-13 10:05"), "李组长")
    assert sorted(texting.states()) == ["queued", "withdrawn"]
    arrive(texting.runtime, article, at("05-13 10:06"), "李组长")
    assert sorted(texting.states()) == ["queued", "withdrawn", "withdrawn"]
    assert next(t for t in texting.texts() if t.state == "queued").script_id.endswith("arrived.sms")


def test_r_oos_2_the_day_that_has_come_is_told_once(texting: Texting) -> None:
    agreed(texting)
    for _ in range(2):
        follow_up_due(texting.runtime, at("05-20 09:00"))
    assert [t.occasion for t in texting.texts()] == ["due:2025-05-20"]


def test_r_oos_2_without_a_mobile_it_is_told_in_the_chat(texting: Texting) -> None:
    article = agreed(texting)

    with texting.runtime.transaction() as connection:
        connection.execute(update(customer_phone).values(spent_since=at("05-13 09:40")))
    move(texting.runtime, article, day("05-25"), at("05-13 10:00"), "李组长")
    assert texting.texts() == []
    assert [t.occasion for t in texting.shop.todos() if t.kind == "wangwang"] == [
        "moved:2025-05-25"
    ]


@pytest.mark.parametrize("by_receipt", [True, False])
def test_r_oos_2_a_text_that_failed_is_told_in_the_chat(texting: Texting, by_receipt: bool) -> None:
    article = agreed(texting)
    move(texting.runtime, article, day("05-25"), at("05-13 10:00"), "李组长")
    if not by_receipt:
        texting.line.answer_next(Refused("21614", "不是手机号", is_permanent=True))
    send_due(texting.runtime, pace=ToldPace(at("05-13 10:01")), start=at("05-13 10:01"))
    if by_receipt:
        token = texting.line.texts[0].order.token
        take_sms_events(
            texting.runtime,
            TWILIO,
            [receipt("k", SmsState.FAILED, token=token, error_code="30005")],
        )
        apply_waiting_texts(texting.runtime)
    assert texting.states() == ["failed"]
    assert [t.occasion for t in texting.shop.todos() if t.kind == "wangwang"] == [
        "moved:2025-05-25"
    ]


def test_r_oos_2_shipped_meanwhile_nothing_is_told(texting: Texting) -> None:
    article = agreed(texting)
    move(texting.runtime, article, day("05-25"), at("05-13 10:00"), "李组长")
    order = texting.shop.orders_of(1)[0]
    texting.shop.change_order(order, state=OrderState.SHIPPED)
    send_due(texting.runtime, pace=ToldPace(at("05-13 10:01")), start=at("05-13 10:01"))
    assert [(t.state, t.rule) for t in texting.texts()] == [("withdrawn", "R-OOS-2")]
    assert [t for t in texting.shop.todos() if t.kind == "wangwang"] == []


def test_r_msg_2_a_shop_that_chose_no_line_for_sms_writes_in_the_chat(shop: Shop) -> None:
    texting = Texting(shop, is_chosen=False)
    article = agreed(texting)
    move(texting.runtime, article, day("05-25"), at("05-13 10:00"), "李组长")
    assert texting.texts() == []
    assert len([t for t in texting.shop.todos() if t.kind == "wangwang"]) == 1


def test_r_msg_2_the_lines_own_rate_is_kept(texting: Texting) -> None:
    texting.unreached(*(f"tb_{n}" for n in range(3)))
    made = texting.approved()

    start(texting.runtime, made, at("05-13 10:00"), "李组长")
    assert send_due(texting.runtime, limit=1) == 1
    texting.pass_time(seconds=-3)  # as if the next slot were far ahead
    assert send_due(texting.runtime) == 0
    texting.pass_time(seconds=10)
    assert send_due(texting.runtime, limit=1) == 1
    assert timedelta(0) <= texting.texts()[1].sent_machine - texting.texts()[0].sent_machine
