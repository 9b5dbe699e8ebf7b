"""Numbers that a campaign has of its own: each change of theirs or of the shop's makes a new version."""

from __future__ import annotations

import json
from datetime import datetime

from sqlalchemy import Connection

from adapters.store.queries import campaigns as queries
from adapters.store.queries import shop as shop_queries
from campaigns.errors import UsageError
from campaigns.own_numbers import composed, overrides_of
from campaigns.policy import Policy


def own_policies(connection: Connection, shop: Policy) -> dict[int, Policy]:
    """What each campaign's own numbers make of these numbers of the shop.

    Raises UsageError, naming the campaign, where nothing is left of its windows.
    """
    found = {}
    for row in queries.with_numbers(connection):
        try:
            found[row.id] = composed(json.loads(row.numbers), shop, 0)
        except UsageError as error:
            raise UsageError(f"活动“{row.name}”：{error.message}", field=error.field) from error
    return found


def renew(connection: Connection, shop: Policy, now: datetime, who: str) -> None:
    """R-HOURS-6. The shop's numbers have changed: so have those of campaigns with some of their own."""
    for campaign_id, policy in own_policies(connection, shop).items():
        shop_queries.add_policy_version(connection, now, overrides_of(policy), who, campaign_id)
