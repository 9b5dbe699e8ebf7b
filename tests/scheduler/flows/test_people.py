"""Signing in: who may, how often, for how long. On both databases."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from argon2 import PasswordHasher
from sqlalchemy import Engine, insert, select

from adapters.clock import FixedClock
from adapters.passwords import Passwords
from adapters.settings import Settings
from adapters.store.models.audit import audit
from adapters.store.models.shop import shop, sign_in_failure, web_session
from adapters.vault import make_key
from campaigns.errors import ConflictError, NotFoundError, RefusedError, UsageError
from campaigns.values import Person, Role
from scheduler.flows.people import (
    NewPassword,
    NewPerson,
    SignedIn,
    SignIn,
    SignInRefused,
    add_person,
    caller_named,
    change_own_password,
    people,
    person_of_session,
    set_active,
    set_password,
    sign_in,
    sign_out,
)
from scheduler.runtime import Runtime

NOW = datetime(2026, 3, 4, 1, 5, tzinfo=UTC)
MACHINE = datetime(2027, 8, 9, 14, 0, tzinfo=UTC)
GOOD = "四只蓝色的鸭子在弹钢琴"
CHEAP = Passwords(PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))


@pytest.fixture
def runtime(engine: Engine, database_url: str, tmp_path: Path) -> Runtime:
    make_key(tmp_path / "shop.key")
    with engine.begin() as connection:
        connection.execute(
            insert(shop).values(
                name="测试店",
                is_training=True,
                created_at=NOW,
                clock_shop=NOW,
                clock_machine=MACHINE,
                clock_ticks=True,
            )
        )
    return Runtime(Settings(database_url, tmp_path / "shop.key"), engine, FixedClock(MACHINE))


@pytest.fixture
def chen(runtime: Runtime) -> Person:
    return add_person(runtime, NewPerson("陈晨", Role.CALLER, GOOD), NOW, "init", CHEAP)


def attempt(
    runtime: Runtime,
    password: str = GOOD,
    *,
    name: str = "陈晨",
    at: datetime = MACHINE,
    address: str = "192.0.2.7",
) -> SignedIn | SignInRefused:
    return sign_in(runtime, SignIn(name, password, address), NOW, at, passwords=CHEAP)


def test_the_right_password_opens_a_session(runtime: Runtime, chen: Person) -> None:
    answer = attempt(runtime)
    assert isinstance(answer, SignedIn)
    assert len(answer.session_id) >= 43  # 256 bits
    assert person_of_session(runtime, answer.session_id, MACHINE) == chen


def test_only_a_hash_of_the_sessions_id_is_stored(runtime: Runtime, chen: Person) -> None:
    answer = attempt(runtime)
    assert isinstance(answer, SignedIn)
    with runtime.snapshot() as connection:
        stored = connection.execute(select(web_session.c.id_hash)).scalar_one()
    assert stored != answer.session_id
    assert person_of_session(runtime, stored, MACHINE) is None


def test_every_sign_in_has_a_new_id(runtime: Runtime, chen: Person) -> None:
    ids = {answer.session_id for _ in range(3) if isinstance(answer := attempt(runtime), SignedIn)}
    assert len(ids) == 3


def test_unknown_disabled_and_wrong_look_alike(runtime: Runtime, chen: Person) -> None:
    boss = add_person(runtime, NewPerson("老板", Role.ADMIN), NOW, "init", CHEAP)
    assert attempt(runtime, "wrong password") == SignInRefused()
    assert attempt(runtime, name="没有这个人") == SignInRefused()
    assert attempt(runtime, name="老板") == SignInRefused()
    set_active(runtime, chen.id, False, NOW, who=boss)
    assert attempt(runtime) == SignInRefused()


@pytest.mark.parametrize("name", ["陈晨", "没有这个人"])
def test_five_failures_bring_a_growing_delay(runtime: Runtime, chen: Person, name: str) -> None:
    at = MACHINE
    for _ in range(5):
        assert attempt(runtime, "wrong", name=name, at=at) == SignInRefused()
    first = attempt(runtime, name=name, at=at)
    assert first == SignInRefused(wait_until=at + timedelta(seconds=30))
    at += timedelta(seconds=30)
    assert attempt(runtime, "wrong", name=name, at=at) == SignInRefused()
    second = attempt(runtime, name=name, at=at)
    assert second == SignInRefused(wait_until=at + timedelta(seconds=60))


def test_a_refused_try_does_not_prolong_the_delay(runtime: Runtime, chen: Person) -> None:
    for _ in range(5):
        attempt(runtime, "wrong")
    for second in range(30):
        assert isinstance(attempt(runtime, at=MACHINE + timedelta(seconds=second)), SignInRefused)
    assert isinstance(attempt(runtime, at=MACHINE + timedelta(seconds=30)), SignedIn)


def test_the_right_password_takes_the_count_back(runtime: Runtime, chen: Person) -> None:
    for _ in range(3):
        for _ in range(4):
            attempt(runtime, "wrong")
        assert isinstance(attempt(runtime), SignedIn)


def test_an_address_has_twenty_failures_an_hour(runtime: Runtime, chen: Person) -> None:
    for number in range(20):
        assert attempt(runtime, "wrong", name=f"名字{number}") == SignInRefused()
    waiting = SignInRefused(wait_until=MACHINE + timedelta(hours=1))
    assert attempt(runtime) == waiting
    assert isinstance(attempt(runtime, address="192.0.2.8"), SignedIn)
    assert isinstance(attempt(runtime, at=MACHINE + timedelta(hours=1)), SignedIn)


def test_tries_at_once_are_counted_too(runtime: Runtime, chen: Person) -> None:
    start = threading.Barrier(12)
    answers: list[SignedIn | SignInRefused] = []

    def guess() -> None:
        start.wait()
        answers.append(attempt(runtime, "wrong"))

    threads = [threading.Thread(target=guess) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    checked = [a for a in answers if isinstance(a, SignInRefused) and a.wait_until is None]
    assert len(answers) == 12
    assert len(checked) == 5


def test_what_was_typed_as_a_name_is_not_stored(runtime: Runtime, chen: Person) -> None:
    attempt(runtime, "wrong", name=GOOD)
    with runtime.snapshot() as connection:
        names = connection.execute(select(sign_in_failure.c.name)).scalars().all()
    assert len(names) == 1
    assert GOOD not in names[0]


def test_a_session_ends_when_idle(runtime: Runtime, chen: Person) -> None:
    answer = attempt(runtime)
    assert isinstance(answer, SignedIn)
    used = MACHINE + timedelta(minutes=29)
    assert person_of_session(runtime, answer.session_id, used) == chen
    # It was used, so the half hour begins anew; what a page asks by itself does not count.
    later = used + timedelta(minutes=29)
    assert person_of_session(runtime, answer.session_id, later, is_use=False) == chen
    assert person_of_session(runtime, answer.session_id, used + timedelta(minutes=30)) is None
    assert person_of_session(runtime, answer.session_id, used) is None, "once over, always over"


def test_a_session_ends_after_twelve_hours_of_use(runtime: Runtime, chen: Person) -> None:
    answer = attempt(runtime)
    assert isinstance(answer, SignedIn)
    for minutes in range(20, 720, 20):
        at = MACHINE + timedelta(minutes=minutes)
        assert person_of_session(runtime, answer.session_id, at) == chen
    assert person_of_session(runtime, answer.session_id, MACHINE + timedelta(hours=12)) is None


def test_signing_out_ends_the_session(runtime: Runtime, chen: Person) -> None:
    answer = attempt(runtime)
    assert isinstance(answer, SignedIn)
    sign_out(runtime, answer.session_id)
    assert person_of_session(runtime, answer.session_id, MACHINE) is None


def test_a_disabled_person_is_out_at_once(runtime: Runtime, chen: Person) -> None:
    boss = add_person(runtime, NewPerson("老板", Role.ADMIN), NOW, "init")
    answer = attempt(runtime)
    assert isinstance(answer, SignedIn)
    set_active(runtime, chen.id, False, NOW, who=boss)
    assert person_of_session(runtime, answer.session_id, MACHINE) is None
    set_active(runtime, chen.id, True, NOW, who=boss)
    assert person_of_session(runtime, answer.session_id, MACHINE) is None, "signs in anew"
    with pytest.raises(UsageError):
        set_active(runtime, boss.id, False, NOW, who=boss)


def test_a_new_password_signs_out_the_other_browsers(runtime: Runtime, chen: Person) -> None:
    here, there = attempt(runtime), attempt(runtime)
    assert isinstance(here, SignedIn)
    assert isinstance(there, SignedIn)
    new = NewPassword(chen.id, "五月的雨打湿白色球鞋", here.session_id)
    with pytest.raises(UsageError):
        change_own_password(runtime, new, "wrong", NOW, CHEAP)
    change_own_password(runtime, new, GOOD, NOW, CHEAP)
    assert person_of_session(runtime, here.session_id, MACHINE) == chen
    assert person_of_session(runtime, there.session_id, MACHINE) is None
    assert attempt(runtime) == SignInRefused()
    assert isinstance(attempt(runtime, new.password), SignedIn)


def test_bad_passwords_and_names_are_refused(runtime: Runtime, chen: Person) -> None:
    with pytest.raises(UsageError):
        add_person(runtime, NewPerson("林", Role.CALLER, "taobao2024"), NOW, "init", CHEAP)
    with pytest.raises(UsageError):
        add_person(runtime, NewPerson("  ", Role.CALLER), NOW, "init")
    with pytest.raises(ConflictError):
        add_person(runtime, NewPerson(" 陈晨 ", Role.LEADER), NOW, "init")
    with pytest.raises(NotFoundError):
        set_password(runtime, NewPassword(999, GOOD), NOW, "init", CHEAP)
    assert [row.person.name for row in people(runtime)] == ["陈晨"]


def test_r_pii_1_an_administrator_does_not_call(runtime: Runtime, chen: Person) -> None:
    add_person(runtime, NewPerson("老板", Role.ADMIN), NOW, "init")
    assert caller_named(runtime, "陈晨") == chen
    assert caller_named(runtime, " 陈晨 ") == chen
    assert caller_named(runtime, "新来的").role is Role.CALLER
    with pytest.raises(RefusedError):
        caller_named(runtime, "老板")


def test_r_aud_1_people_and_sign_ins_are_in_the_trail(runtime: Runtime, chen: Person) -> None:
    attempt(runtime, "wrong")
    attempt(runtime)
    attempt(runtime, name="没有这个人")
    with runtime.snapshot() as connection:
        rows = connection.execute(select(audit.c.who, audit.c.what, audit.c.subject)).all()
    assert [tuple(row) for row in rows] == [
        ("init", "person.added", f"person:{chen.id}"),
        ("陈晨", "sign_in.failed", f"person:{chen.id}"),
        ("陈晨", "sign_in.done", f"person:{chen.id}"),
    ]
