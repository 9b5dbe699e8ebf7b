"""The training shop: whole or not at all, with people who can sign in and work that is waiting."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path
from random import Random

import pytest
from sqlalchemy import func, select

from adapters.clock import FixedClock
from adapters.settings import Settings
from adapters.store.models.after_sales import feedback, service_case
from adapters.store.models.calls import attempt, todo
from adapters.store.models.campaigns import task
from adapters.store.models.stock import shortage, shortage_date
from adapters.training_shop.exports import ExportDesk
from adapters.training_shop.marketplace import Marketplace
from campaigns.errors import ConflictError, NotReadyError
from campaigns.values import Role
from scheduler.flows import ledgers, training
from scheduler.flows.claim import HandOut, next_call
from scheduler.flows.intake import Upload, take
from scheduler.flows.outlook import queue
from scheduler.flows.people import NewPerson, SignedIn, SignIn, add_person, people, sign_in
from scheduler.flows.shop import ShopForm, create_shop, show_clock
from scheduler.flows.training import (
    FILES_FROM,
    STARTS_AT,
    TrainingLogins,
    found_training_shop,
    training_logins,
)
from scheduler.flows.training_history import JumpingClock, Team, TrainingHistory
from scheduler.flows.training_world import TODAY
from scheduler.jobs import tick
from scheduler.runtime import Runtime, open_runtime
from scheduler.verify.second_opinion import verify

FIRST = TODAY - timedelta(days=30)


@pytest.fixture
def opened(training_shop: Runtime) -> Runtime:
    return training_shop


def settings_in(folder: Path) -> Settings:
    return Settings(f"sqlite:///{folder / 'shop' / 'waihu.db'}", folder / "shop" / "waihu.key")


def test_people_sign_in_with_the_printed_passwords(opened: Runtime) -> None:
    assert {login.role for login in training_logins()} == set(Role)
    for login in training_logins():
        form = SignIn(login.name, login.password, "127.0.0.1")
        answer = sign_in(opened, form, STARTS_AT, STARTS_AT)
        assert isinstance(answer, SignedIn)
        assert answer.person.role is login.role


def test_the_clock_stands_on_a_working_morning_and_ticks(
    founded: tuple[Settings, TrainingLogins],
) -> None:
    opened = open_runtime(founded[0])
    assert opened.is_training
    shown = show_clock(opened)
    assert shown.ticks
    assert timedelta() <= shown.now - STARTS_AT < timedelta(minutes=30)


def test_the_queue_is_long_enough_for_a_visitor_and_has_every_kind(opened: Runtime) -> None:
    with opened.snapshot() as connection:
        rows = connection.execute(
            select(task.c.kind, task.c.topic, func.count())
            .where(task.c.state != "closed", task.c.due_at <= STARTS_AT)
            .group_by(task.c.kind, task.c.topic)
        ).all()
    due = {(kind, topic): count for kind, topic, count in rows}
    assert 30 <= due["dunning", ""] <= 80
    assert due["stock_out", ""] >= 5
    assert due["callback", "received"] >= 100
    assert due["callback", "not_received"] >= 3


def test_r_repeat_2_some_customers_have_two_matters_at_once(opened: Runtime) -> None:
    with opened.snapshot() as connection:
        rows = connection.execute(
            select(task.c.customer_id)
            .where(task.c.state != "closed")
            .group_by(task.c.customer_id)
            .having(func.count() > 1)
        ).all()
        rode = connection.execute(
            select(func.count()).select_from(attempt).where(attempt.c.rides_on.is_not(None))
        ).scalar_one()
    assert len(rows) >= 3
    assert rode >= 1, "nobody has settled two matters in one call yet"


def test_r_oos_2_promises_are_kept_broken_and_open(opened: Runtime) -> None:
    with opened.snapshot() as connection:
        promises = connection.execute(select(todo).where(todo.c.kind == "promise")).all()
        moved = connection.execute(
            select(shortage_date.c.shortage_id)
            .group_by(shortage_date.c.shortage_id)
            .having(func.count() > 1)
        ).all()
    kept = [one for one in promises if one.done_at is not None and one.broken_at is None]
    broken = [one for one in promises if one.broken_at is not None]
    assert kept
    assert 1 <= len(broken) < len(promises) * 0.6
    assert any(one.done_at is None and one.broken_at is None for one in promises)
    assert moved, "no expected date has moved"


def test_r_cb_6_callbacks_have_brought_feedback_and_cases(opened: Runtime) -> None:
    with opened.snapshot() as connection:
        effects = connection.execute(select(feedback.c.effect)).scalars().all()
        states = connection.execute(select(service_case.c.state)).scalars().all()
    assert len(effects) >= 10
    assert len(set(effects)) >= 2
    assert sum(state in ("open", "in_progress") for state in states) >= 2
    assert "solved" in states


def test_r_claim_1_somebody_has_skipped_and_an_outcome_is_missing(opened: Runtime) -> None:
    with opened.snapshot() as connection:
        states = set(connection.execute(select(attempt.c.state)).scalars())
    assert {"skipped", "dialled"} <= states


def test_work_goes_on_where_the_history_ends(opened: Runtime) -> None:
    caller = next(one.person for one in people(opened) if one.person.role is Role.CALLER)
    assert isinstance(next_call(opened, caller, STARTS_AT), HandOut)


def test_r_dun_8_the_ledgers_have_realistic_figures(opened: Runtime) -> None:
    summary = ledgers.dunning_summary(opened, FIRST, TODAY, None)
    names = [column.name for column in summary.form.columns]
    rate = summary.total_cells[names.index("成功率")]
    assert isinstance(rate, float)
    assert 0.20 < rate < 0.50
    assert len(ledgers.dunning_detail(opened, FIRST, TODAY, None).rows) > 80
    handlers = {row.cells()[names.index("处理人员")] for row in summary.rows}
    assert len(handlers) > 2


def test_r_aud_2_the_history_breaks_no_rule(opened: Runtime) -> None:
    report = verify(opened)
    assert report.violations == ()
    assert {one.rule for one in report.warnings} <= {"R-CLAIM-1", "R-HOURS-7"}
    assert report.checked["attempts"] > 200


def test_the_engine_finds_nothing_to_catch_up_on(opened: Runtime) -> None:
    now = STARTS_AT + timedelta(seconds=5)
    before = [line.task for line in queue(opened, now, 500)]
    tick(Runtime(opened.settings, opened.engine, FixedClock(opened.machine_clock.now())))
    assert [line.task for line in queue(opened, now, 500)] == before


def test_the_files_that_are_left_can_be_taken_in(
    founded: tuple[Settings, TrainingLogins], opened: Runtime
) -> None:
    _, logins = founded
    assert logins.files_from == FILES_FROM
    assert len(logins.files) == 5
    morning = FILES_FROM + timedelta(hours=19)
    for path in logins.files:
        at = FILES_FROM if FILES_FROM.strftime("%Y%m%d") in path.name else morning
        report = take(opened, Upload(path.name, path), at, "谁")
        assert report.refused is None
        assert report.rejected == ()
        assert report.taken > 0


def test_r_oos_2_the_list_that_is_left_moves_a_date(
    founded: tuple[Settings, TrainingLogins], opened: Runtime
) -> None:
    _, logins = founded
    before = expected_days(opened)
    path = next(one for one in logins.files if one.suffix == ".xlsx")
    take(opened, Upload(path.name, path), FILES_FROM + timedelta(hours=19), "谁")
    after = expected_days(opened)
    assert any(after[code] > day for code, day in before.items())


def expected_days(runtime: Runtime) -> dict[str, date]:
    with runtime.snapshot() as connection:
        rows = connection.execute(select(shortage.c.code, shortage.c.expected_on)).all()
    return {row.code: row.expected_on for row in rows}


def test_a_second_shop_is_refused_and_the_first_stays(
    founded: tuple[Settings, TrainingLogins],
) -> None:
    settings, _ = founded
    file = Path(settings.database_url.removeprefix("sqlite:///"))
    before = file.read_bytes()
    with pytest.raises(ConflictError):
        found_training_shop(settings, empty=True)
    assert file.read_bytes() == before


def test_an_empty_one_has_people_and_campaigns_only(database_url: str, tmp_path: Path) -> None:
    settings = Settings(database_url, tmp_path / "waihu.key")
    logins = found_training_shop(settings, empty=True)
    assert logins.files == ()
    opened = open_runtime(settings)
    assert len(people(opened)) == len(logins.people)
    assert queue(opened, STARTS_AT, 10) == []
    assert verify(opened).violations == ()
    with pytest.raises(ConflictError):
        found_training_shop(settings, empty=True)
    opened.engine.dispose()


def test_a_real_shop_is_never_replaced(database_url: str, tmp_path: Path) -> None:
    settings = Settings(database_url, tmp_path / "waihu.key")
    real = open_runtime(settings)
    create_shop(real, ShopForm("真店"))
    real.engine.dispose()
    with pytest.raises(ConflictError):
        found_training_shop(settings, empty=True)
    again = open_runtime(settings)
    assert again.shop_name == "真店"
    again.engine.dispose()


def test_an_interrupted_one_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = settings_in(tmp_path)

    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(training, "_live", stop)
    with pytest.raises(KeyboardInterrupt):
        found_training_shop(settings)
    left = {path.name for path in (tmp_path / "shop").iterdir()}
    assert left == {"waihu.key"}
    with pytest.raises(NotReadyError):
        _ = open_runtime(settings).is_training


def test_the_same_seed_lives_the_same_days(tmp_path: Path) -> None:
    first, second = (lived(tmp_path / name) for name in ("one", "two"))
    assert first == second
    assert len(first) > 5


def lived(folder: Path) -> list[tuple[object, ...]]:
    """Three days of a small shop, as its detail ledger tells them."""
    days = [date(2026, 10, 12) + timedelta(days=number) for number in range(3)]
    clock = JumpingClock(training._morning(days[0]))
    runtime = open_runtime(settings_in(folder), clock)
    create_shop(runtime, ShopForm("小店", training_starts=clock.instant))
    callers = [
        add_person(runtime, NewPerson(name, Role.CALLER), clock.instant, "test") for name in "甲乙"
    ]
    leader = add_person(runtime, NewPerson("丙", Role.LEADER), clock.instant, "test")
    marketplace = Marketplace("lived twice")
    history = TrainingHistory(
        runtime,
        clock,
        marketplace,
        ExportDesk(marketplace, "小店"),
        Team(leader, callers),
        Random("lived twice"),
    )
    for day in days:
        history.live(day, orders=60)
    rows = ledgers.dunning_detail(runtime, FIRST, TODAY, None).rows
    runtime.engine.dispose()
    return [row.cells() for row in rows]
