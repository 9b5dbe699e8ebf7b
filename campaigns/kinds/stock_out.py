"""Stock-out notice (缺货通知): R-OOS-1 and R-OOS-2, as facts in, decisions out."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from datetime import datetime, timedelta

from campaigns.days import midnight_of
from campaigns.decisions import Allow, Decision, Follow, Stop
from campaigns.facts import OrderFacts, ShortageFacts, TaskFacts
from campaigns.outcomes import COMMON_OUTCOMES, Outcome
from campaigns.policy import Policy
from campaigns.values import CaseKind, Ending, OrderState, Promise, TodoKind

OUTCOMES: tuple[Outcome, ...] = (
    Outcome(
        "agrees",
        "同意等到货一起发",
        "1",
        "customer",
        Follow.END,
        Ending.AGREED,
        rule="R-OOS-1",
        promises=(Promise.SHIP_TOGETHER,),
    ),
    Outcome(
        "agrees_with_gift",
        "犹豫，答应优先发并送赠品",
        "2",
        "customer",
        Follow.END,
        Ending.AGREED,
        rule="R-OOS-1",
        promises=(Promise.SHIP_TOGETHER, Promise.FIRST_PLACE, Promise.GIFT),
    ),
    Outcome(
        "refuses",
        "不同意，要退款或换货",
        "3",
        "customer",
        Follow.END,
        Ending.REFUSED,
        needs_note=True,
        rule="R-OOS-1",
        opens_case=CaseKind.REFUND,
    ),
    Outcome(
        "relay",
        "非本人·愿转告",
        "4",
        "other",
        Follow.FOLLOW_UP,
        todo=TodoKind.WANGWANG,
        rule="R-OOS-1",
    ),
    Outcome(
        "gave_number",
        "非本人·给了本人电话",
        "5",
        "other",
        Follow.NEW_NUMBER,
        needs_phone=True,
        rule="R-REPEAT-5",
    ),
    *COMMON_OUTCOMES,
)

LEAST_NAME_CHARS = 2
"""A shorter name would be found in half of all titles."""


def folded(name: str) -> str:
    """One spelling of an article's name or code: half-width, lower case, without blanks."""
    return re.sub(r"\s+", "", unicodedata.normalize("NFKC", name)).casefold()


def is_about(name: str, code: str | None, title: str, sku: str | None) -> bool:
    """R-OOS-1. Whether a listed article is this item of an order.

    By code where both sides have one; else the listed name must stand in the item's title, for shop
    titles are the name among search words.
    """
    if code and sku:
        return folded(code) == folded(sku)
    wanted = folded(name)
    return len(wanted) >= LEAST_NAME_CHARS and wanted in folded(title)


def open_shortages(task: TaskFacts) -> list[ShortageFacts]:
    """What is still missing, the one that is expected last in front."""
    missing = [s for s in task.shortages if s.arrived_at is None]
    return sorted(missing, key=lambda s: (s.expected_on, s.id), reverse=True)


def waiting_orders(orders: Sequence[OrderFacts]) -> list[OrderFacts]:
    """R-OOS-1. Paid and not shipped yet."""
    return [o for o in orders if o.state is OrderState.PAID]


def deadline(task: TaskFacts, policy: Policy) -> datetime | None:
    """R-OOS-1. The first instant of the day on which everything is expected.

    From then on the date that the call would name is over: the goods are there or it must be moved.
    """
    missing = open_shortages(task)
    if not missing or not waiting_orders(task.orders):
        return None
    return midnight_of(missing[0].expected_on)


def check_population(
    task: TaskFacts, now: datetime, policy: Policy, needs_import: datetime | None
) -> Decision:
    """R-OOS-1. A paid order that waits for goods which are still missing."""
    if not waiting_orders(task.orders):
        return Stop("R-OOS-1", "订单已发货或已关闭，无需通知缺货")
    if not open_shortages(task):
        return Stop("R-OOS-1", "缺的商品已到货，无需通知缺货")
    return Allow("已付款，商品缺货")


def check_deadline(task: TaskFacts, now: datetime, policy: Policy) -> Decision:
    """R-OOS-1. No notice on or after the day that it would name as the one of arrival."""
    last = deadline(task, policy)
    if last is None or now < last:
        return Allow("还没有到预计到货日")
    return Stop("R-OOS-1", "预计到货日已到，请先更新到货日期")


def rank_at(task: TaskFacts, policy: Policy) -> datetime | None:
    """Whoever paid first hears first: before the order should have been shipped, and goods arrive.

    The marketplace gives a shop so many hours to ship (decision 0021); so a notice takes its turn
    among payment reminders, which are ranked by their closing.
    """
    waiting = waiting_orders(task.orders)
    last = deadline(task, policy)
    if not waiting or last is None:
        return None
    paid_at = min(o.paid_at or o.placed_at for o in waiting)
    return min(last, paid_at + timedelta(hours=policy.ship_within_hours))


def ending_by_orders(task: TaskFacts, first_attempt_at: datetime | None) -> Ending | None:
    """R-OOS-1. Shipped, closed or arrived: there is nothing left to announce."""
    if waiting_orders(task.orders) and open_shortages(task):
        return None
    return Ending.OVERTAKEN


def needs_a_look(task: TaskFacts, now: datetime, policy: Policy) -> bool:
    """R-OOS-1. The list says what is missing; there is no older knowledge to be looked up."""
    return False
