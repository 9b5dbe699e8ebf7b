"""When people were contacted: R-HOURS-1 to R-HOURS-7."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, time, timedelta

from campaigns.values import SHOP_ZONE, DayKind
from scheduler.verify.background import Background
from scheduler.verify.days import clock_part, local_day
from scheduler.verify.history import JUST_BEFORE, Attempt, CustomerHistory, TaskHistory
from scheduler.verify.law import Law
from scheduler.verify.report import Finding, shown

ANSWER_MINUTES = 15
"""R-HOURS-7. How late a promised callback may be offered before it is worth a warning."""

_DAY_RULES = {
    DayKind.WORKING: "R-HOURS-1",
    DayKind.DAY_OFF: "R-HOURS-2",
    DayKind.UNKNOWN: "R-HOURS-6",
}


def check_windows(person: CustomerHistory, background: Background) -> Iterator[Finding]:
    """R-HOURS-1, R-HOURS-2, R-HOURS-3, R-HOURS-4, R-HOURS-6. Every call lies in an open window."""
    for a in person.attempts:
        if a.counts:
            law = background.law_of(a)
            if not law.is_open(a.at, a.region):
                yield Finding(
                    closed_rule(a.at, a.region, law),
                    f"{shown(a.at)} 不在可拨打时间内（{law.days.kind_of(local_day(a.at))}）",
                    a.id,
                    a.at,
                )


def closed_rule(instant: datetime, region: str | None, law: Law) -> str:
    """Which rule keeps this instant closed: the bound itself, the region's, or the day's."""
    if instant.astimezone(SHOP_ZONE).time() in (time(12), time(20)):
        return "R-HOURS-3"
    if law.is_open(instant, None):
        return "R-HOURS-4"
    return _DAY_RULES[law.days.kind_of(local_day(instant))]


def check_law_kept(person: CustomerHistory, background: Background) -> Iterator[Finding]:
    """R-HOURS-6. An attempt keeps the calendar and policy in force, and its kind of day."""
    for a in person.attempts:
        if not a.counts:
            continue
        if not background.book.has(a.policy_version, a.calendar_version):
            what = f"记录的规则版本 {a.policy_version} 或日历版本 {a.calendar_version} 不存在"
            yield Finding("R-HOURS-6", what, a.id, a.at)
            continue
        newest = background.book.versions_at(a.handed_out_at - JUST_BEFORE, a.campaign_id)
        if a.policy_version < newest[0] or a.calendar_version < newest[1]:
            yield Finding("R-HOURS-6", "派出时已有更新的规则或日历，却按旧版本拨打", a.id, a.at)
        kind = background.law_of(a).days.kind_of(local_day(a.at))
        if a.day_kind != kind:
            what = f"记录为 {a.day_kind}，按日历版本 {a.calendar_version} 应为 {kind}"
            yield Finding("R-HOURS-6", what, a.id, a.at)


def check_assigned_part(person: CustomerHistory, background: Background) -> Iterator[Finding]:
    """R-HOURS-4. A region's own daypart binds the first attempt, where it can open at all."""
    for task in person.tasks:
        for a in task.made[:1]:
            law = background.law_of(a)
            wanted = law.policy.region_dayparts.get(a.region or "")
            deadline = task.deadline(a.at, law.policy)
            if wanted is None or deadline is None or clock_part(a.at) is wanted:
                continue
            if wanted in law.can_open(a.at, deadline, a.region):
                what = f"任务 {task.id} 的首次拨打不在本地区的时段 {wanted}"
                yield Finding("R-HOURS-4", what, a.id, a.at)


def check_messages(person: CustomerHistory, background: Background) -> Iterator[Finding]:
    """R-HOURS-5. Wangwang messages keep the same windows."""
    for task in person.tasks:
        for message in task.todos:
            if message.kind == "wangwang" and message.done_at is not None:
                law = background.book.law_at(message.done_at, task.campaign_id)
                if not law.is_open(message.done_at, person.region):
                    when = shown(message.done_at)
                    what = f"待办 {message.id} 的旺旺留言在 {when} 发出，不在可联络时间内"
                    yield Finding("R-HOURS-5", what, None, message.done_at)


def check_wishes(person: CustomerHistory, background: Background) -> Iterator[Finding]:
    """R-HOURS-7. A wish is a future, open instant before the deadline, and nobody calls earlier."""
    for task in person.tasks:
        made = task.made
        for position, a in enumerate(made, start=1):
            wish = a.callback_at
            if wish is None or a.outcome_at is None or not a.is_reached:
                continue
            for after in made[position : position + 1]:
                if after.at < wish:
                    what = f"任务 {task.id} 约定 {shown(wish)} 回电，却提前拨打"
                    yield Finding("R-HOURS-7", what, after.id, after.at)
            for wrong in _wrong_wish(task, a, wish, a.outcome_at, background):
                what = f"任务 {task.id} 约定的回电时间 {shown(wish)} {wrong}"
                yield Finding("R-HOURS-7", what, a.id, a.outcome_at)


def _wrong_wish(
    task: TaskHistory, a: Attempt, wish: datetime, said_at: datetime, background: Background
) -> Iterator[str]:
    laws = (background.law_of(a), background.book.law_at(said_at, task.campaign_id))
    if wish <= said_at:
        yield "已经过去"
    if not any(law.is_open(wish, a.region) for law in laws):
        yield "不在可拨打时间内"
    deadline = task.deadline(said_at, laws[0].policy)
    if deadline is not None and wish >= deadline:
        yield "不早于任务截止"


def late_callbacks(person: CustomerHistory, background: Background) -> Iterator[Finding]:
    """R-HOURS-7. A promised callback is offered within minutes of its time."""
    for task in person.tasks:
        for a in task.made:
            if a.callback_at is None or a.outcome_at is None or not a.is_reached:
                continue
            limit = a.callback_at + timedelta(minutes=ANSWER_MINUTES)
            is_gone = task.closed_at is not None and task.closed_at <= limit
            offered = any(
                a.outcome_at <= o.handed_out_at <= limit for o in task.attempts if o is not a
            )
            if not is_gone and not offered and background.is_over(limit):
                wish = shown(a.callback_at)
                what = f"任务 {task.id} 约定 {wish} 回电，{ANSWER_MINUTES} 分钟内没有派出"
                yield Finding("R-HOURS-7", what, a.id, a.callback_at)
