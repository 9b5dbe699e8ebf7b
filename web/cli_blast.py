"""Mass messages on the command line: new, approve, send, pause, resume, stop, status, replies (R-MSG-2)."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from campaigns.labels_zh import BLAST_STATE_LABELS
from campaigns.ledger import yuan
from campaigns.values import Role
from web import cli_output as out
from web.cli_options import At, By, Json, kind_of
from web.cli_output import clock, emit, instant, iso, open_shop, rows

if TYPE_CHECKING:
    from datetime import datetime

    from campaigns.values import Person
    from scheduler.flows.blast_choice import Preview
    from scheduler.flows.blast_status import BlastStatus
    from scheduler.flows.text_replies import RepliesImported
    from scheduler.runtime import Runtime

blast = typer.Typer(help="短信群发：没打通的客户。", no_args_is_help=True)
reply = typer.Typer(help="客户回复的短信。", no_args_is_help=True)
blast.add_typer(reply, name="reply")

Id = Annotated[int, typer.Argument(help="群发编号。")]

_LISTED = 20


class Settled(StrEnum):
    """What the provider's own record says of a text."""

    SENT = "sent"
    NOT_SENT = "not_sent"


def register(app: typer.Typer) -> None:
    """Add this module's commands."""
    app.add_typer(blast, name="blast")


@blast.command("new")
def blast_new(
    kind: Annotated[str, typer.Option("--kind", help="dunning、callback、stock_out。")],
    campaign: Annotated[int | None, typer.Option("--campaign", help="只要这个活动的。")] = None,
    template: Annotated[str | None, typer.Option("--template", help="短信模板编号。")] = None,
    include_uncalled: Annotated[
        bool, typer.Option("--include-uncalled", help="还没打过电话的也算。")
    ] = False,
    by: By = None,
    at: At = None,
    as_json: Json = False,
) -> int:
    """选没打通的客户，看短信、条数、费用，以及谁不发、为什么（R-MSG-2）。"""
    from scheduler.flows.blast_choice import NewBlast
    from scheduler.flows.blasts import new

    runtime, now, person = _opened(by, at)
    chosen = kind_of(kind)
    assert chosen is not None
    made = new(runtime, NewBlast(chosen, campaign, template, include_uncalled), now, person.name)
    emit(_preview_document(made), as_json=as_json, table=lambda: _show_preview(runtime, made))
    return out.DONE


@blast.command("approve")
def blast_approve(number: Id, by: By = None, at: At = None, as_json: Json = False) -> int:
    """主管批准；不能批准自己做的（R-MSG-2）。"""
    from scheduler.flows.blasts import approve

    runtime, now, person = _opened(by, at, Role.SUPERVISOR)
    approve(runtime, number, now, person)
    return _tell_status(runtime, number, as_json=as_json)


@blast.command("send")
def blast_send(number: Id, by: By = None, at: At = None, as_json: Json = False) -> int:
    """在可发送时段内按速度发送，直到发完、暂停或时段结束。"""
    from scheduler.flows.blast_status import send_all
    from scheduler.flows.blasts import start, waits_for_window

    runtime, now, person = _opened(by, at)
    start(runtime, number, now, person.name)
    with out.progress(f"群发 {number}") as tell:
        found = send_all(runtime, number, tell, at=None if at is None else now)
    reason = None
    if found.queued:
        out.say(f"还有 {found.queued} 条没有发，最早 {clock(found.next_at)} 可以接着发")
        if waits_for_window(runtime, number, found.next_at):
            reason = f"现在不在可发送时段，{clock(found.next_at)} 起自动发（R-HOURS-5）"

    def table() -> None:
        _show_status(found)
        if reason is not None:
            out.line(reason)

    emit(_status_document(found) | {"reason": reason}, as_json=as_json, table=table)
    return out.DONE


@blast.command("pause")
def blast_pause(
    number: Id,
    reason: Annotated[str, typer.Option("--reason", help="为什么暂停。")] = "",
    by: By = None,
    at: At = None,
    as_json: Json = False,
) -> int:
    """暂停：先不再发。"""
    from scheduler.flows.blasts import pause

    runtime, now, person = _opened(by, at)
    pause(runtime, number, reason, now, person.name)
    return _tell_status(runtime, number, as_json=as_json)


@blast.command("resume")
def blast_resume(number: Id, by: By = None, at: At = None, as_json: Json = False) -> int:
    """接着发；由引擎或 send 命令发出。"""
    from scheduler.flows.blasts import resume

    runtime, now, person = _opened(by, at)
    resume(runtime, number, now, person.name)
    return _tell_status(runtime, number, as_json=as_json)


