"""Commands of the day's work: import, plan, queue, work, todo."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from campaigns.errors import UsageError
from campaigns.ledger import yuan
from campaigns.values import Kind
from web import cli_output as out
from web.cli_output import clock, day, emit, instant, iso, open_shop, rows

if TYPE_CHECKING:
    from datetime import datetime

    from adapters.importers.rows import Problem
    from scheduler.flows.intake import FileReport
    from scheduler.flows.planning import CampaignPlan

CLI = "cli"
"""Who the audit trail names for a command that no person's name came with."""

At = Annotated[str | None, typer.Option("--at", help="这条命令的时间，仅培训店铺（ISO 8601）。")]
Json = Annotated[bool, typer.Option("--json", help="输出一个 JSON 文档。")]
KindOption = Annotated[str | None, typer.Option("--kind", help="活动类型，如 dunning。")]

work = typer.Typer(help="坐席的工作：取下一位、拨打、记录结果、跳过。", no_args_is_help=True)
todo = typer.Typer(help="待办：旺旺留言、关闭交易。", no_args_is_help=True)


def register(app: typer.Typer) -> None:
    """Add this module's commands."""
    app.command("import")(import_files)
    app.command("plan")(plan_day)
    app.command("queue")(show_queue)
    app.add_typer(work, name="work")
    app.add_typer(todo, name="todo")


def kind_of(text: str | None) -> Kind | None:
    """A kind of campaign by its name."""
    if text is None:
        return None
    try:
        return Kind(text)
    except ValueError as error:
        known = "、".join(Kind)
        raise UsageError(f"没有这种活动：{text}。可用：{known}", field="kind") from error


def import_files(
    files: Annotated[list[Path], typer.Argument(help="店铺导出的文件，原样即可。")],
    kind: Annotated[
        str | None,
        typer.Option("--kind", help="文件类型：orders、items、do-not-contact、calendar。"),
    ] = None,
    at: At = None,
    as_json: Json = False,
) -> int:
    """导入订单、宝贝、免打扰名单或官方日历（R-IMP-1）。"""
    from adapters.importers.rows import FileKind
    from scheduler.flows.intake import Upload, take

    runtime = open_shop()
    now = runtime.instant(instant(at))
    try:
        file_kind = None if kind is None else FileKind(kind)
    except ValueError as error:
        known = "、".join(FileKind)
        raise UsageError(f"没有这种文件：{kind}。可用：{known}", field="kind") from error
    for file in files:
        if not file.is_file():
            raise UsageError(f"找不到文件：{file}", field="file")
    reports: list[FileReport] = []
    for file in files:
        with out.progress(file.name) as tell:
            reports.append(
                take(runtime, Upload(str(file), file), now, CLI, kind=file_kind, progress=tell)
            )
    document = {"files": [_file_document(report) for report in reports]}
    emit(document, as_json=as_json, table=lambda: _show_reports(reports))
    bad = any(r.refused is not None or r.rejected for r in reports)
    return out.FOUND if bad else out.DONE


def _file_document(report: FileReport) -> dict[str, Any]:
    if report.refused is not None:
        refused = {"code": report.refused.code, "reason": report.refused.reason}
        return {
            "file": report.file,
            "refused": refused,
            "rows": 0,
            "taken": 0,
            "unchanged": 0,
            "rejected": [],
            "warnings": [],
        }
    return {
        "file": report.file,
        "kind": report.kind,
        "encoding": report.encoding,
        "rows": report.rows,
        "taken": report.taken,
        "unchanged": report.unchanged,
        "rejected": _by_row(report.rejected),
        "warnings": [_problem(p) for p in report.warnings],
    }


def _problem(problem: Problem) -> dict[str, Any]:
    return {"line": problem.line, "column": problem.column, "reason": problem.reason}


