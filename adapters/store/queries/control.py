"""R-DUN-9: what came of those who were called and of those who were kept uncalled."""

from __future__ import annotations

from datetime import date
from typing import Any

from sqlalchemy import Connection, Row, and_, exists, func, or_, select

from adapters.store.models.campaigns import batch, campaign, task, task_order
from adapters.store.models.customers import order
from campaigns.values import Ending

_OTHER = task.alias("other")


def campaigns_with_control(connection: Connection) -> list[Row[Any]]:
    """The campaigns that keep, or once kept, a share uncalled."""
    kept = exists().where(batch.c.campaign_id == campaign.c.id, batch.c.control_percent > 0)
    query = select(campaign.c.id, campaign.c.name, campaign.c.kind, campaign.c.control_percent)
    query = query.where(or_(campaign.c.control_percent > 0, kept)).order_by(campaign.c.id)
    return list(connection.execute(query).all())


def orders_compared(
    connection: Connection, campaign_id: int, first: date, last: date
) -> list[Row[Any]]:
    """Every order with which a customer came into a batch that kept a share uncalled.

    By intention to treat: the tasks of those batches whatever became of them, with the orders that
    each was made for; orders that joined later came after the draw. Left out is whom another campaign
    of the kind was calling already, for they were not drawn. Reads `ix_task_batch_id`.
    """
    called_elsewhere = exists().where(
        _OTHER.c.customer_id == task.c.customer_id,
        _OTHER.c.kind == task.c.kind,
        _OTHER.c.campaign_id != task.c.campaign_id,
        _OTHER.c.created_at <= task.c.created_at,
        _OTHER.c.id < task.c.id,
        or_(_OTHER.c.closed_at.is_(None), _OTHER.c.closed_at > task.c.created_at),
        func.coalesce(_OTHER.c.ending, "") != Ending.CONTROL,
    )
    query = (
        select(
            task.c.batch_id,
            task.c.customer_id,
            func.coalesce(task.c.ending == Ending.CONTROL, False).label("is_control"),
            task.c.created_at,
            order.c.total_fen,
            order.c.paid_fen,
            order.c.paid_at,
            order.c.placed_at,
        )
        .join(batch, batch.c.id == task.c.batch_id)
        .join(
            task_order,
            and_(task_order.c.task_id == task.c.id, task_order.c.joined_at == task.c.created_at),
        )
        .join(order, order.c.id == task_order.c.order_id)
        .where(
            batch.c.campaign_id == campaign_id,
            batch.c.control_percent > 0,
            batch.c.business_day.between(first, last),
            ~called_elsewhere,
        )
        .order_by(task.c.batch_id, task.c.customer_id, order.c.id)
    )
    return list(connection.execute(query).all())
