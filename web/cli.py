"""The command `waihu`. Each command parses, calls one flow and shows the answer.

Flows are imported where they are called: help and the next call must answer in half a second.
"""

from __future__ import annotations

import io
import sys
from functools import cache
from typing import Annotated, Any

import typer

from campaigns.errors import NotReadyError, UsageError, WaihuError
from web import (
    cli_blast,
    cli_campaign_setup,
    cli_campaign_trial,
    cli_campaigns,
    cli_escalations,
    cli_lines,
    cli_list,
    cli_panel,
    cli_plan,
    cli_proof,
    cli_sample,
    cli_sample_review,
    cli_shop,
    cli_training,
    cli_work,
)
from web import cli_output as out
from web.cli_output import USAGE, error_document

app = typer.Typer(
    name="waihu",
    help="Waihu 外呼：回访与催款电话的计划、拨打、记录与核查。",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)
cli_shop.register(app)
cli_plan.register(app)
cli_campaigns.register(app)
cli_campaign_setup.register(cli_campaigns.campaign)
cli_campaign_trial.register(cli_campaigns.campaign)
cli_list.register(app)
cli_work.register(app)
cli_escalations.register(app)
cli_sample.register(app)
cli_sample_review.register()
cli_blast.register(app)
cli_proof.register(app)
cli_lines.register(app)
cli_panel.register(app)
cli_training.register(app)


def _show_version(asked: bool) -> None:
    if asked:
        from importlib.metadata import version

        out.line(f"waihu {version('waihu')}")
        raise typer.Exit


@app.callback()
def _root(
    version: Annotated[
        bool,
        typer.Option("--version", help="显示版本。", is_eager=True, callback=_show_version),
    ] = False,
) -> None:
    """Nothing of its own; the options above end the command themselves."""


def main(arguments: list[str] | None = None) -> None:
    """Run one command and exit with its code: 0, 1 found, 2 usage, 3 not ready, 4 refused."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # a pipe is UTF-8 under any locale
            kept = stream.encoding if stream.isatty() else "utf-8"
            stream.reconfigure(encoding=kept, errors="replace")
    given = sys.argv[1:] if arguments is None else arguments
    sys.exit(run(given))


def run(arguments: list[str]) -> int:
    """Run one command; errors of every kind become one message or one JSON document."""
    as_json = "--json" in arguments
    try:
        result: Any = _command().main(args=arguments, prog_name="waihu", standalone_mode=False)
    except typer.Exit as stop:
        return stop.exit_code
    except typer.Abort:
        out.say("已取消")
        return USAGE
    except typer.TyperException as error:
        return _report_usage(error, as_json=as_json)
    except Exception as error:
        told = _told(error)
        if told is None:
            raise
        return out.report_error(told, as_json=as_json)
    return result if isinstance(result, int) else out.DONE


@cache
def _command() -> Any:
    """The whole tree of commands; putting it together costs more than most of them."""
    return typer.main.get_command(app)


def _told(error: Exception) -> WaihuError | None:
    """What is told as one sentence; None for a defect, which shows where it happened."""
    if isinstance(error, WaihuError):
        return error
    if isinstance(error, OSError) and error.filename is not None:
        return UsageError(f"文件打不开：{error.filename}（{error.strerror}）", field="file")
    return _of_the_database(error)


def _of_the_database(error: Exception) -> NotReadyError | None:
    """A database that cannot be reached or read is no defect of ours; None for any other error."""
    faults = sys.modules.get("sqlalchemy.exc")
    if faults is None:
        return None
    unreachable = (faults.OperationalError, faults.InterfaceError)
    if not isinstance(error, unreachable) and type(error) is not faults.DatabaseError:
        return None
    reason = str(getattr(error, "orig", error)).strip() or type(error).__name__
    return NotReadyError(f"数据库不能用：{reason.splitlines()[0]}")


def _report_usage(error: typer.TyperException, *, as_json: bool) -> int:
    message = error.format_message() if hasattr(error, "format_message") else str(error)
    if as_json:
        document = error_document("usage", message)
        out.emit(document, as_json=True, table=lambda: None)
    elif hasattr(error, "show"):
        error.show()
    else:
        out.say(message)
    return USAGE
