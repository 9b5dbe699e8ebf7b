"""One customer is one conversation (R-REPEAT-2): what was settled in the call of another matter."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from scheduler.verify.background import Background
from scheduler.verify.history import FAILED, Attempt, CustomerHistory
from scheduler.verify.report import Finding

_OF_THE_CALL = FAILED | {"wrong_number"}
"""What is true of a call is true of everything that it was about."""


def check_riders(person: CustomerHistory, background: Background) -> Iterator[Finding]:
    """R-REPEAT-2. A rider shares the call that it rides on, and has a matter of its own."""
    by_id = {a.id: a for a in person.attempts}
    about: dict[str, list[Attempt]] = defaultdict(list)
    for a in person.attempts:
        if a.rides_on is None:
            continue
        main = by_id.get(a.rides_on)
        for wrong in _wrong(a, main):
            yield Finding(
                "R-REPEAT-2", f"尝试 {a.id} 随同 {a.rides_on} 办理，但{wrong}", a.id, a.at
            )
        others = [main, *about[a.rides_on]] if main is not None else about[a.rides_on]
        if any(other.campaign_id == a.campaign_id for other in others):
            what = f"同一通话 {a.rides_on} 里有同一活动的两件事"
            yield Finding("R-REPEAT-2", what, a.id, a.at)
        about[a.rides_on].append(a)


def _wrong(a: Attempt, main: Attempt | None) -> Iterator[str]:
    if main is None:
        yield "这位客户没有那次通话"
        return
    if "sampling" in (a.kind, main.kind):
        yield "回访抽查不与别的事同一通话办理"
    if main.is_rider:
        yield "那一次自己也是随同办理的"
    if main.state != "closed":
        yield "那次通话还没有结果"
        return
    if (a.phone_id, a.phone_key, a.caller_id) != (main.phone_id, main.phone_key, main.caller_id):
        yield "号码或坐席不同"
    if (a.at, a.dialled_at, a.outcome_at) != (main.at, main.dialled_at, main.outcome_at):
        yield "时间不同"
    if a.is_reached != main.is_reached:
        yield "一个接通、一个没有接通"
    elif a.outcome != main.outcome and (
        a.outcome == "cut_off" or {a.outcome, main.outcome} & _OF_THE_CALL
    ):
        yield f"结果 {a.outcome} 与通话的结果 {main.outcome} 矛盾"
