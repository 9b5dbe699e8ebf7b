"""Commands before the calls: import, plan, queue."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from campaigns.errors import UsageError
from campaigns.ledger import yuan
from web import cli_output as out
from web.cli_options import CLI, At, Json, KindOption, kind_of
from web.cli_output import clock, day, emit, instant, iso, open_shop, rows

if TYPE_CHECKING:
    from adapters.importers.rows import Problem
    from scheduler.flows.intake import FileReport
    from scheduler.flows.planning import CampaignPlan


def register(app: typer.Typer) -> None:
    """Add this module's commands."""
    app.command("import")(import_files)
    app.command("plan")(plan_day)
    app.command("queue")(show_queue)


def import_files(
    files: Annotated[list[Path], typer.Argument(help="店铺导出的文件，原样即可。")],
    kind: Annotated[
        str | None,
        typer.Option(
            "--kind",
            help=(
                "文件类型：orders、items、shipments、stock-out、do-not-contact、calendar、"
                "after-sales、parcels、reviews、vip。"
            ),
        ),
    ] = None,
    at: At = None,
    as_json: Json = False,
) -> int:
    """导入订单、宝贝、发货单、缺货清单、登记表、VIP、免打扰名单或官方日历（R-IMP-1）。"""
    from adapters.importers.rows import FileKind
    from scheduler.flows.intake import Upload, take
    from scheduler.jobs import seal_trail

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
    seal_trail(runtime)
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
    from adapters.importers.rows import SHEET_MARK

    entries: dict[tuple[int, str], dict[str, Any]] = {}
    for problem in problems:
        sheet = problem.column.rpartition(SHEET_MARK)[0]  # lines of several sheets count anew
        entry = entries.setdefault((problem.line, sheet), _problem(problem))
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
    campaign: Annotated[
        int | None,
        typer.Option("--campaign", help="只试排这个活动，草稿也可以；和 --dry-run 一起用。"),
    ] = None,
    as_json: Json = False,
) -> int:
    """做一天的计划：谁要打，谁不打、因为哪条规则（R-DUN-1）。"""
    from scheduler.flows.planning import plan
    from scheduler.jobs import seal_trail
    from web.cli_campaign_trial import campaign_dry_run

    if campaign is not None:
        if not dry_run:
            raise UsageError("--campaign 只能和 --dry-run 一起用", field="campaign")
        return campaign_dry_run(campaign, date, None, at, as_json=as_json)
    runtime = open_shop()
    now = runtime.instant(instant(at))
    made = plan(runtime, day(date, "date"), now, CLI, kind=kind_of(kind), dry_run=dry_run)
    if not dry_run:
        seal_trail(runtime)
    document = {
        "date": made.day.isoformat(),
        "calendar_known": not made.unknown_calendar,
        "campaigns": [_plan_document(one) for one in made.campaigns],
    }

    def table() -> None:
        if made.unknown_calendar:
            out.line("! 这一年的官方日历尚未公布，按休息日的较窄时段拨打（R-HOURS-6）")
        for one in made.campaigns:
            rows(
                f"{one.kind} {made.day}",
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
                    for t in one.tasks
                ],
            )
            rows(
                "不拨打",
                ("客户", "规则", "原因"),
                [(x.buyer, "、".join(x.rules), x.reason) for x in one.left_out],
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
                "topic": t.topic,
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
