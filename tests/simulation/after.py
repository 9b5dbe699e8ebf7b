"""What must hold of a shop when a simulation is over."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import date
from typing import Any

from sqlalchemy import Row, select

from adapters.store.models.calls import attempt, todo
from adapters.store.models.campaigns import task
from adapters.store.models.customers import customer
from campaigns.states import COUNTED_ATTEMPTS, LIVE_ATTEMPTS
from campaigns.values import SHOP_ZONE, Kind
from scheduler.flows import ledgers
from scheduler.flows.why import explain
from scheduler.verify.second_opinion import verify
from tests.simulation.chaos import World

Rows = Sequence[Row[Any]]


def check_history(world: World) -> None:
    """No rule is broken, every task is in a legal state, the ledgers agree with the attempts."""
    report = verify(world.runtime)
    assert report.violations == (), f"seed {world.seed}: {report.violations[:5]}"
    with world.runtime.snapshot() as connection:
        tasks = connection.execute(select(task)).all()
        attempts = connection.execute(select(attempt)).all()
        promises = connection.execute(select(todo).where(todo.c.kind == "promise")).all()
    live = {row.task_id for row in attempts if row.state in LIVE_ATTEMPTS}
    for row in tasks:
        where = f"seed {world.seed}, task {row.id}"
        assert (row.state == "closed") == (row.closed_at is not None), where
        assert (row.state == "closed") == (row.ending is not None), where
        assert (row.state == "claimed") == (row.id in live), where
    counted = [row for row in attempts if row.state in COUNTED_ATTEMPTS]
    assert len(counted) == report.checked["attempts"]
    check_ledgers(world, tasks, counted)
    check_conversations(world, counted)
    check_promises(world, promises)
    check_reasons(world, tasks)


def check_ledgers(world: World, tasks: Rows, counted: Rows) -> None:
    """Each called task stands once in the ledger of its kind."""
    uncalled = {row.id for row in tasks if row.ending == "paid_uncalled"}
    called: dict[str, set[int]] = defaultdict(set)
    for row in counted:
        called[row.kind].add(row.task_id)
    # R-DUN-4: paid before the first attempt, and known so only later, counts nowhere.
    called[Kind.DUNNING] -= uncalled
    days = sorted(row.at.astimezone(SHOP_ZONE).date() for row in counted)
    span = (world.runtime, days[0], days[-1], None)
    for kind, ledger in (
        (Kind.DUNNING, ledgers.dunning_detail(*span)),
        (Kind.CALLBACK, ledgers.callback_detail(*span)),
        (Kind.STOCK_OUT, ledgers.stock_out_detail(*span)),
    ):
        assert len(ledger.rows) == len(called[kind]), f"seed {world.seed}, {kind}"
    summary = ledgers.dunning_summary(*span)
    names = [column.name for column in summary.form.columns]
    assert summary.total_cells[names.index("催款数")] == len(called[Kind.DUNNING])


def check_conversations(world: World, counted: Rows) -> None:
    """R-REPEAT-2, R-REPEAT-3. What is settled in one call is one contact, and one a day is enough.

    A call that the customer asked for, one to a number just given and the second half of a cut line
    are exempt (R-REPEAT-5).
    """
    by_id = {row.id: row for row in counted}
    days: dict[tuple[int, date], list[Row[Any]]] = defaultdict(list)
    for row in counted:
        if row.rides_on is not None:
            call = by_id[row.rides_on]
            same = ("customer_id", "phone_key", "caller_id", "at", "dialled_at")
            assert all(getattr(row, name) == getattr(call, name) for name in same)
            assert row.task_id != call.task_id
        elif row.exemption == "none":
            days[row.customer_id, row.at.astimezone(SHOP_ZONE).date()].append(row)
    for (who, day), calls in days.items():
        where = f"seed {world.seed}, customer {who} on {day}"
        calls.sort(key=lambda row: row.at)
        assert len(calls) <= 2, where
        assert not any(row.is_reached for row in calls[:-1]), where


def check_promises(world: World, promises: Rows) -> None:
    """R-OOS-2. Kept, listed as broken, taken back by a rule, or not due yet."""
    now = world.clock.instant
    for row in promises:
        is_settled = row.done_at or row.broken_at or row.withdrawn_at
        assert is_settled or row.due_at > now, f"seed {world.seed}, promise {row.id}"


def check_reasons(world: World, tasks: Rows) -> None:
    """R-AUD-3. Every open task has a due time, or a rule says why it has none."""
    now = world.clock.instant
    waiting = [row for row in tasks if row.state in ("waiting", "ready") and row.due_at is None]
    with world.runtime.snapshot() as connection:
        buyers = dict(connection.execute(select(customer.c.id, customer.c.buyer)).tuples().all())
    for row in waiting:
        buyer = buyers[row.customer_id]
        if "*" in buyer:
            continue  # a masked user ID names several customers, so nobody can be asked about
        said = explain(world.runtime, buyer, now, kind=Kind(row.kind))
        assert said.binding is not None, f"seed {world.seed}, task {row.id}"
        assert said.verdict != "allow", f"seed {world.seed}, task {row.id}"
