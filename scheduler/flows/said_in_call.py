"""What was said in a call, as pages tell it: the way through the dialogue, the scores given."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row

from campaigns.values import Kind, ScoreOrigin
from scripts_zh.errors import ScriptError
from scripts_zh.library import standard_library


@dataclass(frozen=True, slots=True)
class ScoreShown:
    """R-SMP-4, R-SMP-8, R-SMP-12. One score, as the customer said it, by rule, or corrected."""

    at: datetime
    who: str
    value: int
    origin: ScoreOrigin
    reason: str | None
    suggestion: str | None


def score_shown(row: Row[Any]) -> ScoreShown:
    """One entry of the score's history; the last one counts."""
    return ScoreShown(
        row.at, row.who, row.value, ScoreOrigin(row.origin), row.reason, row.suggestion
    )


def script_title(script_id: str | None) -> str | None:
    """The script's title; one that is not there any more is named by its id."""
    if script_id is None:
        return None
    try:
        return standard_library().script(script_id).title
    except ScriptError:
        return script_id


def moments_walked(kind: Kind, stored: str | None) -> tuple[str, ...]:
    """The titles of the moments gone through, in order; empty where nothing was noted.

    A moment that is no longer in the dialogue is named by its id.
    """
    moments: list[str] = json.loads(stored) if stored else []
    try:
        nodes = standard_library().tree(kind).nodes
    except ScriptError:
        return tuple(moments)
    return tuple(nodes[moment].title if moment in nodes else moment for moment in moments)
