"""Commands of the lines: lines check, show, choose, phone, listen; carrier serve."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, cast

import typer

from campaigns.errors import NotFoundError, NotReadyError, UsageError
from campaigns.values import LineName
from web import cli_output as out
from web.cli_options import CLI, Json
from web.cli_output import emit, iso, open_shop, rows

if TYPE_CHECKING:
    from campaigns.values import Person
    from scheduler.flows.line_report import LineState
    from scheduler.runtime import Runtime

lines = typer.Typer(help="电话与短信线路。", no_args_is_help=True)
carrier = typer.Typer(help="训练线路：只在本机，不连任何电话。", no_args_is_help=True)

_MEDIA = {"call": "电话", "sms": "短信"}
_BLASTS = "群发短信（只有这一条短信线路）"


def register(app: typer.Typer) -> None:
    """Add this module's commands."""
    app.add_typer(lines, name="lines")
    app.add_typer(carrier, name="carrier")


@lines.command("check")
def check(as_json: Json = False) -> int:
    """每条线路能不能用；不打电话，不发短信。用到的线路没准备好时退出码为 3。"""
    from scheduler.flows.line_report import report

    runtime = open_shop()
    found = report(runtime, runtime.now())
    ready = all(state.is_ready or state.comes_with_serve for state in found if state.is_used)
    document = {"ready": ready, "lines": [_document(state) for state in found]}
    cells = [(_mark(s), _name(s), _serves(s), "；".join(_said(s)) or "正常") for s in found]
    emit(
        document,
        as_json=as_json,
        table=lambda: rows("线路", ("", "线路", "用于", "情况"), cells),
    )
    return out.DONE if ready else out.NOT_READY


def _document(state: LineState) -> dict[str, Any]:
    waited = state.unapplied
    return {
        "line": state.line,
        "medium": state.medium,
        "set_up": state.is_set_up,
        "ready": state.is_ready,
        "chosen": state.is_chosen,
        "training": state.is_training,
        "comes_with_serve": state.comes_with_serve,
        "scopes": [choice.scope for choice in state.scopes],
        "default": state.is_default,
        "mass_messages": state.takes_blasts,
        "problems": list(state.problems),
        "warnings": list(state.warnings),
        "details": list(state.reach.details) if state.reach is not None else [],
        "replies_to": state.callback_url,
        "in_trouble": state.is_in_trouble,
        "unknown": state.unknown,
        "oldest_event_seconds": None if waited is None else int(waited.total_seconds()),
        "without_phone": list(state.without_phone),
        "last_hour": {
            "asked": state.last_hour.asked,
            "failed": state.last_hour.failed,
            "unsuccessful": state.last_hour.unsuccessful,
        },
    }


def _mark(state: LineState) -> str:
    if not state.is_ready:
        return "✗" if state.is_used and not state.comes_with_serve else "·"
    return "!" if state.warnings else "✓"


def _name(state: LineState) -> str:
    training = state.is_training or state.comes_with_serve
    return f"{_MEDIA[state.medium]}：{out.line_label(state.line, is_training=training)}"


def _serves(state: LineState) -> str:
    named = [choice.words for choice in state.scopes]
    named += ["其余全部"] * state.is_default + [_BLASTS] * state.takes_blasts
    return "、".join(named) or "没有用到"


def _said(state: LineState) -> list[str]:
    details = state.reach.details if state.reach is not None and state.is_ready else ()
    return [*state.problems, *details, *state.warnings]


@lines.command("show")
def show(as_json: Json = False) -> int:
    """哪条线路用于谁，坐席的话机登记了没有。"""
    from scheduler.flows.line_choice import choices, phones
    from scheduler.flows.line_report import report

    runtime = open_shop()
    chosen, callers = choices(runtime), phones(runtime)
    states = report(runtime, runtime.now(), reaches_out=False)
    blasts = next((state.line for state in states if state.takes_blasts), None)
    known = [
        {"name": one.person.name, "line": line, "phone": shown, "made_up": made_up}
        for one in callers
        for made_up, listed in ((False, one.shown), (True, one.made_up))
        for line, shown in listed.items()
    ]
    document = {
        "choices": [
            {
                "medium": choice.medium,
                "scope": choice.scope,
                "line": choice.line,
                "set_at": iso(choice.set_at),
                "set_by": choice.set_by,
            }
            for choice in chosen
        ],
        "phones": known,
        "mass_messages": blasts,
    }

    def table() -> None:
        cells = [
            (_MEDIA[c.medium], c.scope, c.words, out.line_name(runtime, c.line, c.medium))
            for c in chosen
        ]
        rows("线路", ("种类", "范围", "用于", "线路"), cells)
        if not chosen:
            texts = "不发短信" if blasts is None else "后续通知不发短信"
            out.line(f"没有选过：电话手工拨打，{texts}")
        if blasts is not None:
            out.line(f"{out.line_name(runtime, blasts, 'sms')}：{_BLASTS}")
        phones_known = [
            (x["name"], out.line_name(runtime, LineName(str(x["line"]))), x["phone"]) for x in known
        ]
        rows("话机", ("坐席", "线路", "话机"), phones_known)

    emit(document, as_json=as_json, table=table)
    return out.DONE