@blast.command("stop")
def blast_stop(number: Id, by: By = None, at: At = None, as_json: Json = False) -> int:
    """停止：没有发的全部撤回。"""
    from scheduler.flows.blasts import stop

    runtime, now, person = _opened(by, at)
    stop(runtime, number, now, person.name)
    return _tell_status(runtime, number, as_json=as_json)


@blast.command("status")
def blast_status(number: Id, at: At = None, as_json: Json = False) -> int:
    """发了多少、送达多少、失败的原因。"""
    runtime = open_shop()
    runtime.instant(instant(at))
    return _tell_status(runtime, number, as_json=as_json)


@blast.command("unknown")
def blast_unknown(at: At = None, as_json: Json = False) -> int:
    """没有确认的短信：不知道发出没有，群发的和单条的都在（R-MSG-2）。"""
    from scheduler.flows.text_troubles import unknown_texts

    runtime = open_shop()
    runtime.instant(instant(at))
    found = unknown_texts(runtime)
    document = {
        "texts": [
            {
                "sms": one.id,
                "blast": one.blast_id,
                "kind": one.kind,
                "line": one.line,
                "buyer": one.buyer,
                "phone": one.phone_masked,
                "sent_at": iso(one.at),
                "reason": one.reason,
            }
            for one in found
        ]
    }
    listed = [(one.id, one.blast_id or "—", one.buyer, one.phone_masked) for one in found]
    columns = ("短信编号", "群发", "用户ID", "手机")
    emit(document, as_json=as_json, table=lambda: rows("没有确认", columns, listed))
    return out.DONE


@blast.command("settle")
def blast_settle(
    sms_id: Annotated[str, typer.Argument(metavar="SMS_ID", help="短信编号。")],
    result: Annotated[Settled, typer.Argument(help="在服务商那里查到的：sent、not_sent。")],
    by: By = None,
    at: At = None,
    as_json: Json = False,
) -> int:
    """登记查到的结果；不会重发，没有发出的后续通知改发旺旺（R-OOS-2）。"""
    from scheduler.flows.text_reconcile import settle_unknown

    runtime, now, person = _opened(by, at)
    was_sent = result is Settled.SENT
    settle_unknown(runtime, sms_id, now, person.name, was_sent=was_sent)
    document = {"sms": sms_id, "state": "sent" if was_sent else "failed"}
    emit(document, as_json=as_json, table=lambda: out.line("已登记"))
    return out.DONE


@reply.command("add")
def reply_add(
    phone: Annotated[str, typer.Argument(help="客户的手机号。")],
    text: Annotated[str, typer.Argument(help="回复的内容；退订词马上生效（R-DNC-2）。")],
    by: By = None,
    at: At = None,
    as_json: Json = False,
) -> int:
    """手工登记一条回复。"""
    from scheduler.flows.text_replies import add_reply

    runtime, now, person = _opened(by, at)
    taken = add_reply(runtime, phone, text, now, person.name)
    known = taken.is_of_customer
    document = {"new": taken.is_new, "opt_out": taken.is_opt_out, "customer": known}
    said = "已退订，马上不再联系" if taken.is_opt_out else "已登记"
    if not known:
        said = f"没有这个号码的客户，{'号码已进免打扰' if taken.is_opt_out else said}"
    emit(document, as_json=as_json, table=lambda: out.line(said))
    return out.DONE


@reply.command("import")
def reply_import(
    file: Annotated[Path, typer.Argument(help="CSV：手机号码、回复内容，可有回复时间。")],
    by: By = None,
    at: At = None,
    as_json: Json = False,
) -> int:
    """导入供应商给的回复名单；重复导入没有影响。"""
    from scheduler.flows.text_replies import import_replies

    runtime, now, person = _opened(by, at)
    told = import_replies(runtime, file.read_bytes(), now, person.name)
    emit(_replies_document(told), as_json=as_json, table=lambda: _show_replies(told))
    return out.FOUND if told.rejected else out.DONE


def _opened(
    by: str | None, at: str | None, role: Role = Role.LEADER
) -> tuple[Runtime, datetime, Person]:
    """The shop, the instant that is meant, and who does it."""
    from scheduler.flows.people import responsible

    runtime = open_shop()
    return runtime, runtime.instant(instant(at)), responsible(runtime, by, role)


def _tell_status(runtime: Runtime, number: int, *, as_json: bool) -> int:
    from scheduler.flows.blast_status import status

    found = status(runtime, number)
    emit(_status_document(found), as_json=as_json, table=lambda: _show_status(found))
    return out.DONE


