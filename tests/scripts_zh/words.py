"""Words to fill scripts with: valid by default, any field overridable."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

from campaigns.values import Source, Topic
from scripts_zh.context import (
    CallerWords,
    CustomerWords,
    Occasion,
    OrderWords,
    ParcelWords,
    PromiseWords,
    SampleWords,
    ShopWords,
    StockWords,
    Words,
    items_in_words,
)

NOW = datetime(2025, 11, 21, 10, 30, tzinfo=UTC)  # a Friday, 18:30 in the shop
TODAY = date(2025, 11, 21)

LONG = "加绒保暖家居棉靴女冬季室内防滑情侣款厚底包跟棉靴男"
HOSTILE = "{{ 7 * 7 }}{% for x in y %}<script>alert(1)</script>&amp;"

USUAL = Words(
    customer=CustomerWords(user_id="tb_invented_01", name="陈一二"),
    order=OrderWords(
        items_text=items_in_words(["保温杯"]),
        amount_fen=12_800,
        placed_at=NOW - timedelta(days=1, hours=3),
        closes_at=NOW + timedelta(days=1, hours=21),
    ),
    caller=CallerWords(name="小李"),
    shop=ShopWords(name="暖屋家居", service_phone="0571-88888888"),
    promise=PromiseWords(day_greeting="祝您周末愉快"),
    now=NOW,
)

SEVERAL = replace(
    USUAL,
    order=replace(
        USUAL.order,
        items_text=items_in_words([LONG, "保温杯", "围巾"]),
        amount_fen=123_456,
        orders_count=3,
        paid_orders_count=2,
        offer_text="满200减20，本周日24点前有效。",
        look_first=True,
    ),
)

BARE = replace(
    USUAL,
    customer=CustomerWords(user_id="tb_invented_02", via_relay_number=True),
    order=replace(USUAL.order, closes_at=None),
    shop=ShopWords(name="暖屋家居"),
)

LONG_NAMES = replace(
    SEVERAL,
    customer=CustomerWords(user_id="t" * 200, name="买买提艾力·阿卜杜热合曼·" * 9),
    order=replace(
        SEVERAL.order,
        items_text=LONG * 20,
        orders_count=120,
        paid_orders_count=120,
        amount_fen=123_456_789,
        placed_at=NOW - timedelta(days=40),
        closes_at=NOW + timedelta(days=2, hours=23, minutes=59),
    ),
    caller=CallerWords(name="欧阳" * 30),
    shop=ShopWords(name="某某品牌家居生活官方旗舰店" * 5, service_phone="0571-88888888转80001"),
    promise=PromiseWords(
        day_greeting="祝您中秋节、国庆节快乐",
        last_spoken_at=NOW - timedelta(days=20, minutes=7),
        callback_at=NOW + timedelta(days=20, minutes=7),
    ),
)

HOSTILE_NAMES = replace(
    SEVERAL,
    customer=CustomerWords(user_id=HOSTILE, name="{{7*7}}<b>x</b>"),
    order=replace(SEVERAL.order, items_text="{% raw %}<i>"),
)

LAST_MINUTES = replace(USUAL, order=replace(USUAL.order, closes_at=NOW + timedelta(minutes=20)))

WORD_SETS = {
    "usual": USUAL,
    "several": SEVERAL,
    "bare": BARE,
    "long names": LONG_NAMES,
    "hostile names": HOSTILE_NAMES,
    "last minutes": LAST_MINUTES,
    "callback agreed": replace(
        USUAL, promise=replace(USUAL.promise, callback_at=NOW + timedelta(hours=1))
    ),
    **{f"occasion {it.value}": replace(USUAL, occasion=it) for it in Occasion},
}

RECEIVED = replace(
    USUAL,
    topic=Topic.RECEIVED,
    parcel=ParcelWords(
        days=5,
        last_state="11 月 16 日已签收",
        shipped_on=TODAY - timedelta(days=8),
        signed_on=TODAY - timedelta(days=5),
        carrier="顺达快递",
        tracking_no="SD7700112233445",
    ),
)

NOT_RECEIVED = replace(
    USUAL,
    topic=Topic.NOT_RECEIVED,
    parcel=ParcelWords(
        days=6,
        last_state="已经发出 6 天，还没有显示签收",
        shipped_on=TODAY - timedelta(days=6),
        carrier="顺达快递",
        tracking_no="SD7700112233445",
    ),
)


def sparse(words: Words) -> Words:
    """The same call when nothing is known that may be missing."""
    return replace(
        words,
        customer=CustomerWords(user_id="tb_invented_02", via_relay_number=True),
        shop=ShopWords(name="暖屋家居"),
        order=replace(words.order, closes_at=None, look_first=True),
        parcel=words.parcel
        and replace(words.parcel, shipped_on=None, carrier=None, tracking_no=None),
        stock=words.stock and replace(words.stock, reason=None, others_text=None, gift=None),
        sample=words.sample and SampleWords(source=words.sample.source),
    )


def overlong(words: Words) -> Words:
    """The same call with the longest facts that the fields allow."""
    return replace(
        words,
        customer=LONG_NAMES.customer,
        order=LONG_NAMES.order,
        caller=LONG_NAMES.caller,
        shop=LONG_NAMES.shop,
        promise=replace(LONG_NAMES.promise, answer_hours=48),
        callers_matters=("催款", "回访", "缺货通知"),
        parcel=words.parcel
        and replace(
            words.parcel,
            days=120,
            orders_count=120,
            carrier="某某快递" * 20,
            tracking_no="7" * 30,
            last_state="已经发出 120 天，还没有显示签收，也没有新的物流",
        ),
        stock=words.stock
        and replace(
            words.stock,
            items_text=LONG * 20,
            others_text=LONG * 20,
            reason="厂家生产线检修，推迟了整整两个星期发货",
            expected_on=date(2026, 12, 28),
            was_expected_on=date(2026, 11, 30),
            gift=LONG * 20,
            several=True,
        ),
        sample=words.sample
        and replace(
            words.sample,
            handler="买买提艾力·阿卜杜热合曼·" * 9,
            matter_on=date(2024, 12, 28),
            has_score=1,
            answer_text="盆碎了三个，" * 4 + "没人理…",
            done_text="重发三盆，" * 5 + "已发…",
            answer_at_text="11月22日上午10点30分之前",
            crosses_closed=True,
        ),
    )


def hostile(words: Words) -> Words:
    """The same call with names that look like a template or a page."""
    return replace(
        words,
        customer=CustomerWords(user_id=HOSTILE, name="{{7*7}}<b>x</b>"),
        order=replace(words.order, items_text="{% raw %}<i>"),
        parcel=words.parcel and replace(words.parcel, carrier=HOSTILE, last_state="{{ 7 * 7 }}<i>"),
        stock=words.stock and replace(words.stock, items_text="{% raw %}<i>", gift="{{ 1 }}"),
        sample=words.sample and replace(words.sample, handler="{{7*7}}", answer_text="<b>{{ 1 }}"),
    )


def _all_sorts(name: str, words: Words) -> dict[str, Words]:
    return {
        name: words,
        f"{name}, sparse": sparse(words),
        f"{name}, overlong": overlong(words),
        f"{name}, hostile": hostile(words),
        f"{name}, time agreed": replace(
            words, promise=replace(words.promise, callback_at=NOW + timedelta(hours=1))
        ),
        f"{name}, another matter": replace(words, callers_matters=("催款",)),
    }


CALLBACK_SETS = {
    **_all_sorts("received", RECEIVED),
    **_all_sorts("not received", NOT_RECEIVED),
}

MISSING = StockWords(
    items_text="保温杯",
    expected_on=TODAY + timedelta(days=5),
    reason="厂家推迟了发货",
    others_text="围巾",
    gift="一条毛巾",
)

STOCK_OUT = replace(USUAL, stock=MISSING)
MOVED = replace(
    USUAL,
    stock=replace(MISSING, was_expected_on=TODAY, expected_on=TODAY + timedelta(days=20)),
)
SOONER = replace(
    USUAL,
    stock=replace(MISSING, was_expected_on=TODAY + timedelta(days=9)),
)
ARRIVED = replace(USUAL, stock=replace(MISSING, is_arrived=True))

STOCK_OUT_SETS = {
    **_all_sorts("missing", STOCK_OUT),
    **_all_sorts("moved", MOVED),
    **_all_sorts("sooner", SOONER),
    **_all_sorts("arrived", ARRIVED),
}

SAMPLED = replace(
    USUAL,
    sample=SampleWords(
        source=Source.AFTER_SALES,
        handler="张三",
        matter_on=TODAY - timedelta(days=9),
        answer_at_text="30分钟内",
    ),
)


def sampled(words: Words = SAMPLED, **fields: Any) -> Words:
    """The same call with other facts about the sampled customer."""
    assert words.sample is not None
    return replace(words, sample=replace(words.sample, **fields))


ANSWERING = replace(
    sampled(answer_text="盆碎了没人理", done_text="重发一盆，今天发出"),
    occasion=Occasion.ANSWER,
)
OVERNIGHT = sampled(answer_at_text="明天上午9点30分之前", crosses_closed=True)
LAST_EVENING = sampled(
    answer_at_text="明天上午10点30分之前在旺旺上", crosses_closed=True, in_chat=True
)

SAMPLING_SETS = {
    **_all_sorts("sampled", SAMPLED),
    **_all_sorts("answering", ANSWERING),
    **_all_sorts("overnight", OVERNIGHT),
    "last evening": LAST_EVENING,
    **{f"of {it.value}": sampled(source=it) for it in Source},
    **{f"of {it.value}, sparse": sparse(sampled(source=it)) for it in Source},
    **{f"scored {value}": sampled(ANSWERING, has_score=value) for value in range(1, 6)},
}
