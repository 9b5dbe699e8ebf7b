"""R-SMP-5: until when an escalated complaint has to be answered."""

from __future__ import annotations

import pytest

from campaigns.policy import Policy
from scheduler.rules.escalation import answer_due
from tests.factories import CALENDAR, at

# 2025-05-13 is a working Tuesday, 05-17 a Saturday.
CASES = [
    ("05-13 10:00", "05-13 10:30", None),
    ("05-13 11:29", "05-13 11:59", None),
    ("05-13 11:30", "05-13 13:30", None),  # 12:00 itself is closed
    ("05-13 11:50", "05-13 13:30", None),
    ("05-13 16:45", "05-13 17:15", None),  # afternoon and evening touch
    ("05-13 19:29", "05-13 19:59", None),
    ("05-13 19:30", "05-14 09:30", None),
    ("05-16 19:50", "05-17 10:30", None),
    ("05-13 11:50", "05-13 15:30", "西藏"),
    ("05-13 12:30", "05-13 13:30", None),  # entered after the window closed
]


@pytest.mark.parametrize(("said", "due", "region"), CASES)
def test_r_smp_5_thirty_minutes_of_open_time(said: str, due: str, region: str | None) -> None:
    assert answer_due(at(said), region, Policy(), CALENDAR) == at(due)
