"""What a task's row says of its schedule, for whoever makes or judges tasks."""

from __future__ import annotations

from datetime import datetime

from campaigns.policy import Policy
from campaigns.values import TaskState
from scheduler.rules.schedule import Schedule


def state_for(judged: Schedule, now: datetime) -> TaskState:
    """Whether a task that nobody holds waits or is ready."""
    is_due = judged.due_at is not None and judged.due_at <= now
    return TaskState.READY if is_due else TaskState.WAITING


def window_group(region: str | None, policy: Policy) -> str:
    """R-HOURS-4. The regions that open together: '' or a region with windows of its own."""
    return region if region is not None and region in policy.region_shifts else ""
