"""Many senders at once: each text once, and no customer's third of the day (R-MSG-2, R-REPEAT-3)."""

from __future__ import annotations

import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

from sqlalchemy import update

from adapters.store.models.customers import customer_phone, suppression
from adapters.store.models.lines import sms_reply
from adapters.store.queries import tasks, texts
from adapters.store.queries.texts import Group
from campaigns.values import LineName
from scheduler.flows.blasts import start
from scheduler.flows.shop import change_policy
from scheduler.flows.shortages import move
from scheduler.flows.text_pace import ToldPace
from scheduler.flows.text_replies import RepliesImported, import_replies
from scheduler.flows.text_sending import send_due, send_one
from tests.databases import postgres_only
from tests.factories import a_number, at, day
from tests.scheduler.flows.texting import Texting, agreed
from tests.shops import Shop

WORKERS = 6


def test_r_msg_2_six_senders_send_each_text_once(shop: Shop) -> None:
    texting = Texting(shop)
    shared = a_number()
    sharing = [
        # other amounts, so other words: never the same text twice
        shop.buyer(f"tb_shared{number}", fen=5_000 + number)
        for number in range(3)
    ]
    for number in range(9):
        shop.buyer(f"tb_{number}")
    shop.plan()
    change_policy(texting.runtime, {"sms_per_minute": 6_000}, at("05-13 09:00"), "周主管")
    made = texting.approved(include_uncalled=True)
    with texting.runtime.transaction() as connection:  # their phones turn out to be one
        vault = texting.runtime.vault
        one = {"phone_key": vault.phone_key(shared), "sealed": vault.seal(shared)}
        theirs = customer_phone.c.customer_id.in_(sharing)
        connection.execute(update(customer_phone).where(theirs).values(**one))
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


@postgres_only
def test_r_dnc_2_taking_back_and_sending_wait_for_each_other_in_one_order(shop: Shop) -> None:
    """Both hold the task first; else each held what the other one waited for, and one was thrown out."""
    texting = Texting(shop)
    article = agreed(texting)
    move(texting.runtime, article, day("05-25"), at("05-13 10:00"), "李组长")
    (text,) = texting.texts()
    with texting.runtime.transaction() as connection:  # the gate says no: then it goes to the chat
        connection.execute(update(customer_phone).values(spent_since=at("05-13 10:00")))
    now = at("05-13 10:01")
    group = Group(LineName.TWILIO, None, None)
    with ThreadPoolExecutor(1) as pool:
        with texting.runtime.transaction() as connection:
            tasks.lock(connection, [text.task_id])
            sent = pool.submit(send_one, texting.runtime, texting.line, group, lambda: now)
            time.sleep(0.5)
            texts.withdraw(connection, [text.id], now, "R-DNC-2")
        assert sent.result(timeout=20) is None
    assert texting.states() == ["withdrawn"]
    assert [row.rule for row in texting.texts()] == ["R-DNC-2"]


def test_r_dnc_2_two_take_the_same_replies_in_at_once_in_other_orders(shop: Shop) -> None:
    """Held all together, each list waited for a reply that the other one had; one was thrown out."""
    buyers = [shop.buyer(f"tb_{number}") for number in range(12)]
    shop.plan()
    numbers = [shop.phone(customer).national for customer in buyers]
    ready = Barrier(2)

    def take(order: int) -> RepliesImported:
        runtime = shop.another_runtime()
        rows = [
            f"{number},{words},2025-05-13 09:00:00\n"
            for number in numbers[::order]
            for words in ("退订", "好的")
        ]
        content = ("手机号码,回复内容,回复时间\n" + "".join(rows)).encode()
        ready.wait()
        try:
            return import_replies(runtime, content, at("05-13 10:00"), "李组长")
        finally:
            runtime.engine.dispose()

    with ThreadPoolExecutor(2) as pool:
        told = list(pool.map(take, (1, -1)))
    assert [one.taken + one.unchanged for one in told] == [24, 24]
    assert sum(one.taken for one in told) == len(shop.rows(sms_reply)) == 24
    assert sum(one.opted_out for one in told) == len(shop.rows(suppression)) == 12
    assert {task.ending for task in shop.tasks()} == {"opted_out"}
