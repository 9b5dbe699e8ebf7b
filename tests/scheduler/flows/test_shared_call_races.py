"""R-REPEAT-2 under fire: three matters of one customer, and the world does not wait for the call."""

from __future__ import annotations

import threading
from typing import Any

import pytest

from adapters.store.models.customers import customer_phone
from adapters.store.queries.tasks import open_of_orders
from campaigns.errors import ConflictError, RefusedError, UsageError
from campaigns.values import CampaignState, Kind, OrderState, Person, PhoneNumber, Role
from scheduler import jobs
from scheduler.flows import campaigns
from scheduler.flows.claim import HandOut, next_call
from scheduler.flows.dialling import dial
from scheduler.flows.do_not_contact import EntryForm, add_entry
from scheduler.flows.outcome import MatterForm, OutcomeForm, record_outcome
from scheduler.flows.overview import today
from scheduler.flows.refresh import refresh_tasks, retract_todos
from scheduler.runtime import Runtime
from tests.databases import postgres_only
from tests.factories import a_number, at
from tests.scheduler.flows.calling import dialled, nobody
from tests.scheduler.flows.test_claim_races import at_once
from tests.shops import Shop

DUNNING, CALLBACK, STOCK_OUT = Kind.DUNNING, Kind.CALLBACK, Kind.STOCK_OUT
DIALLED, ENDED = "05-13 09:30", "05-13 09:35"


def three_matters(
    shop: Shop,
    name: str = "tb_hua01",
    number: PhoneNumber | None = None,
    paid: str = "05-12 15:00",
) -> int:
    """An unpaid order, one signed for a week ago, and one that waits for its goods since `paid`."""
    customer = shop.buyer(name, number=number)
    signed = at("05-06 12:00")
    shop.bought(customer, OrderState.COMPLETED, placed="05-01 10:00", received_at=signed)
    shop.bought(customer, OrderState.PAID, paid_at=at(paid))
    return customer


@pytest.fixture
def three(shop: Shop) -> Shop:
    three_matters(shop)
    shop.lacking()
    shop.plan()
    assert [row.kind for row in shop.tasks()] == [DUNNING, CALLBACK, STOCK_OUT]
    return shop


def _held(shop: Shop, caller: Person, kind: Kind = DUNNING, now: str = DIALLED) -> HandOut:
    """A call that is handed out for this kind; the others ride on it."""
    others = [other for other in Kind if other is not kind]
    for other in others:
        shop.change_campaign(other, state="paused", state_reason="试")
    assert shop.take(caller, now).kind is kind
    for other in others:
        shop.change_campaign(other, state="running", state_reason=None)
    return shop.take(caller, now)


def _dialled(shop: Shop, caller: Person, kind: Kind = DUNNING, now: str = DIALLED) -> HandOut:
    held = _held(shop, caller, kind, now)
    dial(shop.runtime, held.attempt_id, at(now), caller)
    return held


def _of(shop: Shop, kind: Kind) -> Any:
    (row,) = [row for row in shop.tasks() if row.kind == kind]
    return row


def _attempts_of(shop: Shop, kind: Kind) -> list[Any]:
    return [row for row in shop.attempts() if row.kind == kind]


def _also(held: HandOut, **codes: str) -> tuple[MatterForm, ...]:
    task = {matter.kind: matter.task_id for matter in held.also}
    note = {"refuses": "要退款", "complaint": "坏了"}
    return tuple(
        MatterForm(task[Kind(kind)], code, note=note.get(code)) for kind, code in codes.items()
    )


# --- one customer, one call ----------------------------------------------------------------------


def test_r_repeat_2_two_callers_and_three_matters_one_gets_the_customer(three: Shop) -> None:
    callers = [three.person("张三"), three.person("李四")]
    answers = at_once(three, 2, lambda runtime, i: next_call(runtime, callers[i], at(DIALLED)))
    (held,) = [answer for answer in answers if isinstance(answer, HandOut)]
    assert {held.kind, *(matter.kind for matter in held.also)} == {DUNNING, CALLBACK, STOCK_OUT}
    assert [a for a in answers if isinstance(a, Exception)] == []
    assert len(three.attempts()) == 1


