"""Commands of proof: why, ledger, verify (R-AUD-2, R-AUD-3, R-DUN-7, R-DUN-8, R-CB-6, R-CASE-1)."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from campaigns.errors import UsageError
from web import cli_output as out
from web.cli_options import CLI, At, Json, KindOption, kind_of
from web.cli_output import clock, day, emit, instant, iso, open_shop, rows
from web.forms import read_month

if TYPE_CHECKING:
    from campaigns.ledger import Ledger, LedgerRow
    from scheduler.verify import Finding

_SIGNS = {"allow": "✓", "wait": "…", "stop": "✗"}


def register(app: typer.Typer) -> None:
    """Add this module's commands."""
    app.command("why")(why)
    app.command("ledger")(ledger)
    app.command("verify")(verify_history)


def why(
    buyer: Annotated[str, typer.Argument(help="用户ID 或订单编号。")],
    kind: KindOption = None,
    at: At = None,
    as_json: Json = False,
) -> int:
    """这位客户那时能不能打、为什么、下一次是什么时候（R-AUD-3）。"""
    from scheduler.flows.why import explain

    runtime = open_shop()
    found = explain(runtime, buyer, runtime.instant(instant(at)), kind=kind_of(kind))
    document = {
        "buyer": found.buyer,
        "at": iso(found.at),
        "task": found.task,
        "verdict": found.verdict,
        "next": iso(found.next),
        "binding": found.binding.rule if found.binding else None,
        "checks": [
            {"rule": c.rule, "verdict": c.verdict, "until": iso(c.until), "reason": c.reason}
            for c in found.checks
        ],
    }

    def table() -> None:
        words = {"allow": "可以拨打", "wait": "现在不能拨打", "stop": "不再拨打"}
        when = f"，下一次 {clock(found.next)}" if found.next and found.verdict != "allow" else ""
        out.line(f"{found.buyer} 在 {clock(found.at)}：{words[found.verdict]}{when}")
        rows(
            "逐条核对",
            ("", "规则", "说明", "到"),
            [(_SIGNS[c.verdict], c.rule, c.reason, clock(c.until)) for c in found.checks],
        )

    emit(document, as_json=as_json, table=table)
    return out.DONE


def ledger(
    name: Annotated[str, typer.Argument(help="哪一张：如 dunning-detail、callback-detail。")],
    first: Annotated[str | None, typer.Option("--from", help="第一天，YYYY-MM-DD。")] = None,
    last: Annotated[str | None, typer.Option("--to", help="最后一天，YYYY-MM-DD。")] = None,
    month: Annotated[str | None, typer.Option("--month", help="整月，YYYY-MM。")] = None,
    at: At = None,
    known_at: Annotated[
        str | None, typer.Option("--as-of", help="只算到这一刻已知道的（ISO 8601）。")
    ] = None,
    file: Annotated[Path | None, typer.Option("--out", help="存成 .xlsx 或 .csv 文件。")] = None,
    as_json: Json = False,
) -> int:
    """各种台账：催款、回访、缺货通知、服务抽查、售后问题、回访反馈（R-DUN-7、R-CB-6、R-OOS-2、R-SMP-11）。"""
    from campaigns.ledger import as_json_rows
    from scheduler.flows.ledgers import LEDGERS, record_export

    if name not in LEDGERS:
        raise UsageError(f"没有这个台账：{name}。可用：{'、'.join(LEDGERS)}", field="name")
    runtime = open_shop()
    given = instant(at)
    now = runtime.instant(given)
    # Without either the ledger shows everything stored, wherever a training clock may stand.
    as_of = instant(known_at, "as_of") or given
    made = LEDGERS[name](runtime, *_days(first, last, month), as_of)
    if file is not None:
        _write(made, file)
        record_export(runtime, made, file.suffix.removeprefix(".").lower(), now, CLI)
        out.say(f"已写入 {file}")
    elif not as_json:
        out.ledger_table(made)
    if as_json:
        emit(as_json_rows(made), as_json=True, table=lambda: None)
    return out.DONE


def _days(first: str | None, last: str | None, month: str | None) -> tuple[date, date]:
    """The days of a ledger: those of a month, or from one to another."""
    if month is not None:
        if first is not None or last is not None:
            raise UsageError("--month 和 --from、--to 只用一种", field="month")
        return read_month(month, "month")
    if first is None or last is None:
        raise UsageError(
            "请用 --month 或 --from、--to 指定日期", field="from" if first is None else "to"
        )
    return day(first, "from"), day(last, "to")


def _write(made: Ledger[LedgerRow], file: Path) -> None:
    from adapters.reports.csv_file import write_csv
    from adapters.reports.xlsx_file import write_xlsx

    writers = {".xlsx": write_xlsx, ".csv": write_csv}
    writer = writers.get(file.suffix.lower())
    if writer is None:
        raise UsageError(f"只能写成 .xlsx 或 .csv：{file.name}", field="out")
    with file.open("wb") as stream:
        writer(made, stream)


def verify_history(at: At = None, as_json: Json = False) -> int:
    """独立核查全部历史：列出违反规则的地方；没有则为零（R-AUD-2）。"""
    from scheduler.verify import verify

    runtime = open_shop()
    given = instant(at)
    if given is not None:
        runtime.instant(given)  # refuses --at in a real shop
    report = verify(runtime, given)
    document: dict[str, Any] = {
        "checked": dict(report.checked),
        "violations": [_finding(f) for f in report.violations],
        "warnings": [_finding(f) for f in report.warnings],
    }

    def table() -> None:
        out.line("已核查：" + "，".join(f"{k} {v}" for k, v in report.checked.items()))
        out.line(f"违反规则 {len(report.violations)} 处，提醒 {len(report.warnings)} 处")
        for sign, found in (("✗", report.violations), ("!", report.warnings)):
            for f in found[:200]:
                out.line(f"  {sign} {f.rule} {clock(f.at)} {f.what}")

    emit(document, as_json=as_json, table=table)
    return out.FOUND if report.violations else out.DONE


def _finding(finding: Finding) -> dict[str, Any]:
    return {
        "rule": finding.rule,
        "what": finding.what,
        "attempt": finding.attempt,
        "at": iso(finding.at),
    }
