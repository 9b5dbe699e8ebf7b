"""Commands of the calls: work and todo."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer

from campaigns.errors import UsageError
from campaigns.labels_zh import KIND_LABELS
from campaigns.ledger import yuan
from campaigns.values import CaseKind, Effect, LineName
from web import cli_output as out
from web.cli_options import CLI, At, Json
from web.cli_output import clock, emit, instant, iso, open_shop, rows

if TYPE_CHECKING:
    from datetime import datetime

    from scheduler.flows.briefing import Briefing
    from scheduler.flows.claim import HandOut
    from scheduler.flows.line_calls import LineDialled
    from scheduler.flows.outcome_forms import MatterAnswer, MatterForm, OutcomeAnswer
    from scheduler.flows.outlook import NobodyNow
    from scripts_zh.library import Rendered

Choice = TypeVar("Choice", bound=StrEnum)

work = typer.Typer(help="坐席的工作：取下一位、拨打、记录结果、跳过。", no_args_is_help=True)
todo = typer.Typer(help="待办：旺旺留言、关闭交易。", no_args_is_help=True)


def register(app: typer.Typer) -> None:
    """Add this module's commands."""
    app.add_typer(work, name="work")
    app.add_typer(todo, name="todo")


@work.command("next")
def next_call(
    caller: Annotated[str, typer.Option("--caller", help="坐席姓名。")],
    at: At = None,
    as_json: Json = False,
) -> int:
    """取下一位客户；手上还有一位时还是那一位（R-CLAIM-1）。"""
    from scheduler.flows import claim
    from scheduler.flows.briefing import brief
    from scheduler.flows.outlook import NobodyNow
    from scheduler.flows.people import caller_named

    runtime = open_shop()
    now = runtime.instant(instant(at))
    answer = claim.next_call(runtime, caller_named(runtime, caller), now)
    if isinstance(answer, NobodyNow):
        emit(_nobody_document(answer), as_json=as_json, table=lambda: _show_nobody(answer))
        return out.DONE
    briefing = brief(runtime, answer.attempt_id, now)
    document = _call_document(answer, briefing)
    emit(document, as_json=as_json, table=lambda: _show_call(answer, briefing))
    return out.DONE


def _nobody_document(nobody: NobodyNow) -> dict[str, Any]:
    return {
        "task": None,
        "next_due": iso(nobody.next_due),
        "reasons": [
            {
                "rule": r.rule,
                "rules": list(r.rules),
                "count": r.count,
                "until": iso(r.until),
                "reason": r.reason,
            }
            for r in nobody.reasons
        ],
    }


def _show_nobody(nobody: NobodyNow) -> None:
    when = f"，下一位 {clock(nobody.next_due)}" if nobody.next_due else ""
    out.line(f"现在没有可拨打的客户{when}")
    for r in nobody.reasons:
        out.line(f"    {r.count} 位：{r.reason}（{r.rule}）")


def _call_document(call: HandOut, briefing: Briefing) -> dict[str, Any]:
    spoken = _opening(briefing)
    return {
        "task": call.task_id,
        "attempt": call.attempt_id,
        "buyer": call.buyer,
        "kind": call.kind,
        "phone": call.phone.display,
        "amount": yuan(briefing.owed_fen),
        "deadline": iso(call.deadline),
        "lease_until": iso(call.lease_until),
        "dialled_at": iso(call.dialled_at),
        "look_in_shop_first": call.must_look_first,
        "why": [{"rule": r.rule, "text": r.text} for r in briefing.reasons],
        "script": {
            "id": spoken.id,
            "version": spoken.version,
            "title": spoken.title,
            "text": spoken.message,
            "nodes": [
                {
                    "id": node.id,
                    "moment": node.moment,
                    "title": node.title,
                    "text": node.message,
                    "outcomes": list(node.buttons),
                    "branches": [{"label": b.label, "to": b.to} for b in node.branches],
                    "manners": list(node.manners),
                }
                for node in briefing.script
            ],
        },
        "outcomes": [{"code": o.code, "label": o.label, "key": o.key} for o in briefing.outcomes],
        "topic": call.topic,
        "also": [
            {
                "task": m.task_id,
                "kind": m.kind,
                "topic": m.topic,
                "orders": list(m.order_nos),
                "amount": yuan(m.amount_fen),
                "deadline": iso(m.deadline),
                "why": [{"rule": r.rule, "text": r.text} for r in m.reasons],
                "outcomes": [{"code": o.code, "label": o.label, "key": o.key} for o in m.outcomes],
            }
            for m in briefing.matters
        ],
    }


def _opening(briefing: Briefing) -> Rendered:
    """The first thing that is said; a note when the whole dialogue could not be shown."""
    return next((n for n in briefing.script if n.medium == "voice"), briefing.script[0])


