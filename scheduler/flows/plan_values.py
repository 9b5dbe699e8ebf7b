"""What a plan says: who becomes a task, and who is left out by which rule."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from campaigns.values import Kind, Topic


@dataclass(frozen=True, slots=True)
class PlannedTask:
    """One customer in the plan. `task` is None in a dry run for a task that would be new."""

    task: int | None
    new: bool
    buyer: str
    orders: tuple[str, ...]
    amount_fen: int
    due_at: datetime | None
    deadline: datetime
    region: str | None
    topic: Topic = Topic.NONE


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A customer of the population who is not called, by which rules, in Chinese why."""

    buyer: str
    rules: tuple[str, ...]
    reason: str


@dataclass(frozen=True, slots=True)
class CampaignPlan:
    """One campaign's day."""

    kind: Kind
    campaign_id: int
    tasks: tuple[PlannedTask, ...]
    left_out: tuple[LeftOut, ...]


@dataclass(frozen=True, slots=True)
class Plan:
    """The plan of one day of calling. `unknown_calendar`: R-HOURS-6, no official calendar yet."""

    day: date
    campaigns: tuple[CampaignPlan, ...]
    unknown_calendar: bool
