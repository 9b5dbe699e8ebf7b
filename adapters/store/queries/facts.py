"""Filling the facts that the rules read, as known at one instant (R-AUD-3) or as of now.

`as_of` None reads everything stored. With an instant, whatever was learned later stays out: states
of orders known later, attempts made later, outcomes entered later, entries made later.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row

from adapters.store.queries.fact_statements import (
    ATTEMPTS,
    ATTEMPTS_THEN,
    CUSTOMERS,
    ENTRIES_NOW,
    ENTRIES_THEN,
    ORDERS,
    ORDERS_THEN,
    PHONES,
    PHONES_THEN,
    SHORTAGES,
    SHORTAGES_THEN,
    TASKS,
)
from adapters.store.queries.sampling_facts import sampling_facts
from campaigns.facts import (
    AttemptFacts,
    CustomerFacts,
    OrderFacts,
    PhoneFacts,
    ShortageFacts,
    SuppressionFacts,
    TaskFacts,
)
from campaigns.labels_zh import CAMPAIGN_STATE_LABELS
from campaigns.values import (
    AttemptState,
    CampaignState,
    Exemption,
    Kind,
    OrderState,
    Scope,
    Topic,
)

HISTORY = timedelta(days=91)
"""How far back the longest budget reads (R-REPEAT-1's 90 days)."""

CHUNK = 1_000
"""Ids asked for at once."""


def load_tasks(
    connection: Connection, task_ids: Iterable[int], now: datetime, *, as_of: datetime | None = None
) -> dict[int, TaskFacts]:
    """Task facts by id, a bounded number of queries for each thousand."""
    ids = list(task_ids)
    found: dict[int, TaskFacts] = {}
    for start in range(0, len(ids), CHUNK):
        found |= _load_chunk(connection, ids[start : start + CHUNK], now, as_of)
    return found


def _load_chunk(
    connection: Connection, ids: Sequence[int], now: datetime, as_of: datetime | None
) -> dict[int, TaskFacts]:
    rows = connection.execute(TASKS, {"ids": ids}).all()
    customers = load_customers(connection, {row.customer_id for row in rows}, now, as_of=as_of)
    orders = _orders_of_tasks(connection, ids, as_of)
    stock_outs = [row.id for row in rows if row.kind == Kind.STOCK_OUT]
    shortages = _shortages(connection, stock_outs, as_of) if stock_outs else {}
    sampled = [row.id for row in rows if row.kind == Kind.SAMPLING]
    sampling = sampling_facts(connection, sampled, as_of) if sampled else {}
    own: dict[int, list[AttemptFacts]] = defaultdict(list)
    for facts in customers.values():
        for made in facts.attempts:
            if made.customer_id == facts.id:
                own[made.task_id].append(made)
    return {
        row.id: TaskFacts(
            id=row.id,
            kind=Kind(row.kind),
            campaign_id=row.campaign_id,
            created_at=row.created_at,
            business_day=row.business_day,
            customer=customers[row.customer_id],
            orders=tuple(orders[row.id]),
            attempts=tuple(own[row.id]),
            topic=Topic(row.topic),
            shortages=tuple(shortages.get(row.id, ())),
            held_back=_held_back(row, as_of),
            held_back_since=_held_back_since(row),
            sampling=sampling.get(row.id),
        )
        for row in rows
    }


def _held_back(row: Row[Any], as_of: datetime | None) -> str | None:
    """Why nothing is handed out of the task's campaign just now; the past is not asked."""
    if as_of is not None:
        return None
    if row.paused_at is not None:
        return f"全部外呼已暂停：{row.paused_reason}"
    state = CampaignState(row.campaign_state)
    if state is CampaignState.RUNNING:
        return None
    return f"活动“{row.campaign_name}”{CAMPAIGN_STATE_LABELS[state]}：{row.state_reason}"


def _held_back_since(row: Row[Any]) -> datetime | None:
    """Since when its campaign, or everything, stands; the earlier one of both."""
    stands = CampaignState(row.campaign_state) is not CampaignState.RUNNING
    if stands and row.state_since is None:
        return None
    since = [at for at in (row.paused_at, row.state_since if stands else None) if at is not None]
    return min(since, default=None)


def _shortages(
    connection: Connection, ids: Sequence[int], as_of: datetime | None
) -> dict[int, list[ShortageFacts]]:
    found: dict[int, list[ShortageFacts]] = defaultdict(list)
    for row in _read(connection, SHORTAGES, SHORTAGES_THEN, as_of, ids=ids):
        if _since(row.closed_at, as_of):
            continue  # nobody is called about it any more
        arrived = row.arrived_at if _since(row.arrived_at, as_of) else None
        found[row.task_id].append(ShortageFacts(row.id, row.name, row.expected_on, arrived))
    return found


def load_customers(
    connection: Connection,
    customer_ids: Iterable[int],
    now: datetime,
    *,
    as_of: datetime | None = None,
) -> dict[int, CustomerFacts]:
    """Customer facts by id: phones, recent attempts of theirs and on their phones, suppressions."""
    ids = list(customer_ids)
    found: dict[int, CustomerFacts] = {}
    for start in range(0, len(ids), CHUNK):
        part = ids[start : start + CHUNK]
        rows = connection.execute(CUSTOMERS, {"ids": part}).all()
        phones, holders = _phones(connection, part, as_of)
        attempts = _attempts(connection, part, holders, now, as_of)
        identities = {row.identity: row.id for row in rows}
        entries = _suppressions(connection, part, holders, identities, as_of)
        for row in rows:
            found[row.id] = CustomerFacts(
                id=row.id,
                region=row.region,
                phones=tuple(phones[row.id]),
                attempts=tuple(attempts[row.id]),
                suppressions=tuple(entries[row.id]),
            )
    return found


def _phones(
    connection: Connection, ids: Sequence[int], as_of: datetime | None
) -> tuple[dict[int, list[PhoneFacts]], dict[str, set[int]]]:
    phones: dict[int, list[PhoneFacts]] = defaultdict(list)
    holders: dict[str, set[int]] = defaultdict(set)
    for row in _read(connection, PHONES, PHONES_THEN, as_of, ids=ids):
        holders[row.phone_key].add(row.customer_id)
        phones[row.customer_id].append(
            PhoneFacts(
                id=row.id,
                key=row.phone_key,
                added_at=row.added_at,
                is_owner=not _since(row.other_since, as_of),
                is_verified=_since(row.verified_at, as_of),
                is_wrong=_since(row.wrong_since, as_of),
                is_spent=_since(row.spent_since, as_of),
                usable_until=row.usable_until,
                last_reached_at=row.last_reached_at if _since(row.last_reached_at, as_of) else None,
            )
        )
    return phones, holders


def _since(instant: datetime | None, as_of: datetime | None) -> bool:
    return instant is not None and (as_of is None or instant <= as_of)


def _attempts(
    connection: Connection,
    ids: Sequence[int],
    holders: dict[str, set[int]],
    now: datetime,
    as_of: datetime | None,
) -> dict[int, list[AttemptFacts]]:
    wanted = set(ids)
    found: dict[int, list[AttemptFacts]] = defaultdict(list)
    rows = _read(
        connection,
        ATTEMPTS,
        ATTEMPTS_THEN,
        as_of,
        ids=ids,
        keys=list(holders),
        since=now - HISTORY,
    )
    for row in rows:
        facts = _attempt_facts(row, as_of)
        concerned = set(holders.get(row.phone_key, ()))
        if row.customer_id in wanted:
            concerned.add(row.customer_id)
        for customer_id in concerned:
            found[customer_id].append(facts)
    return found


def _read(
    connection: Connection, now: Any, then: Any, as_of: datetime | None, **values: object
) -> Sequence[Row[Any]]:
    if as_of is None:
        return connection.execute(now, values).all()
    return connection.execute(then, values | {"as_of": as_of}).all()


def _attempt_facts(row: Row[Any], as_of: datetime | None) -> AttemptFacts:
    state, at = AttemptState(row.state), row.at
    ended = row.ended_at is not None and (as_of is None or row.ended_at <= as_of)
    if as_of is not None and not ended:
        dialled = row.dialled_at is not None and row.dialled_at <= as_of
        state = AttemptState.DIALLED if dialled else AttemptState.HANDED_OUT
        at = row.dialled_at if dialled else row.handed_out_at
    closed = state is AttemptState.CLOSED
    return AttemptFacts(
        id=row.id,
        task_id=row.task_id,
        campaign_id=row.campaign_id,
        kind=Kind(row.kind),
        customer_id=row.customer_id,
        phone_key=row.phone_key,
        at=at,
        state=state,
        outcome=row.outcome if closed else None,
        outcome_at=row.outcome_at if closed else None,
        is_reached=closed and row.is_reached,
        callback_at=row.callback_at if closed else None,
        exemption=Exemption(row.exemption),
        is_redial=row.redial_of is not None,
        phone_id=row.phone_id,
        given_phone_id=row.given_phone_id if closed else None,
        ended_at=row.ended_at if ended else None,
        lease_until=row.lease_until,
        rides_on=row.rides_on,
    )


def _suppressions(
    connection: Connection,
    ids: Sequence[int],
    holders: dict[str, set[int]],
    identities: dict[str, int],
    as_of: datetime | None,
) -> dict[int, list[SuppressionFacts]]:
    found: dict[int, list[SuppressionFacts]] = defaultdict(list)
    rows = _read(
        connection,
        ENTRIES_NOW,
        ENTRIES_THEN,
        as_of,
        ids=ids,
        keys=list(holders),
        names=list(identities),
    )
    for row in rows:
        facts = SuppressionFacts(
            rule=row.rule,
            scope=Scope(row.scope),
            since=row.since,
            reason=row.reason,
            kind=None if row.kind is None else Kind(row.kind),
            phone_key=row.phone_key,
        )
        concerned = set(holders.get(row.phone_key or "", ()))
        if row.customer_id is not None:
            concerned.add(row.customer_id)
        if row.user_id in identities:
            concerned.add(identities[row.user_id])
        for customer_id in concerned:
            found[customer_id].append(facts)
    return found


def _orders_of_tasks(
    connection: Connection, ids: Sequence[int], as_of: datetime | None
) -> dict[int, list[OrderFacts]]:
    found: dict[int, list[OrderFacts]] = defaultdict(list)
    for row in _read(connection, ORDERS, ORDERS_THEN, as_of, ids=ids):
        found[row.task_id].append(order_facts(row, as_of))
    return found


def order_facts(row: Row[Any], as_of: datetime | None = None) -> OrderFacts:
    """An order's row, as it stands or as it was known at `as_of`."""
    missing = row.missing_since
    return OrderFacts(
        order_no=row.order_no,
        placed_at=row.placed_at,
        state=OrderState(row.state),
        total_fen=row.total_fen,
        last_seen_at=row.last_seen_at,
        missing_since=missing if _since(missing, as_of) else None,
        paid_at=row.paid_at,
        paid_fen=row.paid_fen,
        shipped_at=row.shipped_at or row.shipped_seen_at,
        signed_at=row.received_at or row.completed_at,
    )
