"""What the system answers a caller, in one or two sentences without a customer's name."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from flask_babel import gettext as _

from campaigns.labels_zh import KIND_LABELS
from scheduler.flows.desk import CaseOpened, PauseSeen
from scheduler.flows.outcome_forms import MatterAnswer, OutcomeAnswer
from web.filters import moment
from web.language import is_english, say

_FOLLOWS = {
    "import": "等下一次导入核对付款后再定。",
    "message": "已生成旺旺留言待办。",
    "todo": "已生成待办，请在“我的待办”里完成。",
}


def recorded(answer: OutcomeAnswer, now: datetime, cases: Sequence[CaseOpened] = ()) -> str:
    """Say what was recorded and what follows (R-HOURS-7: also that a wish was moved).

    R-CPL-2: of each case also its number, and by when the customer is to be answered.
    """
    parts = [_("已记录。"), *_what_follows(answer, now)]
    for matter in answer.also:
        kind = say(KIND_LABELS[matter.kind])
        parts += [_("%(kind)s也已记录。", kind=kind), *_what_follows(matter, now)]
    parts += [
        _("已登记售后 #%(number)s，%(at)s 前答复。", number=one.id, at=moment(one.due_at, now))
        for one in cases
    ]
    return (" " if is_english() else "").join(parts)


def paused(pause: PauseSeen) -> str:
    """R-CLAIM-1. Say that the leader paused, why, and that the work goes on afterwards."""
    what = _("组长已暂停全部外呼")
    if pause.campaign is not None:
        words = _("组长已停止活动“%(name)s”") if pause.is_stopped else _("组长已暂停活动“%(name)s”")
        what = words % {"name": pause.campaign}
    after = _("请勿拨打，恢复后可以继续。")
    why = _("原因：%(reason)s", reason=pause.reason)
    return (". " if is_english() else "。").join([what, why, after])


def _what_follows(answer: OutcomeAnswer | MatterAnswer, now: datetime) -> list[str]:
    parts = []
    if answer.state == "closed":
        parts.append(_("任务结束：%(result)s。", result=say(answer.result or "")))
    if answer.moved_callback:
        parts.append(_("约定的时间不在可拨时段，已顺延。"))
    if answer.next_at is not None:
        parts.append(_("下次联系：%(at)s。", at=moment(answer.next_at, now)))
    elif answer.state == "open" and answer.how is None:
        parts.append(_("关闭之前没有可以再打的时间了。"))
    if answer.how in _FOLLOWS:
        parts.append(say(_FOLLOWS[answer.how]))
    return parts


def skipped(back_at: datetime | None, now: datetime) -> str:
    """Say when a skipped customer comes back (R-CLAIM-1)."""
    if back_at is None:
        return _("已跳过，组长会看到原因。")
    return _("已跳过，组长会看到原因。这位客户 %(at)s 再回到队列。", at=moment(back_at, now))
