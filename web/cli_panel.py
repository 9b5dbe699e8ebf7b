"""The panel on the command line: the same tables as on the page, and the figures made anew."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from campaigns.errors import UsageError
from web import cli_output as out
from web.cli_options import CLI, At, Json
from web.cli_output import day, emit, instant, iso, open_shop, rows

if TYPE_CHECKING:
    from campaigns.ledger import Ledger, LedgerRow

figures = typer.Typer(help="随每通电话记下的数字。", no_args_is_help=True)


def register(app: typer.Typer) -> None:
    """Add this module's commands."""
    app.command("panel")(panel)
    app.add_typer(figures, name="figures")


def panel(
    first: Annotated[str | None, typer.Option("--from", help="追款的第一天，YYYY-MM-DD。")] = None,
    last: Annotated[str | None, typer.Option("--to", help="追款的最后一天。")] = None,
    campaign: Annotated[int | None, typer.Option("--campaign", help="只看这个活动。")] = None,
    at: At = None,
    table: Annotated[str | None, typer.Option("--table", help="只要这一张表。")] = None,
    file: Annotated[Path | None, typer.Option("--out", help="存成 .xlsx 或 .csv 文件。")] = None,
    as_json: Json = False,
) -> int:
    """面板上的表：今天的进度、追款、接通率、坐席、过期的事（R-DUN-8）。"""
    from campaigns.ledger import as_json_rows
    from scheduler.flows.panel import asked_of, panel_days, panel_ledgers, panel_now

    runtime = open_shop()
    now = runtime.instant(instant(at))
    asked = asked_of(
        None if first is None else day(first, "from"),
        None if last is None else day(last, "to"),
        campaign,
        now,
    )
    moving = panel_now(runtime, now, asked.campaign_id)
    made = panel_ledgers(moving, panel_days(runtime, asked, now))
    if table is not None and table not in made:
        raise UsageError(f"没有这张表：{table}。可用：{'、'.join(made)}", field="table")
    chosen = made if table is None else {table: made[table]}
    if file is not None:
        _write(runtime, chosen, file, now)
    document = {
        "as_of": iso(now),
        "from": asked.first.isoformat(),
        "to": asked.last.isoformat(),
        "campaign": asked.campaign_id,
        "health": [
            {"check": one.name, "ok": one.ok, "detail": one.detail} for one in moving.health
        ],
        "tables": {code: as_json_rows(one) for code, one in chosen.items()},
    }
    emit(document, as_json=as_json, table=lambda: _show(chosen))
    return out.DONE


def _write(runtime: Any, chosen: dict[str, Ledger[LedgerRow]], file: Path, now: Any) -> None:
    from adapters.reports.csv_file import write_csv
    from adapters.reports.xlsx_file import write_xlsx
    from scheduler.flows.ledgers import record_export

    writer = {".xlsx": write_xlsx, ".csv": write_csv}.get(file.suffix.lower())
    if writer is None:
        raise UsageError(f"只能写成 .xlsx 或 .csv：{file.name}", field="out")
    if len(chosen) != 1:
        raise UsageError("存成文件要用 --table 选一张表", field="table")
    (made,) = chosen.values()
    with file.open("wb") as stream:
        writer(made, stream)
    record_export(runtime, made, file.suffix.removeprefix(".").lower(), now, CLI)
    out.say(f"已写入 {file}")


def _show(chosen: dict[str, Ledger[LedgerRow]]) -> None:
    for made in chosen.values():
        out.ledger_table(made)


@figures.callback()
def _only_subcommands() -> None:
    """Keep `rebuild` a command of its own although it is the only one."""


@figures.command("rebuild")
def rebuild_figures(as_json: Json = False) -> int:
    """从全部历史重新算出面板的数字；原来不一致的会列出来并改正。"""
    from scheduler.flows.figures import rebuild

    runtime = open_shop()
    with out.progress("重新计算"):
        found = rebuild(runtime, runtime.now(), CLI)
    document = {"clean": found.is_clean, "rows": found.rows, "differing": found.differing}

    def table() -> None:
        words = {"contacts": "通话", "tasks": "催款任务", "money": "追款合计"}
        cells = [(words[name], n, found.differing[name]) for name, n in found.rows.items()]
        rows("面板的数字", ("哪一种", "行数", "原来不一致"), cells)

    emit(document, as_json=as_json, table=table)
    return out.DONE if found.is_clean else out.FOUND
