"""The called tasks of callbacks and stock-out notices, with what their calls brought (R-CB-6, R-OOS-2).

The tasks are picked once, by ix_attempt_at; what belongs to them is asked for by their ids, some
thousands at a time. Joined to the picked attempts each question would pick them anew, and all ids
at once are more than a statement may have.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, Connection, Row, Select, func, select

from adapters.store.models.after_sales import feedback, service_case
from adapters.store.models.calls import attempt, todo
from adapters.store.models.campaigns import task, task_order
from adapters.store.models.customers import customer, order, order_item
from adapters.store.models.shop import person
from adapters.store.models.stock import shortage, shortage_date, task_shortage
from adapters.store.queries.ledgers import Span, first_attempts, known_then
from campaigns.kinds.call_detail import CalledMatter, CallMade, CaseOpened, OrderCalledAbout
from campaigns.kinds.callback_ledger import CallbackRow, SaidOfGoods
from campaigns.kinds.stock_out_ledger import MissingArticle, PromiseMade, StockOutRow
from campaigns.states import COUNTED_ATTEMPTS
from campaigns.values import CaseKind, Effect, Ending, Kind, Promise, TodoKind, Topic

IDS_AT_ONCE = 4_000

FoundT = TypeVar("FoundT")
Ask = Callable[[Connection, Sequence[int], datetime | None], dict[int, list[FoundT]]]
"""What belongs to these tasks, as known at an instant, by task."""


def called_back(connection: Connection, span: Span, limit: int) -> list[CallbackRow]:
    """R-CB-6. The callbacks whose first attempt lies in the span, at most `limit`, in that order."""
    matters = _matters(connection, Kind.CALLBACK, span, limit)
    said = of_all(connection, _feedback, [m.task_id for m in matters], span.as_of)
    return [CallbackRow(matter, tuple(said.get(matter.task_id, ()))) for matter in matters]


def told_of_shortages(connection: Connection, span: Span, limit: int) -> list[StockOutRow]:
    """R-OOS-2. The notices whose first attempt lies in the span, at most `limit`, in that order."""
    matters = _matters(connection, Kind.STOCK_OUT, span, limit)
    ids = [matter.task_id for matter in matters]
    articles = of_all(connection, _articles, ids, span.as_of)
    promises = of_all(connection, _promises, ids, span.as_of)
    return [
        StockOutRow(
            matter,
            tuple(articles.get(matter.task_id, ())),
            tuple(promises.get(matter.task_id, ())),
        )
        for matter in matters
    ]


def of_all(
    connection: Connection, ask: Ask[FoundT], ids: Sequence[int], as_of: datetime | None
) -> dict[int, list[FoundT]]:
    """Ask about all these tasks, some thousands at a time."""
    found: dict[int, list[FoundT]] = {}
    for start in range(0, len(ids), IDS_AT_ONCE):
        found |= ask(connection, ids[start : start + IDS_AT_ONCE], as_of)
    return found


def by_then(column: ColumnElement[datetime], as_of: datetime | None) -> list[ColumnElement[bool]]:
    """Keep what was known by then; None: everything."""
    return [] if as_of is None else [column <= as_of]


def _matters(connection: Connection, kind: Kind, span: Span, limit: int) -> list[CalledMatter]:
    picked, as_of = first_attempts(kind, span, limit), span.as_of
    query = (
        select(
            picked.c.task_id,
            task.c.topic,
            task.c.ending,
            task.c.closed_at,
            customer.c.buyer,
            person.c.name.label("handler"),
        )
        .select_from(picked)
        .join(task, task.c.id == picked.c.task_id)
        .join(customer, customer.c.id == picked.c.customer_id)
        .join(person, person.c.id == picked.c.caller_id)
        .order_by(picked.c.at, picked.c.id)
    )
    heads = connection.execute(query).all()
    ids = [row.task_id for row in heads]
    calls = of_all(connection, _calls, ids, as_of)
    orders = of_all(connection, _orders, ids, as_of)
    cases = of_all(connection, _cases, ids, as_of)
    return [
        CalledMatter(
            task_id=row.task_id,
            kind=kind,
            topic=Topic(row.topic),
            buyer=row.buyer,
            handler=row.handler,
            calls=tuple(calls[row.task_id]),
            ending=Ending(row.ending) if row.ending and is_by(row.closed_at, as_of) else None,
            orders=tuple(orders.get(row.task_id, ())),
            cases=tuple(cases.get(row.task_id, ())),
        )
        for row in heads
    ]


def is_by(instant: datetime | None, as_of: datetime | None) -> bool:
    """Whether it had happened by then."""
    return instant is not None and (as_of is None or instant <= as_of)


def _calls(
    connection: Connection, ids: Sequence[int], as_of: datetime | None
) -> dict[int, list[CallMade]]:
    """Every attempt of the tasks, redials too; by ix_attempt_task_id."""
    query = (
        select(
            attempt.c.task_id,
            attempt.c.at,
            attempt.c.outcome,
            attempt.c.outcome_at,
            attempt.c.note,
            attempt.c.redial_of,
        )
        .where(attempt.c.task_id.in_(ids))
        .where(attempt.c.state.in_(sorted(COUNTED_ATTEMPTS)), *known_then(as_of))
        .order_by(attempt.c.at, attempt.c.id)
    )
    if as_of is not None:
        query = query.where(attempt.c.at <= as_of)
    found: dict[int, list[CallMade]] = defaultdict(list)
    for row in connection.execute(query):
        is_said = is_by(row.outcome_at, as_of)
        found[row.task_id].append(
            CallMade(
                at=row.at,
                outcome=row.outcome if is_said else None,
                said_at=row.outcome_at if is_said else None,
                note=row.note if is_said else None,
                is_redial=row.redial_of is not None,
            )
        )
    return found


def _orders(
    connection: Connection, ids: Sequence[int], as_of: datetime | None
) -> dict[int, list[OrderCalledAbout]]:
    goods = _goods(connection, ids)
    query = (
        select(
            task_order.c.task_id,
            task.c.topic,
            order.c.order_no,
            order.c.title,
            func.coalesce(order.c.received_at, order.c.completed_at).label("signed_at"),
            func.coalesce(order.c.shipped_at, order.c.shipped_seen_at).label("shipped_at"),
        )
        .where(task_order.c.task_id.in_(ids))
        .join(task, task.c.id == task_order.c.task_id)
        .join(order, order.c.id == task_order.c.order_id)
        .where(*by_then(task_order.c.joined_at, as_of))
        .order_by(order.c.placed_at, order.c.id)
    )
    found: dict[int, list[OrderCalledAbout]] = defaultdict(list)
    for row in connection.execute(query):
        began = {Topic.RECEIVED: row.signed_at, Topic.NOT_RECEIVED: row.shipped_at}
        titles = goods.get(row.order_no) or [row.title or ""]
        found[row.task_id].append(
            OrderCalledAbout(row.order_no, tuple(titles), began.get(Topic(row.topic)))
        )
    return found


def _goods(connection: Connection, ids: Sequence[int]) -> dict[str, list[str]]:
    query = (
        select(order_item.c.order_no, order_item.c.title)
        .join(order, order.c.order_no == order_item.c.order_no)
        .join(task_order, task_order.c.order_id == order.c.id)
        .where(task_order.c.task_id.in_(ids))
        .order_by(order_item.c.order_no, order_item.c.line_no)
    )
    found: dict[str, list[str]] = defaultdict(list)
    for row in connection.execute(query):
        found[row.order_no].append(row.title)
    return found


def _cases(
    connection: Connection, ids: Sequence[int], as_of: datetime | None
) -> dict[int, list[CaseOpened]]:
    query = (
        select(attempt.c.task_id, service_case.c.id, service_case.c.kind)
        .join(attempt, attempt.c.id == service_case.c.attempt_id)
        .where(attempt.c.task_id.in_(ids))
        .where(*by_then(service_case.c.opened_at, as_of))
        .order_by(service_case.c.id)
    )
    found: dict[int, list[CaseOpened]] = defaultdict(list)
    for row in connection.execute(query):
        found[row.task_id].append(CaseOpened(row.id, CaseKind(row.kind)))
    return found


def _feedback(
    connection: Connection, ids: Sequence[int], as_of: datetime | None
) -> dict[int, list[SaidOfGoods]]:
    query = (
        select(feedback)
        .where(feedback.c.task_id.in_(ids))
        .where(*by_then(feedback.c.at, as_of))
        .order_by(feedback.c.at, feedback.c.id)
    )
    found: dict[int, list[SaidOfGoods]] = defaultdict(list)
    for row in connection.execute(query):
        found[row.task_id].append(
            SaidOfGoods(
                product=row.product,
                effect=Effect(row.effect) if row.effect else None,
                complaint=row.complaint,
                wish=row.wish,
                verbatim=row.verbatim,
            )
        )
    return found


def _articles(
    connection: Connection, ids: Sequence[int], as_of: datetime | None
) -> dict[int, list[MissingArticle]]:
    query: Select[Any] = (
        select(
            task_shortage.c.task_id,
            task_shortage.c.joined_at,
            shortage.c.id,
            shortage.c.name,
            shortage.c.arrived_at,
            shortage_date.c.expected_on,
            shortage_date.c.known_at,
        )
        .where(task_shortage.c.task_id.in_(ids))
        .join(shortage, shortage.c.id == task_shortage.c.shortage_id)
        .outerjoin(shortage_date, shortage_date.c.shortage_id == shortage.c.id)
        .where(*by_then(task_shortage.c.joined_at, as_of))
        .order_by(shortage.c.id, shortage_date.c.known_at, shortage_date.c.id)
    )
    grouped: dict[tuple[int, int], list[Row[Any]]] = defaultdict(list)
    for row in connection.execute(query):
        grouped[row.task_id, row.id].append(row)
    found: dict[int, list[MissingArticle]] = defaultdict(list)
    for (task_id, _), rows in grouped.items():
        head = rows[0]
        days = tuple((r.known_at, r.expected_on) for r in rows if r.known_at is not None)
        found[task_id].append(MissingArticle(head.name, days, head.joined_at, head.arrived_at))
    return found


def _promises(
    connection: Connection, ids: Sequence[int], as_of: datetime | None
) -> dict[int, list[PromiseMade]]:
    query = (
        select(todo)
        .where(todo.c.task_id.in_(ids))
        .where(todo.c.kind == TodoKind.PROMISE, *by_then(todo.c.created_at, as_of))
        .order_by(todo.c.id)
    )
    found: dict[int, list[PromiseMade]] = defaultdict(list)
    for row in connection.execute(query):
        found[row.task_id].append(
            PromiseMade(
                promise=Promise(row.occasion.partition(":")[0]),
                is_done=is_by(row.done_at, as_of),
                is_broken=is_by(row.broken_at, as_of),
                is_withdrawn=is_by(row.withdrawn_at, as_of),
            )
        )
    return found
