"""R-DNC-1, R-DNC-2, R-DNC-3: whom not to contact at all."""

from __future__ import annotations

from typing import Any

import pytest

from campaigns.decisions import Allow, Stop
from campaigns.facts import SuppressionFacts
from campaigns.values import Kind, Scope
from scheduler.rules.suppression import binding_suppression, check_suppression
from tests.factories import at, case, phone, suppression, task


def asked(*entries: SuppressionFacts, **fields: Any) -> Allow | Stop:
    return check_suppression(case(task(suppressions=entries, **fields), "05-13 10:00"))


def test_r_dnc_2_nobody_on_the_list_may_be_called() -> None:
    answer = asked(suppression())
    assert isinstance(answer, Stop)
    assert (answer.rule, answer.also) == ("R-DNC-2", ("R-DNC-3",))
    assert "要求不再联系" in answer.reason


def test_r_dnc_3_who_is_not_listed_may_be_called() -> None:
    assert isinstance(asked(), Allow)


@pytest.mark.parametrize("rule", ["R-DNC-1", "R-DNC-2", "R-DNC-3"])
def test_r_dnc_the_entrys_own_rule_is_the_answer(rule: str) -> None:
    answer = asked(suppression(rule=rule))
    assert isinstance(answer, Stop)
    assert answer.rule == rule


def test_r_dnc_1_an_entry_for_this_kind_binds_this_kind() -> None:
    assert isinstance(asked(suppression(rule="R-DNC-1", kind=Kind.DUNNING)), Stop)


def test_r_dnc_3_an_entry_for_another_kind_does_not() -> None:
    other = suppression(kind="sampling")
    assert binding_suppression(Kind.DUNNING, [other], [phone()]) is None


def test_r_dnc_3_an_entry_for_a_phone_binds_whoever_has_it() -> None:
    entry = suppression(scope=Scope.PHONE, phone_key="b")
    assert isinstance(asked(entry, phones=(phone("a"), phone("b"))), Stop)
    assert isinstance(asked(entry, phones=(phone("a"),)), Allow)


def test_r_dnc_3_a_number_that_was_somebody_elses_does_not_bind() -> None:
    entry = suppression(scope=Scope.PHONE, phone_key="b")
    assert isinstance(asked(entry, phones=(phone("a"), phone("b", is_wrong=True))), Allow)


def test_r_dnc_3_the_earliest_entry_is_the_one_that_is_shown() -> None:
    early = suppression(since=at("05-01 10:00"), reason="早")
    assert binding_suppression(Kind.DUNNING, [suppression(), early], [phone()]) is early