@lines.command("choose")
def choose(
    medium: Annotated[str, typer.Argument(metavar="MEDIUM", help="call 或 sms。")],
    scope: Annotated[
        str,
        typer.Argument(metavar="SCOPE", help="all、kind:dunning、campaign:5 或 number:+852。"),
    ],
    line: Annotated[
        str, typer.Argument(metavar="LINE", help="manual、twilio、asterisk、aliyun；none 取消。")
    ],
    as_json: Json = False,
) -> int:
    """哪条线路用于谁；最具体的优先。"""
    from scheduler.flows.line_choice import CARRIES, Medium, set_choice
    from scheduler.flows.line_report import waits_for

    runtime = open_shop()
    carried = cast(Medium, medium)
    chosen = None if line == "none" else _line(line, CARRIES.get(carried))
    set_choice(runtime, medium, scope, chosen, runtime.now(), CLI)
    warning = None if chosen is None else waits_for(runtime, carried, chosen)
    emit(
        {"medium": medium, "scope": scope, "line": chosen, "warning": warning},
        as_json=as_json,
        table=lambda: out.line(f"{scope}：{line}" if chosen else f"{scope}：已取消"),
    )
    if warning is not None:
        out.say(f"! {warning}")
    return out.DONE


@lines.command("phone")
def phone(
    name: Annotated[str, typer.Argument(metavar="NAME", help="坐席的姓名。")],
    line: Annotated[str, typer.Argument(metavar="LINE", help="twilio 或 asterisk。")],
    number: Annotated[
        str, typer.Argument(metavar="NUMBER", help="电话号码或分机；- 从标准输入读，none 取消。")
    ],
    as_json: Json = False,
) -> int:
    """登记线路先振铃的坐席话机。"""
    from scheduler.flows.line_choice import RINGS, drop_phone, phones_of, set_phone

    runtime = open_shop()
    person, chosen = _person(runtime, name), _line(line, RINGS)
    typed = sys.stdin.readline() if number == "-" else number
    if typed.strip() == "none":
        drop_phone(runtime, person, chosen, runtime.now(), CLI)
    else:
        set_phone(runtime, person, chosen, typed, runtime.now(), CLI)
    shown = phones_of(runtime, person).shown.get(chosen)
    emit(
        {"name": person.name, "line": chosen, "phone": shown},
        as_json=as_json,
        table=lambda: out.line(f"{person.name}：{shown or '没有登记'}"),
    )
    return out.DONE


def _line(text: str, able: Iterable[LineName] | None = None) -> LineName:
    try:
        return LineName(text)
    except ValueError as error:
        known = "、".join(LineName if able is None else able)
        raise UsageError(f"没有这条线路：{text}。可用：{known}", field="line") from error


@lines.command("listen")
def listen() -> int:
    """听自有交换机，直到 Ctrl+C；waihu serve 自己会听，只在另一台机器上听时才用。"""
    from scheduler.engines.exchange import ExchangeListener

    runtime = open_shop()
    if runtime.settings.lines.asterisk is None:
        raise NotReadyError("没有设置自有交换机，请先设置 WAIHU_ASTERISK_URL 等")
    listener = ExchangeListener(runtime)
    out.say("正在听自有交换机，按 Ctrl+C 结束")
    try:
        listener.run()
    except KeyboardInterrupt:
        listener.stop()
    return out.DONE


def _person(runtime: Runtime, name: str) -> Person:
    from scheduler.flows.line_choice import phones

    wanted = " ".join(name.split())
    for one in phones(runtime):
        if one.person.name == wanted:
            return one.person
    raise NotFoundError(f"没有这个坐席：{wanted}", field="name")


@carrier.command("serve")
def serve_carrier(
    port: Annotated[int, typer.Option("--port", help="端口；0 任选。", min=0, max=65535)] = 0,
    speed: Annotated[float, typer.Option("--speed", help="快多少倍。")] = 1.0,
    script: Annotated[
        Path | None, typer.Option("--script", help="接电话的人与故障的剧本（JSON）。")
    ] = None,
) -> int:
    """运行训练线路，Ctrl+C 结束。先打印 waihu serve 要用的设置。

    `waihu serve` 在培训店铺里会自己运行一条；要单独看它时才用这个命令。
    """
    import json
    import secrets

    from adapters.carrier.foreground import serve
    from adapters.carrier.process import OWN_NUMBER, REPLIES
    from adapters.carrier.script import Script, read_script
    from adapters.carrier.settings import CarrierSettings
    from adapters.settings import read_settings

    try:
        read = read_script(json.loads(script.read_text("utf-8"))) if script else Script()
    except ValueError as error:
        raise UsageError(f"剧本读不出来：{error}", field="script") from error
    account, token = f"AC{secrets.token_hex(16)}", secrets.token_hex(16)
    settings = CarrierSettings(
        account,
        token,
        port=port,
        speed=speed,
        inbound_url=f"{read_settings().callback_url}/{REPLIES}",
        script=read,
    )

    def announce(url: str) -> None:
        out.line(f"export WAIHU_TWILIO_ACCOUNT_SID={account} WAIHU_TWILIO_AUTH_TOKEN={token}")
        out.line(f"export WAIHU_TWILIO_FROM={OWN_NUMBER} WAIHU_TWILIO_BASE_URL={url}")
        out.say("训练线路已打开，不连任何电话；按 Ctrl+C 结束")
        sys.stdout.flush()  # a pipe shows the address now, not when the carrier ends

    serve(settings, ready=announce)
    return out.DONE
