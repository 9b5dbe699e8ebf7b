"""Simulated colleagues: real people of the shop, real flows, and nothing taken from a visitor."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine, func, select

from adapters.clock import FixedClock
from adapters.settings import Settings
from adapters.store.models.calls import attempt
from adapters.store.models.campaigns import task
from adapters.store.models.customers import order
from adapters.store.models.imports import import_file
from adapters.store.models.shop import person
from adapters.training_shop.exports import ExportDesk
from campaigns.errors import UsageError
from campaigns.values import OrderState, Person
from scheduler.flows.claim import HandOut, current_call, next_call
from scheduler.flows.people import SignIn, people, sign_in
from scheduler.flows.shop import ShopForm, create_shop, set_clock
from scheduler.flows.training import SHOP_NAME, STARTS_AT, TrainingLogins
from scheduler.flows.training_clock import Leap, leap
from scheduler.flows.training_colleagues import (
    COLLEAGUES,
    bring_exports,
    set_colleagues,
    show_colleagues,
    work,
)
from scheduler.flows.training_history import JumpingClock
from scheduler.flows.training_world import TODAY, WIDELY_EXPORTED_DAYS, marketplace_at
from scheduler.jobs import tick
from scheduler.runtime import Runtime, open_runtime
from scheduler.verify.second_opinion import verify
from tests import databases
from tests.databases import sqlite_only

SECOND = timedelta(seconds=1)
DAY = timedelta(days=1)


@pytest.fixture
def machine(training_shop: Runtime) -> JumpingClock:
    """The machine's clock, which goes on only where a test says so."""
    clock = JumpingClock(training_shop.machine_clock.now())
    training_shop.machine_clock = clock
    set_clock(training_shop, "test", to=STARTS_AT)
    return clock


