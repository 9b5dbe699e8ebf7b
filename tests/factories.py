"""One function for each thing, valid by default, every field open to be said otherwise.

Facts for the pure rules; `tests.shops` founds a whole shop. The usual story: an order placed on Monday
12 May 2025 at 15:00 in the shop's zone, called from Tuesday 08:45 on, closed by the marketplace on
Thursday at 15:00.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import count
from typing import Any

from adapters.official_calendar import OfficialCalendar
from campaigns.facts import (
    AttemptFacts,
    CustomerFacts,
    OrderFacts,
    PhoneFacts,
    SuppressionFacts,
    TaskFacts,
)
from campaigns.policy import Policy
from campaigns.registry import outcome_of
from campaigns.values import (
    SHOP_ZONE,
    AttemptState,
    Kind,
    OrderState,
    PhoneNumber,
    Scope,
)
from scheduler.rules.case import Case
from scheduler.rules.gate import case_for

SECOND = timedelta(seconds=1)
MINUTE = timedelta(minutes=1)
CALENDAR = OfficialCalendar(version=1, first_year=2004, last_year=2026)
"""The library's years, nothing entered by hand; 2027 and later are unknown."""

PLACED = "05-12 15:00"
CALLED = "05-13"
NEWS = "05-13 08:30"
numbers = count(1)


def at(text: str) -> datetime:
    """An instant by the clock on the shop's wall: `05-13 09:00` is of 2025, seconds may follow."""
    full = text if text[4] == "-" else f"2025-{text}"
    return datetime.fromisoformat(full).replace(tzinfo=SHOP_ZONE).astimezone(UTC)


def day(text: str) -> date:
    """A calendar day: `05-13` is of 2025."""
    return date.fromisoformat(text if len(text) > 5 else f"2025-{text}")


# --- facts ---------------------------------------------------------------------------------------


def order(placed: str = PLACED, **fields: Any) -> OrderFacts:
    usual = OrderFacts(
        order_no=f"o{placed}",
        placed_at=at(placed),
        state=OrderState.AWAITING_PAYMENT,
        total_fen=5_000,
        last_seen_at=at(NEWS),
    )
    return replace(usual, **fields)


def phone(key: str = "a", **fields: Any) -> PhoneFacts:
    usual = PhoneFacts(id=ord(key[0]), key=key, added_at=at(NEWS))
    return replace(usual, **fields)


def attempt(when: str, outcome: str | None = "no_answer", **fields: Any) -> AttemptFacts:
    """A call dialled then; its outcome was entered two minutes later. None: not entered yet."""
    instant = at(when)
    entered = None if outcome is None else instant + 2 * MINUTE
    usual = AttemptFacts(
        id=f"{when} {next(numbers)}",
        task_id=1,
        campaign_id=1,
        kind=Kind.DUNNING,
        customer_id=1,
        phone_key="a",
        phone_id=ord("a"),
        at=instant,
        state=AttemptState.DIALLED if outcome is None else AttemptState.CLOSED,
        outcome=outcome,
        outcome_at=entered,
        ended_at=entered,
        is_reached=outcome is not None and outcome_of(Kind.DUNNING, outcome).is_reached,
        lease_until=instant + timedelta(minutes=15),
    )
    return replace(usual, **fields)


def suppression(**fields: Any) -> SuppressionFacts:
    usual = SuppressionFacts("R-DNC-2", Scope.CUSTOMER, at(NEWS), "要求不再联系")
    return replace(usual, **fields)


def task(
    *attempts: AttemptFacts,
    others: Iterable[AttemptFacts] = (),
    phones: Sequence[PhoneFacts] | None = None,
    region: str | None = "浙江",
    suppressions: Sequence[SuppressionFacts] = (),
    **fields: Any,
) -> TaskFacts:
    """A task; `others` are attempts of the customer's other tasks or of others on the phones."""
    everything = sorted([*attempts, *others], key=lambda a: a.at)
    usual = TaskFacts(
        id=1,
        kind=Kind.DUNNING,
        campaign_id=1,
        created_at=at(f"{CALLED} 08:45"),
        business_day=day(CALLED),
        customer=CustomerFacts(
            id=1,
            region=region,
            phones=(phone(),) if phones is None else tuple(phones),
            attempts=tuple(everything),
            suppressions=tuple(suppressions),
        ),
        orders=(order(),),
        attempts=tuple(attempts),
    )
    return replace(usual, **fields)


def case(
    of: TaskFacts,
    now: str | datetime,
    policy: Policy | None = None,
    calendar: OfficialCalendar = CALENDAR,
    **more: Any,
) -> Case:
    instant = at(now) if isinstance(now, str) else now
    return case_for(of, instant, policy or Policy(), calendar, **more)


def a_number() -> PhoneNumber:
    """A number that nobody else in the test has."""
    return PhoneNumber(f"+86184{next(numbers):08d}")
