"""The forecast of callbacks and stock-outs, minute by minute, with calls that rode on others."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from campaigns.decisions import Allow
from campaigns.facts import AttemptFacts, OrderFacts, ShortageFacts
from campaigns.registry import outcome_of, rules_of
from campaigns.values import Kind, OrderState, Topic
from scheduler.rules.case import Case
from scheduler.rules.gate import ask, forecast
from tests.factories import MINUTE, at, attempt, case, day, order, phone, task

GRID = 5 * MINUTE
OWN = {Kind.CALLBACK: 2, Kind.STOCK_OUT: 3}
COMMON = ["no_answer", "busy", "cut_off", "other", "rejected", "wrong_number"]
CALLED = at("05-13 00:00")
LAST = CALLED + timedelta(days=4)


def _orders(kind: Kind, topic: Topic, days: int, now: datetime) -> tuple[OrderFacts, ...]:
    """An order whose matter ends within the days that are tried one by one."""
    seen: dict[str, Any] = {"last_seen_at": now}
    if kind is Kind.STOCK_OUT:
        return (order(state=OrderState.PAID, paid_at=at("05-12 16:00"), **seen),)
    last = 10 if topic is Topic.RECEIVED else 15
    began = CALLED - timedelta(days=last + 1 - days) + timedelta(hours=9)
    if topic is Topic.RECEIVED:
        return (order(state=OrderState.COMPLETED, signed_at=began, **seen),)
    return (order(state=OrderState.SHIPPED, shipped_at=began, **seen),)


@st.composite
def stories(draw: st.DrawFn) -> Case:
    """A task after some calls of its own, of others, and calls that it rode on."""
    kind = draw(st.sampled_from(list(OWN)))
    topic = Topic.NONE
    if kind is Kind.CALLBACK:
        topic = draw(st.sampled_from([Topic.RECEIVED, Topic.NOT_RECEIVED]))
    codes = [*COMMON, *(["relay", "gave_number"] if kind is Kind.STOCK_OUT else [])]
    own: list[AttemptFacts] = []
    others: list[AttemptFacts] = []
    now = CALLED
    for event in sorted(draw(st.lists(st.integers(100, 700), max_size=3, unique=True))):
        instant = CALLED + GRID * event
        code = draw(st.sampled_from(codes))
        fields: dict[str, Any] = {
            "at": instant,
            "outcome_at": instant + GRID,
            "ended_at": instant + GRID,
        }
        mine: dict[str, Any] = {
            **fields,
            "task_id": OWN[kind],
            "campaign_id": OWN[kind],
            "kind": kind,
            "outcome_code": code,
        }
        now = instant + GRID
        how = draw(st.sampled_from(["own", "rode", "carried", "beside"]))
        if how in ("rode", "beside"):
            main = attempt("05-13 09:00", draw(st.sampled_from(COMMON)), **fields)
            others.append(main)
            mine["rides_on"] = main.id
        if how != "beside":
            own.append(_own(mine, draw(st.integers(1, 300)) if draw(st.booleans()) else None))
        if how == "carried":
            others.append(attempt("05-13 09:00", "busy", **fields, rides_on=own[-1].id))
    now += GRID * draw(st.integers(0, 20))
    days = draw(st.integers(1, 4))
    missing = ShortageFacts(1, "多肉植物", (CALLED + timedelta(hours=8, days=days)).date())
    phones = (phone("a"), phone("b", is_owner=False))[: draw(st.integers(1, 2))]
    of = task(
        *own,
        others=others,
        phones=phones,
        region=draw(st.sampled_from(["浙江", "新疆"])),
        id=OWN[kind],
        campaign_id=OWN[kind],
        kind=kind,
        topic=topic,
        orders=_orders(kind, topic, days, now),
        shortages=(missing,) if kind is Kind.STOCK_OUT else (),
        business_day=day("05-13"),
    )
    return case(of, now)


def _own(fields: dict[str, Any], wish: int | None) -> AttemptFacts:
    kind, code = fields["kind"], fields.pop("outcome_code")
    if code == "busy" and wish is not None:
        fields["callback_at"] = fields["at"] + GRID * wish
    if code == "gave_number":
        fields["given_phone_id"] = ord("b")
    spoken = code if code in COMMON else "busy"
    made = attempt("05-13 09:00", spoken, **fields)
    if spoken != code:
        made = replace(made, outcome=code, is_reached=outcome_of(kind, code).is_reached)
    return made


@settings(max_examples=60)
@given(stories())
def test_r_aud_3_the_forecast_is_the_first_instant_at_which_the_whole_gate_allows(
    asked: Case,
) -> None:
    deadline = rules_of(asked.task.kind).deadline(asked.task, asked.policy)
    assert deadline is not None
    assert deadline <= LAST
    probe = asked.now
    while probe < deadline and not isinstance(ask(asked.at(probe)), Allow):
        probe += GRID
    assert forecast(asked).at == (probe if probe < deadline else None)
