"""What the product itself wrote is clean in the eyes of the second opinion (R-AUD-2)."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy import Engine, update

from adapters.settings import Settings
from adapters.store.models.calls import attempt
from campaigns.values import SHOP_ZONE
from scheduler.flows.shop import ShopForm, create_shop
from scheduler.runtime import Runtime
from scheduler.verify import verify
from tests.scheduler.verify.working_days import JumpingClock, WorkingDays

FRIDAY = datetime(2025, 5, 16, 8, 0, tzinfo=SHOP_ZONE)
SEED = 20250516


def test_r_aud_2_days_of_real_work_print_zero(engine: Engine, tmp_path: Path) -> None:
    clock = JumpingClock(FRIDAY)
    settings = Settings(engine.url.render_as_string(hide_password=False), tmp_path / "shop.key")
    runtime = Runtime(settings, engine, clock)
    create_shop(runtime, ShopForm("核查店"))
    shop = WorkingDays(runtime, clock, SEED)
    shop.work(days=2, orders_a_day=10)

    report = verify(runtime)
    assert report.violations == (), f"seed {SEED}"
    assert report.checked["attempts"] > 20, shop.done
    for hours in range(1, 36, 7):
        then = FRIDAY + timedelta(hours=hours)
        assert verify(runtime, then).violations == (), f"seed {SEED}, as of {then}"

    with engine.begin() as connection:
        connection.execute(update(attempt).values(region="西藏"))
    assert "R-HOURS-4" in {finding.rule for finding in verify(runtime).violations}
