from __future__ import annotations

from datetime import UTC, datetime, timedelta

from scheduler.verify.report import MAX_LISTED, Finding, Notebook

START = datetime(2025, 5, 12, 1, tzinfo=UTC)


def findings(rule: str, count: int) -> list[Finding]:
    return [Finding(rule, "坏了", None, START + timedelta(minutes=n)) for n in range(count)]


def test_findings_come_in_the_order_of_time() -> None:
    notebook = Notebook()
    notebook.take(reversed(findings("R-HOURS-1", 3)))
    assert [f.at for f in notebook.findings()] == [f.at for f in findings("R-HOURS-1", 3)]


def test_a_wholly_broken_history_is_listed_up_to_a_bound() -> None:
    notebook = Notebook()
    notebook.take(findings("R-HOURS-1", MAX_LISTED + 5))
    notebook.take(findings("R-DUN-4", 1))
    listed = notebook.findings()
    assert len(listed) == MAX_LISTED + 2
    assert "另有 5 条" in listed[-1].what
    assert {f.rule for f in listed} == {"R-HOURS-1", "R-DUN-4"}