def _by_row(problems: Sequence[Problem]) -> list[dict[str, Any]]:
    """One entry for each rejected row (R-IMP-2); further reasons of the same row are joined to it."""
    entries: dict[int, dict[str, Any]] = {}
    for problem in problems:
        entry = entries.setdefault(problem.line, _problem(problem))
        if entry["reason"] != problem.reason or entry["column"] != problem.column:
            entry["reason"] += f"；{problem.column}：{problem.reason}"
    return list(entries.values())


def _show_reports(reports: list[FileReport]) -> None:
    for report in reports:
        if report.refused is not None:
            out.line(f"✗ {report.file}：{report.refused.reason}")
            continue
        out.line(
            f"✓ {report.file}：{report.kind}，{report.encoding}，共 {report.rows} 行，"
            f"新收 {report.taken}，未变 {report.unchanged}，拒收 {report.rejected_rows}"
        )
        for problem in report.rejected[:20]:
            out.line(f"    第 {problem.line} 行 {problem.column}：{problem.reason}")
        for problem in report.warnings[:20]:
            out.line(f"    提醒 第 {problem.line} 行 {problem.column}：{problem.reason}")


def plan_day(
    date: Annotated[str, typer.Option("--date", help="拨打的日期，YYYY-MM-DD。")],
    kind: KindOption = None,
    at: At = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="只看，不建任务。")] = False,
    as_json: Json = False,
) -> int:
    """做一天的计划：谁要打，谁不打、因为哪条规则（R-DUN-1）。"""
    from scheduler.flows.planning import plan

    runtime = open_shop()
    now = runtime.instant(instant(at))
    made = plan(runtime, day(date, "date"), now, CLI, kind=kind_of(kind), dry_run=dry_run)
    document = {
        "date": made.day.isoformat(),
        "calendar_known": not made.unknown_calendar,
        "campaigns": [_plan_document(campaign) for campaign in made.campaigns],
    }

    def table() -> None:
        if made.unknown_calendar:
            out.line("! 这一年的官方日历尚未公布，按休息日的较窄时段拨打（R-HOURS-6）")
        for campaign in made.campaigns:
            rows(
                f"{campaign.kind} {made.day}",
                ("任务", "客户", "订单", "金额", "应拨", "截止", "地区"),
                [
                    (
                        t.task or "新",
                        t.buyer,
                        len(t.orders),
                        yuan(t.amount_fen),
                        clock(t.due_at),
                        clock(t.deadline),
                        t.region or "",
                    )
                    for t in campaign.tasks
                ],
            )
            rows(
                "不拨打",
                ("客户", "规则", "原因"),
                [(x.buyer, "、".join(x.rules), x.reason) for x in campaign.left_out],
            )

    emit(document, as_json=as_json, table=table)
    return out.DONE


def _plan_document(campaign: CampaignPlan) -> dict[str, Any]:
    return {
        "kind": campaign.kind,
        "tasks": [
            {
                "task": t.task,
                "new": t.new,
                "buyer": t.buyer,
                "orders": list(t.orders),
                "amount": yuan(t.amount_fen),
                "due_at": iso(t.due_at),
                "deadline": iso(t.deadline),
                "region": t.region,
            }
            for t in campaign.tasks
        ],
        "left_out": [
            {"buyer": x.buyer, "rules": list(x.rules), "reason": x.reason}
            for x in campaign.left_out
        ],
    }


