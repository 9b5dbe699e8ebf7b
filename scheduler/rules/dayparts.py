"""Another time slot on a retry (R-SLOT-1), a region's own daypart on the first call (R-HOURS-4)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from campaigns.days import business_day
from campaigns.decisions import Allow, Decision, Wait
from campaigns.labels_zh import DAYPART_LABELS
from campaigns.registry import rules_of
from campaigns.values import Daypart, Exemption
from scheduler.rules.case import Case
from scheduler.rules.hours import Slot, daypart_of, slots_from


def check_assigned_daypart(case: Case) -> Decision:
    """R-HOURS-4. A campaign's daypart for the region binds the first attempt only.

    Not waited for when it cannot open before the deadline (R-REPEAT-4).
    """
    wanted = case.policy.region_dayparts.get(case.task.customer.region or "")
    if wanted is None or case.own_attempts:
        return Allow()
    slots = [s for s in open_slots(case) if s.daypart is wanted]
    if not slots:
        return Allow(f"{DAYPART_LABELS[wanted]}在截止前不再开放")
    first = slots[0]
    if first.opens <= case.now:
        return Allow(f"本地区安排在{DAYPART_LABELS[wanted]}")
    return Wait("R-HOURS-4", first.opens, f"本地区首拨安排在{DAYPART_LABELS[wanted]}")


def check_slot(case: Case) -> Decision:
    """R-SLOT-1, R-REPEAT-4. A retry falls in a daypart not yet tried, the gap after the last attempt.

    Among the dayparts that can still open for this customer before the deadline; when all of them
    were tried, in the one tried longest ago, on a later day. Free by R-REPEAT-5: a promised call, a
    number just given, a line that was cut.
    """
    made = case.own_attempts
    if not made or case.exemption is not Exemption.NONE:
        return Allow()
    last = max(a.at for a in made)
    tried: dict[Daypart, datetime] = {}
    for attempt in sorted(made, key=lambda a: a.at):
        tried[daypart_of(attempt.at, case.policy)] = attempt.at
    rested = last + case.policy.slot_gap
    slots = list(open_slots(case))
    for index, slot in enumerate(slots):
        start = max(slot.opens, case.now, rested)
        if start < slot.closes and _may_use(slot, tried, last, slots[index:]):
            if start <= case.now:
                return Allow(f"换到{DAYPART_LABELS[slot.daypart]}再拨")
            names = "、".join(DAYPART_LABELS[p] for p in Daypart if p in tried)
            return Wait("R-SLOT-1", start, f"已在{names}拨过，换时段再拨")
    return Wait("R-SLOT-1", None, "截止前没有可换的时段了")


def _may_use(slot: Slot, tried: dict[Daypart, datetime], last: datetime, ahead: list[Slot]) -> bool:
    if slot.daypart not in tried:
        return True
    can_open = {s.daypart for s in ahead}
    if not can_open <= tried.keys():
        return False
    oldest = min(can_open, key=lambda part: tried[part])
    return slot.daypart is oldest and slot.business_day > business_day(last)


def open_slots(case: Case) -> Iterator[Slot]:
    """The dayparts that can still open for this customer before the task's deadline, in order."""
    deadline = rules_of(case.task.kind).deadline(case.task, case.policy)
    horizon = deadline if deadline is not None else case.now + timedelta(days=30)
    for slot in slots_from(case.now, case.task.customer.region, case.policy, case.calendar):
        if slot.opens >= horizon:
            return
        yield slot