def test_r_repeat_2_one_answer_for_eight_posts_of_one_key(three: Shop) -> None:
    held = _dialled(three, three.person())
    said = _also(held, callback="satisfied", stock_out="agrees")
    form = OutcomeForm("will_pay", key="one-click", also=said)

    def work(runtime: Runtime, _: int) -> Any:
        return record_outcome(runtime, held.attempt_id, form, at(ENDED), None)

    answers = at_once(three, 8, work)
    assert not isinstance(answers[0], Exception)
    assert answers.count(answers[0]) == 8
    assert len(three.attempts()) == 3
    assert [row.kind for row in three.todos()] == ["promise"]


def test_r_repeat_2_two_ways_to_settle_at_once_one_counts(three: Shop) -> None:
    held = _dialled(three, three.person())
    ways = ["satisfied", "guided", "no_time", "busy"]

    def work(runtime: Runtime, index: int) -> Any:
        said = _also(held, callback=ways[index])
        form = OutcomeForm("will_pay", key=f"click-{index}", also=said)
        return record_outcome(runtime, held.attempt_id, form, at(ENDED), None)

    answers = at_once(three, 4, work)
    assert sum(isinstance(answer, ConflictError) for answer in answers) == 3
    assert len(three.attempts()) == 2


def test_r_repeat_2_the_same_matter_cannot_be_settled_twice(three: Shop) -> None:
    held = _dialled(three, three.person())
    twice = (*_also(held, callback="satisfied"), *_also(held, callback="no_time"))
    with pytest.raises(UsageError):
        three.outcome(held.attempt_id, "will_pay", ENDED, also=twice)
    assert [row.state for row in three.attempts()] == ["dialled"]


@pytest.mark.parametrize("main", ["no_answer", "wrong_number", "relay_failed"])
def test_a_matter_cannot_be_settled_with_somebody_who_was_not_there(three: Shop, main: str) -> None:
    held = _dialled(three, three.person())
    with pytest.raises(UsageError):
        said = _also(held, callback="satisfied")
        three.outcome(held.attempt_id, main, ENDED, also=said)
    assert [row.state for row in three.attempts()] == ["dialled"]


def test_a_call_that_says_so_itself_may_name_its_matters(three: Shop) -> None:
    held = _dialled(three, three.person())
    said = _also(held, callback="no_answer")
    three.outcome(held.attempt_id, "no_answer", ENDED, also=said)
    assert [row.outcome for row in three.attempts()] == ["no_answer"] * 3


@pytest.mark.parametrize(("main", "rider"), [("will_pay", "relay"), ("relay", "agrees")])
def test_r_phone_3_the_customer_who_came_to_the_telephone_is_known_of_the_number(
    three: Shop, main: str, rider: str
) -> None:
    held = _dialled(three, three.person())
    three.outcome(held.attempt_id, main, ENDED, also=_also(held, stock_out=rider))
    (number,) = three.rows(customer_phone)
    assert (number.verified_at, number.other_since) == (at(ENDED), None)


# --- what happens during the call ----------------------------------------------------------------


def test_r_dun_4_paid_during_the_call_the_rider_is_told_and_the_rest_is_kept(three: Shop) -> None:
    held = _dialled(three, three.person(), STOCK_OUT)
    _pays_by_telephone(three)
    assert _of(three, DUNNING).ending == "paid_uncalled"
    with pytest.raises(RefusedError) as refused:
        said = (MatterForm(_of(three, DUNNING).id, "will_pay"),)
        three.outcome(held.attempt_id, "agrees", ENDED, also=said)
    assert refused.value.rules == ("R-REPEAT-2",)
    three.outcome(held.attempt_id, "agrees", ENDED)
    assert _attempts_of(three, DUNNING) == []


def _pays_by_telephone(shop: Shop) -> None:
    first = shop.orders_of(1)[:1]
    shop.see("05-13 09:32", state=OrderState.PAID, paid="05-13 09:31", only=first)


def test_r_dun_4_paid_during_a_reminder_it_ends_paid_and_the_riders_are_settled(
    three: Shop,
) -> None:
    held = _dialled(three, three.person())
    _pays_by_telephone(three)
    said = _also(held, callback="satisfied", stock_out="agrees")
    three.outcome(held.attempt_id, "will_pay", ENDED, also=said)
    assert [row.ending for row in three.tasks()] == ["paid", "answered", "agreed"]


