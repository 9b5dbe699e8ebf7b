"""What came in: R-IMP-2, R-IMP-3."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby

from sqlalchemy import Connection, func, select

from adapters.store.models.customers import order, order_sighting
from adapters.store.models.imports import import_file, import_problem
from scheduler.verify.background import Background
from scheduler.verify.reading import stream
from scheduler.verify.report import Finding

_LATER = {
    "awaiting_payment": frozenset({"paid", "shipped", "completed", "closed"}),
    "paid": frozenset({"shipped", "completed", "closed"}),
    "shipped": frozenset({"completed", "closed"}),
    "completed": frozenset[str](),
    "closed": frozenset[str](),
}
"""R-IMP-3. What each state may become."""


def check_counts(connection: Connection, background: Background) -> Iterator[Finding]:
    """R-IMP-2. taken + unchanged + rejected = rows, and every rejected row is listed."""
    listed = (
        select(func.count(import_problem.c.line.distinct()))
        .where(import_problem.c.import_id == import_file.c.id)
        .where(import_problem.c.severity == "rejected")
        .scalar_subquery()
    )
    statement = select(import_file, listed.label("listed")).order_by(import_file.c.id)
    if background.as_of is not None:
        statement = statement.where(import_file.c.imported_at <= background.as_of)
    for row in connection.execute(statement):
        total = row.taken + row.unchanged + row.rejected
        if total != row.rows:
            what = (
                f"导入 {row.id} 的行数不符：{row.rows} 行，"
                f"收下 {row.taken}、未变 {row.unchanged}、退回 {row.rejected}"
            )
            yield Finding("R-IMP-2", what, None, row.imported_at)
        listed_rows = row.listed
        if listed_rows < row.rejected:  # sheets of one workbook may have the same lines
            listed_rows = _listed_by_sheet(connection, row.id)
        if listed_rows != row.rejected:
            what = f"导入 {row.id} 退回 {row.rejected} 行，只列出 {listed_rows} 行"
            yield Finding("R-IMP-2", what, None, row.imported_at)


def _listed_by_sheet(connection: Connection, import_id: int) -> int:
    """Count the rejected rows by sheet and line; a column reads `sheet›column` then."""
    rows = connection.execute(
        select(import_problem.c.line, import_problem.c.column_name)
        .where(import_problem.c.import_id == import_id)
        .where(import_problem.c.severity == "rejected")
    )
    return len({(row.line, row.column_name.rpartition("›")[0]) for row in rows})


def check_states(connection: Connection, background: Background) -> Iterator[Finding]:
    """R-IMP-3. An order's state only moves forward, and the order shows the last one seen."""
    statement = (
        select(
            order_sighting.c.order_id,
            order_sighting.c.state,
            order_sighting.c.known_at,
            order.c.state.label("current"),
        )
        .join(order, order.c.id == order_sighting.c.order_id)
        .order_by(order_sighting.c.order_id, order_sighting.c.known_at, order_sighting.c.id)
    )
    if background.as_of is not None:
        statement = statement.where(order_sighting.c.known_at <= background.as_of)
    for order_id, group in groupby(stream(connection, statement), key=lambda row: row.order_id):
        before: str | None = None
        for row in group:
            if before is not None and row.state != before and row.state not in _LATER[before]:
                what = f"订单 {order_id} 的状态从 {before} 退回 {row.state}"
                yield Finding("R-IMP-3", what, None, row.known_at)
            before, at, current = row.state, row.known_at, row.current
        if background.as_of is None and before != current:
            what = f"订单 {order_id} 现为 {current}，最后一次看到的是 {before}"
            yield Finding("R-IMP-3", what, None, at)
