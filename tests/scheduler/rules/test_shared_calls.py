"""R-REPEAT-2, R-REPEAT-3: what the rules make of matters that were settled in one call."""

from __future__ import annotations

from typing import Any

import pytest

from campaigns.decisions import Allow, Wait
from campaigns.facts import AttemptFacts
from campaigns.registry import outcome_of
from campaigns.values import Kind, OrderState, Topic
from scheduler.rules.case import Case
from scheduler.rules.repeat import (
    check_contact_budget,
    check_other_campaigns,
    check_surveys,
    check_task_budget,
)
from tests.factories import at, attempt, case, order, task

MAIN, OWN, BESIDE = 1, 2, 3
"""The task that the call was made for, the callback that is asked about, and a third one."""


def call(when: str, code: str = "no_answer", **fields: Any) -> AttemptFacts:
    """A call of the main task, in a campaign of its own."""
    return attempt(when, code, task_id=MAIN, campaign_id=MAIN, **fields)


def rider(main: AttemptFacts, task_id: int, code: str = "no_answer") -> AttemptFacts:
    """What was settled of another task in that call."""
    kind = Kind.CALLBACK if task_id == OWN else Kind.STOCK_OUT
    return attempt(
        "05-13 09:30",
        code,
        at=main.at,
        outcome_at=main.outcome_at,
        task_id=task_id,
        campaign_id=task_id,
        kind=kind,
        rides_on=main.id,
        is_reached=outcome_of(kind, code).is_reached,
    )


def asked(now: str, own: list[AttemptFacts], others: list[AttemptFacts]) -> Case:
    parcel = order(state=OrderState.COMPLETED, signed_at=at("05-08 12:00"))
    fields: dict[str, Any] = {"id": OWN, "campaign_id": OWN, "kind": Kind.CALLBACK}
    fields |= {"topic": Topic.RECEIVED, "orders": (parcel,)}
    return case(task(*own, others=others, **fields), now)


def test_r_repeat_2_a_call_of_another_campaign_is_spaced() -> None:
    found = check_other_campaigns(asked("05-13 10:00", [], [call("05-13 09:30")]))
    assert isinstance(found, Wait)
    assert found.until == at("05-13 13:30")


def test_r_repeat_2_the_call_it_rode_on_is_none_of_another_campaign() -> None:
    main = call("05-13 09:30")
    found = check_other_campaigns(asked("05-13 10:00", [rider(main, OWN)], [main]))
    assert isinstance(found, Allow)


def test_r_repeat_2_nor_is_a_third_matter_of_the_same_call() -> None:
    main = call("05-13 09:30")
    others = [main, rider(main, BESIDE)]
    found = check_other_campaigns(asked("05-13 10:00", [rider(main, OWN)], others))
    assert isinstance(found, Allow)


def test_r_repeat_2_a_plain_call_beside_a_shared_one_still_counts() -> None:
    main, later = call("05-13 09:30"), call("05-13 13:00")
    found = check_other_campaigns(asked("05-13 13:30", [rider(main, OWN)], [main, later]))
    assert isinstance(found, Wait)
    assert found.until == at("05-13 17:00")


def test_r_repeat_2_an_own_plain_call_does_not_excuse_those_of_others() -> None:
    """Calls that rode on nothing have nothing in common."""
    own = attempt("05-13 09:00", task_id=OWN, campaign_id=OWN, kind=Kind.CALLBACK)
    found = check_other_campaigns(asked("05-13 13:10", [own], [call("05-13 13:00")]))
    assert isinstance(found, Wait)


def test_r_repeat_3_the_budget_of_contacts_counts_a_shared_call_once() -> None:
    main = call("05-13 09:30")
    others = [main, rider(main, BESIDE)]
    found = check_contact_budget(asked("05-13 10:30", [rider(main, OWN)], others))
    assert isinstance(found, Allow), "one attempt of two a day, an hour ago"
    found = check_contact_budget(asked("05-13 10:29", [rider(main, OWN)], others))
    assert isinstance(found, Wait)


def test_r_repeat_4_the_budget_of_the_task_counts_what_rode_along() -> None:
    first, second = call("05-13 09:30"), call("05-13 13:00")
    own = [rider(first, OWN), rider(second, OWN)]
    assert not isinstance(check_task_budget(asked("05-13 18:00", own, [first, second])), Allow)


@pytest.mark.parametrize(("code", "is_one"), [("busy", True), ("no_answer", False)])
def test_r_repeat_1_a_survey_that_rode_along_is_one(code: str, is_one: bool) -> None:
    first = call("05-01 09:30", "will_pay" if is_one else "no_answer")
    second = call("05-05 09:30", "will_pay" if is_one else "no_answer")
    own = [rider(first, OWN, code), rider(second, OWN, code)]
    found = check_surveys(asked("05-13 10:00", own, [first, second]))
    assert isinstance(found, Wait) is is_one
