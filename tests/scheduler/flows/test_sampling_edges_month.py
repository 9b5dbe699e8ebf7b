"""R-SMP-1 to R-SMP-3: how the sample stands at every instant, and the edges of the month."""

from __future__ import annotations

import pytest

from campaigns.errors import RefusedError
from campaigns.sampling_draw import Stratum
from campaigns.values import Ending, Source
from scheduler.flows.do_not_contact import EntryForm, add_entry
from scheduler.flows.sampling import approve, draw, redraw, sample_of, submit
from scheduler.flows.sampling_status import SampleStatus, status
from scheduler.flows.todos import finish_todo, note_reply, open_todos
from scheduler.jobs import tick
from tests.factories import at
from tests.scheduler.flows.calling import nobody
from tests.scheduler.flows.sampling_shop import MONTH, STRATA, Month
from tests.shops import Shop


@pytest.fixture
def month(shop: Shop) -> Month:
    return Month(shop)


def counted(month: Month, now: str) -> SampleStatus:
    """The status, whose numbers must add up."""
    found = month.status(now)
    assert found.drawn == found.scored + sum(found.unscored.values()) + found.open
    return found


def asks(month: Month, buyer: str, now: str) -> None:
    add_entry(month.shop.runtime, EntryForm("投诉", user_id=buyer), at(now), "李组长")


def test_r_smp_2_drawn_is_scored_unscored_and_open_at_every_instant(month: Month) -> None:
    month.fill(80, strata=STRATA[:1])
    assert counted(month, "05-25 09:00").drawn == 0
    drawn = month.draw()
    before = counted(month, "05-25 10:01")
    assert (before.drawn, before.open, before.reserves_left) == (60, 60, 20)
    month.submit()
    assert counted(month, "05-26 10:01").drawn == 60
    asks(month, drawn.members[0].buyer, "05-26 10:30")
    assert counted(month, "05-26 10:31").open == 60
    month.shop.sampled(drawn.members[1].customer_id, now="05-26 10:40")  # left of another month
    frozen = month.approve()
    found = counted(month, "05-26 11:01")
    assert (found.drawn, found.open, dict(found.unscored)) == (61, 60, {Ending.OPTED_OUT: 1})
    month.hand_out_first(frozen.members[2].task_id)
    month.shop.call(month.caller, "05-27 10:00", "complaint_escalated", note="碎了", score=2)
    found = counted(month, "05-27 10:01")
    assert (found.scored, found.drawn) == (1, 61)
    month.hand_out_first(frozen.members[3].task_id)
    month.shop.call(month.caller, "05-27 10:05", "opt_out")
    assert counted(month, "05-27 10:06").drawn == 62
    month.shop.set_clock("05-31 20:00")
    tick(month.shop.runtime)
    found = counted(month, "05-31 20:00")
    assert (found.drawn, found.open, found.scored) == (62, 0, 1)


def test_r_smp_2_a_drawn_one_who_is_passed_over_without_reserves_is_not_open(month: Month) -> None:
    month.fill(5)
    drawn = month.draw()
    month.submit()
    month.shop.sampled(drawn.members[0].customer_id, now="05-26 10:40")
    month.approve()
    found = counted(month, "05-26 11:01")
    assert (found.drawn, found.open) == (4, 4)


def test_r_smp_2_a_replaced_one_who_answers_after_all_counts_as_well(month: Month) -> None:
    """Both are scored customers; the third failure had called the reserve in already."""
    month.fill(62, strata=STRATA[:1])
    frozen = month.approved("05-27 08:00")
    for when in ("05-27 09:10", "05-27 14:10", "05-28 18:10"):
        month.hand_out_first(frozen.members[0].task_id)
        month.shop.call(month.caller, when, "no_answer")
    (message,) = open_todos(month.shop.runtime, at("05-28 18:11"))
    finish_todo(month.shop.runtime, message.id, at("05-28 18:12"), "谷雨")
    note_reply(month.shop.runtime, message.id, at("05-28 18:30"), "谷雨")
    month.hand_out_first(frozen.members[0].task_id)
    month.shop.call(month.caller, "05-29 09:10", "scored", score=5)
    found = counted(month, "05-29 09:11")
    assert (found.drawn, found.scored, found.replaced) == (61, 1, 1)


