"""What was promised to customers who wait for goods, and what became of it: R-OOS-2."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from scheduler.verify.background import Background
from scheduler.verify.days import midnight
from scheduler.verify.history import JUST_BEFORE, CustomerHistory, TaskHistory, Todo
from scheduler.verify.report import Finding, shown

LISTED_WITHIN = timedelta(days=1)
"""R-OOS-2. How long after its day a promise may stand before it must be listed as broken."""


def check_promises_kept(person: CustomerHistory, background: Background) -> Iterator[Finding]:
    """R-OOS-2. A promise is kept, listed as broken, or falls away with its order."""
    for task in person.tasks:
        for p in task.todos:
            if p.kind == "promise" and p.promised_on is not None:
                yield from _unmarked(p, background)
                yield from _moved(task, p)
                if p.withdrawn_at is not None and not _is_closed(task, p, p.withdrawn_at):
                    what = f"承诺（待办 {p.id}）被撤回，但它的订单并没有关闭"
                    yield Finding("R-OOS-2", what, p.attempt_id, p.withdrawn_at)


def check_told(person: CustomerHistory, background: Background) -> Iterator[Finding]:
    """R-OOS-2. Who agreed to wait is written to when everything is expected on a later day."""
    for task in person.tasks:
        promises = [t for t in task.todos if t.kind == "promise"]
        told = {t.occasion: t.created_at for t in task.todos if t.kind == "wangwang"}
        for at in sorted({at for s in task.shortages for at, _ in s.days}):
            day, before = task.named_day(at), task.named_day(at - JUST_BEFORE)
            # Where the note of an arrival was taken back, what was missing then is not known.
            is_known = not any(s.may_be_gone(at) for s in task.shortages)
            waits = is_known and day != before and task.known(at, "paid")
            if day is None or not waits or background.is_silent(person.id, task.kind, at):
                continue
            is_later = any(
                p.promised_on is not None and day > p.promised_on and _is_open(p, at)
                for p in promises
            )
            texted = background.texted.get((task.id, f"moved:{day}"), at + JUST_BEFORE)
            if is_later and min(told.get(f"moved:{day}", texted), texted) > at:
                what = f"任务 {task.id} 的到货日改到 {day}，却没有告诉同意等货的客户"
                yield Finding("R-OOS-2", what, None, at)


def late_marks(person: CustomerHistory, background: Background) -> Iterator[Finding]:
    """R-OOS-2. A broken promise was listed late, or is not yet, for want of the engine."""
    for task in person.tasks:
        for p in task.todos:
            if p.kind != "promise" or p.promised_on is None:
                continue
            is_late = p.broken_at is None or p.broken_at > _limit(p)
            if is_late and _was_open(p, background) and not _is_unmarked(p, background):
                wrong = "失约还没有记下" if p.broken_at is None else "失约记得晚了"
                what = f"承诺（待办 {p.id}）已于 {shown(_end(p))} 到期，{wrong}"
                yield Finding("R-OOS-2", what, p.attempt_id, _end(p))


def _unmarked(p: Todo, background: Background) -> Iterator[Finding]:
    """Its day is over, nobody has ticked it off, and the engine was at work without listing it."""
    if _is_unmarked(p, background):
        what = f"承诺（待办 {p.id}）已于 {shown(_end(p))} 到期，没有兑现，也没有列为失约"
        yield Finding("R-OOS-2", what, p.attempt_id, _end(p))


def _is_unmarked(p: Todo, background: Background) -> bool:
    was_open = _was_open(p, background) and p.broken_at is None
    return was_open and background.had_round(_limit(p), _settled_at(p))


def _was_open(p: Todo, background: Background) -> bool:
    """Whether it was neither kept nor withdrawn when it had to be listed at the latest."""
    settled = _settled_at(p)
    return background.is_over(_limit(p)) and (settled is None or settled > _limit(p))


def _end(p: Todo) -> datetime:
    assert p.promised_on is not None, "asked before"
    return midnight(p.promised_on + timedelta(days=1))


def _limit(p: Todo) -> datetime:
    return _end(p) + LISTED_WITHIN


def _settled_at(p: Todo) -> datetime | None:
    return min((at for at in (p.done_at, p.withdrawn_at) if at), default=None)


def _moved(task: TaskHistory, p: Todo) -> Iterator[Finding]:
    """A later day breaks it at once."""
    assert p.promised_on is not None, "asked before"
    for s in task.shortages:
        for at, day in s.days:
            later = day > p.promised_on and _is_open(p, at) and not s.is_gone(at)
            if later and (p.broken_at is None or p.broken_at > at):
                what = f"承诺（待办 {p.id}）是 {p.promised_on}，到货日改到 {day} 后没有列为失约"
                yield Finding("R-OOS-2", what, p.attempt_id, at)
                return


def _is_open(p: Todo, instant: datetime) -> bool:
    ended = _settled_at(p)
    return p.created_at < instant and (ended is None or ended > instant)


def _is_closed(task: TaskHistory, p: Todo, instant: datetime) -> bool:
    return any(o.order_no == p.order_no for o, _ in task.known(instant, "closed"))
