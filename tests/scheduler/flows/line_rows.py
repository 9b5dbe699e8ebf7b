"""What stands in the tables of lines, written straight into them: requests, texts, what was told."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from sqlalchemy import insert

from adapters.store.models.customers import customer_phone
from adapters.store.models.lines import line_call, line_event, sms
from campaigns.values import Kind, LineName
from tests.factories import at
from tests.shops import Shop

NOW = at("05-13 09:40")
_names = iter(range(1, 10_000))


def given(shop: Shop, number: int, state: str = "unknown", **fields: Any) -> list[str]:
    """So many requests to ring, each for a caller, an attempt and a phone of its own."""
    machine = shop.runtime.machine_clock.now()
    is_open = state in ("submitting", "placed", "unknown")
    ids = []
    for _ in range(number):
        caller = shop.person(f"坐席{next(_names)}")
        shop.buyer(f"buyer-{caller.id}")
        shop.plan()
        held = shop.take(caller, "05-13 09:35")
        values = {
            "id": held.attempt_id,
            "attempt_id": held.attempt_id,
            "line": LineName.TWILIO,
            "state": state,
            "caller_id": caller.id,
            "phone_key": held.attempt_id,
            "token_hash": held.attempt_id,
            "is_recorded": False,
            "submitted_at": NOW,
            "submitted_machine": machine - timedelta(seconds=30),
            "answered_machine": machine - timedelta(seconds=5),
            "settled_at": None if is_open else NOW,
            "reason": "没有回音",
        }
        with shop.runtime.transaction() as connection:
            connection.execute(insert(line_call).values(**(values | fields)))
        ids.append(held.attempt_id)
    return ids


def given_texts(shop: Shop, number: int, state: str = "unknown", **fields: Any) -> None:
    """So many texts, sent 30 s ago unless they wait; all to one customer, which no one minds here."""
    customer_id, task_id, phone_id = _somebody(shop)
    for _ in range(number):
        key = f"text-{next(_names)}"
        sent = state not in ("queued", "withdrawn")
        values = {
            "id": key,
            "dedupe_key": key,
            "task_id": task_id,
            "campaign_id": shop.campaign_id,
            "kind": Kind.DUNNING,
            "customer_id": customer_id,
            "phone_id": phone_id,
            "phone_key": "key",
            "line": LineName.TWILIO,
            "occasion": "unreached",
            "script_id": "dunning.unreached.sms",
            "script_version": 1,
            "wording": "短信",
            "text_hash": key,
            "segments": 1,
            "state": state,
            "token_hash": key,
            "created_at": NOW,
            "not_before": NOW,
            "at": NOW if sent else None,
            "sent_machine": shop.runtime.machine_clock.now() - timedelta(seconds=30)
            if sent
            else None,
        }
        with shop.runtime.transaction() as connection:
            connection.execute(insert(sms).values(**(values | fields)))


def _somebody(shop: Shop) -> tuple[int, int, int]:
    if not shop.rows(customer_phone):
        shop.buyer("texted")
        shop.plan()
    phone, task = shop.rows(customer_phone)[0], shop.tasks()[0]
    return phone.customer_id, task.id, phone.id


def given_event(shop: Shop, waits: timedelta) -> None:
    """The line told of an end so long ago, and nobody has worked it off yet."""
    with shop.runtime.transaction() as connection:
        connection.execute(
            insert(line_event).values(
                line=LineName.TWILIO,
                key=str(waits),
                what="ended",
                said="{}",
                received_at=shop.runtime.now() - waits,
            )
        )