@pytest.mark.parametrize(
    ("named", "drawn_at", "first", "last"),
    [
        ("2025-05", "05-14 00:00", "05-27 09:00", "05-31 19:59:59"),
        ("2025-06", "06-01 09:00", "06-27 09:00", "06-30 19:59:59"),
        ("2026-02", "2026-02-02 09:00", "2026-02-27 09:00", "2026-02-28 19:59:59"),
        ("2028-02", "2028-02-02 09:00", "2028-02-27 10:00", "2028-02-29 19:59:59"),
        ("2025-12", "12-31 09:00", "12-31 09:00", "12-31 19:59:59"),
    ],
)
def test_r_smp_3_the_edges_of_every_kind_of_month(
    month: Month, named: str, drawn_at: str, first: str, last: str
) -> None:
    """2028 has no official calendar yet: the hours of a day off (R-HOURS-6)."""
    runtime, shop = month.shop.runtime, month.shop
    month.fill(3, strata=(Stratum(Source.VIP, ""),))
    draw(runtime, named, at(drawn_at), month.leader, 0)
    submit(runtime, named, at(drawn_at), month.leader)
    approve(runtime, named, at(drawn_at), month.supervisor)
    opens = f"{first[:-5]}00:00"
    if drawn_at < opens:
        assert nobody(shop, month.caller, f"{first[:-8]}26 23:59:59")
        assert nobody(shop, month.caller, opens)
    shop.call(month.caller, first, "scored", score=5)
    shop.call(month.caller, last, "scored", score=4)
    assert nobody(shop, month.caller, f"{last[:-8]}20:00")
    shop.set_clock(f"{last[:-8]}20:00")
    tick(runtime)
    found = status(runtime, named, at(f"{last[:-8]}20:00"))
    assert (found.scored, found.open) == (2, 0)
    assert dict(found.unscored) == {Ending.UNFINISHED: 1}


def test_r_smp_3_approved_ten_minutes_before_the_close_and_after_it(month: Month) -> None:
    month.fill(3)
    month.draw()
    month.submit("05-31 19:40")
    month.approve("05-31 19:50")
    assert counted(month, "05-31 19:51").late
    month.shop.call(month.caller, "05-31 19:51", "scored", score=5)
    assert nobody(month.shop, month.caller, "05-31 20:00")


@pytest.mark.parametrize("now", ["05-31 20:00", "06-01 00:00"])
def test_r_smp_3_nothing_is_approved_after_the_close(month: Month, now: str) -> None:
    month.fill(3)
    month.draw()
    month.submit("05-31 19:40")
    with pytest.raises(RefusedError) as refused:
        month.approve(now)
    assert refused.value.rules == ("R-SMP-3",)
    assert month.shop.tasks() == []


def test_r_smp_1_a_month_in_which_nobody_may_be_drawn(month: Month) -> None:
    for index, buyer in enumerate(("甲", "乙")):
        month.registered(buyer, STRATA[index])
        asks(month, buyer, "05-20 10:00")
    frozen = month.approved()
    assert (frozen.frame_size, frozen.members, len(frozen.left_out)) == (0, (), 2)
    assert redraw(month.shop.runtime, MONTH).is_as_stored
    found = counted(month, "05-26 11:01")
    assert (found.drawn, found.short, found.satisfaction) == (0, True, None)


def test_r_smp_1_one_customer_in_all_four_lists_with_odd_handlers(month: Month) -> None:
    one = month.registered("多处", Stratum(Source.REVIEWS, "王/五"))
    month.shop.registered(one, Source.VIP, None, "")
    month.shop.registered(one, Source.PARCELS, "05-11", "a|b")
    month.shop.registered(one, Source.AFTER_SALES, "05-09", "")
    month.fill(4, strata=(Stratum(Source.VIP, ""),))
    frozen = month.approved()
    (found,) = (member for member in frozen.members if member.customer_id == one)
    assert (found.source, found.handler) == (Source.AFTER_SALES, "a|b")
    assert redraw(month.shop.runtime, MONTH).is_as_stored
    assert sample_of(month.shop.runtime, MONTH) == frozen


def test_r_smp_2_a_broken_transaction_leaves_nothing_behind(
    month: Month, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The power goes before the commit: no member, no task, and the same seed draws the same."""
    month.fill(70)
    drawn = month.draw()
    month.submit()
    before = month.shop.dump()

    def power_cut(*_: object) -> int:
        raise ConnectionError

    with monkeypatch.context() as cut:
        cut.setattr("scheduler.flows.sampling.replace_lost", power_cut)
        with pytest.raises(ConnectionError):
            month.approve()
    assert month.shop.dump() == before
    assert [one.buyer for one in month.approve().members] == [one.buyer for one in drawn.members]