def _show_call(call: HandOut, briefing: Briefing) -> None:
    owed, closes = yuan(briefing.owed_fen), clock(call.deadline)
    out.line(f"{call.buyer}  {call.phone.display}  {owed} 元  截止 {closes}")
    out.line(f"通话编号 {call.attempt_id}")
    if call.must_look_first:
        out.line("! 付款数据较旧，拨打前请先在卖家后台核对（R-DUN-4）")
    for r in briefing.reasons:
        out.line(f"    {r.text}（{r.rule}）")
    for m in briefing.matters:
        out.line(f"+ 同一次通话还可以处理：{m.label}（任务 {m.task_id}，--also {m.task_id}=结果）")
    spoken = _opening(briefing)
    out.line(f"【{spoken.title}】")
    out.line(spoken.message)
    out.line("结果：" + "  ".join(f"{o.code}={o.label}" for o in briefing.outcomes))


@work.command("dial")
def dial_call(
    attempt: Annotated[str, typer.Argument(help="通话编号。")],
    line: Annotated[
        LineName | None, typer.Option("--line", help="用哪条线路，默认按设置；manual 是手工拨打。")
    ] = None,
    at: At = None,
    as_json: Json = False,
) -> int:
    """开始拨打：再问一次全部规则，然后算一次联系（R-HOURS-3）；线路没有拨出时不算。"""
    from scheduler.flows.line_calls import dial
    from scheduler.flows.line_view import NOT_RUNG

    runtime = open_shop()
    done = dial(runtime, attempt, runtime.instant(instant(at)), None, line)
    document: dict[str, Any] = {"attempt": done.attempt_id, "dialled_at": iso(done.dialled_at)}
    named = out.line_name(runtime, done.line)
    note = done.note if done.is_new else _before(done, named)
    if line is not None or done.state is not None or note:
        document |= {"line": done.line, "state": done.state, "note": note}
    said = f"已拨打 {clock(done.dialled_at)}（{named}）"
    if note:
        said = f"{named}：{note}"
    emit(document, as_json=as_json, table=lambda: out.line(said))
    is_another = not done.is_new and line not in (None, done.line)
    return out.REFUSED if is_another or done.state in NOT_RUNG else out.DONE


def _before(done: LineDialled, named: str) -> str:
    """What a second request for the same attempt is told: it rang nobody (R-REPEAT-2)."""
    by = "手工" if done.line is LineName.MANUAL else f"用 {named} "
    said = f"这位客户已在 {clock(done.dialled_at)} {by}拨打，这次没有再拨"
    return f"{said}；{done.note}" if done.note else said


@work.command("outcome")
def enter_outcome(
    attempt: Annotated[str, typer.Argument(help="通话编号。")],
    code: Annotated[str, typer.Argument(help="通话结果代码。")],
    at: At = None,
    callback_at: Annotated[
        str | None, typer.Option("--callback-at", help="客户约定的回电时间。")
    ] = None,
    phone: Annotated[str | None, typer.Option("--phone", help="新得到的号码。")] = None,
    note: Annotated[str | None, typer.Option("--note", help="备注。")] = None,
    key: Annotated[str | None, typer.Option("--key", help="重复提交时用的同一个标记。")] = None,
    also: Annotated[
        list[str] | None,
        typer.Option("--also", help="同一次通话处理的另一件事：任务编号=结果代码，可多次。"),
    ] = None,
    product: Annotated[str, typer.Option("--product", help="反馈的商品（回访）。")] = "",
    effect: Annotated[
        str | None, typer.Option("--effect", help="效果（回访）：good、fair、none、bad。")
    ] = None,
    complaint: Annotated[str, typer.Option("--complaint", help="客户的意见（回访）。")] = "",
    wish: Annotated[str, typer.Option("--wish", help="客户的建议（回访）。")] = "",
    verbatim: Annotated[str, typer.Option("--verbatim", help="客户的原话（回访）。")] = "",
    case_kind: Annotated[
        str | None, typer.Option("--case-kind", help="登记售后的问题类型。")
    ] = None,
    agreed: Annotated[str, typer.Option("--agreed", help="登记售后时和客户商定的结果。")] = "",
    score: Annotated[int | None, typer.Option("--score", help="评分 1–5（回访抽查）。")] = None,
    reason: Annotated[
        str | None, typer.Option("--reason", help="客户说的原因，1 分和 2 分必填（回访抽查）。")
    ] = None,
    suggestion: Annotated[
        str | None, typer.Option("--suggestion", help="客户的建议（回访抽查）。")
    ] = None,
    as_json: Json = False,
) -> int:
    """记录通话结果，得到下一步。"""
    from scheduler.flows.line_calls import put_down
    from scheduler.flows.outcome import OutcomeForm, record_outcome
    from scheduler.flows.outcome_forms import CaseForm, FeedbackForm

    runtime = open_shop()
    form = OutcomeForm(
        code,
        instant(callback_at, "callback_at"),
        phone,
        note,
        key,
        FeedbackForm(product, _one_of(Effect, effect, "effect"), complaint, wish, verbatim),
        CaseForm(_one_of(CaseKind, case_kind, "case_kind"), agreed),
        score=score,
        reason=reason,
        suggestion=suggestion,
        also=tuple(map(_matter, also or [])),
    )
    answer = record_outcome(runtime, attempt, form, runtime.instant(instant(at)), None)
    put_down(runtime, attempt)
    document = _answer_document(answer) | {
        "also": [_answer_document(one) | {"kind": one.kind} for one in answer.also]
    }

    def table() -> None:
        when = f"，下一步 {clock(answer.next_at)}" if answer.next_at else ""
        out.line(f"已记录：{answer.result}{when}（{'、'.join(answer.rules)}）")
        if answer.moved_callback:
            out.line("! 约定时间不在可拨打时段，已移到下一个可拨时间（R-HOURS-7）")
        for one in answer.also:
            out.line(f"    {KIND_LABELS[one.kind]}：{one.result}（{'、'.join(one.rules)}）")

    emit(document, as_json=as_json, table=table)
    return out.DONE