def test_r_dnc_2_an_entry_during_the_call_ends_the_other_matters(three: Shop) -> None:
    held = _dialled(three, three.person())
    add_entry(three.runtime, EntryForm("来电要求", user_id="tb_hua01"), at("05-13 09:32"), "组长")
    with pytest.raises(RefusedError):
        three.outcome(held.attempt_id, "will_pay", ENDED, also=_also(held, callback="satisfied"))
    three.outcome(held.attempt_id, "will_pay", ENDED)
    assert {row.ending for row in three.tasks()} == {"opted_out"}
    assert len(three.attempts()) == 1


def test_r_dnc_3_an_entry_for_one_kind_leaves_the_others(three: Shop) -> None:
    held = _held(three, three.person())
    form = EntryForm("不要回访", user_id="tb_hua01", kind=CALLBACK)
    add_entry(three.runtime, form, at("05-13 09:31"), "组长")
    held = dialled(three, Person(1, "张三", Role.CALLER), "05-13 09:32")
    assert [matter.kind for matter in held.also] == [STOCK_OUT]
    three.outcome(held.attempt_id, "no_answer", ENDED)
    assert _attempts_of(three, CALLBACK) == []
    assert _of(three, CALLBACK).ending == "opted_out"
    assert _of(three, DUNNING).ending is None


def test_r_dnc_1_anger_over_one_matter_ends_that_kind_alone(three: Shop) -> None:
    held = _dialled(three, three.person())
    said = _also(held, callback="hung_up_angry")
    three.outcome(held.attempt_id, "will_pay", ENDED, also=said)
    assert _of(three, CALLBACK).ending == "angry"
    assert (_of(three, DUNNING).ending, _of(three, STOCK_OUT).ending) == (None, None)


def test_r_dnc_2_an_opt_out_over_one_matter_is_one_of_all(three: Shop) -> None:
    held = _dialled(three, three.person())
    three.outcome(held.attempt_id, "will_pay", ENDED, also=_also(held, callback="opt_out"))
    assert {row.ending for row in three.tasks()} == {"opted_out"}
    assert [row for row in three.todos() if row.withdrawn_at is None] == []


def test_r_claim_1_a_pause_during_the_call_loses_nothing_that_was_said(three: Shop) -> None:
    held = _dialled(three, three.person())
    campaigns.pause_all(three.runtime, "盘点", at("05-13 09:32"), "组长")
    said = _also(held, callback="satisfied", stock_out="agrees")
    three.outcome(held.attempt_id, "will_pay", ENDED, also=said)
    assert [row.ending for row in three.tasks()] == [None, "answered", "agreed"]


def test_r_claim_1_nor_does_the_pause_of_the_one_campaign(three: Shop) -> None:
    held = _dialled(three, three.person())
    _pause(three, _of(three, CALLBACK).campaign_id, "05-13 09:32")
    three.outcome(held.attempt_id, "will_pay", ENDED, also=_also(held, callback="satisfied"))
    assert _of(three, CALLBACK).ending == "answered"


def _pause(shop: Shop, campaign_id: int, now: str) -> None:
    state = CampaignState.PAUSED
    campaigns.change_state(shop.runtime, campaign_id, state, "盘点", at(now), "组长")


def test_r_claim_1_a_campaign_paused_before_the_call_does_not_ride(three: Shop) -> None:
    campaign_id = _of(three, CALLBACK).campaign_id
    held = _held(three, three.person())
    _pause(three, campaign_id, DIALLED)
    held = dialled(three, Person(1, "张三", Role.CALLER), "05-13 09:31")
    assert [matter.kind for matter in held.also] == [STOCK_OUT]
    with pytest.raises(RefusedError):
        said = (MatterForm(_of(three, CALLBACK).id, "satisfied"),)
        three.outcome(held.attempt_id, "will_pay", ENDED, also=said)
    three.outcome(held.attempt_id, "no_answer", ENDED)
    assert _attempts_of(three, CALLBACK) == []


@pytest.mark.parametrize("is_swept", [False, True])
def test_r_dun_3_a_deadline_that_passes_during_the_call_loses_nothing(
    shop: Shop, is_swept: bool
) -> None:
    """What was allowed when it was dialled was said, whether or not the engine ticked since."""
    customer = three_matters(shop)
    shop.lacking()
    closing = at("05-13 09:33")
    shop.change_order(shop.orders_of(customer)[0], placed_at=closing.replace(day=closing.day - 3))
    shop.plan()
    held = _dialled(shop, shop.person(), STOCK_OUT)
    if is_swept:
        shop.set_clock("05-13 09:34")
        jobs.tick(shop.runtime)
    said = _also(held, dunning="will_pay")
    shop.outcome(held.attempt_id, "agrees", ENDED, also=said)
    assert _of(shop, DUNNING).ending == "deadline"
    assert [row.outcome for row in _attempts_of(shop, DUNNING)] == ["will_pay"]


