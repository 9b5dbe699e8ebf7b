"""The gate as a whole: its order, its forecast against brute force, what it may be asked at."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from campaigns.decisions import Allow, Stop, Wait
from campaigns.facts import AttemptFacts, TaskFacts
from campaigns.policy import Policy
from campaigns.values import AttemptState, Daypart, Kind, OrderState
from scheduler.rules.case import Case
from scheduler.rules.gate import GATE, ask, ask_all, forecast
from tests.factories import MINUTE, SECOND, at, attempt, case, order, phone, suppression, task


def test_the_gate_names_every_rule_of_contact() -> None:
    named = {rule for kind in Kind for check in GATE for rule in check.rules_for(kind)}
    assert named >= {
        *("R-DNC-1", "R-DNC-2", "R-DNC-3", "R-DUN-3", "R-DUN-4", "R-PHONE-1", "R-PHONE-2"),
        *("R-PHONE-3", "R-REPEAT-1", "R-REPEAT-2", "R-REPEAT-3", "R-REPEAT-4", "R-REPEAT-5"),
        *("R-HOURS-1", "R-HOURS-2", "R-HOURS-3", "R-HOURS-4", "R-HOURS-6", "R-HOURS-7"),
        *("R-SLOT-1", "R-CLAIM-1", "R-CB-2", "R-OOS-1"),
    }


def test_a_fresh_task_in_a_window_may_be_called() -> None:
    assert isinstance(ask(case(task(), "05-13 09:00")), Allow)


@pytest.mark.parametrize(
    ("of", "now", "rule"),
    [
        (task(suppressions=[suppression()]), "05-13 10:00", "R-DNC-2"),
        (task(attempt("05-13 09:00", "not_needed")), "05-13 10:00", "R-DUN-7"),
        (task(orders=(order(state=OrderState.PAID),)), "05-13 10:00", "R-DUN-4"),
        (task(orders=(order(last_seen_at=at("05-15 14:00")),)), "05-15 15:00", "R-DUN-3"),
        (task(phones=()), "05-13 10:00", "R-PHONE-1"),
        (task(phones=(phone(usable_until=at("05-13 09:30")),)), "05-13 10:00", "R-PHONE-2"),
    ],
)
def test_a_stop_names_its_rule(of: TaskFacts, now: str, rule: str) -> None:
    answer = ask(case(of, now))
    assert isinstance(answer, Stop)
    assert answer.rule == rule


@pytest.mark.parametrize(
    ("of", "now", "rule"),
    [
        (task(), "05-14 08:30:01", "R-DUN-4"),  # the data are older than a day
        (task(attempt("05-13 09:00", "says_paid")), "05-14 08:00", "R-DUN-4"),
        (task(), "05-13 12:00", "R-HOURS-3"),
        (task(attempt("05-13 09:00")), "05-13 10:30", "R-SLOT-1"),
        (task(others=[attempt("05-13 13:30", task_id=2)]), "05-13 14:00", "R-REPEAT-3"),
        (task(others=[attempt("05-13 09:30", campaign_id=2)]), "05-13 11:00", "R-REPEAT-2"),
        (task(attempt("05-13 09:00", None)), "05-13 10:30", "R-REPEAT-2"),
    ],
)
def test_a_wait_names_its_rule(of: TaskFacts, now: str, rule: str) -> None:
    answer = ask(case(of, now))
    assert isinstance(answer, Wait)
    assert answer.rule == rule


def test_why_asks_all_checks_and_the_gate_stops_at_the_first_no() -> None:
    asked = case(task(phones=()), "05-13 12:30")
    answers = ask_all(asked)
    assert [check for check, _ in answers] == list(GATE)
    noes = [answer for _, answer in answers if not isinstance(answer, Allow)]
    assert [n.rule for n in noes] == ["R-PHONE-1", "R-HOURS-3"]
    assert ask(asked) == noes[0]


def test_r_dun_4_data_exactly_a_day_old_still_count() -> None:
    assert isinstance(ask(case(task(), at("05-14 09:30"))), Wait)  # one hour too old
    fresh = task(orders=(order(last_seen_at=at("05-13 09:30")),))
    assert isinstance(ask(case(fresh, "05-14 09:30")), Allow)
    assert isinstance(ask(case(fresh, at("05-14 09:30") + SECOND)), Wait)


def test_r_dun_4_the_forecast_judges_the_data_by_when_it_is_asked() -> None:
    """The shop goes on importing: a follow-up two days ahead is not called off today."""
    found = forecast(case(task(attempt("05-13 09:00", "will_pay")), "05-13 09:05"))
    assert found.at == at("05-14 13:00")


def test_the_forecast_says_what_stands_against_any_instant() -> None:
    found = forecast(case(task(phones=()), "05-13 10:00"))
    assert found.at is None
    assert found.blocked_by is not None
    assert found.blocked_by.rule == "R-PHONE-1"
    found = forecast(case(task(attempt("05-15 14:00")), "05-15 14:05"))
    assert found.at is None


# --- the forecast by brute force -----------------------------------------------------------------

GRID = 5 * MINUTE
CODES = ["no_answer", "busy", "will_pay", "relay", "cut_off", "gave_number", "rejected", "other"]


@st.composite
def stories(draw: st.DrawFn) -> tuple[Case, datetime]:
    """A task with any history, on a grid of five minutes, asked after its last event."""
    start = draw(st.sampled_from([at("05-12 00:00"), at("04-30 00:00"), at("2026-12-30 00:00")]))
    orders = [start + GRID * draw(st.integers(0, 287)) for _ in range(draw(st.integers(1, 2)))]
    called = start + timedelta(days=1)
    events = draw(st.lists(st.integers(100, 800), max_size=4, unique=True))
    own: list[AttemptFacts] = []
    others: list[AttemptFacts] = []
    now = called
    for event in sorted(events):
        instant = called + GRID * event
        whose = draw(st.sampled_from(["own", "own", "task", "campaign", "phone", "skip"]))
        code = draw(st.sampled_from(CODES))
        fields: dict[str, Any] = {
            "at": instant,
            "outcome_at": instant + GRID,
            "ended_at": instant + GRID,
        }
        if draw(st.booleans()) and code == "busy":
            fields["callback_at"] = instant + GRID * draw(st.integers(1, 300))
        if code == "gave_number":
            fields["given_phone_id"] = ord("b")
        now = instant + GRID
        if whose == "own":
            own.append(attempt("05-13 09:00", code, **fields))
        elif whose == "skip":
            fields |= {"state": AttemptState.SKIPPED, "outcome_at": None}
            own.append(attempt("05-13 09:00", None, **fields))
        else:
            fields |= {
                "task": {"task_id": 2},
                "campaign": {"campaign_id": 2},
                "phone": {"customer_id": 2},
            }[whose]
            others.append(attempt("05-13 09:00", code, **fields))
    now += GRID * draw(st.integers(0, 30))
    relay_ends = draw(st.none() | st.integers(0, 900))
    phones = (
        phone("a", usable_until=None if relay_ends is None else called + GRID * relay_ends),
        phone("b", is_owner=False),
    )
    of = task(
        *own,
        others=others,
        phones=phones[: draw(st.integers(1, 2))],
        region=draw(st.sampled_from(["浙江", "西藏"])),
        orders=tuple(order(placed_at=p, last_seen_at=now, order_no=str(p)) for p in orders),
        business_day=called.date() + timedelta(days=1),
    )
    policy = Policy(region_dayparts=draw(st.sampled_from([{}, {"浙江": Daypart.EVENING}])))
    return case(of, now, policy), min(orders) + timedelta(hours=72)


@settings(max_examples=60)
@given(stories())
def test_the_forecast_is_the_first_instant_at_which_the_whole_gate_allows(
    story: tuple[Case, datetime],
) -> None:
    asked, deadline = story
    probe = asked.now
    while probe < deadline and not isinstance(ask(asked.at(probe)), Allow):
        probe += GRID
    assert forecast(asked).at == (probe if probe < deadline else None)


@settings(max_examples=60)
@given(stories())
def test_each_wait_ends_at_the_first_instant_its_own_check_allows(
    story: tuple[Case, datetime],
) -> None:
    asked, deadline = story
    for check, answer in ask_all(asked):
        if not isinstance(answer, Wait) or answer.until is None or answer.until >= deadline:
            continue
        assert answer.until > asked.now
        assert isinstance(check.ask(asked.at(answer.until)), Allow), check.rules
        probe = asked.now
        while probe < answer.until:
            assert not isinstance(check.ask(asked.at(probe)), Allow), check.rules
            probe += GRID


def test_r_phone_2_what_a_number_that_expires_must_wait_for_does_not_bind_the_next_one() -> None:
    relay = phone("a", usable_until=at("05-13 13:30"))
    other = phone("b", id=relay.id + 1, is_owner=False)
    called = [
        attempt("05-13 09:00", task_id=2, customer_id=2, phone_key="a"),
        attempt("05-13 13:05", task_id=3, customer_id=3, phone_key="a"),
    ]
    asked = case(task(phones=[relay, other], others=called), "05-13 13:10")
    assert forecast(asked).at == at("05-13 13:30")
