"""Texts that need a person: of which nothing is known, or whose line is gone (R-MSG-2, R-OOS-2)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from adapters.store.queries import text_troubles as queries
from campaigns.labels_zh import LINE_LABELS
from campaigns.values import Kind, LineName
from scheduler.flows.line_report import has_carrier
from scheduler.runtime import Runtime

LISTED = 100


@dataclass(frozen=True, slots=True)
class UnknownText:
    """R-MSG-2. A text that may have gone out. `blast_id` None: of no mass message."""

    id: str
    blast_id: int | None
    kind: Kind
    line: LineName
    customer_id: int
    buyer: str
    phone_masked: str
    at: datetime | None
    reason: str | None


def unknown_texts(runtime: Runtime) -> list[UnknownText]:
    """What somebody has to look up with the provider; single texts are on no other list."""
    with runtime.snapshot() as connection:
        rows = queries.unknown(connection, LISTED)
    return [
        UnknownText(
            row.id,
            row.blast_id,
            Kind(row.kind),
            LineName(row.line),
            row.customer_id,
            row.buyer,
            row.masked,
            row.at,
            row.reason,
        )
        for row in rows
    ]


def line_gone(runtime: Runtime, connection: Connection, blast_id: int | None = None) -> str | None:
    """Why texts wait for ever: the line that was chosen for them is not set up any more."""
    waiting = {
        line: number
        for line, number in queries.waiting_by_line(connection, blast_id).items()
        if line not in runtime.lines.sms
        and not (line is LineName.TWILIO and has_carrier(runtime))  # `waihu serve` opens it
    }
    if not waiting:
        return None
    names = "、".join(LINE_LABELS[line] for line in waiting)
    return f"线路没有设置好：{names}，{sum(waiting.values())} 条短信发不出去"
