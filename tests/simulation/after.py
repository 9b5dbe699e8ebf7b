"""What must hold of a shop when a simulation is over."""

from __future__ import annotations

from sqlalchemy import select

from adapters.store.models.calls import attempt
from adapters.store.models.campaigns import task
from campaigns.states import COUNTED_ATTEMPTS, LIVE_ATTEMPTS
from campaigns.values import SHOP_ZONE
from scheduler.flows.ledgers import dunning_detail, dunning_summary
from scheduler.verify.second_opinion import verify
from tests.simulation.chaos import World


def check_history(world: World) -> None:
    """No rule is broken, every task is in a legal state, the ledgers agree with the attempts."""
    report = verify(world.runtime)
    assert report.violations == (), f"seed {world.seed}: {report.violations[:5]}"
    with world.runtime.snapshot() as connection:
        tasks = connection.execute(select(task)).all()
        attempts = connection.execute(select(attempt)).all()
    live = {row.task_id for row in attempts if row.state in LIVE_ATTEMPTS}
    called = {row.task_id for row in attempts if row.state in COUNTED_ATTEMPTS}
    # R-DUN-4: paid before the first attempt, and known so only later, counts nowhere.
    called -= {row.id for row in tasks if row.ending == "paid_uncalled"}
    for row in tasks:
        where = f"seed {world.seed}, task {row.id}"
        assert (row.state == "closed") == (row.closed_at is not None), where
        assert (row.state == "closed") == (row.ending is not None), where
        assert (row.state == "claimed") == (row.id in live), where
    days = sorted(row.at.astimezone(SHOP_ZONE).date() for row in attempts)
    detail = dunning_detail(world.runtime, days[0], days[-1], None)
    summary = dunning_summary(world.runtime, days[0], days[-1], None)
    assert len(detail.rows) == len(called), f"seed {world.seed}"
    names = [column.name for column in summary.form.columns]
    assert summary.total_cells[names.index("催款数")] == len(called)
    assert sum(row.state in COUNTED_ATTEMPTS for row in attempts) == report.checked["attempts"]
