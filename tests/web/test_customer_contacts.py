"""The customer's page: what passed between the shop and a customer, whatever the channel (R-AUD-1)."""

from __future__ import annotations

import re

from sqlalchemy import update

from adapters.channels.in_memory import InMemorySms
from adapters.store.models.lines import sms
from campaigns.lines import SmsReply
from campaigns.values import Kind, LineName, Person
from scheduler.flows.blast_choice import NewBlast
from scheduler.flows.blasts import approve, new, start
from scheduler.flows.people import caller_named
from scheduler.flows.shop import set_clock
from scheduler.flows.text_replies import take_replies
from scheduler.runtime import Runtime
from tests.databases import sqlite_only
from tests.web import panel_shop
from tests.web.conftest import Visitor
from tests.web.test_language import english
from tests.web.test_texting import line, sent, supervisor

pytestmark = sqlite_only
__all__ = ["line", "supervisor"]


def texted(runtime: Runtime) -> None:
    """Later than the calls, a text goes to everybody whom they did not reach."""
    set_clock(runtime, "周主管", to=panel_shop.MORNING.replace(minute=30))
    now, approver = runtime.now(), caller_named(runtime, "周主管")
    made = new(runtime, NewBlast(Kind.DUNNING), now, "李组长").blast_id
    assert made is not None
    assert isinstance(approver, Person)
    approve(runtime, made, now, approver)
    start(runtime, made, now, "李组长")
    sent(runtime)


def test_r_msg_2_why_a_text_failed_is_said_in_the_readers_language(
    runtime: Runtime, line: InMemorySms, supervisor: Visitor
) -> None:
    texted(runtime)
    with runtime.transaction() as connection:
        failed = update(sms).values(state="failed", error_code="30003", ended_at=runtime.now())
        (customer_id, *_) = connection.execute(failed.returning(sms.c.customer_id)).scalars()
    page = f"/desk/customers/{customer_id}"
    assert "手机关机、停机或没有信号" in supervisor.get(page).text
    assert "Phone off, suspended or without signal" in english(supervisor).get(page).text


def test_r_aud_1_a_customer_who_got_a_text_and_replied_was_contacted(
    runtime: Runtime, line: InMemorySms, supervisor: Visitor
) -> None:
    texted(runtime)
    number = line.texts[-1].order.to.e164
    take_replies(runtime, LineName.TWILIO, [SmsReply("r1", number, "好的，<谢谢>")])
    pages = {path: supervisor.get(f"/desk/customers/{path}").text for path in range(1, 5)}
    (page,) = [text for text in pages.values() if "客户回复短信" in text]
    story = page[page.index("联系经过") :]
    told = [story.index(words) for words in ("客户回复短信", "已发出", "无人接听")]
    assert told[2] == max(told), "the newest first"
    assert "“好的，&lt;谢谢&gt;”" in story
    assert line.texts[-1].order.wording[:20] in story
    assert re.search(r'href="/calls/[^"]+"><strong>无人接听', story)
    assert number[3:] not in page
    assert (
        "The customer replied by text"
        in english(supervisor)
        .get(f"/desk/customers/{next(n for n, text in pages.items() if text is page)}")
        .text
    )
