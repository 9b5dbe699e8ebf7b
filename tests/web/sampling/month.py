"""March in the panel's shop: registers as the shop keeps them, a list, and the calls of its end."""

from __future__ import annotations

from datetime import datetime

from campaigns.values import SHOP_ZONE, Person, Role
from scheduler.flows import sampling
from scheduler.flows.claim import HandOut, next_call
from scheduler.flows.dialling import dial
from scheduler.flows.intake import FileReport, Upload, take
from scheduler.flows.outcome import OutcomeForm, record_outcome
from scheduler.flows.people import caller_named
from scheduler.flows.shop import set_clock
from scheduler.runtime import Runtime
from tests.web import panel_shop

MONTH = "2026-03"
HANDLERS = ("陈晨", "孙悦", "白露")
LEADER = panel_shop.NAMES[Role.LEADER]
SUPERVISOR = panel_shop.NAMES[Role.SUPERVISOR]


def at(text: str) -> datetime:
    """A time of March, `26 10:00`."""
    return datetime.strptime(f"{MONTH}-{text}", "%Y-%m-%d %H:%M").replace(tzinfo=SHOP_ZONE)


def go_to(runtime: Runtime, text: str) -> datetime:
    """Set the shop's clock and let it stand."""
    set_clock(runtime, "test", to=at(text), ticks=False)
    return runtime.now()


def registers(runtime: Runtime, many: int = 80) -> list[FileReport]:
    """Two files: so many after-sales entries and half as many parcels, by three handlers."""
    after_sales = ["用户ID,订单编号,登记日期,处理人,问题类型,联系手机"]
    parcels = ["用户ID,订单编号,快递单号,登记日期,处理人,联系手机"]
    for i in range(many):
        who = HANDLERS[i % len(HANDLERS)]
        after_sales.append(
            f"tb_mei{i:03d},35153131{i:011d},2026-03-0{2 + i % 2},{who},盆有裂纹,1841300{i:04d}"
        )
    for i in range(many // 2):
        who = HANDLERS[i % 2]
        parcels.append(
            f"tb_lan{i:03d},35153132{i:011d},YT77{i:09d},2026-03-03,{who},1841400{i:04d}"
        )
    files = {"售后登记.csv": after_sales, "快递件登记.csv": parcels}
    return [
        take(runtime, Upload(name, "\n".join(rows).encode()), runtime.now(), "init")
        for name, rows in files.items()
    ]


def person(runtime: Runtime, name: str) -> Person:
    """Somebody of the shop."""
    found = caller_named(runtime, name)
    assert isinstance(found, Person)
    return found


def drawn(runtime: Runtime, when: str = "25 10:00") -> None:
    """The leader draws."""
    sampling.draw(runtime, MONTH, go_to(runtime, when), person(runtime, LEADER), 7)


def approved(runtime: Runtime, when: str = "26 11:00") -> None:
    """The leader draws and submits, the supervisor approves."""
    drawn(runtime)
    sampling.submit(runtime, MONTH, go_to(runtime, "26 10:00"), person(runtime, LEADER))
    sampling.approve(runtime, MONTH, go_to(runtime, when), person(runtime, SUPERVISOR))


def call(runtime: Runtime, who: str, when: str, code: str, **form: object) -> HandOut:
    """One call from hand-out to its outcome; who was called."""
    caller, now = person(runtime, who), go_to(runtime, when)
    held = next_call(runtime, caller, now)
    assert isinstance(held, HandOut), held
    dial(runtime, held.attempt_id, now, caller)
    record_outcome(runtime, held.attempt_id, OutcomeForm(code, **form), now, caller)  # type: ignore[arg-type]
    return held
