"""The registers that the invented shop keeps in spreadsheets: what the month's sample is drawn from."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from random import Random

from adapters.training_shop.marketplace import Marketplace, PlacedOrder
from campaigns.days import business_day
from campaigns.values import Source

_PROBLEMS = ("破损", "色差", "少件", "不会安装", "尺码不合适", "要退款", "要换货", "味道大")
_REVIEWS = (
    *("摸着很舒服，下次还来", "颜色很正，好评", "快递很快，包得也结实", "客服很耐心"),
    *("比想的小一圈", "等了五天才发货", "有点掉色，问了半天没人理", "角上磕破了，心里不舒服"),
)
_AFTER_SALES, _PARCELS, _REVIEWED, _VIPS = 0.10, 0.16, 0.22, 0.26
"""What share of the orders ends up in which register, one after the other."""


@dataclass(frozen=True, slots=True)
class RegisterFile:
    """One register as a spreadsheet: its source, its name, its rows as CSV."""

    source: Source
    name: str
    content: bytes


def registers(
    marketplace: Marketplace, first: date, last: date, handlers: Sequence[str]
) -> tuple[RegisterFile, ...]:
    """The four registers of the orders placed from `first` to `last`, kept up to the last day.

    What is in them hangs on the order alone, so that a later file holds the earlier one's rows.
    """
    entries: dict[Source, list[list[str]]] = {source: [] for source in Source}
    for order in marketplace.placed_on(first, last):
        for source, row in _entries(marketplace.seed, order, last, handlers):
            entries[source].append(row)
    return tuple(
        RegisterFile(source, f"{_NAMES[source]}_{last:%Y%m%d}.csv", _csv(_HEADERS[source], rows))
        for source, rows in entries.items()
    )


_NAMES = {
    Source.AFTER_SALES: "售后问题表",
    Source.PARCELS: "快递件处理表",
    Source.REVIEWS: "评价收集表",
    Source.VIP: "VIP客户",
}
_HEADERS = {
    Source.AFTER_SALES: ("用户ID", "订单编号", "登记日期", "处理人", "问题类型", "联系手机"),
    Source.PARCELS: ("用户ID", "订单编号", "快递单号", "登记日期", "处理人", "联系手机"),
    Source.REVIEWS: ("用户ID", "订单编号", "评价", "评价日期", "处理人", "联系手机"),
    Source.VIP: ("用户ID", "联系手机"),
}


def _entries(
    seed: str, order: PlacedOrder, last: date, handlers: Sequence[str]
) -> Iterator[tuple[Source, list[str]]]:
    if order.paid_at is None:
        return
    draw = Random(f"{seed} register {order.order_no}")  # noqa: S311 - seeded on purpose
    roll, handler = draw.random(), draw.choice(handlers)
    noted = business_day(order.paid_at) + timedelta(days=draw.randrange(1, 6))
    user, number, mobile = order.buyer.user_id, order.order_no, order.buyer.mobile.lstrip("'")
    if roll >= _VIPS or (noted > last and roll < _REVIEWED):
        return
    day = f"{noted:%Y-%m-%d}"
    if roll < _AFTER_SALES:
        yield Source.AFTER_SALES, [user, number, day, handler, draw.choice(_PROBLEMS), mobile]
    elif roll < _PARCELS:
        yield Source.PARCELS, [user, number, f"YT{number[-13:]}", day, handler, mobile]
    elif roll < _REVIEWED:
        yield Source.REVIEWS, [user, number, draw.choice(_REVIEWS), day, handler, mobile]
    else:
        yield Source.VIP, [user, mobile]


def _csv(headers: Sequence[str], rows: Iterable[Sequence[str]]) -> bytes:
    lines = [",".join(f'"{cell}"' for cell in row) for row in (headers, *rows)]
    return ("\ufeff" + "\r\n".join(lines) + "\r\n").encode()
