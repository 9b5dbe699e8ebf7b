"""The do-not-contact list on the command line (R-DNC-3). It comes in with `waihu import`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from web import cli_output as out
from web.cli_options import CLI, Json
from web.cli_output import emit, open_shop

listed = typer.Typer(help="免打扰名单（用 waihu import 导入）。", no_args_is_help=True)


def register(app: typer.Typer) -> None:
    """Add this module's commands."""
    app.add_typer(listed, name="do-not-contact")


@listed.callback()
def _only_subcommands() -> None:
    """Keep `export` a command of its own although it is the only one."""


@listed.command("export")
def export(
    file: Annotated[Path, typer.Argument(help="写到哪个 .csv 文件。")], as_json: Json = False
) -> int:
    """导出生效中的名单，号码打码（完整号码只在面板上给主管）。"""
    from adapters.reports.do_not_contact_csv import do_not_contact_csv
    from scheduler.flows.do_not_contact import export_entries

    runtime = open_shop()
    lines = export_entries(runtime, runtime.now(), CLI, None, full=False)
    file.write_bytes(do_not_contact_csv(lines))
    document = {"file": str(file), "entries": len(lines)}
    emit(document, as_json=as_json, table=lambda: out.line(f"已写入 {file}：{len(lines)} 条"))
    return out.DONE
