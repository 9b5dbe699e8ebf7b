"""The panel over years of calls against a young shop's: what it shows must not grow with history.

Both shops have the same last ninety days and the same today; the older one has a million attempts
before them, the other ten thousand. The figures of all days are there as outcomes would have left them.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Iterator
from datetime import datetime, timedelta

from sqlalchemy import Connection, insert, select

from adapters.identifiers import new_attempt_id
from adapters.store.models.calls import attempt
from adapters.store.models.campaigns import task
from adapters.store.models.figures import contact_figure, money_figure
from bench.claim import databases, folder_of_our_own
from bench.stored_shop import NOW, found
from campaigns.days import business_day
from campaigns.values import SHOP_ZONE
from scheduler.flows.panel import asked_of, panel_days, panel_now
from scheduler.runtime import Runtime

SMALL, LARGE = 10_000, 1_000_000
TODAY = 300
RECENT_DAYS = 90
YEARS = 5
CALLERS = 8
ROUNDS = 9
CHUNK = 20_000
TASKS = 4_000
"""Customers whom the history is about; each is called often, as regular ones are."""


def measure() -> None:
    """Print the panel's time with the long history over that with the short one, paired."""
    for name, url_of in databases():
        with folder_of_our_own() as place:
            shops = [
                _lived(
                    found(url_of(place, f"p{n}"), place, due=TASKS, future=0, workers=CALLERS), n
                )
                for n in (SMALL, LARGE)
            ]
            for shop in shops:
                _seconds(shop)
            ratios, large = [], []
            for _ in range(ROUNDS):
                small_s, large_s = (_seconds(shop) for shop in shops)
                ratios.append(large_s / small_s)
                large.append(large_s)
            print(
                f"(e) {name}, the whole panel with {LARGE:,} attempts / with {SMALL:,}: "
                f"{statistics.median(ratios):.2f} (aim 1.2 at most), "
                f"{1000 * statistics.median(large):.0f} ms"
            )
            for shop in shops:
                shop.engine.dispose()


def _seconds(runtime: Runtime) -> float:
    started = time.perf_counter()
    panel_now(runtime, NOW)
    panel_days(runtime, asked_of(None, None, None, NOW), NOW)
    return time.perf_counter() - started


def _lived(runtime: Runtime, attempts: int) -> Runtime:
    """Give the shop so many attempts of the past, and today's."""
    for start in range(0, attempts, CHUNK):
        with runtime.transaction() as connection:
            rows = [
                _attempt(at, number)
                for number, at in _past(start, min(start + CHUNK, attempts), attempts)
            ]
            connection.execute(insert(attempt), rows)
    with runtime.transaction() as connection:
        today = [_attempt(NOW - timedelta(seconds=20 * (TODAY - i)), i) for i in range(TODAY)]
        connection.execute(insert(attempt), today)
        _figures(connection, attempts)
        _end_some(connection)
    with runtime.engine.connect() as connection:
        autocommit = connection.execution_options(isolation_level="AUTOCOMMIT")
        autocommit.exec_driver_sql(
            "VACUUM ANALYZE" if runtime.engine.dialect.name == "postgresql" else "ANALYZE"
        )
    return runtime


def _past(start: int, end: int, attempts: int) -> Iterator[tuple[int, datetime]]:
    """Spread over the years, in office hours, the oldest first."""
    days = 365 * YEARS
    for number in range(start, end):
        day = NOW - timedelta(days=days - 1 - number * (days - 1) // attempts)
        yield number, day.replace(hour=1 + number % 11, minute=number % 60)


def _attempt(at: datetime, number: int) -> dict[str, object]:
    customer = number % TASKS + 1
    return {
        "id": new_attempt_id(at),
        "task_id": customer,
        "campaign_id": 1,
        "kind": "dunning",
        "customer_id": customer,
        "phone_id": customer,
        "phone_key": f"bench{customer}",
        "caller_id": number % CALLERS + 1,
        "state": "closed",
        "fence": 1,
        "at": at,
        "handed_out_at": at,
        "lease_until": at,
        "dialled_at": at,
        "ended_at": at,
        "outcome": "will_pay" if number % 3 else "no_answer",
        "outcome_at": at,
        "is_reached": bool(number % 3),
        "exemption": "none",
        "owed_fen": 10_000,
        "policy_version": 0,
        "calendar_version": 1,
        "day_kind": "working",
    }


def _figures(connection: Connection, attempts: int) -> None:
    """The rows of the figures: all the years in the old shop, the last months in the young one."""
    today = business_day(NOW)
    count = 365 * YEARS if attempts == LARGE else RECENT_DAYS
    for start in range(0, count, 100):
        days = [today - timedelta(days=back) for back in range(start, min(start + 100, count))]
        connection.execute(
            insert(contact_figure),
            [
                {
                    "business_day": day,
                    "hour": hour,
                    "campaign_id": 1,
                    "caller_id": caller,
                    "matters": 6,
                    "attempts": 6,
                    "reached": 4,
                    "promised": 3,
                }
                for day in days
                for hour in range(9, 20)
                for caller in range(1, CALLERS + 1)
            ],
        )
        connection.execute(
            insert(money_figure),
            [
                {
                    "business_day": day,
                    "campaign_id": 1,
                    "handler_id": caller,
                    "customers": 50,
                    "payers": 20,
                    "owed_fen": 500_000,
                    "paid_fen": 200_000,
                }
                for day in days
                for caller in range(1, CALLERS + 1)
            ],
        )


def _end_some(connection: Connection) -> None:
    """Most tasks ended long ago, some today; the same in both shops."""
    ids = list(connection.execute(select(task.c.id).order_by(task.c.id)).scalars())
    ended, today = ids[: TASKS // 2], ids[TASKS // 2 : TASKS // 2 + TODAY]
    long_ago = NOW.astimezone(SHOP_ZONE) - timedelta(days=40)
    for listed, at in ((ended, long_ago), (today, NOW - timedelta(minutes=5))):
        connection.execute(
            task.update()
            .where(task.c.id.in_(listed))
            .values(state="closed", closed_at=at, ending="attempts_used", due_at=None)
        )
