"""The outcome tables of sop.md §2 and §3, written out once more."""

from __future__ import annotations

import pytest

from campaigns.decisions import Follow
from campaigns.registry import KINDS
from campaigns.values import Ending, Kind, TodoKind

OUTCOMES = {outcome.code: outcome for outcome in KINDS[Kind.DUNNING].offered}
FAILURES = {"no_answer", "switched_off", "out_of_service", "unreachable", "line_busy", "rejected"}


def test_the_codes_are_those_of_the_procedure() -> None:
    common = FAILURES | {"relay_failed", "wrong_number", "busy", "cut_off", "hung_up_angry"}
    common |= {"opt_out", "other"}
    assert set(OUTCOMES) == common | {"will_pay", "not_needed", "says_paid", "relay", "gave_number"}


def test_failures_reach_nobody_and_everything_else_somebody() -> None:
    unreached = {code for code, outcome in OUTCOMES.items() if not outcome.is_reached}
    assert unreached == FAILURES | {"relay_failed"}


def test_who_was_reached() -> None:
    other = {code for code, outcome in OUTCOMES.items() if outcome.person == "other"}
    assert other == {"wrong_number", "relay", "gave_number"}
    customer = {code for code, outcome in OUTCOMES.items() if outcome.person == "customer"}
    assert customer == {"will_pay", "not_needed", "says_paid"}


@pytest.mark.parametrize(
    ("code", "follow", "ending", "todo", "suppresses"),
    [
        ("relay_failed", Follow.NEXT_NUMBER, None, TodoKind.WANGWANG, None),
        ("wrong_number", Follow.NEW_NUMBER, None, TodoKind.WANGWANG, None),
        ("busy", Follow.CALLBACK, None, None, None),
        ("cut_off", Follow.REDIAL, None, None, None),
        ("hung_up_angry", Follow.END, Ending.ANGRY, None, "R-DNC-1"),
        ("opt_out", Follow.END, Ending.OPTED_OUT, None, "R-DNC-2"),
        ("other", Follow.CALLBACK, None, None, None),
        ("will_pay", Follow.FOLLOW_UP, None, None, None),
        ("not_needed", Follow.END, Ending.CLOSED_BY_US, TodoKind.CLOSE_TRADE, None),
        ("says_paid", Follow.AFTER_IMPORT, None, None, None),
        ("relay", Follow.FOLLOW_UP, None, TodoKind.WANGWANG, None),
        ("gave_number", Follow.NEW_NUMBER, None, None, None),
        *((code, Follow.RETRY, None, None, None) for code in sorted(FAILURES)),
    ],
)
def test_what_follows(
    code: str,
    follow: Follow,
    ending: Ending | None,
    todo: TodoKind | None,
    suppresses: str | None,
) -> None:
    found = OUTCOMES[code]
    assert (found.follow, found.ending, found.todo, found.suppresses) == (
        follow,
        ending,
        todo,
        suppresses,
    )


def test_what_has_to_be_entered() -> None:
    assert {c for c, o in OUTCOMES.items() if o.needs_phone} == {"gave_number"}
    assert {c for c, o in OUTCOMES.items() if o.needs_note} == {"other"}


def test_every_outcome_has_a_key_of_its_own_and_a_label() -> None:
    keys = [outcome.key for outcome in OUTCOMES.values()]
    assert len(set(keys)) == len(keys)
    assert all(len(key) == 1 for key in keys)
    labels = [outcome.label for outcome in OUTCOMES.values()]
    assert len(set(labels)) == len(labels)