def test_r_dun_3_a_matter_nobody_talked_about_ends_with_the_call(shop: Shop) -> None:
    customer = three_matters(shop)
    shop.lacking()
    closing = at("05-13 09:33")
    shop.change_order(shop.orders_of(customer)[0], placed_at=closing.replace(day=closing.day - 3))
    shop.plan()
    held = _dialled(shop, shop.person(), STOCK_OUT)
    shop.set_clock("05-13 09:34")
    jobs.tick(shop.runtime)
    assert _of(shop, DUNNING).ending is None
    shop.outcome(held.attempt_id, "agrees", ENDED)
    assert _of(shop, DUNNING).ending == "deadline"


# --- late, wrong, cut -----------------------------------------------------------------------------


def test_r_claim_1_a_late_outcome_settles_its_matters(three: Shop) -> None:
    caller = three.person()
    held = _held(three, caller)
    assert nobody(three, three.person("李四"), "05-13 09:40")
    three.set_clock("05-13 09:46")
    jobs.tick(three.runtime)
    assert [row.state for row in three.attempts()] == ["expired"]
    said = _also(held, callback="satisfied")
    three.outcome(held.attempt_id, "will_pay", "05-13 09:47", caller, also=said)
    assert [(row.outcome, row.at) for row in three.attempts()] == [
        ("will_pay", at(DIALLED)),
        ("satisfied", at(DIALLED)),
    ]


def test_r_claim_1_a_late_outcome_cannot_settle_what_another_caller_holds(three: Shop) -> None:
    held = _held(three, three.person())
    three.change_campaign(DUNNING, state="paused", state_reason="试")
    other = three.take(three.person("李四"), "05-13 09:46")
    assert other.kind is not DUNNING
    three.change_campaign(DUNNING, state="running", state_reason=None)
    with pytest.raises(RefusedError):
        said = (MatterForm(other.task_id, "busy"),)
        three.outcome(held.attempt_id, "will_pay", "05-13 09:47", also=said)
    assert sorted(row.state for row in three.attempts()) == ["expired", "handed_out"]


def test_r_repeat_5_after_a_wrong_number_all_matters_try_the_next_one(shop: Shop) -> None:
    customer = three_matters(shop)
    other = shop.phone(customer)
    shop.lacking()
    shop.plan()
    caller = shop.person()
    first = _dialled(shop, caller)
    shop.outcome(first.attempt_id, "wrong_number", "05-13 09:31", caller)
    assert [row.outcome for row in shop.attempts()] == ["wrong_number"] * 3
    assert shop.todos() == []
    second = _dialled(shop, caller, DUNNING, "05-13 09:32")
    assert second.phone != first.phone
    assert {first.phone, second.phone} >= {other}
    assert len(second.also) == 2
    said = _also(second, callback="satisfied", stock_out="agrees")
    shop.outcome(second.attempt_id, "will_pay", ENDED, also=said)
    assert [row.ending for row in shop.tasks()] == [None, "answered", "agreed"]


def test_r_repeat_5_after_the_only_number_was_wrong_all_matters_end(three: Shop) -> None:
    held = _dialled(three, three.person())
    three.outcome(held.attempt_id, "wrong_number", ENDED)
    assert {row.ending for row in three.tasks()} == {"unreachable"}


def test_r_repeat_5_a_given_number_is_dialled_and_the_rest_waits(three: Shop) -> None:
    caller = three.person()
    held = _dialled(three, caller)
    three.outcome(held.attempt_id, "gave_number", ENDED, caller, phone="13800001234")
    again = dialled(three, caller, "05-13 09:36")
    assert (again.task_id, again.phone.display) == (held.task_id, "13800001234")
    three.outcome(again.attempt_id, "will_pay", "05-13 09:40", caller)
    assert _of(three, CALLBACK).due_at == at("05-14 09:00")
    assert nobody(three, caller, "05-13 19:00")


