"""The one place that knows every kind."""

from __future__ import annotations

from enum import StrEnum

import pytest

from campaigns.errors import UsageError
from campaigns.labels_zh import (
    DAY_KIND_LABELS,
    DAYPART_LABELS,
    ENDING_LABELS,
    KIND_LABELS,
    ORDER_STATE_LABELS,
    ROLE_LABELS,
    TASK_STATE_LABELS,
    TODO_LABELS,
)
from campaigns.policy import Policy
from campaigns.registry import KINDS, outcome_of, rules_of
from campaigns.values import (
    DayKind,
    Daypart,
    Ending,
    Kind,
    OrderState,
    Role,
    TaskState,
    TodoKind,
)


def test_every_kind_has_rules_a_label_and_a_budget() -> None:
    for kind in Kind:
        assert rules_of(kind).kind is kind
        assert rules_of(kind).label == KIND_LABELS[kind]
        assert Policy().attempts_per_task[kind] > 0
    assert set(KINDS) == set(Kind)


def test_an_outcome_is_found_by_its_code() -> None:
    assert outcome_of(Kind.DUNNING, "will_pay").label == "本人·答应付款"


def test_an_unknown_code_is_told_the_known_ones() -> None:
    with pytest.raises(UsageError, match="will_pay") as refused:
        outcome_of(Kind.DUNNING, "satisfied")
    assert refused.value.field == "code"


@pytest.mark.parametrize(
    ("labels", "values"),
    [
        (DAYPART_LABELS, Daypart),
        (DAY_KIND_LABELS, DayKind),
        (ENDING_LABELS, Ending),
        (KIND_LABELS, Kind),
        (ORDER_STATE_LABELS, OrderState),
        (ROLE_LABELS, Role),
        (TASK_STATE_LABELS, TaskState),
        (TODO_LABELS, TodoKind),
    ],
)
def test_every_value_has_a_word(labels: dict, values: type[StrEnum]) -> None:
    assert set(labels) == set(values)
    assert len(set(labels.values())) == len(labels)