def show_queue(
    at: At = None,
    limit: Annotated[int, typer.Option("--limit", min=1, max=1000, help="最多几条。")] = 50,
    as_json: Json = False,
) -> int:
    """接下来会打给谁，按先后（R-DUN-5）。"""
    from scheduler.flows.outlook import queue

    runtime = open_shop()
    found = queue(runtime, runtime.instant(instant(at)), limit)
    document = [
        {
            "task": q.task,
            "buyer": q.buyer,
            "kind": q.kind,
            "rank": q.rank,
            "due_at": iso(q.due_at),
            "deadline": iso(q.deadline),
        }
        for q in found
    ]
    cells = [
        (q.rank, q.task, q.buyer, clock(q.due_at), clock(q.deadline), yuan(q.amount_fen))
        for q in found
    ]
    columns = ("次序", "任务", "客户", "应拨", "截止", "金额")
    emit(document, as_json=as_json, table=lambda: rows("待拨队列", columns, cells))
    return out.DONE


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
    person = caller_named(runtime, caller, now)
    answer = claim.next_call(runtime, person, now)
    if isinstance(answer, NobodyNow):
        document: dict[str, Any] = {
            "task": None,
            "next_due": iso(answer.next_due),
            "reasons": [
                {"rule": r.rule, "count": r.count, "until": iso(r.until), "reason": r.reason}
                for r in answer.reasons
            ],
        }

        def table() -> None:
            when = f"，下一位 {clock(answer.next_due)}" if answer.next_due else ""
            out.line(f"现在没有可拨打的客户{when}")
            for r in answer.reasons:
                out.line(f"    {r.count} 位：{r.reason}（{r.rule}）")

        emit(document, as_json=as_json, table=table)
        return out.DONE
    briefing = brief(runtime, answer.attempt_id, now)
    shown = [node for node in briefing.script if node.medium == "voice"] or list(briefing.script)
    document = {
        "task": answer.task_id,
        "attempt": answer.attempt_id,
        "buyer": answer.buyer,
        "kind": answer.kind,
        "phone": answer.phone.display,
        "amount": yuan(briefing.owed_fen),
        "deadline": iso(answer.deadline),
        "lease_until": iso(answer.lease_until),
        "dialled_at": iso(answer.dialled_at),
        "look_in_shop_first": answer.must_look_first,
        "why": [{"rule": r.rule, "text": r.text} for r in briefing.reasons],
        "script": {
            "id": shown[0].id,
            "version": shown[0].version,
            "title": shown[0].title,
            "text": shown[0].message,
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
    }

    def words() -> None:
        out.line(
            f"{answer.buyer}  {answer.phone.display}  {yuan(briefing.owed_fen)} 元  截止 {clock(answer.deadline)}"
        )
        out.line(f"通话编号 {answer.attempt_id}")
        if answer.must_look_first:
            out.line("! 付款数据较旧，拨打前请先在卖家后台核对（R-DUN-4）")
        for r in briefing.reasons:
            out.line(f"    {r.text}（{r.rule}）")
        out.line(f"【{shown[0].title}】")
        out.line(shown[0].message)
        out.line("结果：" + "  ".join(f"{o.code}={o.label}" for o in briefing.outcomes))

    emit(document, as_json=as_json, table=words)
    return out.DONE


@work.command("dial")
def dial_call(
    attempt: Annotated[str, typer.Argument(help="通话编号。")], at: At = None, as_json: Json = False
) -> int:
    """开始拨打：再问一次全部规则，然后算一次联系（R-HOURS-3）。"""
    from scheduler.flows.dialling import dial

    runtime = open_shop()
    done = dial(runtime, attempt, runtime.instant(instant(at)), None)
    document = {"attempt": done.attempt_id, "dialled_at": iso(done.dialled_at)}
    emit(document, as_json=as_json, table=lambda: out.line(f"已拨打 {clock(done.dialled_at)}"))
    return out.DONE


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
    as_json: Json = False,
) -> int:
    """记录通话结果，得到下一步。"""
    from scheduler.flows.outcome import OutcomeForm, record_outcome

    runtime = open_shop()
    form = OutcomeForm(code, instant(callback_at), phone, note, key)
    answer = record_outcome(runtime, attempt, form, runtime.instant(instant(at)), None)
    document = {
        "task": answer.task,
        "state": answer.state,
        "result": answer.result,
        "next": _next(answer.next_at, answer.how),
        "rules": list(answer.rules),
    }

    def table() -> None:
        when = f"，下一步 {clock(answer.next_at)}" if answer.next_at else ""
        out.line(f"已记录：{answer.result}{when}（{'、'.join(answer.rules)}）")
        if answer.moved_callback:
            out.line("! 约定时间不在可拨打时段，已移到下一个可拨时间（R-HOURS-7）")

    emit(document, as_json=as_json, table=table)
    return out.DONE


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
