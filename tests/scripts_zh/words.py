"""Words to fill scripts with: valid by default, any field overridable."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from scripts_zh.context import (
    CallerWords,
    CustomerWords,
    Occasion,
    OrderWords,
    PromiseWords,
    ShopWords,
    Words,
    items_in_words,
)

NOW = datetime(2025, 11, 21, 10, 30, tzinfo=UTC)  # a Friday, 18:30 in the shop

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
