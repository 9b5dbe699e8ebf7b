"""The training shop's box on every page: how fast the clock goes, and who calls along."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from campaigns.values import Role
from scheduler.flows.people import people
from scheduler.flows.shop import show_clock
from scheduler.flows.training_colleagues import COLLEAGUES, show_colleagues
from scheduler.runtime import Runtime
from tests.databases import sqlite_only
from tests.web.conftest import Visitor

pytestmark = sqlite_only

SignedIn = Callable[[Role | str], Visitor]


def test_a_leader_lets_the_clock_go_faster_and_sees_it(
    runtime: Runtime, signed_in: SignedIn
) -> None:
    leader = signed_in(Role.LEADER)
    assert 'data-speed="1"' in leader.get("/desk").text
    assert leader.post("/training/speed", {"speed": "60", "back": "/desk"}).location == "/desk"
    assert show_clock(runtime).speed == 60
    page = leader.get("/desk").text
    assert 'data-speed="60"' in page
    assert "<small>×60</small>" in page
    leader.post("/training/clock", {"how": "pause"})
    assert "<small>×60</small>" not in leader.get("/desk").text
    leader.post("/training/speed", {"speed": "10"})
    assert show_clock(runtime).ticks, "choosing a speed lets a stopped clock go on"


def test_a_leader_calls_colleagues_in_and_sends_them_home(
    runtime: Runtime, signed_in: SignedIn
) -> None:
    leader = signed_in(Role.LEADER)
    assert 'data-seconds="30"' in leader.get("/desk").text
    leader.post("/training/colleagues", {"colleagues": "2"})
    assert show_colleagues(runtime) == 2
    assert {one.person.name for one in people(runtime)} >= set(COLLEAGUES[:2])
    assert "2 位模拟同事在打电话" in leader.get("/desk").text
    assert 'data-seconds="5"' in leader.get("/desk").text, "figures that move are asked for often"
    caller = signed_in(Role.CALLER)
    assert "同事 2" in caller.get("/work").text, "a caller sees that somebody calls along"
    leader.post("/training/colleagues", {"colleagues": "0"})
    assert show_colleagues(runtime) == 0


@pytest.mark.parametrize(
    ("path", "field", "value"),
    [
        ("speed", "speed", "7"),
        ("speed", "speed", "fast"),
        ("colleagues", "colleagues", "7"),
        ("colleagues", "colleagues", "-1"),
    ],
)
def test_other_numbers_are_refused(
    runtime: Runtime, signed_in: SignedIn, path: str, field: str, value: str
) -> None:
    leader = signed_in(Role.LEADER)
    leader.get("/desk")
    assert leader.post(f"/training/{path}", {field: value}).status_code == 400
    assert show_clock(runtime).speed == 1
    assert show_colleagues(runtime) == 0


@pytest.mark.parametrize("path", ["speed", "colleagues", "clock"])
def test_a_caller_does_not_move_the_shop(signed_in: SignedIn, path: str) -> None:
    caller = signed_in(Role.CALLER)
    assert caller.post(f"/training/{path}", {"speed": "60", "colleagues": "1"}).status_code == 403


def test_the_import_page_says_where_the_files_to_practise_with_are(
    runtime: Runtime, signed_in: SignedIn
) -> None:
    leader = signed_in(Role.LEADER)
    assert "练习手工导入" not in leader.get("/desk/imports").text
    folder = runtime.settings.secret_file.parent / "training"
    database = runtime.engine.url.database
    if runtime.engine.dialect.name == "sqlite" and database and database != ":memory:":
        folder = Path(database).parent / "training"
    folder.mkdir(exist_ok=True)
    (folder / "afternoon.csv").write_bytes(b"x")
    try:
        page = leader.get("/desk/imports").text
    finally:
        shutil.rmtree(folder)
    assert "练习手工导入" in page
    assert str(folder) in page
    assert "afternoon.csv" in page
