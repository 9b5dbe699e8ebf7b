"""Texts that need a person: not known, or their line is gone (R-MSG-2, R-OOS-2)."""

from __future__ import annotations

import pytest
from sqlalchemy import update

from adapters.channels.base import Unknown
from adapters.channels.in_memory import InMemorySms
from adapters.channels.registry import Lines
from adapters.store.models.lines import sms
from campaigns.values import LineName
from scheduler.flows.blasts import start
from scheduler.flows.health import look_at
from scheduler.flows.shortages import move
from scheduler.flows.text_pace import ToldPace
from scheduler.flows.text_reconcile import settle_unknown
from scheduler.flows.text_sending import send_due
from scheduler.flows.text_troubles import unknown_texts
from tests.factories import at, day
from tests.scheduler.flows.texting import Texting, agreed
from tests.shops import Shop

NOW = at("05-13 10:01")


@pytest.fixture
def texting(shop: Shop) -> Texting:
    return Texting(shop, now="05-13 10:00")


@pytest.mark.parametrize("was_sent", [True, False])
def test_r_oos_2_a_single_text_that_is_not_known_is_listed_and_settled(
    texting: Texting, was_sent: bool
) -> None:
    """Looked up with the provider: it is never sent again, and what did not go goes to the chat."""
    article = agreed(texting)
    move(texting.runtime, article, day("05-25"), at("05-13 10:00"), "李组长")
    texting.line.answer_next(Unknown("超时"))
    send_due(texting.runtime, pace=ToldPace(NOW), start=NOW)
    (found,) = unknown_texts(texting.runtime)
    assert (found.blast_id, found.reason, found.at) == (None, "超时", NOW)
    assert "****" in found.phone_masked
    settle_unknown(texting.runtime, found.id, NOW, "李组长", was_sent=was_sent)
    assert unknown_texts(texting.runtime) == []
    told = [t.occasion for t in texting.shop.todos() if t.kind == "wangwang"]
    assert told == ([] if was_sent else ["moved:2025-05-25"])


def test_r_msg_2_single_texts_stand_before_those_of_a_mass_message(texting: Texting) -> None:
    texting.unreached("tb_01")
    made = texting.approved()
    start(texting.runtime, made, NOW, "李组长")
    texting.line.answer_next(Unknown("超时"))
    texting.go_on(made, "05-13 10:01")
    article = agreed(texting)
    move(texting.runtime, article, day("05-25"), at("05-13 10:02"), "李组长")
    texting.line.answer_next(Unknown("超时"))
    later = at("05-13 10:03")
    send_due(texting.runtime, pace=ToldPace(later), start=later)
    assert [one.blast_id for one in unknown_texts(texting.runtime)] == [None, made]


def test_r_msg_2_a_line_that_is_gone_is_said(texting: Texting) -> None:
    """The texts wait; whoever looks at the message, or at the shop's health, learns for what."""
    texting.unreached("tb_01", "tb_02")
    made = texting.approved()
    assert texting.status(made).held_up is None
    with texting.runtime.transaction() as connection:
        connection.execute(update(sms).values(line=LineName.ALIYUN))
    told = texting.send(made)
    said = "线路没有设置好：阿里云短信，2 条短信发不出去"
    assert (told.queued, told.held_up) == (2, said)
    with texting.runtime.snapshot() as connection:
        health = {f.name: f for f in look_at(texting.runtime, connection, NOW)}
    assert not health["短信线路"].ok
    assert health["短信线路"].detail == said
    back = InMemorySms(texting.clock.now, LineName.ALIYUN)
    texting.runtime.lines = Lines(sms={LineName.ALIYUN: back})
    told = texting.go_on(made, "05-13 10:05")
    assert (told.sent, told.held_up) == (2, None)
