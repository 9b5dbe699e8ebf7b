"""Founding a shop, its clock, its numbers and its calendar."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import pytest
from sqlalchemy import update

from adapters.clock import FixedClock
from adapters.official_calendar import library_years
from adapters.settings import Settings
from adapters.store.models.audit import audit
from adapters.store.models.campaigns import campaign
from adapters.store.models.shop import calendar_day, calendar_version, policy_version
from adapters.store.queries import shop as shop_queries
from adapters.store.session import open_engine
from campaigns.errors import ConflictError, NotReadyError, UsageError
from campaigns.values import Kind
from scheduler.flows.planning import plan
from scheduler.flows.shop import (
    ShopForm,
    change_policy,
    confirm_calendar_year,
    create_shop,
    refresh_calendar,
    set_clock,
    show_clock,
)
from scheduler.runtime import Runtime
from tests.databases import sqlite_only
from tests.factories import at, day
from tests.shops import Shop


def test_a_shop_is_founded_with_its_standing_campaigns(shop: Shop) -> None:
    assert shop.runtime.shop_name == "四季花坊"
    assert shop.runtime.service_phone == "057187654321"
    assert [row.kind for row in shop.rows(campaign)] == list(Kind)
    (version,) = shop.rows(calendar_version)
    assert (version.first_year, version.last_year) == library_years()
    assert [line.what for line in shop.rows(audit)] == ["shop.created"]


def test_a_database_holds_one_shop(shop: Shop) -> None:
    before = shop.dump()
    with pytest.raises(ConflictError):
        create_shop(shop.runtime, ShopForm("另一家"))
    assert shop.dump() == before


@sqlite_only
def test_before_the_founding_the_shop_is_not_ready(database_url: str, tmp_path: Path) -> None:
    runtime = Runtime(Settings(database_url, tmp_path / "shop.key"), open_engine(database_url))
    with pytest.raises(NotReadyError, match="waihu init"):
        runtime.now()
    runtime.engine.dispose()


# --- the clock -----------------------------------------------------------------------------------


def test_a_training_clock_is_paused_moved_and_goes_on(shop: Shop) -> None:
    machine = shop.runtime.machine_clock.now()

    def now(passed: timedelta) -> datetime:
        later = Runtime(shop.runtime.settings, shop.runtime.engine, FixedClock(machine + passed))
        return later.now()

    hour = timedelta(hours=1)
    assert now(hour) == at("05-12 09:00")
    set_clock(shop.runtime, "张三", ticks=False)
    assert now(hour) == at("05-12 08:00")
    set_clock(shop.runtime, "张三", to=at("05-13 09:05"))
    assert now(hour) == at("05-13 09:05")
    shown = set_clock(shop.runtime, "张三", ticks=True)
    assert (shown.now, shown.ticks) == (at("05-13 09:05"), True)
    assert now(hour) == at("05-13 10:05")
    assert show_clock(shop.runtime) == shown
    assert [line.what for line in shop.rows(audit)].count("clock.set") == 3


@sqlite_only
def test_a_real_shops_clock_is_the_machines(database_url: str, tmp_path: Path) -> None:
    machine = datetime(2026, 11, 20, 3, 0, tzinfo=UTC)
    runtime = Runtime(
        Settings(database_url, tmp_path / "shop.key"),
        open_engine(database_url),
        FixedClock(machine),
    )
    create_shop(runtime, ShopForm("四季花坊"))
    assert runtime.now() == show_clock(runtime).now == machine
    assert runtime.instant(None) == machine
    with pytest.raises(UsageError) as refused:
        runtime.instant(at("05-13 09:00"))
    assert refused.value.field == "at"
    with pytest.raises(UsageError):
        set_clock(runtime, "张三", ticks=False)
    runtime.engine.dispose()


# --- the numbers ---------------------------------------------------------------------------------


def test_a_changed_number_is_a_new_version_and_every_open_task_is_judged_by_it(shop: Shop) -> None:
    shop.buyer()
    shop.plan()
    shop.call(shop.person(), "05-13 09:30", "no_answer")
    assert shop.tasks()[0].due_at == at("05-13 13:00")
    version = change_policy(shop.runtime, {"slot_gap_hours": 5}, at("05-13 09:40"), "主管")
    assert shop.tasks()[0].due_at == at("05-13 14:30")
    (row,) = shop.rows(policy_version)
    assert (row.id, row.overrides, row.created_by) == (version, '{"slot_gap_hours": 5}', "主管")
    line = shop.rows(audit)[-1]
    assert (line.what, line.before, line.after) == (
        "policy.changed",
        '{"slot_gap_hours": 2}',
        '{"slot_gap_hours": 5}',
    )


def test_r_hours_6_attempts_keep_the_version_they_were_made_under(shop: Shop) -> None:
    shop.buyer()
    shop.plan()
    caller = shop.person()
    shop.call(caller, "05-13 09:30", "no_answer")
    version = change_policy(shop.runtime, {"slot_gap_hours": 1}, at("05-13 09:40"), "主管")
    shop.call(caller, "05-13 13:00", "no_answer")
    assert [a.policy_version for a in shop.attempts()] == [0, version]


def test_later_changes_lie_over_earlier_ones(shop: Shop) -> None:
    change_policy(shop.runtime, {"slot_gap_hours": 5}, at("05-13 09:40"), "主管")
    change_policy(shop.runtime, {"attempts_per_day": 1}, at("05-13 09:41"), "主管")
    with shop.runtime.snapshot() as connection:
        policy = shop.runtime.law(connection).policy
    assert (policy.slot_gap_hours, policy.attempts_per_day) == (5, 1)


@pytest.mark.parametrize(
    "changes", [{"no_such_number": 1}, {"attempts_per_day": 0}, {"region_shifts": {"青海": 12}}]
)
def test_a_wrong_number_changes_nothing(shop: Shop, changes: dict[str, object]) -> None:
    shop.buyer("qh", region="青海")
    shop.plan()
    before = shop.dump()
    with pytest.raises(UsageError):
        change_policy(shop.runtime, changes, at("05-13 09:40"), "主管")
    assert shop.dump() == before


def test_a_change_that_was_rolled_back_is_not_remembered(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop.buyer()
    shop.plan()

    def fails(*_: object, **__: object) -> None:
        raise RuntimeError("the machine is switched off here")

    with monkeypatch.context() as patched:
        patched.setattr("adapters.store.queries.tasks.set_schedule", fails)
        with pytest.raises(RuntimeError):
            change_policy(shop.runtime, {"slot_gap_hours": 9}, at("05-13 08:50"), "主管")
    change_policy(shop.runtime, {"slot_gap_hours": 5}, at("05-13 08:51"), "主管")
    shop.call(shop.person(), "05-13 09:30", "no_answer")
    assert shop.tasks()[0].due_at == at("05-13 14:30")


# --- the calendar --------------------------------------------------------------------------------


def test_r_hours_6_a_newer_library_is_a_new_version_of_the_calendar(shop: Shop) -> None:
    assert not refresh_calendar(shop.runtime, at("05-13 08:00"))
    with shop.runtime.transaction() as connection:  # as founded under an older library
        connection.execute(update(calendar_version).values(last_year=2024))
    shop.buyer()
    runtime = shop.another_runtime()
    made = plan(runtime, day("05-13"), at("05-13 08:45"), "张三")
    assert made.unknown_calendar
    assert made.campaigns[0].tasks[0].due_at == at("05-13 10:00")
    assert refresh_calendar(runtime, at("05-13 08:50"))
    assert not refresh_calendar(runtime, at("05-13 08:51"))
    assert len(shop.rows(calendar_version)) == 2
    assert shop.tasks()[0].due_at == at("05-13 09:00")
    runtime.engine.dispose()


def enter_a_day(shop: Shop, text: str, now: datetime) -> int:
    """An administrator's day off, as the import of official days leaves it; the version's number."""
    with shop.runtime.transaction() as connection:
        version = shop_queries.add_calendar_version(connection, now, "手工", library_years())
        connection.execute(
            calendar_day.insert().values(
                version_id=version,
                day=day(text),
                is_working=False,
                name="店庆",
                entered_by="管理员",
            )
        )
    return version


def test_r_hours_6_a_day_entered_by_hand_re_judges_what_is_asked_next(shop: Shop) -> None:
    shop.buyer()
    shop.plan()
    version = enter_a_day(shop, "2025-05-13", at("05-13 08:50"))
    held = shop.take(shop.person(), "05-13 10:00")
    assert held.handed_out_at == at("05-13 10:00")
    (attempt,) = shop.attempts()
    assert (attempt.calendar_version, attempt.day_kind) == (version, "day_off")


def test_r_hours_6_a_year_that_was_confirmed_is_known_and_open_tasks_are_judged_by_it(
    shop: Shop,
) -> None:
    confirm = partial(confirm_calendar_year, shop.runtime, who="管理员")
    for year in (2026, 2027, 2028):  # known; nothing entered yet; not the next one
        with pytest.raises(UsageError):
            confirm(year, at("2027-01-05 08:00"))
    enter_a_day(shop, "2027-01-01", at("2027-01-05 08:10"))
    shop.buyer("early", "2027-01-04 15:00", seen="2027-01-05 08:30")
    shop.plan("2027-01-05")
    assert shop.tasks()[0].due_at == at("2027-01-05 10:00")
    confirm(2027, at("2027-01-05 08:50"))
    assert shop.tasks()[0].due_at == at("2027-01-05 09:00")
