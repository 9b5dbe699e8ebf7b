"""R-DUN-9: the customers whom a day's plan of reminders keeps uncalled."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Connection

from adapters.store.queries import planning as queries
from adapters.store.queries.planning import Campaign
from campaigns.control import is_control
from campaigns.values import Kind

CONTROL_RULE = "R-DUN-9"


@dataclass(frozen=True, slots=True)
class ControlGroup:
    """Of a day's new customers: who was drawn, and whom another campaign keeps uncalled already."""

    percent: int
    drawn: frozenset[int]
    elsewhere: frozenset[int]

    def reason(self, customer_id: int) -> str | None:
        """Why this customer is not called, in Chinese; None: they are."""
        if customer_id in self.elsewhere:
            return "在另一个催款活动的对照组里，订单关闭之前不催"
        if customer_id in self.drawn:
            return "抽进了对照组，不拨打也不留言"
        return None


def control_group(
    connection: Connection,
    campaign: Campaign,
    day: date,
    customer_ids: Collection[int],
    now: datetime,
) -> ControlGroup:
    """R-DUN-9. Draw among those who would otherwise be called.

    A day keeps the share with which it was first planned. Whom another campaign of the kind is calling
    already is not drawn, for they are reached anyway.
    """
    if campaign.kind != Kind.DUNNING:
        return ControlGroup(0, frozenset(), frozenset())
    elsewhere = queries.kept_uncalled(connection, campaign.id, customer_ids, now)
    planned_with = queries.control_percent_of(connection, campaign.id, day)
    percent = campaign.control_percent if planned_with is None else planned_with
    drawn: set[int] = set()
    if percent:
        called = queries.open_elsewhere(connection, campaign.id, campaign.kind)
        drawn = {
            customer
            for customer in customer_ids
            if customer not in called
            and customer not in elsewhere
            and is_control(campaign.control_seed, campaign.id, customer, day, percent)
        }
    return ControlGroup(percent, frozenset(drawn), frozenset(elsewhere))
