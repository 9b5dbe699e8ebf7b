"""R-SMP-1, R-SMP-2: who is in the frame of a month, who is left out by which rule, what is stored."""

from __future__ import annotations

import pytest
from sqlalchemy import update

from adapters.store.models.audit import audit
from adapters.store.models.sampling import sample, sample_member
from campaigns.errors import ConflictError, NotFoundError, RefusedError, UsageError
from campaigns.sampling_draw import Stratum, allocate
from campaigns.values import Kind, OrderState, Role, SampleState, Source
from scheduler.flows.dialling import dial
from scheduler.flows.do_not_contact import EntryForm, add_entry
from scheduler.flows.sampling import Sample, draw, redraw, sample_of
from scheduler.flows.sampling_tasks import calling_day
from tests.factories import at, day
from tests.scheduler.flows.sampling_shop import DRAWN_AT, MONTH, STRATA, Month
from tests.shops import Shop


@pytest.fixture
def month(shop: Shop) -> Month:
    return Month(shop)


def test_r_smp_1_a_month_is_drawn_by_source_and_handler(month: Month) -> None:
    month.fill(200)
    drawn = month.draw()
    assert (drawn.frame_size, drawn.wanted, drawn.scored_share) == (200, 60, 850)
    chosen = [one for one in drawn.members if not one.is_reserve]
    assert [one.rank for one in drawn.members] == list(range(1, 201))
    assert [one.rank for one in chosen] == list(range(1, 61))
    by_stratum = {stratum: sum(one.stratum == str(stratum) for one in chosen) for stratum in STRATA}
    assert by_stratum == allocate(dict.fromkeys(STRATA, 50), 60)
    assert (drawn.short, drawn.redraws, drawn.left_out) == (False, 0, ())
    assert sample_of(month.shop.runtime, MONTH) == drawn


def test_r_smp_1_the_draw_is_repeated_from_what_is_stored_and_changes_nothing(
    month: Month,
) -> None:
    month.fill(130)
    drawn = month.draw(seed=None)
    before = month.shop.dump()
    again = redraw(month.shop.runtime, MONTH)
    assert again.is_as_stored
    assert month.shop.dump() == before
    assert _list(again) == _list(drawn)
    assert (again.frame_hash, again.seed) == (drawn.frame_hash, drawn.seed)


@pytest.mark.parametrize("column", ["handler", "is_reserve"])
def test_r_smp_1_a_list_that_was_tampered_with_does_not_come_out_again(
    month: Month, column: str
) -> None:
    month.fill(70)
    drawn = month.draw()
    with month.shop.runtime.transaction() as connection:
        connection.execute(
            update(sample_member)
            .where(sample_member.c.id == drawn.members[0].id)
            .values({column: "赵六" if column == "handler" else True})
        )
    assert not redraw(month.shop.runtime, MONTH).is_as_stored


def test_r_smp_1_only_the_month_s_rows_and_what_is_known_count(month: Month) -> None:
    shop = month.shop
    for name, entered, known in (
        ("before", "04-30", "05-01 09:00"),
        ("first", "05-01", "05-02 09:00"),
        ("last", "05-31", "05-25 09:00"),
        ("after", "06-01", "05-25 09:00"),
        ("later", "05-20", "05-25 10:01"),
    ):
        customer_id = shop.customer(name)
        shop.phone(customer_id)
        shop.registered(customer_id, entered=entered, known_at=at(known))
    assert {one.buyer for one in month.draw().members} == {"first", "last"}


def test_r_smp_1_a_customer_of_two_registers_is_one_member(month: Month) -> None:
    shop = month.shop
    both = month.registered("both", Stratum(Source.REVIEWS, "王五"))
    shop.registered(both, Source.AFTER_SALES, "05-02", "张三", order_no="A77", detail="破损")
    (one,) = month.draw().members
    assert (one.stratum, one.order_no, one.detail) == ("after_sales/王五", "A77", "破损")
    assert one.entered_on == day("05-02")


def test_r_smp_1_who_may_not_be_drawn_is_listed_with_the_rules(month: Month) -> None:
    shop = month.shop
    month.fill(3)
    asked = month.registered("asked")
    add_entry(shop.runtime, EntryForm("投诉", user_id="asked"), at("05-20 10:00"), "李组长")
    mute = shop.customer("mute")
    shop.registered(mute)
    relay = shop.customer("relay")
    shop.phone(relay, usable_until=at("05-26 20:00"))
    shop.registered(relay)
    drawn = month.draw()
    assert [one.buyer for one in drawn.members if one.buyer[0] != "b"] == []
    assert {one.buyer: one.rules[0] for one in drawn.left_out} == {
        "asked": "R-DNC-2",
        "mute": "R-PHONE-1",
        "relay": "R-PHONE-2",
    }
    assert asked in {one.customer_id for one in drawn.left_out}
    assert all(one.reason for one in drawn.left_out)


