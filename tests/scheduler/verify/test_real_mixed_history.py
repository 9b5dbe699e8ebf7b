"""Days of callbacks, stock-outs and reminders through the real flows print zero (R-AUD-2)."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from sqlalchemy import Engine

from adapters.settings import Settings
from scheduler.flows.shop import ShopForm, create_shop
from scheduler.runtime import Runtime
from scheduler.verify import verify
from tests.scheduler.verify.mixed_days import MixedDays
from tests.scheduler.verify.test_real_history import FRIDAY
from tests.scheduler.verify.working_days import JumpingClock

SEED = 11


def test_r_aud_2_days_of_all_three_kinds_print_zero(engine: Engine, tmp_path: Path) -> None:
    clock = JumpingClock(FRIDAY)
    settings = Settings(engine.url.render_as_string(hide_password=False), tmp_path / "shop.key")
    runtime = Runtime(settings, engine, clock)
    create_shop(runtime, ShopForm("核查店"))
    shop = MixedDays(runtime, clock, SEED)
    shop.work(days=3, orders_a_day=6)

    report = verify(runtime)
    assert report.violations == (), f"seed {SEED}"
    assert report.checked["riders"] > 0, shop.done
    assert min(shop.done["moved"], shop.done["case changes"]) > 0, shop.done
    assert report.checked["attempts"] > 40, shop.done
    for hours in range(1, 60, 11):
        then = FRIDAY + timedelta(hours=hours)
        assert verify(runtime, then).violations == (), f"seed {SEED}, as of {then}"
