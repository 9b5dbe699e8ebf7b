"""What a line did with a call, for whoever looks into it: its steps, what it told, the recordings."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row

from adapters.store.queries import line_steps, lines
from campaigns.lines import Leg, What
from campaigns.values import LineCallState, LineName
from scheduler.flows.line_moments import LineMoment, moments_of
from scheduler.flows.recordings import RecordingShown, recordings_of


@dataclass(frozen=True, slots=True)
class LineStep:
    """One change of state, by the shop's clock. `cause`: what moved it, as the log says it."""

    state: LineCallState
    at: datetime
    cause: str


@dataclass(frozen=True, slots=True)
class LineTold:
    """One thing that the line told. `at` by the line's clock; `verdict` None: not worked off yet."""

    leg: Leg
    what: What
    at: datetime | None
    verdict: str | None


@dataclass(frozen=True, slots=True)
class LineStory:
    """One request to a line, whole. `reason` and `rule`: why it ended without a ring.

    `moments`: what happened, in words; `steps` and `told`: what that is read from, as it stands.
    """

    line: LineName
    state: LineCallState
    reason: str | None
    rule: str | None
    did_ring: bool | None
    moments: tuple[LineMoment, ...]
    steps: tuple[LineStep, ...]
    told: tuple[LineTold, ...]


@dataclass(frozen=True, slots=True)
class LineOfCall:
    """What carried an attempt: its requests, oldest first (none when dialled by hand), and the sound."""

    line: LineName
    stories: tuple[LineStory, ...]
    recordings: tuple[RecordingShown, ...]


def line_of_call(connection: Connection, attempt_id: str, line: str | None) -> LineOfCall:
    """The line's side of an attempt."""
    return LineOfCall(
        LineName(line or LineName.MANUAL),
        tuple(_story(connection, row) for row in lines.calls_of(connection, attempt_id)),
        recordings_of(connection, attempt_id),
    )


def _story(connection: Connection, row: Row[Any]) -> LineStory:
    steps = line_steps.steps_of(connection, f"call:{row.id}")
    told = lines.told_of(connection, row.id)
    return LineStory(
        LineName(row.line),
        LineCallState(row.state),
        row.reason,
        row.rule,
        row.did_ring,
        moments_of(row, steps, told),
        tuple(LineStep(LineCallState(step.state), step.at, step.cause) for step in steps),
        tuple(LineTold(one.event.leg, one.event.what, one.event.at, one.verdict) for one in told),
    )
