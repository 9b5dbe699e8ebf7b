"""What a campaign's callers will say, with an invented customer, and how long it takes to read aloud."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil

from campaigns.days import business_day
from campaigns.values import Kind, Topic
from scheduler.runtime import Runtime
from scripts_zh.context import (
    CallerWords,
    CustomerWords,
    OrderWords,
    ParcelWords,
    PromiseWords,
    ShopWords,
    StockWords,
    Words,
)
from scripts_zh.errors import ScriptError
from scripts_zh.front_matter import Medium
from scripts_zh.library import standard_library

CHARACTERS_PER_SECOND = 4
"""Unhurried Mandarin on the telephone."""

OPENING_PARTS = 2
"""What is said before the customer's first long answer: who calls, and what about."""

_TOPICS = {Kind.CALLBACK: (Topic.RECEIVED, Topic.NOT_RECEIVED)}


@dataclass(frozen=True, slots=True)
class Preview:
    """The opening lines of one script. `parts`, `seconds` and `faults` are of the whole dialogue."""

    topic: Topic
    lines: tuple[str, ...]
    opening_seconds: int
    parts: int
    seconds: int
    faults: tuple[str, ...]


def preview(runtime: Runtime, kind: Kind, offer: str | None, now: datetime) -> tuple[Preview, ...]:
    """The scripts of a kind, every part of them filled in; what cannot be is named in `faults`."""
    return tuple(
        _of_topic(runtime, kind, topic, offer, now) for topic in _TOPICS.get(kind, (Topic.NONE,))
    )


def _of_topic(
    runtime: Runtime, kind: Kind, topic: Topic, offer: str | None, now: datetime
) -> Preview:
    words = _invented(runtime, topic, offer, now)
    library = standard_library()
    spoken: list[tuple[str, ...]] = []
    faults: list[str] = []
    for node in library.tree(kind).walk(words.occasion, topic):
        try:
            shown = library.render(node.id, words)
        except ScriptError as error:
            faults.append(f"{node.id}：{error.message}")
            continue
        if shown.medium is Medium.VOICE:
            spoken.append(shown.text)
    opening = tuple(line for part in spoken[:OPENING_PARTS] for line in part)
    everything = [line for part in spoken for line in part]
    return Preview(
        topic, opening, _seconds(opening), len(spoken), _seconds(everything), tuple(faults)
    )


def _seconds(lines: tuple[str, ...] | list[str]) -> int:
    return ceil(sum(len(line) for line in lines) / CHARACTERS_PER_SECOND)


def _invented(runtime: Runtime, topic: Topic, offer: str | None, now: datetime) -> Words:
    day = timedelta(days=1)
    today = business_day(now)
    return Words(
        customer=CustomerWords(user_id="示例客户", name="陈女士"),
        order=OrderWords(
            items_text="保温杯",
            amount_fen=12_800,
            placed_at=now - day,
            closes_at=now + 2 * day,
            offer_text=offer,
        ),
        caller=CallerWords(name="小李"),
        shop=ShopWords(name=runtime.shop_name, service_phone=runtime.service_phone),
        promise=PromiseWords(day_greeting="祝您生活愉快"),
        now=now,
        topic=topic,
        parcel=ParcelWords(
            days=6,
            last_state="已经发出 6 天，还没有显示签收",
            shipped_on=today - 6 * day,
            signed_on=today - 4 * day if topic is Topic.RECEIVED else None,
        ),
        stock=StockWords(items_text="保温杯", expected_on=today + 7 * day),
    )
