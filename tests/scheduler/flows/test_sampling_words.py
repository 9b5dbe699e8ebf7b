"""What a sampling call's dialogue is filled with (R-SMP-1, R-SMP-4, R-SMP-5)."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy import insert

from adapters.store.models.after_sales import service_case
from adapters.store.models.sampling import sample, sample_member
from adapters.store.queries.facts import load_tasks
from campaigns.values import Kind, Person, Source
from scheduler.flows import escalations
from scheduler.flows.briefing import Briefing, brief
from scheduler.flows.sampling_briefing import promise_now
from scheduler.flows.words import occasion_of, words_for
from scheduler.flows.words_of_sampling import NOTED_MAX_CHARS
from scripts_zh.context import Occasion, SampleWords, Words
from scripts_zh.library import standard_library
from tests.factories import at
from tests.scheduler.flows.calling import dialled
from tests.shops import Shop

COMPLAINT = "盆碎了没人理"


@pytest.fixture
def caller(shop: Shop) -> Person:
    """One sampled customer, and who calls."""
    customer = shop.customer("tb_hua01")
    shop.phone(customer)
    shop.sampled(customer)
    return shop.person()


def _listed(shop: Shop, source: Source, handler: str, entered_on: date | None) -> None:
    """Enter the customer in an approved list, as the draw does."""
    (task,) = shop.tasks()
    with shop.runtime.transaction() as connection:
        sample_id = connection.execute(
            insert(sample)
            .values(
                month="2025-05",
                campaign_id=task.campaign_id,
                state="drawn",
                seed=7,
                wanted=1,
                scored_share=500,
                frame_size=1,
                frame_hash="f",
                drawn_at=at("05-26 09:00"),
                drawn_by="李组长",
            )
            .returning(sample.c.id)
        ).scalar_one()
        connection.execute(
            insert(sample_member).values(
                sample_id=sample_id,
                customer_id=task.customer_id,
                source=source,
                handler=handler,
                entered_on=entered_on,
                rank=1,
                is_reserve=False,
                task_id=task.id,
            )
        )


def _words(shop: Shop, now: str, *, ignoring: str | None = None) -> Words:
    (row,) = shop.tasks()
    with shop.runtime.snapshot() as connection:
        task = load_tasks(connection, [row.id], at(now))[row.id]
        law = shop.runtime.law(connection)
        return words_for(
            connection, shop.runtime, law, task, at(now), caller="张三", ignoring=ignoring
        )


def _sample(shop: Shop, now: str = "05-27 09:00") -> SampleWords:
    words = _words(shop, now).sample
    assert words is not None
    return words


def _briefed(shop: Shop, caller: Person, now: str) -> Briefing:
    held = dialled(shop, caller, now)
    return brief(shop.runtime, held.attempt_id, at(now))


@pytest.mark.parametrize("source", Source)
def test_r_smp_1_the_matter_is_that_of_the_frozen_list(
    shop: Shop, caller: Person, source: Source
) -> None:
    _listed(shop, source, " 张三 ", date(2025, 5, 6))
    said = _sample(shop)
    assert (said.source, said.handler, said.matter_on) == (source, "张三", date(2025, 5, 6))
    assert (said.has_score, said.answer_text, said.done_text) == (None, None, None)


def test_r_smp_1_without_an_entry_or_a_handler_nothing_is_made_up(
    shop: Shop, caller: Person
) -> None:
    assert _sample(shop) == SampleWords(Source.VIP, answer_at_text="30分钟内")
    _listed(shop, Source.REVIEWS, "", None)
    assert (_sample(shop).handler, _sample(shop).matter_on) == (None, None)


@pytest.mark.parametrize(
    ("now", "text", "crosses"),
    [
        ("05-27 09:00", "30分钟内", False),
        ("05-27 11:29", "30分钟内", False),
        ("05-27 11:30", "今天下午1点30分之前", True),
        ("05-27 16:45", "30分钟内", False),
        ("05-27 19:45", "明天上午9点30分之前", True),
        ("05-30 19:45", "明天上午10点30分之前", True),
        ("05-31 19:25", "30分钟内", False),
        ("05-31 19:30", "明天上午10点30分之前在旺旺上", True),
    ],
)
def test_r_smp_5_the_answer_is_promised_for_when_it_falls_due(
    shop: Shop, caller: Person, now: str, text: str, *, crosses: bool
) -> None:
    said = _sample(shop, now)
    assert (said.answer_at_text, said.crosses_closed) == (text, crosses)


def test_r_smp_5_what_the_customer_hears_is_what_is_recorded(shop: Shop, caller: Person) -> None:
    promised = _sample(shop, "05-27 19:45").answer_at_text
    shop.call(caller, "05-27 19:45", "complaint_escalated", note=COMPLAINT)
    (owed,) = escalations.open_escalations(shop.runtime, at("05-27 19:46"))
    assert owed.due_at == at("05-28 09:30")
    assert promised == "明天上午9点30分之前"


def test_r_smp_5_the_answer_call_opens_as_one_and_shows_what_is_owed(
    shop: Shop, caller: Person
) -> None:
    _listed(shop, Source.PARCELS, "李四", date(2025, 5, 6))
    shop.call(caller, "05-27 09:00", "complaint_escalated", note=COMPLAINT, score=2)
    (owed,) = escalations.open_escalations(shop.runtime, at("05-27 09:05"))
    with shop.runtime.transaction() as connection:
        connection.execute(service_case.update().values(agreed="重发一盆\n今天发出"))
    escalations.ready(shop.runtime, owed.id, at("05-27 09:06"), caller)
    said = _sample(shop, "05-27 09:06")
    assert (said.answer_text, said.done_text) == (COMPLAINT, "重发一盆 今天发出")
    assert said.has_score == 2
    briefed = _briefed(shop, caller, "05-27 09:06")
    assert [b.to for b in briefed.script[0].branches] == ["answer_call", "not_through"]
    assert f"这通是答复投诉：{COMPLAINT}。" in briefed.script[0].text
    assert shop.attempts()[-1].script_id == "sampling.answer_call.voice"


def test_r_smp_5_a_first_call_and_a_settled_one_are_no_answer_calls(
    shop: Shop, caller: Person
) -> None:
    assert _words(shop, "05-27 09:00").occasion is Occasion.FIRST
    shop.call(caller, "05-27 09:00", "complaint_escalated", note=COMPLAINT)
    assert _words(shop, "05-27 09:10").occasion is Occasion.ANSWER
    (owed,) = escalations.open_escalations(shop.runtime, at("05-27 09:10"))
    escalations.answer(shop.runtime, owed.id, "旺旺上说好了", at("05-27 09:12"), caller)
    after = _words(shop, "05-27 09:13")
    assert after.occasion is Occasion.FIRST
    assert after.sample is not None
    assert after.sample.answer_text is None


def test_r_smp_5_an_answer_put_off_by_the_customer_is_still_the_answer(
    shop: Shop, caller: Person
) -> None:
    shop.call(caller, "05-27 09:00", "complaint_escalated", note=COMPLAINT)
    shop.call(caller, "05-27 09:20", "busy", callback_at=at("05-27 10:30"))
    assert _words(shop, "05-27 10:30").occasion is Occasion.ANSWER


def test_r_smp_5_a_long_complaint_is_clipped_in_the_note(shop: Shop, caller: Person) -> None:
    shop.call(caller, "05-27 09:00", "complaint_escalated", note="盆" * 300)
    text = _sample(shop, "05-27 09:10").answer_text
    assert text is not None
    assert (len(text), text[-1]) == (NOTED_MAX_CHARS, "…")


@pytest.mark.parametrize("source", Source)
def test_every_source_is_briefed_without_a_gap(shop: Shop, caller: Person, source: Source) -> None:
    _listed(shop, source, "张三", date(2025, 5, 6))
    script = _briefed(shop, caller, "05-27 09:00").script
    assert script[0].id == "sampling.dial.note"
    assert not any(it.is_fallback for it in script)
    assert {it.score for it in script} == {None, 1, 2, 3, 4, 5}


def test_other_kinds_know_nothing_of_a_sample(shop: Shop) -> None:
    shop.buyer("tb_cao02")
    shop.plan()
    (row,) = shop.tasks()
    with shop.runtime.snapshot() as connection:
        task = load_tasks(connection, [row.id], at("05-13 09:30"))[row.id]
    assert task.kind is Kind.DUNNING
    assert occasion_of(task) is Occasion.FIRST
    assert _words(shop, "05-13 09:30").sample is None


@pytest.mark.parametrize("now", ["05-31 19:29:59", "05-31 19:30"])
def test_r_smp_3_no_call_is_promised_after_the_month_s_close(
    shop: Shop, caller: Person, now: str
) -> None:
    held = dialled(shop, caller, now)
    assert promise_now(shop.runtime, held.attempt_id, at(now)).in_chat == (now == "05-31 19:30")
    words, scripts = _words(shop, now, ignoring=held.attempt_id), standard_library()
    for moment in ("escalate", "cannot_wait", "unwell", "compensation", "answer_unsettled"):
        said = "\n".join(scripts.render(f"sampling.{moment}.voice", words).text)
        calls_back = [word for word in ("给您打电话", "回电话", "打给您") if word in said]
        if now == "05-31 19:30":
            assert "在旺旺上" in said
            assert calls_back == []
        elif moment in ("escalate", "cannot_wait", "unwell"):
            assert "旺旺" not in said
            assert calls_back
