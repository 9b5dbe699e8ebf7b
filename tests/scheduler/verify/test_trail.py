from __future__ import annotations

import pytest
from sqlalchemy import delete

from adapters.store.models.audit import audit, audit_link
from adapters.store.models.shop import job_slot
from tests.scheduler.verify.conftest import One
from tests.scheduler.verify.story import Story, at


def sealed(one: One) -> Story:
    one.story.call(one.task, "05-12 09:30", "no_answer")
    one.story.seal()
    one.story.unlock()
    return one.story


def test_r_aud_1_a_line_that_was_changed(one: One) -> None:
    story = sealed(one)
    assert story.broken() == set()
    story.change(audit, 2, who="李四")
    found = story.report().violations
    assert [f.rule for f in found] == ["R-AUD-1"]
    assert "第 2 环" in found[0].what


def test_r_aud_1_a_link_that_was_recomputed_alone(one: One) -> None:
    story = sealed(one)
    story.change(audit_link, 1, hash="0" * 64)
    # The forged link no longer fits its row, and the next one no longer fits the forged link.
    assert len(story.report().violations) == 2


def test_r_aud_1_a_link_that_was_taken_out(one: One) -> None:
    story = sealed(one)
    with story.engine.begin() as connection:
        connection.execute(delete(audit_link).where(audit_link.c.position == 2))
    assert story.broken() == {"R-AUD-1"}


@pytest.mark.parametrize("what", ["attempt.handed_out", "attempt.dialled", "attempt.closed"])
def test_r_aud_1_an_attempt_without_its_line(one: One, what: str) -> None:
    entry = one.story.call(one.task, "05-12 09:30", "no_answer")
    one.story.unlock()
    with one.story.engine.begin() as connection:
        connection.execute(delete(audit).where(audit.c.what == what))
    (found,) = one.story.report().violations
    assert (found.rule, found.attempt) == ("R-AUD-1", entry)


@pytest.mark.parametrize(
    "what", ["suppression.added", "suppression.lifted", "todo.done", "attempt.skipped"]
)
def test_r_aud_1_work_without_its_line(one: One, what: str) -> None:
    story = one.story
    story.listed(
        "05-12 09:00",
        user_id="nobody",
        lifted_at=at("05-12 10:00"),
        lifted_by="王五",
        lift_reason="客户来电",
    )
    story.todo(one.task, "wangwang", "05-12 14:00", done="05-12 14:05")
    skip = {"state": "skipped", "ended_at": at("05-12 09:31"), "end_reason": "正在开会"}
    story.hand_out(one.task, "05-12 09:30", **skip)
    assert story.broken() == set()
    story.unlock()
    with story.engine.begin() as connection:
        connection.execute(delete(audit).where(audit.c.what == what))
    assert story.broken() == {"R-AUD-1"}


def test_r_aud_1_a_line_left_unchained_is_a_warning(one: One) -> None:
    story = sealed(one)
    assert story.late() == set()
    story.said(at("05-13 09:00"), "plan.made", "batch:1")
    assert story.late(as_of="05-13 09:05") == set()
    assert story.late(as_of="05-13 09:06") == {"R-AUD-1"}
    assert story.broken() == set()


@pytest.mark.parametrize(
    ("job", "rule", "values"),
    [
        ("plan", "R-DUN-1", {"state": "failed", "ended_at": at("05-12 08:46")}),
        ("plan", "R-DUN-1", {"state": "done", "started_at": at("05-12 09:30")}),
        ("seal", "R-AUD-1", {"state": "running"}),
    ],
)
def test_a_job_that_failed_came_late_or_hangs_is_a_warning(
    one: One, job: str, rule: str, values: dict[str, object]
) -> None:
    slot = at("05-12 08:45")
    one.story.row(job_slot, **{"job": job, "slot": slot, "started_at": slot} | values)
    assert one.story.late() == {rule}
    assert one.story.broken() == set()


@pytest.mark.parametrize("state", ["done", "skipped"])
def test_a_job_in_time_is_none(one: One, state: str) -> None:
    slot = at("05-12 08:45")
    one.story.row(job_slot, job="plan", slot=slot, started_at=slot, ended_at=slot, state=state)
    assert one.story.late() == set()
