"""What a customer's page tells of every contact, whatever channel it went over (R-AUD-1)."""

from __future__ import annotations

from sqlalchemy import update

from adapters.store.models.customers import customer_phone
from adapters.store.queries import timeline
from campaigns.lines import SmsReply
from campaigns.values import LineName, SmsState
from scheduler.flows.contact_story import Channel, Contact
from scheduler.flows.do_not_contact import EntryForm, add_entry
from scheduler.flows.overview import customer_page
from scheduler.flows.text_replies import add_reply, take_replies
from scheduler.flows.todos import finish_todo, open_todos
from tests.factories import at
from tests.scheduler.flows.line_rows import given_texts
from tests.scheduler.flows.texting import Texting


def told(texting: Texting, customer_id: int) -> tuple[Contact, ...]:
    return customer_page(texting.runtime, customer_id).contacts


def number_of(texting: Texting) -> str:
    return texting.line.texts[-1].order.to.e164


def test_r_aud_1_calls_texts_and_replies_stand_in_one_order(texting: Texting) -> None:
    (customer_id,) = texting.unreached("tb_er")
    texting.sent()
    text = told(texting, customer_id)[0]
    assert (text.channel, text.at, text.state) == (Channel.TEXT, at("05-13 10:00"), SmsState.SENT)
    assert text.wording
    texting.shop.set_clock("05-13 10:20")
    take_replies(texting.runtime, LineName.TWILIO, [SmsReply("r1", number_of(texting), "好的")])
    add_reply(texting.runtime, number_of(texting), "退订", at("05-13 10:30"), "李组长")
    page = told(texting, customer_id)
    assert [one.channel for one in page] == ["reply", "reply", "text", "call"]
    assert [one.at for one in page] == sorted((one.at for one in page), reverse=True)
    last, first = page[:2]
    assert (last.label, last.who, last.wording) == ("客户回复短信退订", "李组长", "退订")
    assert (first.label, first.who, first.wording) == ("客户回复短信", None, "好的")
    assert number_of(texting) not in str(page), "numbers are masked"


def test_r_aud_1_a_text_that_did_not_go_out_says_why(texting: Texting) -> None:
    customer_id, other = texting.unreached("tb_er", "tb_san")
    texting.approved()
    waiting = told(texting, customer_id)[0]
    assert (waiting.label, waiting.state) == ("待发", SmsState.QUEUED)
    refused = EntryForm("不要再联系", user_id="tb_er")
    add_entry(texting.runtime, refused, at("05-13 10:05"), "李组长")
    taken_back = told(texting, customer_id)[0]
    assert (taken_back.label, taken_back.rule) == ("已撤回", "R-DNC-2")
    assert told(texting, other)[0].state is SmsState.QUEUED, "another customer's is their own"


def test_r_aud_1_wangwang_messages_are_contacts_too(texting: Texting) -> None:
    customer_id = texting.shop.buyer("tb_er")
    texting.shop.plan()
    texting.shop.call(texting.caller, "05-13 09:10", "wrong_number")
    assert [one.label for one in told(texting, customer_id)] == [
        "旺旺待发",  # what came of the call stands above it
        "打错 / 非本人且不认识",
    ]
    (todo,) = open_todos(texting.runtime, at("05-13 09:20"))
    finish_todo(texting.runtime, todo.id, at("05-13 09:30"), "李组长")
    sent = told(texting, customer_id)[0]
    assert (sent.label, sent.who, sent.at) == ("旺旺已发", "李组长", at("05-13 09:30"))


def test_r_aud_1_a_text_that_failed_says_why_in_words(texting: Texting) -> None:
    given_texts(texting.shop, 1, "failed", error_code="30003")
    (customer_id,) = {row.customer_id for row in texting.texts()}
    assert told(texting, customer_id)[0].reason == "手机关机、停机或没有信号"


def test_r_phone_3_what_a_stranger_replies_is_no_word_of_the_customers(texting: Texting) -> None:
    (customer_id,) = texting.unreached("tb_er")
    texting.sent()
    texting.shop.set_clock("05-13 10:20")
    take_replies(texting.runtime, LineName.TWILIO, [SmsReply("r1", number_of(texting), "你打错了")])
    assert told(texting, customer_id)[0].channel is Channel.REPLY
    with texting.runtime.transaction() as connection:
        connection.execute(update(customer_phone).values(wrong_since=at("05-13 10:30")))
    assert [one.channel for one in told(texting, customer_id)] == ["text", "call"]


def test_r_aud_1_the_story_is_bounded(texting: Texting) -> None:
    given_texts(texting.shop, timeline.SHOWN + 5, "delivered")
    (customer_id,) = {row.customer_id for row in texting.texts()}
    assert len(told(texting, customer_id)) == timeline.SHOWN
