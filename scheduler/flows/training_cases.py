"""How the invented shop works its after-sales register: most problems are solved within a day."""

from __future__ import annotations

from datetime import datetime, timedelta
from random import Random

from campaigns.values import CaseKind, CaseState, Person
from scheduler.flows.case_register import CaseQuery, register
from scheduler.flows.cases import CaseChange, change_case
from scheduler.runtime import Runtime

_UNTOUCHED = timedelta(hours=20)
_OPEN = (CaseState.OPEN, CaseState.IN_PROGRESS)

_DONE: dict[CaseKind, tuple[str, ...]] = {
    CaseKind.PARCEL: ("快递已改派，客户确认收到", "快递确认丢件，已补发并告知单号"),
    CaseKind.REFUND: ("退款已到账，客户确认", "客户改要现货款，差价已退"),
    CaseKind.PRODUCT: ("已补发，客户收到", "补偿十元，客户接受"),
}
_NOTED = ("已联系快递，等答复", "已请仓库核对，等答复", "旺旺留言，等客户发照片")


def work_cases(runtime: Runtime, draw: Random, now: datetime, who: Person) -> None:
    """Go through the open problems once: some end, some get a note, the rest wait."""
    for case in register(runtime, CaseQuery(states=_OPEN), now, who).lines:
        roll = draw.random()
        if now - case.opened_at < _UNTOUCHED or roll > 0.6:
            continue
        change = CaseChange(CaseState.IN_PROGRESS, draw.choice(_NOTED))
        if roll < 0.3:
            done = _DONE.get(case.kind, _DONE[CaseKind.PRODUCT])
            change = CaseChange(CaseState.SOLVED, draw.choice(done))
        elif case.state is CaseState.IN_PROGRESS:
            continue
        change_case(runtime, case.id, change, now, who)
