"""The engine's slots: each runs once, and one that broke off is taken up again (R-DUN-1)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from adapters.clock import FixedClock
from adapters.store.models.campaigns import batch
from adapters.store.models.shop import job_slot
from campaigns.values import Kind
from scheduler import jobs
from tests.factories import MINUTE, at
from tests.shops import Shop


@pytest.fixture
def shop(database_url: str, tmp_path: Path) -> Iterator[Shop]:
    made = Shop(database_url, tmp_path, now="05-13 09:00")
    made.buyer()
    yield made
    made.close()


def pass_by(shop: Shop, span: timedelta) -> None:
    """The training clock goes with the machine's."""
    shop.runtime.machine_clock = FixedClock(shop.runtime.machine_clock.now() + span)


def states(shop: Shop, job: str) -> dict[datetime, str]:
    return {row.slot: row.state for row in shop.rows(job_slot) if row.job == job}


def breaks_off(*_: Any) -> None:
    raise RuntimeError("the machine went down")


def test_r_dun_1_the_morning_is_planned_once_however_often_the_engine_ticks(shop: Shop) -> None:
    jobs.tick(shop.runtime)
    jobs.tick(shop.runtime)  # it seals the trail of the first
    before = shop.dump()
    jobs.tick(shop.runtime)
    another = shop.another_runtime()
    jobs.tick(another)
    another.engine.dispose()
    assert shop.dump() == before
    assert states(shop, "plan") == {at("05-13 08:45"): "done"}
    assert len(shop.tasks()) == 1


def test_r_dun_1_a_plan_that_broke_off_is_made_ten_minutes_later(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as broken:
        broken.setattr(jobs, "plan", breaks_off)
        jobs.tick(shop.runtime)
    pass_by(shop, 9 * MINUTE)
    jobs.tick(shop.runtime)
    assert shop.tasks() == []  # whoever took the slot may still be at it
    pass_by(shop, MINUTE)
    jobs.tick(shop.runtime)
    assert len(shop.tasks()) == 1
    assert states(shop, "plan") == {at("05-13 08:45"): "done"}


def test_r_dun_1_a_morning_that_broke_off_for_good_is_written_down(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as broken:
        broken.setattr(jobs, "plan", breaks_off)
        jobs.tick(shop.runtime)
    pass_by(shop, timedelta(days=2))
    jobs.tick(shop.runtime)
    assert states(shop, "plan") == {
        at("05-13 08:45"): "skipped",
        at("05-14 08:45"): "skipped",
        at("05-15 08:45"): "done",
    }
    # A batch for each standing campaign but the sampling one (R-SMP-3).
    assert len(shop.rows(batch)) == len(Kind) - 1
