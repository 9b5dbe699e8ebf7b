"""What the invented shop runs out of, until when, and what was said about it on which day."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from random import Random

from adapters.training_shop.goods import CATALOGUE, Product
from campaigns.values import SHOP_ZONE


@dataclass(frozen=True, slots=True)
class Announced:
    """From this instant on the warehouse expected the goods on that day."""

    at: datetime
    expected_on: date


@dataclass(frozen=True, slots=True)
class Shortage:
    """One article that is missing for a while; what is ordered of it waits for `arrives_at`."""

    product: Product
    missing_from: datetime
    arrives_at: datetime
    announced: tuple[Announced, ...]
    reason: str
    gift: str

    def expected_on(self, at: datetime) -> date | None:
        """The day that was last announced by an instant; None before anything was said."""
        said = [one.expected_on for one in self.announced if one.at <= at]
        return said[-1] if said else None

    def is_missing(self, code: str, at: datetime) -> bool:
        """Whether an order of this article paid at this instant has to wait."""
        return code == self.product.code and self.missing_from <= at < self.arrives_at


_REASONS = ("工厂排期延误", "原料没到齐", "质检返工", "仓库盘点发现破损")
_GIFTS = ("香薰蜡烛一支", "杯垫一对", "收纳袋一个", "十元无门槛券")
_EVERY_DAYS = 3
_MOVES = 0.3
_STILL_LISTED_DAYS = 3


def draw_shortages(seed: str, first: date, last: date) -> tuple[Shortage, ...]:
    """One article more runs out every third day; of a third of them the date is put off once."""
    draw = Random(f"{seed} shortages")  # noqa: S311 - seeded on purpose
    found: list[Shortage] = []
    for number in range((last - first).days // _EVERY_DAYS + 1):
        day = first + timedelta(days=number * _EVERY_DAYS)
        begins = _at(day, time(10, 20))
        taken = {one.product.code for one in found if one.arrives_at > begins}
        product = draw.choice([p for p in CATALOGUE if p.code not in taken])
        expected = day + timedelta(days=draw.randrange(4, 9))
        announced = [Announced(begins, expected)]
        if draw.random() < _MOVES:
            known = _at(expected - timedelta(days=draw.randrange(1, 4)), time(10, 20))
            expected += timedelta(days=draw.randrange(3, 6))
            announced.append(Announced(known, expected))
        found.append(
            Shortage(
                product=product,
                missing_from=begins - timedelta(hours=draw.randrange(20, 40)),
                arrives_at=_at(expected, time(10)),
                announced=tuple(announced),
                reason=draw.choice(_REASONS),
                gift=draw.choice(_GIFTS),
            )
        )
    return tuple(found)


def listed(shortages: Iterable[Shortage], at: datetime) -> list[Shortage]:
    """What a list made at an instant names: what is missing, and what has come in these days."""
    since = at - timedelta(days=_STILL_LISTED_DAYS)
    return [one for one in shortages if one.expected_on(at) is not None and one.arrives_at > since]


def waits_until(shortages: Sequence[Shortage], codes: Iterable[str], at: datetime) -> datetime:
    """When all of these articles are here, of an order paid at an instant: at once, or later."""
    bought = set(codes)
    coming = [s.arrives_at for s in shortages if any(s.is_missing(code, at) for code in bought)]
    return max([at, *coming])


def _at(day: date, at: time) -> datetime:
    return datetime.combine(day, at, tzinfo=SHOP_ZONE).astimezone(UTC)
