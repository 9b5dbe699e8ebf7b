"""R-SMP-5: until when a complaint that was escalated has to be answered."""

from __future__ import annotations

from datetime import datetime

from campaigns.kinds.sampling import ANSWER_WITHIN
from campaigns.policy import Policy
from scheduler.rules.case import OfficialDays
from scheduler.rules.hours import slots_from


def answer_due(
    now: datetime, region: str | None, policy: Policy, calendar: OfficialDays
) -> datetime:
    """Within 30 minutes; where these cross a closed window, 30 minutes after the next opening.

    Dayparts that touch (afternoon, evening) are one window.
    """
    due = now + ANSWER_WITHIN
    open_until: datetime | None = None  # the end of the window that is open now
    for slot in slots_from(now, region, policy, calendar):
        if slot.opens > now and slot.opens != open_until:
            return slot.opens + ANSWER_WITHIN
        if due < slot.closes:
            return due
        open_until = slot.closes
    raise AssertionError("every day has a window (campaigns.policy), so one lies ahead")
