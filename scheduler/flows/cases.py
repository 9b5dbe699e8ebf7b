"""The after-sales register (售后问题表): opening cases, working them, their history (R-CASE-1)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from adapters.store.queries import after_sales, audit
from campaigns.days import business_day
from campaigns.registers.cases import due_by_default
from campaigns.values import CaseKind, CaseState
from scheduler.runtime import Law


@dataclass(frozen=True, slots=True)
class NewCase:
    """A problem to be entered. `attempt` is the call that it came out of, if any.

    `due_at` None: as R-CPL-2 says. `who` enters it; None: the handler does.
    """

    customer_id: int
    order_no: str | None
    kind: CaseKind
    cause: str
    agreed: str | None
    handler: str
    attempt: str | None = None
    due_at: datetime | None = None
    who: str | None = None


def open_case(connection: Connection, law: Law, case: NewCase, now: datetime) -> int:
    """R-CASE-1. Enter a problem in the register; the trail holds ids only (R-AUD-1)."""
    who = case.who or case.handler
    case_id = after_sales.add_case(
        connection,
        {
            "business_day": business_day(now),
            "opened_at": now,
            "changed_at": now,
            "handler": case.handler,
            "customer_id": case.customer_id,
            "order_no": case.order_no,
            "kind": case.kind,
            "cause": case.cause,
            "agreed": case.agreed,
            "state": CaseState.OPEN,
            "due_at": case.due_at or due_by_default(now, law.policy),
            "attempt_id": case.attempt,
        },
        who,
    )
    audit.record(
        connection,
        now,
        who,
        "case.opened",
        f"case:{case_id}",
        after={"kind": case.kind, "customer": case.customer_id, "attempt": case.attempt},
    )
    return case_id
