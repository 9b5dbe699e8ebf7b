"""How often, and in which daypart: R-SLOT-1, R-REPEAT-2 to R-REPEAT-5, by history alone."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from campaigns.policy import Policy
from campaigns.values import Exemption, Kind
from scheduler.verify.background import Background
from scheduler.verify.days import clock_part, local_day
from scheduler.verify.history import Attempt, CustomerHistory, Escalation, TaskHistory
from scheduler.verify.law import LawBook
from scheduler.verify.report import Finding, shown

SURVEYS = frozenset({"callback", "sampling"})
"""R-REPEAT-1. The kinds that ask customers something."""


@dataclass(frozen=True, slots=True)
class Judged:
    """An attempt with the freedom that history gives it, whatever was claimed (R-REPEAT-5).

    `is_answer`: an answer to a complaint was owed when it was made (R-SMP-5).
    """

    attempt: Attempt
    previous: Attempt | None
    freedom: Exemption
    is_answer: bool = False

    @property
    def is_same(self) -> bool:
        """The second half of the attempt before; it is not counted again."""
        return self.freedom is Exemption.CUT_OFF


def judged(
    made: list[Attempt],
    book: LawBook,
    halves: Mapping[str, str],
    owed: Iterable[Escalation] = (),
) -> list[Judged]:
    """R-REPEAT-5. The attempts of one task, oldest first, each with the freedom it really had.

    `halves` names for each redial the call whose line was cut, `owed` the answers that were promised.
    """
    found: list[Judged] = []
    promised = list(owed)
    for a in made:
        before = found[-1] if found else None
        freedom = Exemption.NONE if before is None else _freedom(a, before, book, halves)
        is_answer = any(e.is_owed(a) for e in promised)
        if is_answer and freedom is not Exemption.CUT_OFF:
            freedom = Exemption.PROMISED
        found.append(Judged(a, before.attempt if before else None, freedom, is_answer))
    return found


def halves_of(attempts: Iterable[Attempt]) -> dict[str, str]:
    """R-REPEAT-5. Redials with the attempt that each says it goes on with."""
    return {a.id: a.redial_of for a in attempts if a.redial_of is not None}


def _freedom(a: Attempt, before: Judged, book: LawBook, halves: Mapping[str, str]) -> Exemption:
    last = before.attempt
    if a.redial_of == last.id and _is_redial(a, before, book):
        return Exemption.CUT_OFF
    if last.rides_on is not None and halves.get(a.rides_on or "") == last.rides_on:
        return Exemption.CUT_OFF  # it rode on the first half of that call as well
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


def judged_of(person: CustomerHistory, task: TaskHistory, background: Background) -> list[Judged]:
    """R-REPEAT-5. The attempts of one of a customer's tasks, each with its freedom."""
    halves = halves_of(person.hand_outs)
    return judged(task.made, background.book, halves, task.escalations)


def check_redials(person: CustomerHistory, background: Background) -> Iterator[Finding]:
    """R-REPEAT-5. Only a line cut in mid-talk is redialled as the same attempt, once, soon."""
    for task in person.tasks:
        for j in judged_of(person, task, background):
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
        for j in judged_of(person, task, background):
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
        for j in judged_of(person, task, background):
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
    everything = [j for task in person.tasks for j in judged_of(person, task, background)]
    yield from scales(everything, background, f"客户 {person.id}")


def check_other_campaigns(person: CustomerHistory, background: Background) -> Iterator[Finding]:
    """R-REPEAT-2. Calls of different campaigns to one customer are spaced.

    Not what was offered together: the matters of one call, and a later call about one of them.
    """
    everything = [j for task in person.tasks for j in judged_of(person, task, background)]
    about: dict[str, set[int]] = defaultdict(set)
    for j in everything:
        about[person.call_of(j.attempt)].add(j.attempt.campaign_id)
    earlier: list[tuple[datetime, str]] = []
    for j in sorted(everything, key=lambda j: j.attempt.order_key):
        a, call = j.attempt, person.call_of(j.attempt)
        gap = background.law_of(a).policy.other_campaign_gap_hours
        others = {
            other
            for at, other in earlier
            if a.at - at < timedelta(hours=gap) and a.campaign_id not in about[other]
        }
        for other in sorted(others) if j.freedom is Exemption.NONE else ():
            what = f"客户 {person.id} 在另一活动的通话 {other} 之后不足 {gap} 小时又被拨打"
            yield Finding("R-REPEAT-2", what, a.id, a.at)
        earlier.append((a.at, call))


def check_surveys(person: CustomerHistory, background: Background) -> Iterator[Finding]:
    """R-REPEAT-1. Not surveyed again after so many reached contacts in a rolling window.

    The answer to a complaint asks nothing (R-SMP-5).
    """
    reached: list[Attempt] = []
    asked = (t for t in person.tasks if t.kind in SURVEYS)
    everything = [j for task in asked for j in judged_of(person, task, background)]
    for j in sorted(everything, key=lambda j: j.attempt.order_key):
        a, policy = j.attempt, background.law_of(j.attempt).policy
        if j.is_same:
            continue
        since = a.at - timedelta(days=policy.survey_window_days)
        count = sum(e.at > since for e in reached)
        if count >= policy.survey_contacts and not j.is_answer:
            what = (
                f"客户 {person.id} 在 {policy.survey_window_days} 天内已回访到 {count} 次，又被回访"
            )
            yield Finding("R-REPEAT-1", what, a.id, a.at)
        if a.is_reached:
            reached.append(a)


def scales(attempts: Iterable[Judged], background: Background, whose: str) -> Iterator[Finding]:
    """R-REPEAT-3. All scales for one customer or one phone, each attempt against the earlier.

    One call is one contact, whatever else was settled in it (R-REPEAT-2).
    """
    earlier: list[Attempt] = []
    for j in sorted(attempts, key=lambda j: j.attempt.order_key):
        if j.is_same or j.attempt.is_rider:
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
