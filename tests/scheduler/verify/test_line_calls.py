"""Calls through lines in the eyes of the second opinion: every ending is clean, every change is found.

R-AUD-2, R-REPEAT-2, R-HOURS-3, R-SMP-4, R-SMP-12; decision 0027.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import Connection, create_engine, delete, event, select, update

from adapters.settings import Settings
from adapters.store.models.audit import audit
from adapters.store.models.calls import attempt
from adapters.store.models.lines import line_call, line_event
from adapters.store.session import open_engine
from scheduler.runtime import Runtime
from scheduler.verify import verify
from scheduler.verify.report import Report
from tests import databases
from tests.factories import at
from tests.scheduler.verify.lived_calls import LivedCalls
from tests.scheduler.verify.planted import Change
from tests.scheduler.verify.planted_lines import PLANTED

NOT_DRAWN = "不属于名单上的任何人"
"""The sampled customer of this day comes from no list; that is another rule's matter."""
STATES = {"ended", "not_sent", "stopped", "unconfirmed"}


def _broken(report: Report) -> list[tuple[str, str]]:
    return [(f.rule, f.what) for f in report.violations if NOT_DRAWN not in f.what]


def _lived(url: str, folder: Path) -> LivedCalls:
    day = LivedCalls(url, folder)
    day.live()
    assert {row.state for row in day.shop.rows(line_call)} == STATES
    assert {row.verdict for row in day.shop.rows(line_event)} == {"applied", "late"}
    return day


def test_r_aud_2_every_ending_of_a_call_is_clean(database_url: str, tmp_path: Path) -> None:
    day = _lived(database_url, tmp_path)
    report = verify(day.shop.runtime)
    assert _broken(report) == []
    assert report.checked["line_calls"] > 8
    for minutes in range(0, 120, 7):
        then = at("05-13 09:30") + timedelta(minutes=minutes)
        assert _broken(verify(day.shop.runtime, then)) == [], f"as of {then}"

    rule, words, plant = PLANTED["let_through_after_the_opt_out_on_another_number"]
    with day.shop.runtime.transaction() as connection:
        plant(connection)
    found = [what for of, what in _broken(verify(day.shop.runtime)) if of == rule]
    day.shop.close()
    assert any(words in what and "另一个号码" in what for what in found), found


@pytest.fixture(scope="module")
def lived(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The file of a day that was lived through; nobody changes it."""
    folder = tmp_path_factory.mktemp("lines")
    path = folder / "waihu.db"
    databases.copy_sqlite(sqlite_template, path)
    _lived(databases.sqlite_url(path), folder).shop.close()
    yield path


def _changed(lived: Path, folder: Path, plant: Change) -> Report:
    path = folder / "waihu.db"
    databases.copy_sqlite(lived, path)
    plain = create_engine(databases.sqlite_url(path))  # without foreign keys: anything goes
    event.listen(plain, "connect", lambda c, _: c.execute("PRAGMA ignore_check_constraints=ON"))
    with plain.begin() as connection:
        kept = connection.exec_driver_sql("SELECT name FROM sqlite_master WHERE type = 'trigger'")
        for name in kept.scalars().all():
            connection.exec_driver_sql(f"DROP TRIGGER {name}")
        plant(connection)
    plain.dispose()
    engine = open_engine(databases.sqlite_url(path))
    report = verify(Runtime(Settings(str(engine.url), folder / "no.key"), engine))
    engine.dispose()
    return report


@pytest.mark.parametrize("name", PLANTED)
def test_r_aud_2_what_was_changed_afterwards_is_found(
    lived: Path, tmp_path: Path, name: str
) -> None:
    rule, words, plant = PLANTED[name]
    found = _broken(_changed(lived, tmp_path, plant))
    assert any(rule == of and words in what for of, what in found), found


def test_what_waits_for_a_minute_is_a_lateness(lived: Path, tmp_path: Path) -> None:
    def waits(connection: Connection) -> None:
        connection.execute(update(line_event).values(applied_at=None, verdict=None))

    report = _changed(lived, tmp_path, waits)
    assert any("超过 60 秒没有处理" in found.what for found in report.warnings)


def test_r_repeat_2_what_nobody_knows_for_half_an_hour_is_a_lateness(
    lived: Path, tmp_path: Path
) -> None:
    def unknown(connection: Connection) -> None:
        one = select(line_call.c.id).where(line_call.c.state == "unconfirmed").limit(1)
        gone = {"state": "unknown", "settled_at": None}
        of = line_call.c.id == one.scalar_subquery()
        connection.execute(update(line_call).where(of).values(**gone))

    report = _changed(lived, tmp_path, unknown)
    assert any("过了 30 分钟还没有核对清楚" in found.what for found in report.warnings)


def test_r_repeat_2_a_caller_has_two_only_while_the_line_does_not_know(
    lived: Path, tmp_path: Path
) -> None:
    def never_went_on(connection: Connection) -> None:
        connection.execute(update(attempt).values(parked_at=None))
        connection.execute(delete(audit).where(audit.c.what == "attempt.left"))

    found = _broken(_changed(lived, tmp_path, never_went_on))
    assert any("未结束时又领到一个" in what for _, what in found)