def watch(runtime: Runtime, machine: JumpingClock, seconds: int) -> None:
    """Let the engine's rounds pass, two seconds of the machine each."""

    def wait(span: float) -> None:
        machine.instant += timedelta(seconds=span)

    begun = machine.instant
    for number in range(seconds // 2):
        machine.instant = max(machine.instant, begun + 2 * number * SECOND)
        work(runtime, wait)


def calls_of(runtime: Runtime) -> list[tuple[str, str, str | None, datetime]]:
    """What the colleagues have done so far."""
    with runtime.snapshot() as connection:
        rows = connection.execute(
            select(person.c.name, attempt.c.state, attempt.c.outcome, attempt.c.at)
            .join(person, person.c.id == attempt.c.caller_id)
            .where(person.c.name.in_(COLLEAGUES))
            .order_by(attempt.c.at, person.c.name)
        ).all()
    return [(row.name, row.state, row.outcome, row.at) for row in rows]


def visitor(runtime: Runtime) -> Person:
    return next(one.person for one in people(runtime) if one.person.name == "谷雨")


def test_they_call_while_a_visitor_watches(training_shop: Runtime, machine: JumpingClock) -> None:
    set_colleagues(training_shop, 3, STARTS_AT, "惊蛰")
    set_clock(training_shop, "惊蛰", speed=60)
    watch(training_shop, machine, 60)
    calls = calls_of(training_shop)
    assert {name for name, *_ in calls} == set(COLLEAGUES[:3])
    assert 20 <= sum(state == "closed" for _, state, *_ in calls) <= 120
    assert len({outcome for *_, outcome, _ in calls}) >= 5
    assert verify(training_shop).violations == ()


def test_what_comes_of_their_calls_hangs_on_the_seed(
    training_shop: Runtime, machine: JumpingClock, founded: tuple[Settings, TrainingLogins]
) -> None:
    untouched = Path(founded[0].database_url.removeprefix("sqlite:///"))
    twin = untouched.with_name("twin.db")
    databases.copy_sqlite(untouched, twin)
    again = open_runtime(replace(founded[0], database_url=databases.sqlite_url(twin)), machine)
    told = []
    for shop in (training_shop, again):
        set_clock(shop, "test", to=STARTS_AT)
        set_colleagues(shop, 2, STARTS_AT, "惊蛰")
        for _ in range(40):
            machine.instant += 15 * SECOND
            work(shop)
        told.append(calls_of(shop))
    again.engine.dispose()
    assert len(told[0]) >= 6
    assert told[0] == told[1]


def test_r_claim_1_they_never_take_whom_a_visitor_holds(
    training_shop: Runtime, machine: JumpingClock
) -> None:
    me = visitor(training_shop)
    held = next_call(training_shop, me, STARTS_AT)
    assert isinstance(held, HandOut)
    set_colleagues(training_shop, 6, STARTS_AT, "惊蛰")
    for _ in range(8):
        machine.instant += 30 * SECOND
        work(training_shop)
    now = training_shop.now()
    still = current_call(training_shop, me, now)
    assert still is not None
    assert still.attempt_id == held.attempt_id
    with training_shop.snapshot() as connection:
        live = connection.execute(
            select(attempt.c.customer_id).where(attempt.c.state.in_(("handed_out", "dialled")))
        ).scalars()
        customers = list(live)
    assert len(customers) == len(set(customers)) >= 5


def test_who_is_sent_home_ends_the_call_at_hand_and_takes_no_other(
    training_shop: Runtime, machine: JumpingClock
) -> None:
    set_colleagues(training_shop, 2, STARTS_AT, "惊蛰")
    work(training_shop)
    set_colleagues(training_shop, 0, training_shop.now(), "惊蛰")
    for _ in range(30):
        machine.instant += 20 * SECOND
        work(training_shop)
    calls = calls_of(training_shop)
    assert len(calls) == 2
    assert {state for _, state, *_ in calls} <= {"closed", "skipped"}


def test_nobody_signs_in_as_a_colleague(training_shop: Runtime) -> None:
    set_colleagues(training_shop, 6, STARTS_AT, "惊蛰")
    listed = [one for one in people(training_shop) if one.person.name in COLLEAGUES]
    assert len(listed) == 6
    assert not any(one.has_password for one in listed)
    form = SignIn(COLLEAGUES[0], "", "127.0.0.1")
    assert type(sign_in(training_shop, form, STARTS_AT, STARTS_AT)).__name__ != "SignedIn"


@pytest.mark.parametrize("count", [-1, 7])
def test_there_are_six_of_them_at_most(training_shop: Runtime, count: int) -> None:
    with pytest.raises(UsageError):
        set_colleagues(training_shop, count, STARTS_AT, "惊蛰")


@sqlite_only
def test_a_real_shop_has_none(engine: Engine, database_url: str, tmp_path: Path) -> None:
    real = Runtime(Settings(database_url, tmp_path / "real.key"), engine, FixedClock(STARTS_AT))
    create_shop(real, ShopForm("正式店"))
    with pytest.raises(UsageError):
        set_colleagues(real, 2, STARTS_AT, "主管")
    assert show_colleagues(real) == 0
    assert work(real) == 0


# --- the marketplace goes on ----------------------------------------------------------------------


def test_the_marketplace_is_the_same_for_whoever_looks(training_shop: Runtime) -> None:
    """The history's last export and one made from the books of the shop are the same bytes."""
    slot = STARTS_AT - 35 * timedelta(minutes=1)
    desk = ExportDesk(marketplace_at(training_shop, slot), SHOP_NAME)
    again = desk.orders(slot, WIDELY_EXPORTED_DAYS)
    with training_shop.snapshot() as connection:
        row = connection.execute(
            select(import_file.c.sha256).where(import_file.c.name == again.name)
        ).one()
    assert digest(again.content) == row.sha256


def digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def test_r_dun_1_colleagues_bring_the_export_before_the_mornings_plan(
    training_shop: Runtime, machine: JumpingClock
) -> None:
    set_colleagues(training_shop, 1, STARTS_AT, "惊蛰")
    before = imports(training_shop)
    shown = leap(training_shop, Leap.MORNING, "惊蛰")
    assert shown.now - STARTS_AT == timedelta(hours=23, minutes=40)
    assert imports(training_shop) == before + 3
    with training_shop.snapshot() as connection:
        fresh = connection.execute(
            select(func.count()).select_from(task).where(task.c.created_at >= shown.now)
        ).scalar_one()
    assert fresh > 5, "the orders of the day before were not planned"
    tick(training_shop)
    assert imports(training_shop) == before + 3


def test_r_cb_2_after_weeks_the_morning_export_still_shows_what_was_signed_for(
    training_shop: Runtime, machine: JumpingClock
) -> None:
    set_colleagues(training_shop, 1, STARTS_AT, "惊蛰")
    now = STARTS_AT + 20 * DAY - 35 * timedelta(minutes=1)
    assert on_their_way(training_shop)
    bring_exports(training_shop, now)
    in_backend = marketplace_at(training_shop, now).placed_on(TODAY - 30 * DAY, TODAY + 20 * DAY)
    still = {o.order_no for o in in_backend if o.state_at(now) is OrderState.SHIPPED}
    assert {no for no, placed in on_their_way(training_shop) if placed > now - 29 * DAY} <= still


def on_their_way(runtime: Runtime) -> list[tuple[str, datetime]]:
    """The parcels that the books do not know to have arrived, with when they were ordered."""
    with runtime.snapshot() as connection:
        rows = connection.execute(
            select(order.c.order_no, order.c.placed_at).where(order.c.state == "shipped")
        ).all()
    return [(row.order_no, row.placed_at) for row in rows]


def test_without_colleagues_nobody_brings_anything(
    training_shop: Runtime, machine: JumpingClock
) -> None:
    before = imports(training_shop)
    bring_exports(training_shop, STARTS_AT + timedelta(days=1))
    assert imports(training_shop) == before


def imports(runtime: Runtime) -> int:
    with runtime.snapshot() as connection:
        return connection.execute(select(func.count()).select_from(import_file)).scalar_one()


def test_r_dun_4_who_was_reminded_by_anybody_may_pay(
    training_shop: Runtime, machine: JumpingClock
) -> None:
    set_colleagues(training_shop, 6, STARTS_AT, "惊蛰")
    set_clock(training_shop, "惊蛰", speed=300)
    watch(training_shop, machine, 40)
    now = training_shop.now()
    assert now - STARTS_AT >= timedelta(hours=3)
    called, untouched = (
        {order.order_no: order.paid_at for order in at.placed_on(TODAY - 3 * DAY, TODAY)}
        for at in (marketplace_at(training_shop, now), marketplace_at(training_shop, STARTS_AT))
    )
    assert any(called[order_no] != paid_at for order_no, paid_at in untouched.items())
