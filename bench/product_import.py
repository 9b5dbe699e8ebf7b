"""The product's own import and plan of one file, with the memory that it took at most."""

from __future__ import annotations

import json
import resource
import sys
import time
from datetime import datetime
from pathlib import Path

from adapters.clock import FixedClock
from adapters.settings import Settings
from adapters.store.session import open_engine
from campaigns.values import SHOP_ZONE, Kind
from scheduler.flows.intake import Upload, take
from scheduler.flows.planning import plan
from scheduler.flows.shop import ShopForm, create_shop
from scheduler.runtime import Runtime


def run(path: Path, url: str, now: datetime) -> dict[str, float]:
    """Import the file into a new shop, plan the reminders, then the callbacks; seconds, MB, counts."""
    settings = Settings(url, path.with_suffix(".key"))
    runtime = Runtime(settings, open_engine(url), FixedClock(now))
    create_shop(runtime, ShopForm("测量店", training_starts=now))
    began = time.perf_counter()
    report = take(runtime, Upload(path.name, path), now, "bench")
    imported = time.perf_counter()
    day = now.astimezone(SHOP_ZONE).date()
    planned = plan(runtime, day, now, "bench", kind=Kind.DUNNING)
    done = time.perf_counter()
    callbacks = plan(runtime, day, now, "bench", kind=Kind.CALLBACK)
    all_done = time.perf_counter()
    runtime.engine.dispose()
    return {
        "import_seconds": imported - began,
        "plan_seconds": done - imported,
        "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        "rows": report.rows,
        "taken": report.taken,
        "tasks": sum(len(campaign.tasks) for campaign in planned.campaigns),
        "callback_seconds": all_done - done,
        "callbacks": sum(len(campaign.tasks) for campaign in callbacks.campaigns),
    }


if __name__ == "__main__":
    source, database, at = sys.argv[1:]
    print(json.dumps(run(Path(source), database, datetime.fromisoformat(at))))
