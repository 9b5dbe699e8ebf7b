"""What a caller entered, read from the form: the matter of the call and those settled with it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from enum import StrEnum
from itertools import islice
from typing import TypeVar

from campaigns.errors import UsageError
from campaigns.values import CaseKind, Effect
from scheduler.flows.outcome_forms import CaseForm, FeedbackForm, MatterForm, OutcomeForm
from web.forms import read_instant, read_number

MOST_MATTERS = 8
"""More than a customer can have in one call: there is one open task for each campaign."""

LONGEST_PATH = 200
"""More moments than any talk goes through; a talk may go back and forth."""

_MOMENT = re.compile(r"[a-z][a-z0-9_]{0,60}")

ValueT = TypeVar("ValueT", bound=StrEnum)


def read_outcome(form: Mapping[str, str]) -> OutcomeForm:
    """Read the whole form. Raises UsageError naming the field that cannot be read.

    The fields of a further matter begin with `m<task>-`; `also` lists these tasks. One without an
    outcome was not talked about and is left out, so it stays open (R-REPEAT-2).
    """
    also = [_matter(form, task) for task in _tasks(form.get("also", ""))]
    main = _fields(form, "")
    return OutcomeForm(
        code=form.get("code", ""),
        callback_at=main.callback_at,
        phone=main.phone,
        note=main.note,
        key=form.get("key") or None,
        feedback=main.feedback,
        case=main.case,
        score=main.score,
        reason=main.reason,
        suggestion=main.suggestion,
        path=_path(form.get("path", "")),
        also=tuple(matter for matter in also if matter.code),
    )


def _tasks(listed: str) -> list[int]:
    numbers = listed.split()
    if len(numbers) > MOST_MATTERS:
        raise UsageError("一次通话的事项太多", field="also")
    return [read_number(number, "also") for number in numbers]


def _matter(form: Mapping[str, str], task: int) -> MatterForm:
    return _fields(form, f"m{task}-", task)


def _fields(form: Mapping[str, str], prefix: str, task: int = 0) -> MatterForm:
    return MatterForm(
        task=task,
        code=form.get(f"{prefix}code", ""),
        callback_at=read_instant(form.get(f"{prefix}callback_at"), f"{prefix}callback_at"),
        phone=_text(form, f"{prefix}phone"),
        note=_text(form, f"{prefix}note"),
        feedback=_feedback(form, prefix),
        case=_case(form, prefix),
        score=_score(form.get(f"{prefix}score"), f"{prefix}score"),
        reason=_text(form, f"{prefix}reason"),
        suggestion=_text(form, f"{prefix}suggestion"),
    )


def _score(typed: str | None, field: str) -> int | None:
    return read_number(typed, field) if typed else None


def _path(listed: str) -> tuple[str, ...]:
    """The dialogue's moments in the order they were gone through; what is none is left out."""
    moments = (moment for moment in listed.split() if _MOMENT.fullmatch(moment))
    return tuple(islice(moments, LONGEST_PATH))


def _feedback(form: Mapping[str, str], prefix: str) -> FeedbackForm | None:
    """R-CB-6. None where the form has no such fields, or nothing was said in them."""
    feedback = FeedbackForm(
        product=form.get(f"{prefix}product", "").strip(),
        effect=_one_of(Effect, form.get(f"{prefix}effect"), f"{prefix}effect"),
        complaint=form.get(f"{prefix}complaint", "").strip(),
        wish=form.get(f"{prefix}wish", "").strip(),
        verbatim=form.get(f"{prefix}verbatim", "").strip(),
    )
    return None if feedback.is_empty else feedback


def _case(form: Mapping[str, str], prefix: str) -> CaseForm | None:
    """R-CASE-1. None where no problem was described."""
    kind = _one_of(CaseKind, form.get(f"{prefix}case_kind"), f"{prefix}case_kind")
    agreed = form.get(f"{prefix}agreed", "").strip()
    return None if kind is None and not agreed else CaseForm(kind, agreed)


def _one_of(values: type[ValueT], text: str | None, field: str) -> ValueT | None:
    if not text:
        return None
    try:
        return values(text)
    except ValueError as error:
        raise UsageError(f"不认识的选项：{text}", field=field) from error


def _text(form: Mapping[str, str], field: str) -> str | None:
    return form.get(field) or None
