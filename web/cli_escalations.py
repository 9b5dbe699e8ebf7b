"""Commands of the complaints with a promised answer (R-SMP-5): escalation."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from campaigns.errors import RefusedError
from campaigns.values import Role
from web import cli_output as out
from web.cli_options import At, Json
from web.cli_output import clock, emit, instant, iso, open_shop, rows

if TYPE_CHECKING:
    from datetime import datetime

    from campaigns.values import Person
    from scheduler.flows.escalations import Escalation
    from scheduler.runtime import Runtime

escalation = typer.Typer(help="升级的投诉：30 分钟内答复。", no_args_is_help=True)

Number = Annotated[int, typer.Argument(metavar="ESCALATION", help="升级投诉的编号。")]
By = Annotated[
    str | None,
    typer.Option("--by", help="谁做的；培训店铺默认是负责人，转给别人时默认是组长。"),
]


def register(app: typer.Typer) -> None:
    """Add this module's commands."""
    app.add_typer(escalation, name="escalation")


@escalation.command("list")
def list_escalations(at: At = None, as_json: Json = False) -> int:
    """还没有答复的，剩余时间最少的在前。"""
    from scheduler.flows.escalations import open_escalations

    runtime = open_shop()
    found = open_escalations(runtime, runtime.instant(instant(at)))
    cells = [(e.id, e.buyer, e.owner, clock(e.due_at), _state(e), e.complaint) for e in found]
    columns = ("编号", "客户", "负责人", "最晚答复", "状态", "投诉")
    emit(
        [_document(e) for e in found],
        as_json=as_json,
        table=lambda: rows("升级的投诉", columns, cells),
    )
    return out.DONE


@escalation.command("take")
def take_one(number: Number, at: At = None, by: By = None, as_json: Json = False) -> int:
    """我来处理。"""
    from scheduler.flows.escalations import take

    runtime = open_shop()
    now = runtime.instant(instant(at))
    person = _acting(runtime, number, by, now)
    take(runtime, number, now, person)
    return _done(number, f"由 {person.name} 处理", as_json, owner=person.name)


@escalation.command("ready")
def ready_one(number: Number, at: At = None, by: By = None, as_json: Json = False) -> int:
    """有答复了，马上回电：负责人的下一位就是这位客户（R-REPEAT-5）。"""
    from scheduler.flows.escalations import ready

    runtime = open_shop()
    now = runtime.instant(instant(at))
    person = _acting(runtime, number, by, now)
    ready(runtime, number, now, person)
    return _done(number, f"{person.name} 的下一位就是这位客户", as_json, owner=person.name)


@escalation.command("answer")
def answer_one(
    number: Number,
    words: Annotated[str, typer.Option("--words", help="怎么答复客户的。")],
    at: At = None,
    by: By = None,
    as_json: Json = False,
) -> int:
    """已用旺旺答复，或客户自己打来问过了。"""
    from scheduler.flows.escalations import answer

    runtime = open_shop()
    now = runtime.instant(instant(at))
    person = _acting(runtime, number, by, now)
    answer(runtime, number, words, now, person)
    return _done(number, "已记下答复", as_json, answered_by=person.name)


@escalation.command("hand-over")
def hand_over_one(
    number: Number,
    to: Annotated[str, typer.Option("--to", help="转给哪位同事。")],
    at: At = None,
    by: By = None,
    as_json: Json = False,
) -> int:
    """转给别人，由组长来做。"""
    from scheduler.flows.escalations import hand_over

    runtime = open_shop()
    now = runtime.instant(instant(at))
    person = _named(runtime, by, Role.LEADER)
    hand_over(runtime, number, to, now, person)
    return _done(number, f"已转给 {to}", as_json, owner=to.strip())


def _done(number: int, said: str, as_json: bool, **more: str) -> int:
    document = {"escalation": number, **more}
    emit(document, as_json=as_json, table=lambda: out.line(f"升级投诉 {number}：{said}"))
    return out.DONE


def _state(one: Escalation) -> str:
    if one.is_breached:
        return "已超时"
    return "马上回电" if one.ready_at else "在处理" if one.taken_at else "还没接手"


def _document(one: Escalation) -> dict[str, Any]:
    return {
        "escalation": one.id,
        "task": one.task,
        "attempt": one.attempt,
        "case": one.case,
        "buyer": one.buyer,
        "complaint": one.complaint,
        "opened_at": iso(one.opened_at),
        "due_at": iso(one.due_at),
        "owner": one.owner,
        "taken_at": iso(one.taken_at),
        "ready_at": iso(one.ready_at),
        "near": one.is_near,
        "breached": one.is_breached,
    }


def _acting(runtime: Runtime, number: int, name: str | None, now: datetime) -> Person:
    """Who is named; in a training shop else its owner. Raises RefusedError for an administrator."""
    if name is None and runtime.is_training:
        from scheduler.flows.escalations import open_escalations

        listed = open_escalations(runtime, now)
        name = next((one.owner for one in listed if one.id == number), None)
    return _named(runtime, name, Role.CALLER)


def _named(runtime: Runtime, name: str | None, role: Role) -> Person:
    from scheduler.flows.people import responsible

    person = responsible(runtime, name, role)
    if person.role is Role.ADMIN:
        raise RefusedError("管理员不接触客户资料，不能处理投诉", rules=("R-PII-1",))
    return person