def _one_of(choices: type[Choice], text: str | None, field: str) -> Choice | None:
    """Read one word of a closed set. Raises UsageError naming those that exist."""
    if text is None:
        return None
    try:
        return choices(text)
    except ValueError as error:
        known = "、".join(choices)
        raise UsageError(f"没有这个值：{text}。可用：{known}", field=field) from error


def _matter(text: str) -> MatterForm:
    """Read `TASK=CODE`. Raises UsageError for anything else."""
    from scheduler.flows.outcome_forms import MatterForm

    task, _, code = text.partition("=")
    if not (task.isdecimal() and task.isascii() and code):
        raise UsageError(f"--also 应写成 任务编号=结果代码，而不是 {text}", field="also")
    return MatterForm(int(task), code)


def _answer_document(answer: OutcomeAnswer | MatterAnswer) -> dict[str, Any]:
    return {
        "task": answer.task,
        "state": answer.state,
        "result": answer.result,
        "next": _next(answer.next_at, answer.how),
        "rules": list(answer.rules),
    }


def _next(at: datetime | None, how: str | None) -> dict[str, Any] | None:
    return None if how is None else {"at": iso(at), "how": how}


@work.command("skip")
def skip_call(
    attempt: Annotated[str, typer.Argument(help="通话编号。")],
    reason: Annotated[str, typer.Option("--reason", help="为什么跳过。")],
    at: At = None,
    as_json: Json = False,
) -> int:
    """跳过这位客户，半小时后再出现（R-CLAIM-1）。"""
    from scheduler.flows.dialling import skip

    runtime = open_shop()
    back = skip(runtime, attempt, reason, runtime.instant(instant(at)), None)
    document = {"attempt": attempt, "skipped": True, "next": _next(back, "call" if back else None)}
    emit(document, as_json=as_json, table=lambda: out.line(f"已跳过，{clock(back)} 再出现"))
    return out.DONE


@todo.command("list")
def list_todos(at: At = None, as_json: Json = False) -> int:
    """未完成的待办，先到期的在前。"""
    from scheduler.flows.todos import open_todos

    runtime = open_shop()
    given = instant(at)
    found = open_todos(runtime, runtime.instant(given), as_of=given)
    document = [
        {
            "todo": t.id,
            "kind": t.kind,
            "label": t.label,
            "task": t.task,
            "buyer": t.buyer,
            "text": t.wording,
            "due_at": iso(t.due_at),
            "expires_at": iso(t.expires_at),
            "overdue": t.is_overdue,
        }
        for t in found
    ]
    cells = [(t.id, t.label, t.buyer, clock(t.due_at), t.wording.replace("\n", " ")) for t in found]
    columns = ("编号", "待办", "客户", "到期", "内容")
    emit(document, as_json=as_json, table=lambda: rows("待办", columns, cells))
    return out.DONE


@todo.command("replied")
def replied_todo(
    number: Annotated[int, typer.Argument(metavar="TODO", help="待办编号。")],
    at: At = None,
    as_json: Json = False,
) -> int:
    """记下客户回复了已发送的留言，任务可以再拨一次（R-SMP-6）。"""
    from scheduler.flows.todos import note_reply

    runtime = open_shop()
    note_reply(runtime, number, runtime.instant(instant(at)), CLI)
    emit({"todo": number}, as_json=as_json, table=lambda: out.line(f"已记录回复：待办 {number}"))
    return out.DONE


@todo.command("done")
def done_todo(
    todo_id: Annotated[int, typer.Argument(help="待办编号。")], at: At = None, as_json: Json = False
) -> int:
    """勾掉一个待办；旺旺留言要在可联系时段内（R-HOURS-5）。"""
    from scheduler.flows.todos import finish_todo

    runtime = open_shop()
    finish_todo(runtime, todo_id, runtime.instant(instant(at)), CLI)
    emit({"todo": todo_id, "done": True}, as_json=as_json, table=lambda: out.line("已完成"))
    return out.DONE
