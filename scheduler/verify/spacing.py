"""How often, and in which daypart: R-SLOT-1, R-REPEAT-2 to R-REPEAT-5, by history alone."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from campaigns.policy import Policy
from campaigns.values import Exemption, Kind
from scheduler.verify.background import Background
from scheduler.verify.history import Attempt, CustomerHistory, TaskHistory
from scheduler.verify.law import LawBook, clock_part, local_day
from scheduler.verify.report import Finding, shown


@dataclass(frozen=True, slots=True)
class Judged:
    """An attempt with the freedom that history gives it, whatever was claimed (R-REPEAT-5)."""

    attempt: Attempt
    previous: Attempt | None
    freedom: Exemption

    @property
    def is_same(self) -> bool:
        """The second half of the attempt before; it is not counted again."""
        return self.freedom is Exemption.CUT_OFF


def judged(made: list[Attempt], book: LawBook) -> list[Judged]:
    """R-REPEAT-5. The attempts of one task, oldest first, each with the freedom it really had."""
    found: list[Judged] = []
    for a in made:
        before = found[-1] if found else None
        freedom = Exemption.NONE if before is None else _freedom(a, before, book)
        found.append(Judged(a, before.attempt if before else None, freedom))
    return found


def _freedom(a: Attempt, before: Judged, book: LawBook) -> Exemption:
    last = before.attempt
    if a.redial_of == last.id and _is_redial(a, before, book):
        return Exemption.CUT_OFF
    if last.is_reached and last.callback_at is not None and a.at >= last.callback_at:
        return Exemption.PROMISED
    if last.outcome == "gave_number" and a.phone_id == last.given_phone_id:
        return Exemption.NEW_NUMBER
    if last.outcome == "wrong_number" and a.phone_key != last.phone_key:
        return Exemption.NEW_NUMBER
    return Exemption.NONE


def _is_redial(a: Attempt, before: Judged, book: LawBook) -> bool:
    last = before.attempt
    if last.outcome != "cut_off" or last.outcome_at is None or before.is_same:
        return False
    minutes = book.law(a.policy_version, a.calendar_version).policy.redial_minutes
    in_time = a.at <= last.outcome_at + timedelta(minutes=minutes)
    return in_time and a.phone_key == last.phone_key


def check_redials(person: CustomerHistory, background: Background) -> Iterator[Finding]:
    """R-REPEAT-5. Only a line cut in mid-talk is redialled as the same attempt, once, soon."""
    for task in person.tasks:
        for j in judged(task.made, background.book):
            if j.attempt.redial_of is not None and not j.is_same:
                yield Finding(
                    "R-REPEAT-5",
                    f"任务 {task.id} 的断线重拨不成立：前一次没有断线，或已重拨过，或超过时限",
                    j.attempt.id,
                    j.attempt.at,
                )


def check_slots(person: CustomerHistory, background: Background) -> Iterator[Finding]:
    """R-SLOT-1, R-REPEAT-4. A retry comes after the gap and in another daypart."""
    for task in person.tasks:
        earlier: list[Attempt] = []
        for j in judged(task.made, background.book):
            if earlier and j.freedom is Exemption.NONE:
                yield from _slot(task, earlier, j.attempt, background.book)
            if not j.is_same:
                earlier.append(j.attempt)


def _slot(
    task: TaskHistory, earlier: list[Attempt], a: Attempt, book: LawBook
) -> Iterator[Finding]:
    law = book.law(a.policy_version, a.calendar_version)
    last = earlier[-1]
    if a.at - last.at < law.policy.slot_gap:
        yield Finding(
            "R-SLOT-1",
            f"任务 {task.id} 距上次（{shown(last.at)}）不足 {law.policy.slot_gap_hours} 小时",
            a.id,
            a.at,
        )
    part = clock_part(a.at)
    tried = {clock_part(e.at): e.at for e in earlier}
    deadline = task.deadline(a.at, law.policy)
    if part not in tried or deadline is None:
        return
    possible = law.can_open(a.at, deadline, a.region) or {part}
    if not possible <= tried.keys():
        yield Finding(
            "R-SLOT-1", f"任务 {task.id} 还有没试过的时段，却回到已试过的时段", a.id, a.at
        )
    elif part is not min(possible, key=lambda p: tried[p]):
        yield Finding(
            "R-SLOT-1", f"任务 {task.id} 各时段都已试过，却没有回到最早试过的", a.id, a.at
        )
    elif local_day(a.at) <= local_day(last.at):
        yield Finding(
            "R-SLOT-1", f"任务 {task.id} 各时段都已试过，却没有改到以后的日子", a.id, a.at
        )


def check_task_budget(person: CustomerHistory, background: Background) -> Iterator[Finding]:
    """R-REPEAT-4. One budget for a task over all reasons; only a promised call may exceed it."""
    for task in person.tasks:
        used = 0
        for j in judged(task.made, background.book):
            if j.is_same:
                continue
            policy = background.law_of(j.attempt).policy
            budget = policy.attempts_per_task[Kind(task.kind)]
            if used >= budget and j.freedom is not Exemption.PROMISED:
                yield Finding(
                    "R-REPEAT-4",
                    f"任务 {task.id} 第 {used + 1} 次拨打，预算是 {budget} 次",
                    j.attempt.id,
                    j.attempt.at,
                )
            used += 1


def check_customer_budget(person: CustomerHistory, background: Background) -> Iterator[Finding]:
    """R-REPEAT-3. The contact budget of the customer, over all campaigns and numbers."""
    everything = [j for task in person.tasks for j in judged(task.made, background.book)]
    yield from scales(everything, background, f"客户 {person.id}")


def check_other_campaigns(person: CustomerHistory, background: Background) -> Iterator[Finding]:
    """R-REPEAT-2. Calls of different campaigns to one customer are spaced."""
    everything = [j for task in person.tasks for j in judged(task.made, background.book)]
    latest: dict[int, datetime] = {}
    for j in sorted(everything, key=lambda j: j.attempt.order_key):
        a = j.attempt
        gap = background.law_of(a).policy.other_campaign_gap_hours
        for campaign, at in latest.items():
            near = campaign != a.campaign_id and a.at - at < timedelta(hours=gap)
            if near and j.freedom is Exemption.NONE:
                yield Finding(
                    "R-REPEAT-2",
                    f"客户 {person.id} 在另一活动 {campaign} 之后不足 {gap} 小时又被拨打",
                    a.id,
                    a.at,
                )
        latest[a.campaign_id] = a.at


def scales(attempts: Iterable[Judged], background: Background, whose: str) -> Iterator[Finding]:
    """R-REPEAT-3. All scales for one customer or one phone, each attempt against the earlier."""
    earlier: list[Attempt] = []
    for j in sorted(attempts, key=lambda j: j.attempt.order_key):
        if j.is_same:
            continue
        a = j.attempt
        for broken in _broken_scales(earlier, a, j.freedom, background.law_of(a).policy):
            yield Finding("R-REPEAT-3", f"{whose} {broken}", a.id, a.at)
        earlier.append(a)


def _broken_scales(
    earlier: list[Attempt], a: Attempt, freedom: Exemption, policy: Policy
) -> Iterator[str]:
    month = sum(e.at > a.at - timedelta(days=30) for e in earlier)
    if month >= policy.attempts_per_30_days:
        yield f"30 天内已拨打 {month} 次，又被拨打"
    if freedom is Exemption.PROMISED or not earlier:
        return
    today = [e for e in earlier if local_day(e.at) == local_day(a.at)]
    if len(today) >= policy.attempts_per_day:
        yield f"当天已拨打 {len(today)} 次，又被拨打"
    day = sum(e.at > a.at - timedelta(hours=24) for e in earlier)
    if day >= policy.attempts_per_24_hours:
        yield f"24 小时内已拨打 {day} 次，又被拨打"
    if freedom is Exemption.NEW_NUMBER:
        return
    if sum(e.is_reached for e in today) >= policy.reached_per_day:
        yield "当天已接通过，又被拨打"
    if a.at - earlier[-1].at < timedelta(minutes=policy.attempt_gap_minutes):
        yield f"距上次拨打不足 {policy.attempt_gap_minutes} 分钟"
