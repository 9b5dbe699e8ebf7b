"""What calls bring back: the after-sales register with its history, and feedback (R-CASE-1, R-CB-6)."""

from __future__ import annotations

from sqlalchemy import Connection, insert

from adapters.store.models.after_sales import case_entry, feedback, service_case


def add_case(
    connection: Connection, values: dict[str, object], who: str, note: str | None = None
) -> int:
    """A new case and the first entry of its history. `values`: the columns of `service_case`."""
    case_id = int(
        connection.execute(
            insert(service_case).values(values).returning(service_case.c.id)
        ).scalar_one()
    )
    connection.execute(
        insert(case_entry).values(
            case_id=case_id,
            at=values["opened_at"],
            who=who,
            state=values["state"],
            handler=values["handler"],
            due_at=values["due_at"],
            note=note,
        )
    )
    return case_id


def add_feedback(connection: Connection, values: dict[str, object]) -> int:
    """What one callback collected about one product (R-CB-6)."""
    result = connection.execute(insert(feedback).values(values).returning(feedback.c.id))
    return int(result.scalar_one())
