"""Whom a campaign that a shop adds is for: a small closed set of conditions on an order.

Every order belongs to exactly one campaign of a kind: the newest running one whose conditions it
fits, else the standing one (R-REPEAT-2). Belongs here: the conditions, their words, their check.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import date, timedelta

from campaigns.errors import UsageError
from campaigns.ledger import yuan
from campaigns.regions import PROVINCES

GOODS_MOST = 20
WORD_MAX_CHARS = 30
AMOUNT_MOST_YUAN = 10_000_000


@dataclass(frozen=True, slots=True)
class Ordered:
    """What the conditions are asked about: one order of a customer."""

    region: str | None
    total_fen: int
    titles: tuple[str, ...]
    placed_on: date
    is_vip: bool = False


@dataclass(frozen=True, slots=True)
class Population:
    """Conditions that all have to hold; an empty one asks nothing.

    provinces                    of the delivery address, else of the phone (R-HOURS-4)
    amount_from_fen, _to_fen     the order's 总金额, both ends included
    goods                        one of these words is in a title
    placed_from, placed_to       the day of placing, both included
    vip_only                     the customer is in the shop's list of VIPs
    """

    provinces: tuple[str, ...] = ()
    amount_from_fen: int | None = None
    amount_to_fen: int | None = None
    goods: tuple[str, ...] = ()
    placed_from: date | None = None
    placed_to: date | None = None
    vip_only: bool = False

    @property
    def is_everybody(self) -> bool:
        """Whether nothing is asked."""
        return self == Population()

    def fits(self, order: Ordered) -> bool:
        """Whether all conditions hold for this order."""
        least, most = self.amount_from_fen, self.amount_to_fen
        first, last = self.placed_from, self.placed_to
        return (
            (not self.provinces or order.region in self.provinces)
            and (least is None or order.total_fen >= least)
            and (most is None or order.total_fen <= most)
            and (not self.goods or _names(self.goods, order.titles))
            and (first is None or order.placed_on >= first)
            and (last is None or order.placed_on <= last)
            and (order.is_vip or not self.vip_only)
        )

    def sentences(self) -> tuple[str, ...]:
        """The conditions as a leader reads them; one sentence says that there are none."""
        least, most = self.amount_from_fen, self.amount_to_fen
        said = [
            f"收货地在{'、'.join(self.provinces)}" if self.provinces else "",
            f"订单金额不低于 {yuan(least)} 元" if least is not None else "",
            f"订单金额不高于 {yuan(most)} 元" if most is not None else "",
            f"宝贝标题里有“{'”或“'.join(self.goods)}”" if self.goods else "",
            f"{self.placed_from} 起拍下" if self.placed_from is not None else "",
            f"{self.placed_to} 为止拍下" if self.placed_to is not None else "",
            "只限 VIP 客户" if self.vip_only else "",
        ]
        return tuple(filter(None, said)) or ("这种业务的全部订单",)

    def moved_by(self, days: timedelta) -> Population:
        """The same conditions with the days of placing so much later."""
        first, last = self.placed_from, self.placed_to
        return Population(
            self.provinces,
            self.amount_from_fen,
            self.amount_to_fen,
            self.goods,
            first and first + days,
            last and last + days,
            self.vip_only,
        )


EVERYBODY = Population()


@dataclass(frozen=True, slots=True)
class Partition:
    """Which campaign of a kind an order belongs to.

    `added` are those that a shop set up and that are planned now, the newest first; `standing` is the
    one that every shop has, None while it is stopped.
    """

    added: Sequence[tuple[int, Population]]
    standing: int | None

    def owner(self, order: Ordered) -> int | None:
        """The campaign that plans this order; one that had a task in a campaign stays there instead."""
        fitting = (campaign for campaign, population in self.added if population.fits(order))
        return next(fitting, self.standing)

    @property
    def asks_goods(self) -> bool:
        """Whether any of them asks for the goods' titles."""
        return any(population.goods for _, population in self.added)

    @property
    def asks_vip(self) -> bool:
        """Whether any of them asks who is a VIP."""
        return any(population.vip_only for _, population in self.added)


def checked(population: Population) -> Population:
    """Give the conditions back in good order. Raises UsageError naming the field."""
    unknown = [name for name in population.provinces if name not in PROVINCES]
    if unknown:
        raise UsageError(f"没有这个省份：{unknown[0]}", field="provinces")
    goods = tuple(dict.fromkeys(word for w in population.goods if (word := " ".join(w.split()))))
    if len(goods) > GOODS_MOST or any(len(word) > WORD_MAX_CHARS for word in goods):
        raise UsageError(f"最多 {GOODS_MOST} 个词，每个不超过 {WORD_MAX_CHARS} 个字", field="goods")
    least, most = population.amount_from_fen, population.amount_to_fen
    for field, amount in (("amount_from", least), ("amount_to", most)):
        if amount is not None and not 0 <= amount <= AMOUNT_MOST_YUAN * 100:
            raise UsageError(f"金额是 0 到 {AMOUNT_MOST_YUAN} 元", field=field)
    if least is not None and most is not None and least > most:
        raise UsageError("最低金额大于最高金额", field="amount_to")
    first, last = population.placed_from, population.placed_to
    if first is not None and last is not None and first > last:
        raise UsageError("开始日期晚于结束日期", field="placed_to")
    provinces = tuple(name for name in PROVINCES if name in population.provinces)
    return Population(provinces, least, most, goods, first, last, population.vip_only)


def stored(population: Population) -> str:
    """The conditions as JSON, those that ask something only."""
    found = {f.name: getattr(population, f.name) for f in fields(population)}
    # Not by equality: an amount of 0 asks something, and equals False.
    asked = {
        name: value
        for name, value in found.items()
        if value is not None and value is not False and value != ()
    }
    return json.dumps(asked, ensure_ascii=False, sort_keys=True, default=str)


def from_stored(text: str | None) -> Population:
    """Read `stored` back; None is everybody."""
    if text is None:
        return EVERYBODY
    plain: Mapping[str, object] = json.loads(text)
    return Population(
        _texts(plain.get("provinces")),
        _whole(plain.get("amount_from_fen")),
        _whole(plain.get("amount_to_fen")),
        _texts(plain.get("goods")),
        _day(plain.get("placed_from")),
        _day(plain.get("placed_to")),
        bool(plain.get("vip_only", False)),
    )


def _names(words: Iterable[str], titles: Iterable[str]) -> bool:
    return any(word.casefold() in title.casefold() for title in titles for word in words)


def _texts(value: object) -> tuple[str, ...]:
    return tuple(map(str, value)) if isinstance(value, list) else ()


def _whole(value: object) -> int | None:
    return None if value is None else int(str(value))


def _day(value: object) -> date | None:
    return None if value is None else date.fromisoformat(str(value))
