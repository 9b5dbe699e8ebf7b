"""What a task's stored columns say: due when, how urgent, until when, or how it ended."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from campaigns.policy import Policy
from campaigns.values import Ending, OrderState
from scheduler.rules.schedule import Schedule, schedule
from tests.factories import at, attempt, case, order, phone, suppression, task


def judged(*attempts: Any, now: str, policy: Policy | None = None, **more: Any) -> Schedule:
    return schedule(case(task(*attempts, **more), now, policy))


def test_due_is_what_the_forecast_says() -> None:
    assert judged(now="05-13 08:45").due_at == at("05-13 09:00")
    assert judged(attempt("05-13 09:30"), now="05-13 09:40").due_at == at("05-13 13:00")


def test_r_dun_3_the_deadline_is_the_earliest_closing() -> None:
    orders = (order("05-12 15:00"), order("05-12 11:00"))
    assert judged(now="05-13 08:45", orders=orders).deadline == at("05-15 11:00")


def test_r_dun_4_data_may_be_called_on_until_they_are_a_day_old() -> None:
    found = judged(now="05-13 08:45")
    assert found.callable_until == at("05-14 08:30") + timedelta(microseconds=1)
    late = judged(now="05-15 14:00", orders=(order(last_seen_at=at("05-15 13:00")),))
    assert late.callable_until == at("05-15 15:00")


def test_r_repeat_5_what_is_due_at_once_comes_first() -> None:
    assert judged(now="05-13 09:00").urgency == 1
    wish = attempt("05-13 09:30", "busy", callback_at=at("05-13 10:30"))
    assert judged(wish, now="05-13 09:40").urgency == 0
    cut = attempt("05-13 09:30", "cut_off")
    assert judged(cut, now="05-13 09:33").urgency == 0


def test_r_repeat_5_a_redial_that_is_not_possible_in_time_is_in_its_turn() -> None:
    cut = attempt("05-13 11:56", "cut_off")
    found = judged(cut, now="05-13 12:01")  # entered at 11:58, the windows have closed
    assert (found.due_at, found.urgency) == (at("05-14 13:00"), 1)


@pytest.mark.parametrize(
    ("more", "ending", "rule"),
    [
        ({"suppressions": [suppression()]}, Ending.OPTED_OUT, "R-DNC-2"),
        ({"suppressions": [suppression(rule="R-DNC-1")]}, Ending.ANGRY, "R-DNC-1"),
        ({"phones": ()}, Ending.UNREACHABLE, "R-PHONE-1"),
        ({"phones": (phone(usable_until=at("05-13 08:00")),)}, Ending.UNREACHABLE, "R-PHONE-2"),
        (
            {"orders": (order(state=OrderState.PAID, paid_at=at("05-13 08:00"), paid_fen=5_000),)},
            Ending.PAID_UNCALLED,
            "R-DUN-4",
        ),
        ({"orders": (order(state=OrderState.CLOSED),)}, Ending.CLOSED_BY_MARKETPLACE, "R-DUN-3"),
        ({"orders": (order("05-10 08:00"),)}, Ending.DEADLINE, "R-DUN-3"),
    ],
)
def test_how_a_task_ends_before_any_call(more: Any, ending: Ending, rule: str) -> None:
    found = judged(now="05-13 08:45", **more)
    assert (found.ending, found.rule, found.due_at) == (ending, rule, None)


def test_r_repeat_4_the_third_attempt_was_the_last() -> None:
    made = [attempt(t) for t in ("05-13 09:30", "05-13 14:00", "05-14 18:00")]
    fresh = (order(last_seen_at=at("05-14 17:00")),)
    found = judged(*made, now="05-14 18:02", orders=fresh)
    assert (found.ending, found.rule) == (Ending.ATTEMPTS_USED, "R-REPEAT-4")


def test_r_dun_4_paid_after_the_first_attempt_is_a_success() -> None:
    paid = order(state=OrderState.PAID, paid_at=at("05-13 09:30"), paid_fen=5_000)
    assert judged(attempt("05-13 09:30"), now="05-13 12:00", orders=(paid,)).ending is Ending.PAID
    before = order(state=OrderState.PAID, paid_at=at("05-13 09:29:59"), paid_fen=5_000)
    found = judged(attempt("05-13 09:30"), now="05-13 12:00", orders=(before,))
    assert found.ending is Ending.PAID_UNCALLED


def test_r_dun_4_stale_data_only_wait() -> None:
    found = judged(now="05-14 09:00")
    assert (found.ending, found.due_at) == (None, None)


def test_r_dun_3_later_orders_keep_the_task_open_past_the_first_closing() -> None:
    fresh = tuple(order(f"{d} 15:00", last_seen_at=at("05-15 15:00")) for d in ("05-12", "05-13"))
    found = judged(now="05-15 15:05", orders=fresh)
    assert (found.ending, found.due_at) == (None, None)
    closed = (order("05-12 15:00", state=OrderState.CLOSED), fresh[1])
    found = judged(now="05-15 16:00", orders=closed)
    assert (found.due_at, found.deadline) == (at("05-15 16:00"), at("05-16 15:00"))


def test_no_instant_left_does_not_end_a_task_before_its_deadline() -> None:
    """The customer promised: the payment may still come, the task stays open for it."""
    made = attempt("05-14 19:00", "will_pay")
    early = (order("05-12 08:30", last_seen_at=at("05-14 18:00")),)  # closes on the 15th at 08:30
    found = judged(made, now="05-14 19:02", orders=early)
    assert (found.ending, found.due_at) == (None, None)


def test_r_phone_2_a_number_that_still_works_does_not_end_the_task() -> None:
    """It expires before the next call is possible; until then a new number may come in."""
    relay = phone(usable_until=at("05-13 12:00"))
    found = judged(attempt("05-13 09:30"), now="05-13 09:40", phones=(relay,))
    assert (found.ending, found.due_at) == (None, None)
    found = judged(attempt("05-13 09:30"), now="05-13 12:00", phones=(relay,))
    assert (found.ending, found.rule) == (Ending.UNREACHABLE, "R-PHONE-2")
