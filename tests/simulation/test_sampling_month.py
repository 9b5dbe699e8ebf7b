"""A sampling month lived through: registers, draw, approval, calls, answers, replacement, review.

Beside it the other kinds are called as on any day, with everything that goes wrong in a shop.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest

from adapters.importers.rows import FileKind
from adapters.training_shop.registers import registers
from campaigns.errors import RefusedError, WaihuError
from campaigns.kinds.sampling import SCORED_WANTED
from campaigns.values import Person, Role, SampleState, Verdict
from scheduler.flows import escalations, reviews, sampling
from scheduler.flows.intake import Upload, take
from scheduler.flows.sampling_ledgers import sampling_detail, sampling_summary
from scheduler.flows.sampling_list import Sample
from scheduler.flows.sampling_status import SampleStatus, status
from scheduler.flows.shop import change_policy
from scheduler.flows.todos import awaiting_replies, note_reply
from scheduler.verify.second_opinion import verify
from tests.databases import postgres_only, sqlite_only
from tests.simulation.after import check_history
from tests.simulation.callers import Caller, Desk
from tests.simulation.chaos import World, at

MONTH = "2026-10"
FIRST = date(2026, 10, 12)
DRAWN = date(2026, 10, 26)
LAST = date(2026, 10, 31)
HANDLERS = ("坐席0", "坐席1", "坐席2")
EXPECTED = ("sampling ", "scored", "complaint_escalated", "owner is ready", "breached")
"""What must have come up in every month, whatever the seed."""


@sqlite_only
@pytest.mark.parametrize("seed", [5])
def test_r_smp_a_month_is_lived_through_and_breaks_no_rule(
    database_url: str, tmp_path: Path, seed: int
) -> None:
    live_a_month(database_url, tmp_path, seed)


@postgres_only
def test_r_smp_a_month_on_a_database_server_breaks_no_rule(
    database_url: str, tmp_path: Path
) -> None:
    live_a_month(database_url, tmp_path, 7)


def live_a_month(database_url: str, folder: Path, seed: int) -> None:
    print(f"seed {seed}")  # noqa: T201 - pytest shows it when the test fails
    with World(database_url, folder, seed, at(FIRST, 8)) as world:
        # Fewer days in which to call back: the month is about the sample.
        change_policy(world.runtime, {"signed_to_days": 4}, world.clock.instant, "主管")
        leader = world.hire("组长", Role.LEADER)
        people = [world.hire(f"坐席{number}") for number in range(5)]
        for number in range((DRAWN - FIRST).days):
            world.marketplace.open_day(FIRST + timedelta(days=number), 60)
        world.clock.instant = at(DRAWN, 9)
        world.export_widely(at(DRAWN, 9))
        take_registers(world, at(DRAWN, 9, 10))
        drawn = sampling.draw(world.runtime, MONTH, at(DRAWN, 9, 20), leader, seed)
        again = sampling.redraw(world.runtime, MONTH)
        assert again.is_as_stored
        assert drawn_in(again) == drawn_in(drawn)
        sampling.submit(world.runtime, MONTH, at(DRAWN, 9, 30), leader)
        with pytest.raises(RefusedError):
            sampling.approve(world.runtime, MONTH, at(DRAWN, 9, 31), leader)
        sampling.approve(world.runtime, MONTH, at(DRAWN, 9, 40), world.supervisor)
        plan_days(world, Desk(world), people)
        world.run()
        world.clock.instant = at(LAST, 20)
        world.tick(at(LAST, 20))
        end = status(world.runtime, MONTH, at(LAST, 20))
        check_month(end)
        review_all(world, at(LAST, 20, 30))
        check_books(world, end)
        check_history(world)
    print(sorted(world.seen.items()))  # noqa: T201
    missing = [expected for expected in EXPECTED if not world.seen[expected]]
    assert not missing, f"the month has no case of: {missing}"


def drawn_in(sample: Sample) -> list[tuple[int, int, bool]]:
    return [(one.rank, one.customer_id, one.is_reserve) for one in sample.members]


def take_registers(world: World, now: datetime) -> None:
    """The four registers as the shop keeps them, and the same files again: nothing is new."""
    for one in registers(world.marketplace, FIRST, DRAWN - timedelta(days=1), HANDLERS):
        kind = FileKind(one.source.replace("_", "-"))
        first = take(world.runtime, Upload(one.name, one.content), now, "组长", kind=kind)
        assert first.refused is None
        assert all("打码" in problem.reason for problem in first.rejected)
        again = take(world.runtime, Upload(one.name, one.content), now, "组长", kind=kind)
        assert (again.taken, again.unchanged) == (0, first.rows - len(first.rejected))


def plan_days(world: World, desk: Desk, people: list[Person]) -> None:
    """Three sittings a day from the 27th on, the engine in between, and whoever looks after things."""
    by_name = {person.name: person for person in (*people, world.supervisor)}
    for number in range(1, (LAST - DRAWN).days + 1):
        day = DRAWN + timedelta(days=number)
        world.marketplace.open_day(day, 6)
        world.note(at(day, 8, 31), world.export_widely)
        for hour in range(9, 20):
            world.note(at(day, hour, 46), world.tick)
            world.note(at(day, hour, 20), lambda now: look_after(world, by_name, now))
            world.note(at(day, hour, 47), lambda now: look_after(world, by_name, now))
        for hour, minute in ((10, 5), (13, 40), (17, 25)):
            for place, person in enumerate(people):
                begins = at(day, hour, minute) + timedelta(seconds=41 * place)
                caller = Caller(desk, person, begins + timedelta(minutes=50))
                world.note(begins, caller.call_next)


def look_after(world: World, people: Mapping[str, Person], now: datetime) -> None:
    """R-SMP-5, R-SMP-6. Answers are found, written, taken over or forgotten; some customers reply."""
    draw = world.draw
    for one in escalations.open_escalations(world.runtime, now):
        if one.is_breached:
            world.seen["breached"] += 1
        roll = draw.random()
        owner = people[one.owner]
        try:
            if roll < 0.35:
                escalations.ready(world.runtime, one.id, now, owner)
                world.seen["owner is ready"] += 1
            elif roll < 0.5:
                escalations.answer(world.runtime, one.id, "旺旺上说好了", now, owner)
                world.seen["answered in writing"] += 1
            elif roll < 0.6:
                escalations.take(world.runtime, one.id, now, world.supervisor)
                escalations.hand_over(world.runtime, one.id, "坐席4", now, world.supervisor)
                world.seen["taken over"] += 1
        except WaihuError as refused:
            world.seen[f"escalation refused: {refused.message}"] += 1
    world.work_off_todos(now)
    for todo in awaiting_replies(world.runtime, now):
        if draw.random() < 0.3:
            note_reply(world.runtime, todo.id, now, "组长")
            world.seen["customer replied"] += 1


def check_month(end: SampleStatus) -> None:
    """R-SMP-2, R-SMP-3. Everybody called in has ended, scored or by a reason; enough were scored."""
    assert end.state is SampleState.APPROVED
    assert end.open == 0
    assert end.drawn == end.scored + sum(end.unscored.values())
    assert end.drawn == 60 + end.replaced
    assert end.scored >= SCORED_WANTED
    assert end.satisfaction is not None
    low, high = end.satisfaction.low, end.satisfaction.high
    assert low is not None
    assert high is not None
    assert 1 <= low <= end.satisfaction.mean <= high <= 5


def review_all(world: World, now: datetime) -> None:
    """R-SMP-12. The supervisor goes through the calls; some scores are corrected."""
    for line in reviews.to_review(world.runtime, MONTH, now, world.supervisor):
        reviews.open_review(world.runtime, line.task, now, world.supervisor)
        form = reviews.ReviewForm(Verdict.AGREED)
        if line.score is not None and world.draw.random() < 0.1:
            other = 4 if line.score != 4 else 5
            form = reviews.ReviewForm(Verdict.CORRECTED, other, "客户说的是另一个分数")
        reviews.finish_review(world.runtime, line.task, form, now, world.supervisor)


def check_books(world: World, end: SampleStatus) -> None:
    """R-SMP-11. The ledgers say what the status says, also after corrections."""
    span = (world.runtime, date(2026, 10, 1), LAST, None)
    detail, summary = sampling_detail(*span), sampling_summary(*span)
    assert len(detail.rows) == end.drawn
    names = [column.name for column in summary.form.columns]
    totals = dict(zip(names, summary.total_cells, strict=True))
    assert totals["抽查数"] == end.drawn
    assert totals["评分数"] == end.scored
    assert verify(world.runtime).violations == ()
