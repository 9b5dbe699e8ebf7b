"""A sampling month through the real flows prints zero, and what is changed afterwards is found.

R-AUD-2, R-SMP-1 to R-SMP-8, R-SMP-12.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import create_engine

from adapters.settings import Settings
from adapters.store.session import open_engine
from scheduler.runtime import Runtime
from scheduler.verify import verify
from scheduler.verify.report import Report
from tests import databases
from tests.factories import at
from tests.scheduler.verify.planted_calls import PLANTED
from tests.scheduler.verify.sampled_month import SampledMonth

SEED = 1


def _lived(url: str, folder: Path) -> SampledMonth:
    month = SampledMonth(url, folder, SEED)
    month.live()
    return month


def _check_clean(month: SampledMonth) -> None:
    report = verify(month.shop.runtime)
    assert report.violations == (), f"seed {SEED}"
    for hours in range(1, 150, 13):
        then = at("05-26 08:00") + timedelta(hours=hours)
        assert verify(month.shop.runtime, then).violations == (), f"seed {SEED}, as of {then}"
    assert min(report.checked["escalations"], report.checked["reviews"]) > 5, month.done
    assert "R-SMP-5" in {finding.rule for finding in report.warnings}, "a breach is a lateness"
    for happened in ("answered in words", "replies", "refused", "rejected", "cut_off", "listed"):
        assert month.done[happened], month.done


@pytest.fixture(scope="module")
def lived(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The file of a month that was lived through; nobody changes it."""
    folder = tmp_path_factory.mktemp("month")
    path = folder / "waihu.db"
    databases.copy_sqlite(sqlite_template, path)
    month = _lived(databases.sqlite_url(path), folder)
    _check_clean(month)
    month.shop.close()
    yield path


def test_r_aud_2_a_sampling_month_prints_zero_on_postgresql(
    postgres_template: databases.PostgresTemplate, tmp_path: Path
) -> None:
    with postgres_template.copy() as url:
        month = _lived(url, tmp_path)
        _check_clean(month)
        month.shop.close()


def test_r_aud_2_a_sampling_month_prints_zero_on_sqlite(lived: Path) -> None:
    assert _report(lived).violations == ()


@pytest.mark.parametrize("name", PLANTED)
def test_r_aud_2_what_was_changed_afterwards_is_found(
    lived: Path, tmp_path: Path, name: str
) -> None:
    rule, words, change = PLANTED[name]
    path = tmp_path / "waihu.db"
    databases.copy_sqlite(lived, path)
    plain = create_engine(databases.sqlite_url(path))  # without foreign keys: anything goes
    with plain.begin() as connection:
        kept = connection.exec_driver_sql("SELECT name FROM sqlite_master WHERE type = 'trigger'")
        for trigger in kept.scalars().all():
            connection.exec_driver_sql(f"DROP TRIGGER {trigger}")
        change(connection)
    plain.dispose()
    found = [(f.rule, f.what) for f in _report(path).violations]
    assert any(broken == rule and words in what for broken, what in found), found


def _report(path: Path) -> Report:
    url = databases.sqlite_url(path)
    engine = open_engine(url)
    try:
        return verify(Runtime(Settings(url, Path("no.key")), engine))
    finally:
        engine.dispose()
