"""Campaigns as work to hand out: which are running, and who calls for which."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, Select, bindparam, exists, or_, select, text

from adapters.store.models.campaigns import campaign, person_campaign
from adapters.store.models.shop import shop

_OWN = person_campaign.alias("own")
_PERSON: Any = bindparam("person")

_OPEN_TO: Select[Any] = (
    select(campaign.c.id)
    .where(
        text("campaign.state = 'running'"),
        ~exists().where(shop.c.paused_at.is_not(None)),
        or_(
            ~exists().where(_OWN.c.person_id == _PERSON),
            exists().where(_OWN.c.person_id == _PERSON, _OWN.c.campaign_id == campaign.c.id),
        ),
    )
    .order_by(campaign.c.id)
)


def open_to(connection: Connection, person_id: int) -> list[int]:
    """The running campaigns that this person calls for; none while everything is paused.

    Somebody who was given no campaign calls for all of them.
    """
    return list(connection.execute(_OPEN_TO, {"person": person_id}).scalars())
