"""What a caller enters after a call, and what they are told."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from campaigns.errors import UsageError
from campaigns.labels_zh import SCORE_LABELS
from campaigns.outcomes import Outcome
from campaigns.phone import FAULT_TEXTS, PhoneFault, read_phone
from campaigns.values import CaseKind, Effect, Ending, Kind, PhoneNumber

NOTE_MAX_CHARS = 2_000
FIELD_MAX_CHARS = 500


@dataclass(frozen=True, slots=True)
class FeedbackForm:
    """R-CB-6. What the customer says of the goods; `product` empty: the order's own title."""

    product: str = ""
    effect: Effect | None = None
    complaint: str = ""
    wish: str = ""
    verbatim: str = ""

    @property
    def is_empty(self) -> bool:
        """Nothing was said that is worth keeping."""
        return self.effect is None and not any((self.complaint, self.wish, self.verbatim))


@dataclass(frozen=True, slots=True)
class CaseForm:
    """R-CASE-1. The problem that the call opens; `kind` None: as the outcome says."""

    kind: CaseKind | None = None
    agreed: str = ""


@dataclass(frozen=True, slots=True)
class MatterForm:
    """What came of one matter (one task) in a call."""

    task: int
    code: str
    callback_at: datetime | None = None
    phone: str | None = None
    note: str | None = None
    feedback: FeedbackForm | None = None
    case: CaseForm | None = None
    score: int | None = None
    reason: str | None = None
    suggestion: str | None = None


@dataclass(frozen=True, slots=True)
class OutcomeForm:
    """What the caller entered. `key` makes a repeated request answer the same.

    score, reason, suggestion  R-SMP-4, of a sampling call; the words are the customer's
    path                       the moments of the dialogue that were gone through, in order

    `also`: the customer's further matters that were settled in the same call (R-REPEAT-2).
    """

    code: str
    callback_at: datetime | None = None
    phone: str | None = None
    note: str | None = None
    key: str | None = None
    feedback: FeedbackForm | None = None
    case: CaseForm | None = None
    score: int | None = None
    reason: str | None = None
    suggestion: str | None = None
    path: tuple[str, ...] = ()
    also: tuple[MatterForm, ...] = ()

    def about(self, task: int) -> MatterForm:
        """The matter that the call was made for."""
        return MatterForm(
            task,
            self.code,
            self.callback_at,
            self.phone,
            self.note,
            self.feedback,
            self.case,
            self.score,
            self.reason,
            self.suggestion,
        )


@dataclass(frozen=True, slots=True)
class MatterAnswer:
    """What follows for a further matter; the fields are those of OutcomeAnswer."""

    task: int
    kind: Kind
    state: str
    result: str
    next_at: datetime | None
    how: str | None
    rules: tuple[str, ...]
    moved_callback: bool = False


@dataclass(frozen=True, slots=True)
class OutcomeAnswer:
    """What follows. `state` is open or closed; `how` is call, import, message, todo or None.

    `moved_callback`: R-HOURS-7, the wish fell outside a window and was moved to `next_at`.
    """

    task: int
    state: str
    result: str
    next_at: datetime | None
    how: str | None
    rules: tuple[str, ...]
    moved_callback: bool = False
    also: tuple[MatterAnswer, ...] = ()

    def stored(self) -> str:
        """As JSON, for a repeated request."""
        return json.dumps(asdict(self), ensure_ascii=False, default=datetime.isoformat)


def answer_from(stored: str) -> OutcomeAnswer:
    """The first answer, for a repeated request."""
    plain: dict[str, Any] = json.loads(stored)
    also = tuple(
        MatterAnswer(kind=Kind(one.pop("kind")), **_with_values(one))
        for one in plain.pop("also", ())
    )
    return OutcomeAnswer(also=also, **_with_values(plain))


def _with_values(plain: dict[str, Any]) -> dict[str, Any]:
    at = plain["next_at"]
    next_at = datetime.fromisoformat(at) if at else None
    return plain | {"next_at": next_at, "rules": tuple(plain["rules"])}


def check_form(outcome: Outcome, form: MatterForm) -> PhoneNumber | None:
    """The given number, if any. Raises UsageError for a missing or wrong field."""
    note = (form.note or "").strip()
    if outcome.needs_note and not note:
        raise UsageError(f"“{outcome.label}”需要填写备注", field="note")
    if len(note) > NOTE_MAX_CHARS:
        raise UsageError(f"备注最多 {NOTE_MAX_CHARS} 字", field="note")
    _check_score(outcome, form)
    if form.feedback is not None:
        _check_lengths(asdict(form.feedback))
    if form.case is not None:
        _check_lengths(asdict(form.case))
    if outcome.needs_phone and not (form.phone or "").strip():
        raise UsageError(f"“{outcome.label}”需要填写电话号码", field="phone")
    if not (form.phone or "").strip():
        return None
    number = read_phone(form.phone or "")
    if isinstance(number, PhoneFault):
        raise UsageError(f"电话号码不能用：{FAULT_TEXTS[number]}", field="phone")
    return number


def _check_score(outcome: Outcome, form: MatterForm) -> None:
    """R-SMP-4. A score from 1 to 5 where one belongs; 1 and 2 need the customer's reason."""
    _check_lengths({"reason": form.reason, "suggestion": form.suggestion})
    if form.score is None:
        if outcome.ending is Ending.SCORED:
            raise UsageError("请选择 1 到 5 分", field="score")
        return
    if not outcome.takes_score:
        raise UsageError(f"“{outcome.label}”不能填写评分", field="score")
    if form.score not in SCORE_LABELS:
        raise UsageError("评分只能是 1 到 5", field="score")
    said = (form.reason or "").strip() or (outcome.escalates and (form.note or "").strip())
    if form.score in NEEDS_REASON and not said:
        raise UsageError("1 分和 2 分要写明客户说的原因", field="reason")


NEEDS_REASON = frozenset({1, 2})
"""R-SMP-4. Scores whose reason is recorded in the customer's words."""


def _check_lengths(fields: dict[str, object]) -> None:
    for name, value in fields.items():
        if isinstance(value, str) and len(value) > FIELD_MAX_CHARS:
            raise UsageError(f"每一项最多 {FIELD_MAX_CHARS} 字", field=name)