def test_r_hours_7_a_wish_for_one_matter_is_kept_for_that_one(three: Shop) -> None:
    caller = three.person()
    held = _dialled(three, caller)
    (matter,) = [m for m in held.also if m.kind is CALLBACK]
    wish = MatterForm(matter.task_id, "busy", callback_at=at("05-13 18:00"))
    answer = three.outcome(held.attempt_id, "not_needed", ENDED, caller, also=(wish,))
    assert [one.next_at for one in answer.also] == [at("05-13 18:00")]
    assert nobody(three, caller, "05-13 17:59")
    due = three.take(caller, "05-13 18:00")
    assert (due.kind, due.also) == (CALLBACK, ())  # a shortage may wait for another day


def test_r_repeat_5_a_redial_settles_the_rest(three: Shop) -> None:
    caller = three.person()
    held = _dialled(three, caller)
    three.outcome(held.attempt_id, "cut_off", ENDED, caller, also=_also(held, callback="satisfied"))
    again = dialled(three, caller, "05-13 09:37")
    assert [matter.kind for matter in again.also] == [STOCK_OUT]
    said = _also(again, stock_out="agrees")
    three.outcome(again.attempt_id, "will_pay", "05-13 09:39", caller, also=said)
    assert [row.ending for row in three.tasks()] == [None, "answered", "agreed"]
    assert today(three.runtime, at("05-13 12:00")).attempts == 1


def test_r_repeat_3_one_call_is_one_in_the_figures(three: Shop) -> None:
    held = _dialled(three, three.person())
    said = _also(held, callback="satisfied", stock_out="agrees")
    three.outcome(held.attempt_id, "will_pay", ENDED, also=said)
    found = today(three.runtime, at("05-13 12:00"))
    assert (found.attempts, found.reached) == (1, 1)


# --- a shared telephone ---------------------------------------------------------------------------


_GOOD = {DUNNING: "will_pay", CALLBACK: "satisfied", STOCK_OUT: "agrees"}


@postgres_only
def test_an_import_and_an_outcome_on_a_shared_phone_never_wait_for_each_other(shop: Shop) -> None:
    """Both lock the tasks of all who share the telephone; in another order they would deadlock."""
    turns = 50
    shop.lacking()
    with shop.at_one_go():
        for turn in range(turns):
            number = a_number()
            for name, paid in (("甲", "05-12 15:00"), ("乙", "05-10 15:00")):
                # Due first, planned last: so an outcome begins at the end of an import's order.
                three_matters(shop, f"b{turn}{name}", number, paid)
    shop.plan()
    calls = [dialled(shop, shop.person(f"坐席{turn}")) for turn in range(turns)]
    assert {(held.kind, held.buyer[-1]) for held in calls} == {(STOCK_OUT, "乙")}
    in_step, entered = threading.Barrier(2), set[str]()

    def enter(runtime: Runtime, held: HandOut) -> None:
        also = tuple(MatterForm(matter.task_id, _GOOD[matter.kind]) for matter in held.also)
        assert len(also) == 2
        form = OutcomeForm(_GOOD[held.kind], also=also)
        try:
            record_outcome(runtime, held.attempt_id, form, at(ENDED), None)
        finally:
            entered.add(held.attempt_id)

    def judge(runtime: Runtime, held: HandOut) -> None:
        sharing = held.customer_id + (1 if held.customer_id % 2 else -1)
        orders = [*shop.orders_of(sharing), *shop.orders_of(held.customer_id)]
        while held.attempt_id not in entered:  # import after import, as long as it is being entered
            _judge(runtime, orders)

    def work(runtime: Runtime, index: int) -> list[Exception]:
        failed: list[Exception] = []
        for held in calls:
            in_step.wait()
            try:
                (enter, judge)[index](runtime, held)
            except Exception as error:
                failed.append(error)
        return failed

    assert at_once(shop, 2, work) == [[], []]
    assert len([row for row in shop.attempts() if row.state == "closed"]) == 3 * turns


def _judge(runtime: Runtime, orders: list[int]) -> None:
    """What an import does with the open tasks of its orders."""
    with runtime.transaction() as connection:
        concerned = open_of_orders(connection, orders)
        refresh_tasks(connection, runtime, at("05-13 09:31"), concerned, "导入")
        retract_todos(connection, runtime, at("05-13 09:31"))