def _preview_document(made: Preview) -> dict[str, Any]:
    return {
        "blast": made.blast_id,
        "to": made.to,
        "left_out": [
            {"buyer": one.buyer, "rules": list(one.rules), "reason": one.reason}
            for one in made.left_out
        ],
        "samples": [
            {
                "buyer": one.buyer,
                "phone": one.phone_masked,
                "text": one.wording,
                "characters": one.characters,
                "segments": one.segments,
                "variables": dict(one.variables),
            }
            for one in made.samples
        ],
        "segments": made.segments,
        "cost": yuan(made.cost_fen),
        "kind": made.kind,
        "template": made.script_id,
        "line": made.line,
        "rate": made.per_minute,
        "starts_at": iso(made.starts_at),
        "uncalled": made.uncalled,
        "warning": made.warning,
    }


def _status_document(found: BlastStatus) -> dict[str, Any]:
    return {
        "blast": found.head.id,
        "state": found.head.state,
        "queued": found.queued,
        "sending": found.sending,
        "sent": found.sent,
        "delivered": found.delivered,
        "failed": dict(found.failed),
        "unknown": found.unknown,
        "withdrawn": dict(found.withdrawn),
        "left_out": len(found.left_out),
        "segments": found.segments,
        "cost": yuan(found.cost_fen),
        "rate": found.per_minute,
        "line": found.line,
        "next_at": iso(found.next_at),
        "held_up": found.held_up,
        "pause_reason": found.head.pause_reason,
        "created_by": found.head.created_by,
        "approved_by": found.head.approved_by,
    }


def _replies_document(told: RepliesImported) -> dict[str, Any]:
    return {
        "rows": told.rows,
        "taken": told.taken,
        "unchanged": told.unchanged,
        "opted_out": told.opted_out,
        "rejected": [
            {"line": one.line, "column": one.column, "reason": one.reason} for one in told.rejected
        ],
    }


def _show_preview(runtime: Runtime, made: Preview) -> None:
    line = "还没有短信线路" if made.line is None else out.line_name(runtime, made.line, "sms")
    out.line(
        f"群发 {made.blast_id}：{made.campaign}，发给 {made.to} 位，共 {made.segments} 条计费，"
        f"约 {yuan(made.cost_fen)} 元；{line}，每分钟 {made.per_minute} 条，"
        f"最早 {clock(made.starts_at)}；待主管批准"
    )
    if made.warning:
        out.line(f"! {made.warning}")
    if not made.to and made.uncalled:
        out.line(f"另有 {made.uncalled} 位还没打过电话，要发给他们请加 --include-uncalled")
    rows(
        "样例",
        ("用户ID", "手机", "字数", "条数", "短信"),
        [(s.buyer, s.phone_masked, s.characters, s.segments, s.wording) for s in made.samples],
    )
    _show_left_out(made.left_out)


def _show_left_out(left_out: Any) -> None:
    if left_out:
        listed = [(one.buyer, "、".join(one.rules), one.reason) for one in left_out[:_LISTED]]
        rows("不发", ("用户ID", "规则", "原因"), listed)
    if len(left_out) > _LISTED:
        out.line(f"……还有 {len(left_out) - _LISTED} 位，--json 可看全部")


def _show_status(found: BlastStatus) -> None:
    head = found.head
    why = f"（{head.pause_reason}）" if head.pause_reason else ""
    out.line(f"群发 {head.id}：{head.campaign}，{BLAST_STATE_LABELS[head.state]}{why}")
    if found.held_up:
        out.line(found.held_up)
    lines: list[tuple[str, object]] = [
        ("待发", found.queued),
        ("等回执", found.sent),
        ("已送达", found.delivered),
        ("不确定", found.unknown),
        *(
            (f"没发成：{found.why_failed[code]}（{code}）", number)
            for code, number in found.failed.items()
        ),
        *((f"已撤回 {rule}", number) for rule, number in found.withdrawn.items()),
        ("不发的客户", len(found.left_out)),
        ("计费条数", found.segments),
        ("费用（元）", yuan(found.cost_fen)),
    ]
    rows("进度", ("项目", "数值"), lines)


def _show_replies(told: RepliesImported) -> None:
    out.line(
        f"共 {told.rows} 行：新 {told.taken}，已有 {told.unchanged}，退订 {told.opted_out}，"
        f"没收下 {len(told.rejected)}"
    )
    for one in told.rejected[:_LISTED]:
        out.line(f"第 {one.line} 行 {one.column}：{one.reason}")
