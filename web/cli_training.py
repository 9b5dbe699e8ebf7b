"""Commands of a training shop: how fast its clock goes, and who calls along."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from web import cli_output as out
from web.cli_options import CLI, Json
from web.cli_output import emit, iso, open_shop

training = typer.Typer(help="培训店铺：时钟快慢、模拟同事。", no_args_is_help=True)


def register(app: typer.Typer) -> None:
    """Add this module's commands."""
    app.add_typer(training, name="training")


@training.command("show")
def show(as_json: Json = False) -> int:
    """时钟走多快，有几位模拟同事。"""
    return _state(as_json=as_json)


@training.command("colleagues")
def colleagues(
    count: Annotated[int, typer.Argument(help="几位，0 到 6；他们按店铺时间打电话。")],
    as_json: Json = False,
) -> int:
    """让几位模拟同事打电话；waihu serve 开着时才走。"""
    from scheduler.flows.training_colleagues import set_colleagues

    runtime = open_shop()
    set_colleagues(runtime, count, runtime.now(), CLI)
    return _state(as_json=as_json)


@training.command("speed")
def speed(
    times: Annotated[int, typer.Argument(help="1、10、60 或 300：机器一秒，店铺几秒。")],
    as_json: Json = False,
) -> int:
    """让培训时钟走得快些。"""
    from scheduler.flows.shop import set_clock

    set_clock(open_shop(), CLI, speed=times)
    return _state(as_json=as_json)


def _state(*, as_json: bool) -> int:
    from scheduler.flows.shop import show_clock
    from scheduler.flows.training_colleagues import show_colleagues

    runtime = open_shop()
    clock, count = show_clock(runtime), show_colleagues(runtime)
    document: dict[str, Any] = {
        "now": iso(clock.now),
        "ticking": clock.ticks,
        "speed": clock.speed,
        "colleagues": count,
    }
    state = f"走 {clock.speed} 倍" if clock.ticks else "停着"
    line = f"{document['now']}（{state}），模拟同事 {count} 位"
    emit(document, as_json=as_json, table=lambda: out.line(line))
    return out.DONE
