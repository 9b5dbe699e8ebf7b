"""What the doctor says about the shop's data."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from sqlalchemy import Engine

from adapters.clock import SystemClock
from scheduler.flows.health import examine
from scheduler.flows.shop import set_clock
from tests.databases import sqlite_only
from tests.web import panel_shop


@sqlite_only
def test_r_dun_4_the_age_of_the_last_import_is_said_as_people_say_it(
    engine: Engine, database_url: str, tmp_path: Path
) -> None:
    runtime = panel_shop.open_shop(engine, database_url, tmp_path, machine=SystemClock())
    panel_shop.fill(runtime)
    ages = ((6, "6 分钟前"), (70, "1.2 小时前"), (150, "2.5 小时前"), (3 * 24 * 60, "3 天前"))
    for minutes, said in ages:
        set_clock(runtime, "test", to=panel_shop.MORNING + timedelta(minutes=minutes, seconds=10))
        details = {finding.name: finding.detail for finding in examine(runtime.settings)}
        assert details["订单导入"] == f"最近一次在 {said}"
