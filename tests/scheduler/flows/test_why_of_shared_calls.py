"""R-AUD-3 with several matters: `why` says what the claim does, then and afterwards."""

from __future__ import annotations

from datetime import datetime, timedelta
from random import Random

import pytest

from adapters.store.models.customers import customer
from campaigns.registry import rules_of
from campaigns.values import AttemptState, Kind, OrderState, Person
from scheduler.flows.claim import HandOut, next_call
from scheduler.flows.dialling import dial, skip
from scheduler.flows.outcome import MatterForm, OutcomeForm, record_outcome
from scheduler.flows.why import Explanation, explain
from tests.factories import MINUTE, SECOND, at
from tests.shops import Shop

SIGNED = at("05-06 12:00")


@pytest.fixture
def caller(shop: Shop) -> Person:
    """Three customers with an unpaid order, a parcel to ask about, and goods that are missing."""
    for name, region in (("tb_hua01", "浙江"), ("second", "广东"), ("xj", "新疆")):
        one = shop.buyer(name, region=region)
        shop.bought(one, OrderState.COMPLETED, placed="05-01 10:00", received_at=SIGNED)
        shop.bought(one, OrderState.PAID, paid_at=at("05-13 01:00"))
    shop.lacking()
    shop.plan()
    return shop.person()


def why(
    shop: Shop, when: str | datetime, buyer: str = "tb_hua01", kind: Kind | None = None
) -> Explanation:
    return explain(shop.runtime, buyer, at(when) if isinstance(when, str) else when, kind=kind)


def test_r_aud_3_of_several_matters_the_one_on_the_line_answers(shop: Shop, caller: Person) -> None:
    held = shop.take(caller, "05-13 09:30")
    dial(shop.runtime, held.attempt_id, at("05-13 09:30"), caller)
    found = why(shop, "05-13 09:31", held.buyer)
    assert (found.task, found.verdict) == (held.task_id, "wait")
    assert found.binding is not None
    assert found.binding.rule == "R-CLAIM-1"
    for matter in held.also:
        of_matter = why(shop, "05-13 09:31", held.buyer, matter.kind)
        assert (of_matter.task, of_matter.verdict) == (matter.task_id, "wait")
        assert of_matter.binding is not None
        assert of_matter.binding.rule == "R-REPEAT-2"


def test_r_aud_3_of_several_matters_the_one_due_soonest_answers(shop: Shop, caller: Person) -> None:
    """Whichever was planned last: the unpaid order is called about until its closing."""
    held = shop.take(caller, "05-13 09:30")
    dial(shop.runtime, held.attempt_id, at("05-13 09:30"), caller)
    wish = at("05-13 18:00")
    also = (MatterForm(held.also[-1].task_id, "busy", callback_at=wish),)
    code = {Kind.DUNNING: "will_pay", Kind.CALLBACK: "busy", Kind.STOCK_OUT: "relay"}[held.kind]
    form = OutcomeForm(code, also=also)
    record_outcome(shop.runtime, held.attempt_id, form, at("05-13 09:35"), caller)
    found = why(shop, "05-13 18:00", held.buyer)
    assert (found.task, found.verdict, found.next) == (held.also[-1].task_id, "allow", wish)


def test_r_aud_3_without_a_task_any_kind_that_would_plan_answers(shop: Shop) -> None:
    one = shop.customer("quiet")
    shop.phone(one)
    shop.bought(one, OrderState.COMPLETED, received_at=SIGNED)
    found = why(shop, "05-13 10:00", "quiet")
    assert found.binding is not None
    assert (found.verdict, found.binding.rule) == ("wait", "R-CB-2")


def test_r_aud_3_a_shared_call_is_explained_as_it_was_known_then(
    shop: Shop, caller: Person
) -> None:
    held = shop.take(caller, "05-13 09:30")
    dial(shop.runtime, held.attempt_id, at("05-13 09:30"), caller)
    asked = [at("05-13 09:30") + MINUTE * i for i in range(-3, 5)]

    def answers() -> list[Explanation]:
        kinds = [None, *Kind]
        return [why(shop, instant, held.buyer, kind) for instant in asked for kind in kinds]

    before = answers()
    codes = {Kind.DUNNING: "will_pay", Kind.CALLBACK: "satisfied", Kind.STOCK_OUT: "agrees"}
    also = tuple(MatterForm(matter.task_id, codes[matter.kind]) for matter in held.also)
    form = OutcomeForm(codes[held.kind], also=also)
    record_outcome(shop.runtime, held.attempt_id, form, at("05-13 09:35"), caller)
    assert answers() == before


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_r_aud_3_every_call_was_allowed_a_second_before_whatever_its_kind(
    shop: Shop, caller: Person, seed: int
) -> None:
    draw, now = Random(seed), at("05-13 09:00") + SECOND
    while now < at("05-16 20:00"):
        if now.minute == 30 and now.hour % 3 == 0:
            shop.see(f"{(now + timedelta(hours=8)):%m-%d %H:%M}")
        answer = next_call(shop.runtime, caller, now)
        if isinstance(answer, HandOut):
            _talk(shop, answer, now, caller, draw)
        now += 20 * MINUTE
    made = [a for a in shop.attempts() if a.state == AttemptState.CLOSED]
    assert {a.kind for a in made} == set(Kind) - {Kind.SAMPLING}
    assert any(a.rides_on for a in made)
    names = {row.id: row.buyer for row in shop.rows(customer)}
    for attempt in made:
        before = attempt.handed_out_at - SECOND
        found = why(shop, before, names[attempt.customer_id], Kind(attempt.kind))
        waits = {c.until for c in found.checks if c.verdict == "wait"}
        assert found.verdict == "allow" or waits == {attempt.handed_out_at}, (attempt, found)


def _talk(shop: Shop, held: HandOut, now: datetime, caller: Person, draw: Random) -> None:
    """Dial and enter something that the rules take."""
    dial(shop.runtime, held.attempt_id, now, caller)
    code = draw.choice([o.code for o in rules_of(held.kind).offered])
    if code in ("opt_out", "hung_up_angry"):
        code = "no_answer"
    form: dict[str, str] = {"phone": "18400000001"} if code == "gave_number" else {}
    also = tuple(MatterForm(m.task_id, "busy") for m in held.also if draw.random() < 0.5)
    if not rules_of(held.kind).outcomes[code].is_reached or code == "wrong_number":
        also = ()
    filled = OutcomeForm(code, note="试", also=also, **form)  # type: ignore[arg-type]
    record_outcome(shop.runtime, held.attempt_id, filled, now, caller)


def test_r_aud_3_why_and_the_claim_agree_whatever_the_kind(shop: Shop, caller: Person) -> None:
    """Somebody is handed out exactly when `why` allows one of the three; every skip is tried."""
    names = ("tb_hua01", "second", "xj")
    for quarter in range(40):
        instant = at("05-13 08:50") + 19 * MINUTE * quarter
        may = any(why(shop, instant, name).verdict == "allow" for name in names)
        answer = next_call(shop.runtime, caller, instant)
        assert isinstance(answer, HandOut) is may, instant
        if not isinstance(answer, HandOut):
            continue
        if quarter % 3:
            skip(shop.runtime, answer.attempt_id, "试", instant, caller)
            continue
        shop.outcome(answer.attempt_id, "no_answer", _said(instant), caller)


def _said(instant: datetime) -> str:
    return f"{(instant + timedelta(hours=8)):%m-%d %H:%M:%S}"
