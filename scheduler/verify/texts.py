"""SMS that went out: R-MSG-2, R-MSG-3, R-HOURS-5, R-REPEAT-3, R-DNC, R-DUN-3, R-DUN-4, R-DUN-9, R-OOS-2."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, and_, or_, select

from adapters.store.models.calls import attempt
from adapters.store.models.campaigns import task, task_order
from adapters.store.models.customers import order, order_sighting, suppression
from adapters.store.models.lines import sms
from scheduler.verify.background import Background
from scheduler.verify.binding import ways
from scheduler.verify.days import local_day
from scheduler.verify.do_not_contact import rule_of
from scheduler.verify.history import JUST_BEFORE, REACHED
from scheduler.verify.law import Law
from scheduler.verify.reading import stream
from scheduler.verify.report import Finding, shown

_FOLLOW_UPS = ("moved:", "due:", "arrived:")
_ADVERTISES = ("dunning.unreached.sms", "callback.unreached.sms")
_HINT = "拒收请回复R"
_SIGNED = re.compile("【[^【】]{1,20}】")
_WENT_OUT = sms.c.at.is_not(None) & sms.c.state.in_(
    ("sending", "sent", "delivered", "failed", "unknown")
)
"""What counts: it went out, or may have, or was refused for good."""


def check_windows(connection: Connection, background: Background) -> Iterator[Finding]:
    """R-HOURS-5, R-HOURS-6. Inside a window of the region, under the stored numbers and calendar."""
    for row in _sent(connection, background):
        law = _law_of(row, background)
        if law is None:
            yield _finding("R-HOURS-6", row, "没有记下当时的规则和日历版本")
            continue
        if not law.is_open(row.at, row.region):
            yield _finding("R-HOURS-5", row, "不在可发送时段内发出")
        kind = law.days.kind_of(local_day(row.at))
        if row.day_kind != kind:
            yield _finding("R-HOURS-6", row, f"记录为 {row.day_kind}，按日历应为 {kind}")


def check_wording(connection: Connection, background: Background) -> Iterator[Finding]:
    """R-MSG-3. The signature in front; where it advertises, how to refuse it at the end."""
    for row in _sent(connection, background):
        if _SIGNED.match(row.wording) is None:
            yield _finding("R-MSG-3", row, "没有以签名开头")
        if row.script_id in _ADVERTISES and not row.wording.endswith(_HINT):
            yield _finding("R-MSG-3", row, "没有退订提示")


def check_budgets(connection: Connection, background: Background) -> Iterator[Finding]:
    """R-REPEAT-3. So many a day for each phone and each customer, and never the same text twice."""
    days: dict[tuple[str, object, date], int] = defaultdict(int)
    told: dict[tuple[str, object, str], str] = {}
    for row in _sent(connection, background):
        law = _law_of(row, background) or background.book.law_at(row.at, row.campaign_id)
        for whose, key in (("号码", row.phone_key), ("客户", row.customer_id)):
            days[whose, key, local_day(row.at)] += 1
            if days[whose, key, local_day(row.at)] > law.policy.sms_per_day:
                most = law.policy.sms_per_day
                yield _finding("R-REPEAT-3", row, f"超过每天 {most} 条（按{whose}）")
            before = told.setdefault((whose, key, row.text_hash), row.id)
            if before != row.id:
                yield _finding("R-REPEAT-3", row, f"与短信 {before} 内容相同（按{whose}）")


def check_listed(connection: Connection, background: Background) -> Iterator[Finding]:
    """R-DNC-1, R-DNC-2. Nothing goes to anybody on the list, from that second on."""
    seen: set[tuple[str, int]] = set()
    for way in ways(sms.c.phone_key):
        statement = (
            select(
                sms.c.id,
                sms.c.at,
                sms.c.customer_id,
                suppression.c.id.label("entry"),
                suppression.c.rule,
                suppression.c.since,
                suppression.c.phone_key,
            )
            .join(way.table, way.customer == sms.c.customer_id)
            .join(suppression, way.on)
            .where(
                _by_then(background),
                sms.c.at > suppression.c.since,
                or_(suppression.c.lifted_at.is_(None), sms.c.at < suppression.c.lifted_at),
                or_(suppression.c.kind.is_(None), suppression.c.kind == sms.c.kind),
            )
            .order_by(sms.c.at, sms.c.id)
        )
        for row in stream(connection, statement):
            if (row.id, row.entry) not in seen and way.binds(
                connection, row.customer_id, row.phone_key, row.at
            ):
                seen.add((row.id, row.entry))
                since = f"免打扰条目 {row.entry}{way.words}自 {shown(row.since)} 起有效"
                yield _finding(rule_of(row), row, f"{since}，之后仍发出")


def check_reached(connection: Connection, background: Background) -> Iterator[Finding]:
    """R-MSG-2, R-DUN-9. The fallback is for people whom no call reached, and for nobody kept apart."""
    statement = (
        select(sms.c.id, sms.c.at, sms.c.occasion, task.c.ending, attempt.c.outcome)
        .join(task, task.c.id == sms.c.task_id)
        .outerjoin(
            attempt,
            and_(
                attempt.c.task_id == sms.c.task_id,
                attempt.c.outcome.in_(sorted(REACHED)),
                attempt.c.outcome_at < sms.c.at,
            ),
        )
        .where(_by_then(background))
        .order_by(sms.c.at, sms.c.id)
    )
    for row in stream(connection, statement):
        if row.ending == "control":
            yield _finding("R-DUN-9", row, "发给了留作对照的客户")
        elif row.outcome is not None and not row.occasion.startswith(_FOLLOW_UPS):
            yield _finding("R-MSG-2", row, "发给了电话里已经联系上的客户")


def check_orders(connection: Connection, background: Background) -> Iterator[Finding]:
    """R-DUN-3, R-DUN-4, R-OOS-2. What the newest import then known said of the task's orders.

    What came at the very instant may have come after, so the state just before it is enough.
    """
    for row in _sent(connection, background):
        is_follow_up = row.occasion.startswith(_FOLLOW_UPS)
        if not is_follow_up and row.kind != "dunning":
            continue
        law = _law_of(row, background) or background.book.law_at(row.at, row.campaign_id)
        seen = [_known(connection, row, at) for at in (row.at, row.at - JUST_BEFORE)]
        if is_follow_up:
            wrong = [None if "paid" in {s.state for s in orders} else "R-OOS-2" for orders in seen]
        else:
            wrong = [_reminded(row.at, orders, law) for orders in seen]
        if None not in wrong:
            yield _finding(str(wrong[0]), row, "发出时订单的状态已经不该发")


def _reminded(at: datetime, orders: list[Row[Any]], law: Law) -> str | None:
    unpaid = [o for o in orders if o.state == "awaiting_payment"]
    if not unpaid:
        return "R-DUN-4"
    if min(o.placed_at for o in unpaid) + law.policy.marketplace_closes <= at:
        return "R-DUN-3"
    return "R-DUN-4" if min(o.seen_at for o in unpaid) + law.policy.payment_stale < at else None


def _known(connection: Connection, row: Row[Any], at: datetime) -> list[Row[Any]]:
    """Each order of the task as the newest import known at an instant showed it."""
    statement = (
        select(
            order.c.id,
            order.c.placed_at,
            order_sighting.c.state,
            order_sighting.c.seen_at,
        )
        .join(task_order, task_order.c.order_id == order.c.id)
        .join(order_sighting, order_sighting.c.order_id == order.c.id)
        .where(task_order.c.task_id == row.task_id, task_order.c.joined_at <= row.at)
        .where(order_sighting.c.known_at <= at)
        .order_by(order.c.id, order_sighting.c.known_at, order_sighting.c.id)
    )
    return list({found.id: found for found in connection.execute(statement)}.values())


def _sent(connection: Connection, background: Background) -> Iterator[Row[Any]]:
    return stream(connection, _all(background))


def _all(background: Background) -> Select[Any]:
    columns = (
        *(sms.c.id, sms.c.at, sms.c.task_id, sms.c.campaign_id, sms.c.kind, sms.c.customer_id),
        *(sms.c.phone_key, sms.c.occasion, sms.c.script_id, sms.c.wording, sms.c.text_hash),
        *(sms.c.policy_version, sms.c.calendar_version, sms.c.day_kind, sms.c.region),
    )
    return select(*columns).where(_by_then(background)).order_by(sms.c.at, sms.c.id)


def _by_then(background: Background) -> ColumnElement[bool]:
    return _WENT_OUT if background.as_of is None else _WENT_OUT & (sms.c.at <= background.as_of)


def _law_of(row: Row[Any], background: Background) -> Law | None:
    """R-HOURS-6. The numbers and the calendar that it was sent under; None: it does not say."""
    policy, calendar = row.policy_version, row.calendar_version
    if policy is None or calendar is None or not background.book.has(policy, calendar):
        return None
    return background.book.law(policy, calendar)


def _finding(rule: str, row: Row[Any], what: str) -> Finding:
    return Finding(rule, f"短信 {row.id} {what}", None, row.at)
