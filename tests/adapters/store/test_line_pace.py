"""One pace for many processes (R-MSG-2), on both databases."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from threading import Barrier

from sqlalchemy import Connection, Engine

from adapters.store.queries import line_pace
from adapters.store.session import transaction

NOW = datetime(2026, 11, 20, 3, 0, tzinfo=UTC)
SECOND = timedelta(seconds=1)


def test_r_msg_2_each_slot_is_an_interval_after_the_one_before(connection: Connection) -> None:
    assert line_pace.free_at(connection, "twilio:sms") is None
    slots = [line_pace.reserve(connection, "twilio:sms", NOW, SECOND) for _ in range(3)]
    assert slots == [NOW, NOW + SECOND, NOW + 2 * SECOND]
    assert line_pace.free_at(connection, "twilio:sms") == NOW + 3 * SECOND
    assert line_pace.reserve(connection, "twilio:call", NOW, SECOND) == NOW


def test_r_msg_2_a_pause_is_not_made_up_for(connection: Connection) -> None:
    line_pace.reserve(connection, "twilio:sms", NOW, SECOND)
    later = NOW + timedelta(minutes=5)
    assert line_pace.reserve(connection, "twilio:sms", later, SECOND) == later


def test_r_msg_2_a_line_in_trouble_is_left_alone_and_never_sooner(connection: Connection) -> None:
    line_pace.hold_until(connection, "twilio:sms", NOW + timedelta(minutes=1))
    line_pace.hold_until(connection, "twilio:sms", NOW + SECOND)
    slot = line_pace.reserve(connection, "twilio:sms", NOW, SECOND)
    assert slot == NOW + timedelta(minutes=1)


def test_r_msg_2_no_two_workers_have_one_slot(engine: Engine) -> None:
    start = Barrier(6)

    def work(_: int) -> list[datetime]:
        start.wait()
        mine = []
        for _ in range(5):
            with transaction(engine) as connection:
                mine.append(line_pace.reserve(connection, "aliyun:sms", NOW, SECOND))
        return mine

    with ThreadPoolExecutor(6) as pool:
        slots = sorted(slot for part in pool.map(work, range(6)) for slot in part)
    assert slots == [NOW + number * SECOND for number in range(30)]
