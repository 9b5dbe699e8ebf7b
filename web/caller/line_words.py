"""What the screen says of the line while a call goes through it."""

from __future__ import annotations

from flask_babel import gettext as _

from campaigns.labels_zh import LINE_LABELS
from campaigns.registry import outcome_of
from campaigns.values import Kind
from scheduler.flows.line_view import LineSeen, Stage
from web.caller.blueprint import caller
from web.language import say

_STAGES = {
    Stage.ASKING: "正在请线路接通",
    Stage.RINGING_YOU: "正在呼叫您的话机，请接听",
    Stage.CONNECTING: "正在呼叫客户",
    Stage.RINGING: "客户的电话在响",
    Stage.TALKING: "客户已接听",
    Stage.SCORING: "客户正在按键评分",
    Stage.OVER: "通话已结束",
    Stage.UNKNOWN: "线路未确认，系统核对中，请勿重拨",
    Stage.NOT_TAKEN: "客户没有被拨打",
    Stage.READY: "",
}


@caller.app_template_global()
def line_stage(seen: LineSeen) -> str:
    """Say the stage in one short sentence."""
    return say(_STAGES[seen.stage]) if _STAGES[seen.stage] else ""


@caller.app_template_global()
def line_name(seen: LineSeen) -> str:
    """Name the line; the training shop's own cannot be mistaken for a real one."""
    return _("训练线路（不会打到真实电话）") if seen.is_training else say(LINE_LABELS[seen.line])


@caller.app_template_global()
def line_likely(seen: LineSeen, kind: Kind) -> str:
    """Name the outcome that the line's word for the end suggests."""
    return say(outcome_of(kind, seen.likely).label) if seen.likely else ""


@caller.app_template_global()
def line_key(seen: LineSeen | None) -> str:
    """Everything by which the strip looks different: another key, and the page asks for it anew."""
    if seen is None or seen.is_manual:
        return ""
    shown = (seen.is_ready, seen.has_phone, seen.in_trouble, seen.can_score, seen.can_go_on)
    flags = (*shown, seen.gave_up, seen.unanswered)
    told = (seen.stage, seen.score, seen.did_ring, seen.likely, *(int(one) for one in flags))
    return " ".join("-" if one is None else str(one) for one in told)


def line_document(seen: LineSeen | None) -> dict[str, object] | None:
    """What the open page is told of the line each time it asks; None for a call by hand."""
    if seen is None or seen.is_manual:
        return None
    return {
        "key": line_key(seen),
        "stage": seen.stage,
        "words": line_stage(seen),
        "seconds": seen.seconds,
        "note": seen.note,
        "likely": seen.likely,
        "score": seen.score,
        "can_score": seen.can_score,
        "can_go_on": seen.can_go_on,
        "in_trouble": seen.in_trouble,
    }
