"""A call up to its outcome, and an empty queue, in one word each."""

from __future__ import annotations

from campaigns.values import Person
from scheduler.flows.claim import HandOut, next_call
from scheduler.flows.dialling import dial
from scheduler.flows.outlook import NobodyNow
from tests.factories import at
from tests.shops import Shop


def dialled(shop: Shop, caller: Person, now: str = "05-13 09:30") -> HandOut:
    held = shop.take(caller, now)
    dial(shop.runtime, held.attempt_id, at(now), caller)
    return held


def nobody(shop: Shop, caller: Person, now: str) -> bool:
    return isinstance(next_call(shop.runtime, caller, at(now)), NobodyNow)