def test_r_repeat_1_who_was_asked_twice_already_is_left_out(month: Month) -> None:
    shop, caller = month.shop, month.caller
    buyer = shop.buyer("b1")
    shop.registered(buyer)
    for signed, called in (("05-08", "05-12"), ("05-13", "05-17")):
        shop.bought(
            buyer, OrderState.COMPLETED, signed_at := f"{signed} 12:00", received_at=at(signed_at)
        )
        shop.plan(called, kind=Kind.CALLBACK)
        shop.call(caller, f"{called} 10:30", "satisfied")
    drawn = month.draw()
    (left,) = drawn.left_out
    assert (left.buyer, left.rules) == ("b1", ("R-REPEAT-1",))
    shop.order(buyer, "05-24 15:00", seen="05-25 08:30")
    shop.plan("05-25")
    held = shop.take(caller, "05-25 10:10")
    dial(shop.runtime, held.attempt_id, at("05-25 10:10"), caller)
    assert month.draw("05-25 10:11").left_out == drawn.left_out  # a call under way hides nothing


def test_r_smp_1_who_is_being_talked_to_is_drawn_all_the_same(month: Month) -> None:
    shop = month.shop
    buyer = shop.buyer("b1", "05-24 15:00", seen="05-25 08:30")
    shop.registered(buyer)
    shop.plan("05-25")
    held = shop.take(month.caller, DRAWN_AT)
    dial(shop.runtime, held.attempt_id, at(DRAWN_AT), month.caller)
    assert [one.buyer for one in month.draw("05-25 10:05").members] == ["b1"]


def test_r_smp_2_callers_cannot_choose(month: Month) -> None:
    month.fill(3)
    with pytest.raises(RefusedError) as refused:
        month.draw(who=month.caller)
    assert refused.value.rules == ("R-SMP-2",)
    assert month.shop.rows(sample) == []
    assert month.draw(who=month.shop.person("钱主管", Role.SUPERVISOR)).drawn_by == "钱主管"
    assert draw(month.shop.runtime, MONTH, at(DRAWN_AT), "cli").drawn_by == "cli"


@pytest.mark.parametrize(("many", "short"), [(0, True), (49, True), (50, True), (59, False)])
def test_r_smp_2_a_population_that_is_too_small_is_told_at_once(
    month: Month, many: int, short: bool
) -> None:
    """50 customers of whom 85 % are expected to be scored are not enough; 59 are."""
    month.fill(many)
    drawn = month.draw()
    assert (drawn.short, bool(drawn.short_reason)) == (short, short)
    assert all(not one.is_reserve for one in drawn.members)


def test_r_smp_3_another_draw_replaces_the_first_which_is_kept_and_counted(month: Month) -> None:
    month.fill(80)
    first, second = month.draw(seed=1), month.draw(seed=2)
    assert (first.redraws, second.redraws) == (0, 1)
    assert _list(first) != _list(second)
    assert first.frame_hash == second.frame_hash
    rows = month.shop.rows(sample)
    assert [row.state for row in rows] == [SampleState.REPLACED, SampleState.DRAWN]
    assert len(month.shop.rows(sample_member)) == 160


def test_r_smp_3_a_submitted_list_is_not_drawn_again(month: Month) -> None:
    month.fill(5)
    month.draw()
    month.submit()
    with pytest.raises(ConflictError) as refused:
        month.draw()
    assert refused.value.rules == ("R-SMP-3",)


@pytest.mark.parametrize("now", ["04-30 10:00", "06-01 00:00", "05-31 20:00"])
def test_r_smp_3_only_the_current_month_is_drawn_before_its_close(month: Month, now: str) -> None:
    with pytest.raises(RefusedError) as refused:
        month.draw(now)
    assert refused.value.rules == ("R-SMP-3",)


def test_what_is_no_month_no_seed_or_not_drawn_is_said(month: Month) -> None:
    runtime = month.shop.runtime
    with pytest.raises(UsageError):
        draw(runtime, "五月", at(DRAWN_AT), "cli")
    for seed in (-1, 2**63):
        with pytest.raises(UsageError) as wrong:
            month.draw(seed=seed)
        assert wrong.value.field == "seed"
    with pytest.raises(NotFoundError):
        redraw(runtime, MONTH)
    assert sample_of(runtime, MONTH) is None
    assert month.draw(seed=2**63 - 1).seed == 2**63 - 1


def test_r_aud_1_a_draw_is_in_the_trail_without_names(month: Month) -> None:
    month.fill(2)
    drawn = month.draw()
    (line,) = (row for row in month.shop.rows(audit) if row.what == "sample.drawn")
    assert (line.subject, line.who) == (f"sample:{drawn.id}", "李组长")
    assert drawn.frame_hash in line.after
    assert "b0000" not in line.after
    assert "张三" not in line.after


def test_r_smp_3_tasks_are_made_for_the_27th_or_for_today() -> None:
    days = [calling_day(at(now)) for now in ("05-26 23:59", "05-27 00:00", "05-29 08:00")]
    assert days == [day("05-27"), day("05-27"), day("05-29")]


def _list(drawn: Sample) -> list[tuple[int, str, str, bool]]:
    return [(one.rank, one.buyer, one.stratum, one.is_reserve) for one in drawn.members]
