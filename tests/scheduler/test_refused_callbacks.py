"""Safety F34. Refused callbacks are counted in the process, whoever refuses them."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

from campaigns.lines import CallbackFault
from scheduler.refused_callbacks import Refusals, RefusedCallbacks
from tests.factories import at

NOW = at("05-13 09:30")


def test_safety_f34_nothing_was_refused_at_first() -> None:
    assert RefusedCallbacks().all() == []


def test_safety_f34_each_reason_has_its_count_and_its_latest_instant() -> None:
    counted = RefusedCallbacks()
    counted.add(CallbackFault.SIZE, NOW)
    counted.add(CallbackFault.FORGED, NOW + timedelta(seconds=1))
    counted.add(CallbackFault.FORGED, NOW)  # whoever came later may have read the clock before
    assert counted.all() == [
        Refusals(CallbackFault.FORGED, 2, NOW + timedelta(seconds=1)),
        Refusals(CallbackFault.SIZE, 1, NOW),
    ]


def test_safety_f34_none_is_lost_between_threads() -> None:
    counted, start = RefusedCallbacks(), Barrier(8)

    def refuse() -> None:
        start.wait()
        for _ in range(2_000):
            counted.add(CallbackFault.FORGED, NOW)

    with ThreadPoolExecutor(8) as pool:
        for done in [pool.submit(refuse) for _ in range(8)]:
            done.result()
    assert counted.all() == [Refusals(CallbackFault.FORGED, 16_000, NOW)]
