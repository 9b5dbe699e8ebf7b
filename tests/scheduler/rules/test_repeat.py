"""R-REPEAT-1 to R-REPEAT-5: how often a person may be contacted, at every scale."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from campaigns.decisions import Allow, Decision, Stop, Wait
from campaigns.facts import AttemptFacts
from campaigns.policy import Policy
from campaigns.registry import KINDS
from campaigns.values import SHOP_ZONE, AttemptState, Kind
from scheduler.rules.repeat import (
    check_contact_budget,
    check_live,
    check_other_campaigns,
    check_surveys,
    check_task_budget,
)
from tests.factories import MINUTE, SECOND, at, attempt, case, phone, task

Fields = dict[str, Any]

OTHER_TASK: Fields = {"task_id": 2, "campaign_id": 1}
OTHER_CUSTOMER: Fields = {"task_id": 3, "customer_id": 2}


def budget(
    *attempts: AttemptFacts, now: str | datetime, others: Sequence[AttemptFacts] = ()
) -> Decision:
    return check_contact_budget(case(task(*attempts, others=others), now))


def until(answer: Decision, rule: str = "R-REPEAT-3") -> datetime | None:
    assert isinstance(answer, Wait)
    assert answer.rule == rule
    return answer.until


# --- R-REPEAT-3, the four scales, for the customer and for the phone -----------------------------

WHOSE = pytest.mark.parametrize(
    "fields",
    [
        pytest.param({}, id="own"),
        pytest.param(OTHER_TASK | {"phone_key": "z"}, id="customer"),
        pytest.param(OTHER_CUSTOMER, id="phone"),
    ],
)


@WHOSE
def test_r_repeat_3_sixty_minutes_between_two_attempts(fields: Fields) -> None:
    made = attempt("05-13 09:30", **fields)
    assert until(budget(others=[made], now=at("05-13 10:30") - SECOND)) == at("05-13 10:30")
    assert isinstance(budget(others=[made], now="05-13 10:30"), Allow)


@WHOSE
def test_r_repeat_3_two_attempts_a_day(fields: Fields) -> None:
    made = [attempt("05-13 09:30", **fields), attempt("05-13 14:00", **fields)]
    assert until(budget(others=made, now="05-13 17:00")) == at("05-14 00:00")
    assert until(budget(others=made, now="05-13 23:59:59")) == at("05-14 00:00")
    assert isinstance(budget(others=made, now="05-14 00:00"), Allow)


@WHOSE
def test_r_repeat_3_after_a_reached_contact_no_further_attempt_that_day(
    fields: Fields,
) -> None:
    made = attempt("05-13 09:30", "busy", **fields)
    assert until(budget(others=[made], now="05-13 18:00")) == at("05-14 00:00")
    assert isinstance(budget(others=[made], now="05-14 00:00"), Allow)


@WHOSE
def test_r_repeat_3_three_attempts_in_any_twenty_four_hours(fields: Fields) -> None:
    made = [attempt(t, **fields) for t in ("05-13 14:00", "05-13 18:00", "05-14 09:30")]
    assert until(budget(others=made, now=at("05-14 14:00") - SECOND)) == at("05-14 14:00")
    assert isinstance(budget(others=made, now="05-14 14:00"), Allow)


@WHOSE
def test_r_repeat_3_ten_attempts_in_any_thirty_days(fields: Fields) -> None:
    made = [attempt(f"05-{d:02d} 10:00", **fields) for d in range(1, 11)]
    assert until(budget(others=made, now="05-20 10:00")) == at("05-31 10:00")
    assert until(budget(others=made, now=at("05-31 10:00") - SECOND)) == at("05-31 10:00")
    assert isinstance(budget(others=made, now="05-31 10:00"), Allow)


def test_r_repeat_3_the_longest_of_several_limits_is_named() -> None:
    made = [attempt(f"05-{d:02d} 10:00") for d in range(2, 10)]
    made += [attempt("05-13 09:30"), attempt("05-13 11:30")]
    answer = budget(*made, now="05-13 11:40")  # gap until 12:30, day until midnight, month later
    assert until(answer) == at("06-01 10:00")


def test_r_repeat_3_another_customer_on_another_phone_counts_nothing() -> None:
    stranger = attempt("05-13 09:30", "busy", **(OTHER_CUSTOMER | {"phone_key": "z"}))
    assert isinstance(budget(others=[stranger], now="05-13 09:31"), Allow)


def test_r_repeat_3_the_budget_is_that_of_the_number_that_would_be_dialled() -> None:
    phones = (phone("a", is_wrong=True), phone("b"))
    on_a = attempt("05-13 09:30", **OTHER_CUSTOMER)
    of = task(phones=phones, others=[on_a])
    assert isinstance(check_contact_budget(case(of, "05-13 09:40")), Allow)
    on_b = attempt("05-13 09:30", **(OTHER_CUSTOMER | {"phone_key": "b"}))
    of = task(phones=phones, others=[on_b])
    assert until(check_contact_budget(case(of, "05-13 09:40"))) == at("05-13 10:30")


@pytest.mark.parametrize(
    "state",
    [AttemptState.EXPIRED, AttemptState.SKIPPED, AttemptState.WITHDRAWN, AttemptState.HANDED_OUT],
)
def test_r_repeat_3_what_was_not_dialled_is_no_attempt(state: AttemptState) -> None:
    made = attempt("05-13 09:30", None, state=state)
    assert isinstance(budget(made, now="05-13 09:40"), Allow)


def test_r_repeat_3_a_call_without_an_outcome_counts() -> None:
    assert until(budget(attempt("05-13 09:30", None), now="05-13 09:40")) == at("05-13 10:30")


def test_r_repeat_3_the_second_half_of_a_cut_call_is_not_counted_again() -> None:
    cut = attempt("05-13 11:30", "cut_off")
    again = attempt("05-13 11:35", "no_answer", is_redial=True)
    other = attempt("05-14 09:30")
    assert isinstance(budget(cut, again, other, now="05-14 11:00"), Allow)
    third = attempt("05-13 11:35", is_redial=False)
    assert until(budget(cut, third, other, now="05-14 11:00")) == at("05-14 11:30")


# --- R-REPEAT-5: what is exempt, and from what ---------------------------------------------------


def promised(
    *before: AttemptFacts, when: str = "05-13 09:30", wish: str = "05-13 09:40"
) -> tuple[AttemptFacts, ...]:
    return (*before, attempt(when, "busy", callback_at=at(wish)))


def test_r_repeat_5_a_promised_call_is_free_of_gap_day_and_reached() -> None:
    assert isinstance(budget(*promised(), now="05-13 09:40"), Allow)
    twice = promised(attempt("05-13 09:00"), when="05-13 11:00", wish="05-13 11:10")
    assert isinstance(budget(*twice, now="05-13 11:10"), Allow)


def test_r_repeat_5_a_promised_call_is_free_of_the_twenty_four_hours() -> None:
    made = promised(
        attempt("05-13 14:00"), attempt("05-13 18:00"), when="05-14 09:30", wish="05-14 10:00"
    )
    assert isinstance(budget(*made, now="05-14 10:00"), Allow)


def test_r_repeat_5_a_promised_call_keeps_to_the_thirty_days() -> None:
    before = [attempt(f"05-{d:02d} 10:00", **OTHER_TASK) for d in range(1, 10)]
    made = promised()
    assert until(budget(*made, others=before, now="05-13 09:40")) == at("05-31 10:00")


def test_r_repeat_5_a_promised_call_exceeds_the_tasks_budget() -> None:
    made = promised(attempt("05-13 14:00"), attempt("05-13 18:00"), when="05-14 10:00")
    assert isinstance(check_task_budget(case(task(*made), "05-14 11:00")), Allow)


def test_r_repeat_5_a_promised_call_counts_itself() -> None:
    made = promised(attempt("05-13 14:00"), attempt("05-13 18:00"), when="05-14 10:00")
    made += (attempt("05-14 11:00", "no_answer"),)
    answer = check_task_budget(case(task(*made), "05-15 09:00"))
    assert isinstance(answer, Stop)
    assert answer.rule == "R-REPEAT-4"


def test_r_repeat_5_nobody_was_reached_so_nothing_was_promised() -> None:
    made = attempt("05-13 09:30", "no_answer", callback_at=at("05-13 09:40"))
    assert until(budget(made, now="05-13 09:40")) == at("05-13 10:30")


NEW_NUMBER = pytest.mark.parametrize(
    ("outcome", "given"), [("gave_number", ord("b")), ("wrong_number", None)]
)


def new_number(outcome: str, given: int | None, *before: AttemptFacts, now: str) -> Decision:
    phones = (phone("a", is_wrong=outcome == "wrong_number"), phone("b"))
    made = (*before, attempt("05-13 09:30", outcome, given_phone_id=given))
    return check_contact_budget(case(task(*made, phones=phones), now))


@NEW_NUMBER
def test_r_repeat_5_a_new_number_is_free_of_gap_and_reached(
    outcome: str, given: int | None
) -> None:
    assert isinstance(new_number(outcome, given, now="05-13 09:32"), Allow)


@NEW_NUMBER
def test_r_repeat_5_a_new_number_keeps_within_the_days_attempts(
    outcome: str, given: int | None
) -> None:
    answer = new_number(outcome, given, attempt("05-13 09:00"), now="05-13 09:32")
    assert until(answer) == at("05-14 00:00")


@NEW_NUMBER
def test_r_repeat_5_a_new_number_keeps_to_the_twenty_four_hours(
    outcome: str, given: int | None
) -> None:
    before = [attempt("05-12 14:00"), attempt("05-12 18:00")]
    answer = new_number(outcome, given, *before, now="05-13 09:32")
    assert until(answer) == at("05-13 14:00")


@NEW_NUMBER
def test_r_repeat_5_a_new_number_keeps_to_the_tasks_budget(outcome: str, given: int | None) -> None:
    phones = (phone("a", is_wrong=outcome == "wrong_number"), phone("b"))
    made = [
        attempt("05-13 14:00"),
        attempt("05-13 18:00"),
        attempt("05-14 10:00", outcome, given_phone_id=given),
    ]
    answer = check_task_budget(case(task(*made, phones=phones), "05-14 10:05"))
    assert isinstance(answer, Stop)
    assert answer.rule == "R-REPEAT-4"


def test_r_repeat_5_a_redial_is_free_of_all_budgets_for_ten_minutes() -> None:
    before = [attempt("05-13 14:00"), attempt("05-13 18:00")]
    made = (*before, attempt("05-14 10:00", "cut_off"))  # entered at 10:02
    for now in ("05-14 10:02", "05-14 10:11:59"):
        assert isinstance(budget(*made, now=now), Allow)
        assert isinstance(check_task_budget(case(task(*made), now)), Allow)
    late = "05-14 10:12:01"
    assert until(budget(*made, now=late)) == at("05-15 00:00")
    assert isinstance(check_task_budget(case(task(*made), late)), Stop)


# --- R-REPEAT-4 ----------------------------------------------------------------------------------


def test_r_repeat_4_three_attempts_over_all_reasons() -> None:
    made = [attempt("05-13 09:30", "busy"), attempt("05-14 14:00", "no_answer")]
    assert isinstance(check_task_budget(case(task(*made), "05-14 18:00")), Allow)
    made.append(attempt("05-14 18:00", "line_busy"))
    answer = check_task_budget(case(task(*made), "05-15 09:00"))
    assert isinstance(answer, Stop)
    assert answer.rule == "R-REPEAT-4"


def test_r_repeat_4_other_tasks_attempts_do_not_use_it_up() -> None:
    others = [attempt(f"05-{d:02d} 10:00", **OTHER_TASK) for d in range(6, 10)]
    assert isinstance(check_task_budget(case(task(others=others), "05-13 09:00")), Allow)


# --- R-REPEAT-2 ----------------------------------------------------------------------------------


def live(
    when: str, state: AttemptState = AttemptState.HANDED_OUT, **fields: object
) -> AttemptFacts:
    return attempt(when, None, state=state, ended_at=None, **fields)


@pytest.mark.parametrize("fields", [OTHER_TASK, OTHER_CUSTOMER])
def test_r_repeat_2_a_hand_out_holds_customer_and_phone_until_its_lease_ends(
    fields: Fields,
) -> None:
    held = task(others=[live("05-13 09:30", **fields)])
    answer = check_live(case(held, at("05-13 09:45") - SECOND))
    assert until(answer, "R-REPEAT-2") == at("05-13 09:45")
    assert isinstance(check_live(case(held, "05-13 09:45")), Allow)


@pytest.mark.parametrize("fields", [OTHER_TASK, OTHER_CUSTOMER])
def test_r_repeat_2_a_call_under_way_holds_until_its_outcome(fields: Fields) -> None:
    held = task(others=[live("05-13 09:30", AttemptState.DIALLED, **fields)])
    assert until(check_live(case(held, "05-13 18:00")), "R-REPEAT-2") is None


def test_r_repeat_2_of_two_holders_the_later_one_decides() -> None:
    first, second = live("05-13 09:30", **OTHER_TASK), live("05-13 09:35", **OTHER_CUSTOMER)
    answer = check_live(case(task(others=[first, second]), "05-13 09:40"))
    assert until(answer, "R-REPEAT-2") == at("05-13 09:50")
    dialled = live("05-13 09:36", AttemptState.DIALLED, **OTHER_CUSTOMER)
    answer = check_live(case(task(others=[first, dialled]), "05-13 09:40"))
    assert until(answer, "R-REPEAT-2") is None


def test_r_repeat_2_the_own_hand_out_is_not_in_its_own_way() -> None:
    own = live("05-13 09:30")
    assert isinstance(check_live(case(task(own), "05-13 09:31", ignoring=[own.id])), Allow)


OTHER_CAMPAIGN: Fields = {"task_id": 2, "campaign_id": 2}


def test_r_repeat_2_campaigns_are_spaced_by_four_hours() -> None:
    of = task(others=[attempt("05-13 09:30", **OTHER_CAMPAIGN)])
    answer = check_other_campaigns(case(of, at("05-13 13:30") - SECOND))
    assert until(answer, "R-REPEAT-2") == at("05-13 13:30")
    assert isinstance(check_other_campaigns(case(of, "05-13 13:30")), Allow)


def test_r_repeat_2_the_own_campaign_is_not_another_one() -> None:
    of = task(others=[attempt("05-13 09:30", **OTHER_TASK)])
    assert isinstance(check_other_campaigns(case(of, "05-13 10:30")), Allow)


@pytest.mark.parametrize(
    ("outcome", "fields"),
    [
        ("busy", {"callback_at": at("05-13 11:10")}),
        ("gave_number", {"given_phone_id": ord("a")}),
        ("cut_off", {}),
    ],
)
def test_r_repeat_5_frees_from_the_gap_between_campaigns_too(outcome: str, fields: Fields) -> None:
    other = attempt("05-13 10:30", **OTHER_CAMPAIGN)
    of = task(attempt("05-13 11:05", outcome, **fields), others=[other])
    assert isinstance(check_other_campaigns(case(of, "05-13 11:10")), Allow)


# --- R-REPEAT-1 ----------------------------------------------------------------------------------


def test_r_repeat_1_a_payment_reminder_is_no_survey() -> None:
    assert not KINDS[Kind.DUNNING].is_survey
    made = [attempt("05-01 10:00", "will_pay"), attempt("05-02 10:00", "will_pay")]
    assert isinstance(check_surveys(case(task(others=made), "05-13 10:00")), Allow)


# --- R-REPEAT-3 once more, by brute force --------------------------------------------------------

GRID = 30 * MINUTE


def sop_is_full(made: Sequence[AttemptFacts], now: datetime) -> bool:
    """The sentence of R-REPEAT-3 with its four numbers, for one customer or one phone."""

    def local(instant: datetime) -> object:
        return instant.astimezone(SHOP_ZONE).date()

    today = [a for a in made if local(a.at) == local(now)]
    return (
        any(now - a.at < timedelta(minutes=60) for a in made)
        or len(today) >= 2
        or any(a.is_reached for a in today)
        or sum(now - a.at < timedelta(hours=24) for a in made) >= 3
        or sum(now - a.at < timedelta(days=30) for a in made) >= 10
    )


drawn = st.lists(
    st.tuples(st.integers(0, 400), st.booleans(), st.sampled_from(["own", "customer", "phone"])),
    max_size=14,
    unique_by=lambda item: item[0],
)


@given(drawn, st.integers(400, 480))
def test_r_repeat_3_a_wait_ends_at_the_first_instant_all_scales_allow(
    items: list[tuple[int, bool, str]], ahead: int
) -> None:
    start = at("05-05 00:00")
    fields: dict[str, Fields] = {
        "own": {},
        "customer": OTHER_TASK | {"phone_key": "z"},
        "phone": OTHER_CUSTOMER,
    }
    made = [
        attempt(
            "05-05 00:00", "relay" if reached else "no_answer", at=start + GRID * i, **fields[whose]
        )
        for i, reached, whose in items
    ]
    of = task(others=[*made])
    now = start + GRID * ahead
    answer = check_contact_budget(case(of, now))
    mine = [a for a in made if a.customer_id == 1]
    on_phone = [a for a in made if a.phone_key == "a"]
    probe = now
    while sop_is_full(mine, probe) or sop_is_full(on_phone, probe):
        probe += GRID
    assert (now if isinstance(answer, Allow) else until(answer)) == probe


def test_r_repeat_3_numbers_are_the_shops_own() -> None:
    policy = Policy(attempt_gap_minutes=90, attempts_per_day=1)
    of = task(others=[attempt("05-13 09:30", **OTHER_TASK)])
    assert until(check_contact_budget(case(of, "05-13 10:00", policy))) == at("05-14 00:00")
    loose = Policy(attempt_gap_minutes=90, attempts_per_day=5)
    assert until(check_contact_budget(case(of, "05-13 10:00", loose))) == at("05-13 11:00")
