"""R-SLOT-1, R-HOURS-4, R-REPEAT-4: in which daypart a call falls."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from campaigns.decisions import Allow, Wait
from campaigns.facts import AttemptFacts
from campaigns.policy import Policy
from campaigns.values import SHOP_ZONE, AttemptState, Daypart
from scheduler.rules.dayparts import check_assigned_daypart, check_slot
from scheduler.rules.hours import slot_at
from tests.factories import CALENDAR, MINUTE, SECOND, at, attempt, case, order, task

FOUR = Policy(attempts_per_task={next(iter(Policy().attempts_per_task)): 9})


def slot_of(*attempts: AttemptFacts, now: str, **more: Any) -> Allow | Wait:
    answer = check_slot(case(task(*attempts, **more), now))
    assert isinstance(answer, Allow | Wait)
    return answer


def until(answer: Allow | Wait) -> datetime | None:
    assert isinstance(answer, Wait)
    assert answer.rule == "R-SLOT-1"
    return answer.until


def test_r_slot_1_the_first_call_is_free_of_it() -> None:
    assert isinstance(slot_of(now="05-13 09:00"), Allow)


def test_r_slot_1_retry_waits_for_another_daypart() -> None:
    assert until(slot_of(attempt("05-13 09:30"), now="05-13 09:40")) == at("05-13 13:00")


def test_r_slot_1_the_retry_opens_exactly_with_its_daypart() -> None:
    made = attempt("05-13 09:30")
    assert until(slot_of(made, now="05-13 12:59:59")) == at("05-13 13:00")
    assert isinstance(slot_of(made, now="05-13 13:00"), Allow)


def test_r_slot_1_two_hours_from_start_to_start() -> None:
    made = attempt("05-13 11:30")
    assert until(slot_of(made, now="05-13 13:00")) == at("05-13 13:30")
    assert until(slot_of(made, now="05-13 13:29:59")) == at("05-13 13:30")
    assert isinstance(slot_of(made, now="05-13 13:30"), Allow)


def test_r_slot_1_after_two_dayparts_the_third() -> None:
    made = attempt("05-13 09:30"), attempt("05-13 14:00")
    assert until(slot_of(*made, now="05-13 14:05")) == at("05-13 17:00")


def test_r_slot_1_a_tried_daypart_of_the_next_day_is_not_another_one() -> None:
    made = attempt("05-13 14:00"), attempt("05-13 18:00")
    assert until(slot_of(*made, now="05-13 18:05")) == at("05-14 09:00")
    made = attempt("05-13 09:30"), attempt("05-13 14:00")
    assert until(slot_of(*made, now="05-14 09:30")) == at("05-14 17:00")


def test_r_slot_1_all_tried_means_the_one_tried_longest_ago_on_a_later_day() -> None:
    made = attempt("05-13 14:00"), attempt("05-13 18:00"), attempt("05-14 09:30")
    assert until(slot_of(*made, now="05-14 13:10")) == at("05-15 13:00")
    longer = (order("05-12 23:00"),)
    made = attempt("05-13 09:30"), attempt("05-13 14:00"), attempt("05-13 18:00")
    assert until(slot_of(*made, now="05-13 18:30", orders=longer)) == at("05-14 09:00")


def test_r_slot_1_all_tried_never_falls_on_the_day_of_the_last_call() -> None:
    made = attempt("05-13 18:00"), attempt("05-14 09:30"), attempt("05-14 14:00")
    # The evening was tried longest ago, yet the evening of the same day is no later day.
    longer = (order("05-12 23:00"),)
    assert until(slot_of(*made, now="05-14 17:30", orders=longer)) == at("05-15 17:00")


def test_r_repeat_4_a_daypart_that_cannot_open_before_the_deadline_is_not_waited_for() -> None:
    # Closes on 15 May 10:00: after the evening of the 14th only a morning is left.
    orders = (order("05-12 10:00"),)
    made = attempt("05-13 09:30"), attempt("05-14 18:00")
    assert until(slot_of(*made, now="05-14 20:30", orders=orders)) == at("05-15 09:00")


def test_r_repeat_4_xinjiang_on_days_off_is_not_kept_waiting_for_a_morning() -> None:
    # Saturday and Sunday have no morning there; the order closes on Monday at 10:30.
    orders = (order("05-16 10:30", last_seen_at=at("05-17 08:30")),)
    made = attempt("05-17 15:30"), attempt("05-17 18:00")
    answer = slot_of(*made, now="05-18 08:00", orders=orders, region="新疆")
    assert until(answer) == at("05-18 15:00")


def test_r_slot_1_nothing_left_before_the_deadline() -> None:
    answer = slot_of(attempt("05-15 14:00"), now="05-15 14:10")  # closes at 15:00
    assert isinstance(answer, Wait)
    assert answer.until is None


def test_r_slot_1_uncounted_hand_outs_are_no_tried_dayparts() -> None:
    skipped = attempt("05-13 09:30", None, state=AttemptState.SKIPPED, ended_at=at("05-13 09:31"))
    expired = attempt("05-13 09:40", None, state=AttemptState.EXPIRED, ended_at=at("05-13 09:55"))
    assert isinstance(slot_of(skipped, expired, now="05-13 10:30"), Allow)


@pytest.mark.parametrize(
    ("outcome", "fields"),
    [
        ("busy", {"callback_at": at("05-13 10:30")}),
        ("gave_number", {"given_phone_id": ord("a")}),
        ("cut_off", {}),
    ],
)
def test_r_repeat_5_frees_the_next_call_from_the_daypart(
    outcome: str, fields: dict[str, Any]
) -> None:
    made = attempt("05-13 10:25", outcome, **fields)
    assert isinstance(slot_of(made, now="05-13 10:30"), Allow)


def test_r_repeat_5_ten_minutes_after_a_cut_the_daypart_binds_again() -> None:
    made = attempt("05-13 10:25", "cut_off")  # entered at 10:27
    assert isinstance(slot_of(made, now="05-13 10:36:59"), Allow)
    assert until(slot_of(made, now="05-13 10:37:01")) == at("05-13 13:00")


def test_r_repeat_5_a_redial_is_the_same_attempt_and_no_second_daypart() -> None:
    cut = attempt("05-13 11:55", "cut_off")
    again = attempt("05-13 13:01", "no_answer", is_redial=True)
    assert until(slot_of(cut, again, now="05-13 13:05")) == at("05-13 13:55")


# --- the SOP's sentence again, by brute force ----------------------------------------------------

GRID = 15 * MINUTE


def sop_allows(
    made: Sequence[AttemptFacts], now: datetime, deadline: datetime, region: str | None
) -> bool:
    """R-SLOT-1 as it is written, looking at every quarter of an hour until the deadline."""
    here = slot_at(now, region, Policy(), CALENDAR)
    last = max(a.at for a in made)
    if here is None or now < last + timedelta(hours=2) or now >= deadline:
        return False
    tried: dict[Daypart, datetime] = {}
    for a in sorted(made, key=lambda a: a.at):
        part = slot_at(a.at, region, Policy(), CALENDAR)
        assert part is not None
        tried[part.daypart] = a.at
    can_open = set()
    probe = now
    while probe < deadline:
        open_then = slot_at(probe, region, Policy(), CALENDAR)
        if open_then is not None:
            can_open.add(open_then.daypart)
        probe += GRID
    if here.daypart not in tried:
        return True
    if can_open - tried.keys():
        return False
    oldest = min(can_open, key=lambda part: tried[part])
    on_later_day = now.astimezone(SHOP_ZONE).date() > last.astimezone(SHOP_ZONE).date()
    return here.daypart is oldest and on_later_day


@st.composite
def histories(draw: st.DrawFn) -> tuple[str, datetime, list[AttemptFacts], datetime]:
    region = draw(st.sampled_from(["浙江", "新疆"]))
    start = draw(st.sampled_from([at("05-12 00:00"), at("05-15 00:00"), at("04-29 00:00")]))
    placed = start + GRID * draw(st.integers(0, 95))
    called = start + timedelta(days=1)
    quarters = draw(st.lists(st.integers(0, 220), min_size=1, max_size=4, unique=True))
    instants = [called + GRID * q for q in quarters]
    opened = sorted(i for i in instants if slot_at(i, region, Policy(), CALENDAR))
    made = [attempt("05-13 09:00", "no_answer", at=instant) for instant in opened]
    now = called + GRID * draw(st.integers(0, 280))
    return region, placed, made, now


@given(histories())
def test_r_slot_1_the_answer_is_the_first_instant_the_sentence_allows(
    history: tuple[str, datetime, list[AttemptFacts], datetime],
) -> None:
    region, placed, made, now = history
    if not made:
        return
    now = max(now, max(a.at for a in made) + GRID)
    orders = (order(placed_at=placed),)
    deadline = placed + timedelta(hours=72)
    if now >= deadline:
        return
    answer = check_slot(case(task(*made, orders=orders, region=region), now, FOUR))
    probe = now
    while probe < deadline and not sop_allows(made, probe, deadline, region):
        probe += GRID
    first = probe if probe < deadline else None
    if isinstance(answer, Allow):
        assert first == now
    else:
        assert isinstance(answer, Wait)
        at_last = answer.until if answer.until is None or answer.until < deadline else None
        assert at_last == first


# --- a region's own daypart ----------------------------------------------------------------------

EVENINGS = Policy(region_dayparts={"浙江": Daypart.EVENING})


def test_r_hours_4_a_regions_daypart_binds_the_first_attempt() -> None:
    answer = check_assigned_daypart(case(task(), "05-13 09:00", EVENINGS))
    assert isinstance(answer, Wait)
    assert (answer.rule, answer.until) == ("R-HOURS-4", at("05-13 17:00"))
    assert isinstance(check_assigned_daypart(case(task(), "05-13 17:00", EVENINGS)), Allow)
    before = check_assigned_daypart(case(task(), at("05-13 17:00") - SECOND, EVENINGS))
    assert isinstance(before, Wait)


def test_r_hours_4_a_regions_daypart_binds_the_first_attempt_only() -> None:
    tried = task(attempt("05-13 17:30"))
    assert isinstance(check_assigned_daypart(case(tried, "05-14 09:00", EVENINGS)), Allow)


def test_r_hours_4_other_regions_are_free_of_it() -> None:
    assert isinstance(
        check_assigned_daypart(case(task(region="江苏"), "05-13 09:00", EVENINGS)), Allow
    )


def test_r_hours_4_over_for_today_it_is_the_next_days() -> None:
    answer = check_assigned_daypart(case(task(), "05-13 20:00", EVENINGS))
    assert isinstance(answer, Wait)
    assert answer.until == at("05-14 17:00")


def test_r_hours_4_an_assigned_daypart_that_cannot_open_any_more_is_not_waited_for() -> None:
    # Closes at 15:00: no evening comes before that.
    assert isinstance(check_assigned_daypart(case(task(), "05-15 09:00", EVENINGS)), Allow)
    mornings = Policy(region_dayparts={"新疆": Daypart.MORNING})
    weekend = task(region="新疆", orders=(order("05-15 15:00"),))  # Sat, Sun have no morning there
    assert isinstance(check_assigned_daypart(case(weekend, "05-17 15:00", mornings)), Allow)
