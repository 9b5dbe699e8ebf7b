"""Many senders at once: each text once, and no customer's third of the day (R-MSG-2, R-REPEAT-3)."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

from campaigns.values import LineName
from scheduler.flows.blasts import start
from scheduler.flows.shop import change_policy
from scheduler.flows.text_sending import ToldPace, send_due
from tests.factories import a_number, at
from tests.scheduler.flows.texting import Texting
from tests.shops import Shop

WORKERS = 6


def test_r_msg_2_six_senders_send_each_text_once(shop: Shop) -> None:
    texting = Texting(shop)
    shared = a_number()
    for number in range(3):  # other amounts, so other words: never the same text twice
        shop.buyer(f"tb_shared{number}", number=shared, fen=5_000 + number)
    for number in range(9):
        shop.buyer(f"tb_{number}")
    shop.plan()
    change_policy(texting.runtime, {"sms_per_minute": 6_000}, at("05-13 09:00"), "周主管")
    made = texting.approved(include_uncalled=True)
    start(texting.runtime, made, at("05-13 10:00"), "李组长")
    ready = Barrier(WORKERS)

    def work(_: int) -> int:
        runtime = shop.another_runtime()
        runtime.lines = texting.runtime.lines
        ready.wait()
        now = at("05-13 10:00")
        try:
            return send_due(runtime, pace=ToldPace(now), start=now)
        finally:
            runtime.engine.dispose()

    with ThreadPoolExecutor(WORKERS) as pool:
        assert sum(pool.map(work, range(WORKERS))) >= 11
    line = texting.runtime.lines.sms[LineName.TWILIO]
    assert line is texting.line
    numbers = Counter(text.order.to for text in texting.line.texts)
    assert numbers.pop(shared) == 2  # R-REPEAT-3: the third one waits for tomorrow
    assert set(numbers.values()) == {1}
    assert len(numbers) == 9
    assert Counter(texting.states()) == {"sent": 11, "queued": 1}
