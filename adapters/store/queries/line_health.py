"""How a line has been answering: whether it is in trouble, read from what was asked of it."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import Connection, func, select

from adapters.store.models.lines import line_call, sms
from campaigns.values import LineName

TROUBLE_AFTER = 5
TROUBLE_WITHIN = timedelta(seconds=60)
"""So many answers that say nothing, in so much time, and a line is left alone for as long."""


def is_in_trouble(connection: Connection, line: LineName, now_machine: datetime) -> bool:
    """Whether the line's circuit is open (safety F9). It closes by itself, when nothing new went wrong.

    Only requests of the last minute are read (index on line and time); one that still waits for its
    answer says nothing yet. The machine's clock, as lines know no other.
    """
    since = now_machine - TROUBLE_WITHIN
    calls = (
        select(func.count())
        .select_from(line_call)
        .where(
            line_call.c.line == line,
            line_call.c.submitted_machine > since,
            line_call.c.answered_machine.is_not(None),
            line_call.c.reason.is_not(None),
            line_call.c.state.in_(("unknown", "unconfirmed")),
        )
    )
    texts = (
        select(func.count())
        .select_from(sms)
        .where(sms.c.line == line, sms.c.sent_machine > since, sms.c.state == "unknown")
    )
    unknown = connection.execute(calls).scalar_one() + connection.execute(texts).scalar_one()
    return bool(unknown >= TROUBLE_AFTER)
