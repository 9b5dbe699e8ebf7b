"""The marketplace behind the training shop, as it stands at an instant.

It is never stored: the seed says who orders what on which day, and the shop's own books say whom it
called and which trades it closed. So every process sees the same one, and it lives on for as long as
somebody looks.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta

from adapters.official_calendar import OfficialCalendar
from adapters.store.queries import training as queries
from adapters.training_shop.goods import CATALOGUE
from adapters.training_shop.marketplace import Marketplace
from adapters.training_shop.shortages import Announced, Shortage, draw_shortages
from adapters.training_shop.talks import pays_after
from campaigns.days import business_day
from campaigns.values import SHOP_ZONE, DayKind
from scheduler.runtime import Runtime

SEED = "waihu training shop 1"
TODAY = date(2026, 10, 15)
"""A Thursday and a working day, a week behind the holidays and five days behind a make-up day."""
DAYS = 13
"""Days of orders before today; the first one has nothing to be called about yet."""
FIRST_DAY = TODAY - timedelta(days=DAYS)

EXPORTED_DAYS = 4
"""The afternoon's export reaches back so far that no unpaid order leaves it before it closes."""
WIDELY_EXPORTED_DAYS = 30
"""The morning's reaches further, for what was shipped and signed for meanwhile (R-CB-2).

Also after the clock has gone on by weeks: a parcel that left the export before it was seen as signed
for would be taken and skipped again for ever (R-CB-4).
"""

CLOSED_BY_HAND = "其它原因"
"""Why a trade is closed that its buyer does not want any more."""

_ORDERS_A_DAY = 70
_ORDERS_ON_A_DAY_OFF = 85
_ORDERS_ON_SALE = 240
"""On the day before today, so that the queue is long enough for a visitor."""
_SHORTAGE_DAYS = 400
_SHORTAGE_SEED = "waihu shortages 24"


def orders_on(day: date, calendar: OfficialCalendar) -> int:
    """How many orders are placed on a day."""
    if day == TODAY - timedelta(days=1):
        return _ORDERS_ON_SALE
    is_off = calendar.kind_of(day) is DayKind.DAY_OFF
    return _ORDERS_ON_A_DAY_OFF if is_off else _ORDERS_A_DAY


def open_marketplace() -> Marketplace:
    """Make the marketplace before its first day."""
    last = FIRST_DAY + timedelta(days=_SHORTAGE_DAYS)
    drawn = draw_shortages(_SHORTAGE_SEED, FIRST_DAY + timedelta(days=1), last)
    return Marketplace(SEED, (*drawn, _put_off()))


def _put_off() -> Shortage:
    """One article more, whose date moves on the evening of today: the list of tomorrow says so."""
    product = next(one for one in CATALOGUE if one.code == "BM008-2")
    moved_to = TODAY + timedelta(days=6)
    return Shortage(
        product=product,
        missing_from=_at(TODAY - timedelta(days=6), 15),
        arrives_at=_at(moved_to, 10),
        announced=(
            Announced(_at(TODAY - timedelta(days=5), 9), TODAY + timedelta(days=3)),
            Announced(_at(TODAY, 18), moved_to),
        ),
        reason="工厂排期延误",
        gift="浴帽一只",
    )


def _at(day: date, hour: int) -> datetime:
    return datetime.combine(day, time(hour), tzinfo=SHOP_ZONE).astimezone(UTC)


def marketplace_at(runtime: Runtime, now: datetime) -> Marketplace:
    """The marketplace with every day up to now, and with what the shop's calls have led to."""
    with runtime.snapshot() as connection:
        calendar = runtime.law(connection).calendar
        calls = queries.reminders(connection, now)
        closings = queries.trades_closed(connection, now)
    marketplace = open_marketplace()
    day = FIRST_DAY
    while day <= business_day(now):
        marketplace.open_day(day, orders_on(day, calendar))
        day += timedelta(days=1)
    react(marketplace, [*calls, *closings])
    return marketplace


def react(marketplace: Marketplace, events: Iterable[queries.Event]) -> None:
    """Let buyers pay after a reminder, and trades be closed by hand, in the order it happened."""
    for event in sorted(events, key=lambda one: one.at):
        if event.code is None:
            for order in marketplace.awaiting(event.buyer, event.at):
                marketplace.close(order, event.at, CLOSED_BY_HAND)
            continue
        after = pays_after(marketplace.seed, event.task, event.called_at, event.code)
        if after is not None:
            for order in marketplace.awaiting(event.buyer, event.at):
                marketplace.pay(order, event.at + after)
