"""Commands of the shop itself: init, migrate, doctor, user, serve, clock, policy."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated, Any

import typer

from campaigns.errors import UsageError
from campaigns.labels_zh import ROLE_LABELS
from campaigns.values import Role
from web import cli_output as out
from web.cli_options import CLI, Json
from web.cli_output import emit, instant, iso, open_shop, rows

if TYPE_CHECKING:
    from scheduler.flows.shop import ClockShown

user = typer.Typer(help="人员。", no_args_is_help=True)
shop_clock = typer.Typer(help="培训店铺的时钟。", no_args_is_help=True)
official = typer.Typer(help="官方日历（R-HOURS-6）。", no_args_is_help=True)
policy = typer.Typer(help="店铺可调的数字（规则里标 default 的）。", no_args_is_help=True)


def register(app: typer.Typer) -> None:
    """Add this module's commands."""
    app.command("init")(init)
    app.command("migrate")(migrate_schema)
    app.command("doctor")(doctor)
    app.command("serve")(serve)
    app.add_typer(user, name="user")
    app.add_typer(shop_clock, name="clock")
    app.add_typer(official, name="calendar")
    app.add_typer(policy, name="policy")


def init(
    training: Annotated[
        bool, typer.Option("--training", help="建一家培训店铺，带生成的数据。")
    ] = False,
    empty: Annotated[
        bool, typer.Option("--empty", help="培训店铺不带数据，只有登录和活动。")
    ] = False,
    name: Annotated[str, typer.Option("--name", help="店名，客户听到的。")] = "我的店铺",
    service_phone: Annotated[
        str | None, typer.Option("--service-phone", help="店铺客服电话。")
    ] = None,
    as_json: Json = False,
) -> int:
    """建立店铺：数据库、密钥、常设活动。"""
    from adapters.settings import read_settings

    settings = read_settings()
    document: dict[str, Any] = {}
    if training:
        from scheduler.flows.training import found_training_shop

        with out.progress("建立培训店铺") as tell:
            logins = found_training_shop(
                settings, empty=empty, progress=lambda _step, part: tell(int(part * 100), 100)
            )
        document |= {
            "training": True,
            "clock": iso(logins.starts_at),
            "logins": [
                {"name": login.name, "role": login.role, "password": login.password}
                for login in logins.people
            ],
        }
    else:
        if empty:
            raise UsageError("--empty 要和 --training 一起用", field="empty")
        from scheduler.flows.shop import ShopForm, create_shop
        from scheduler.runtime import open_runtime

        create_shop(open_runtime(settings), ShopForm(name, service_phone))
        document |= {"training": False, "logins": []}
    document = {"database": _without_password(settings.database_url)} | document

    def table() -> None:
        out.line(f"店铺已建立：{document['database']}")
        show_logins(document["logins"])
        if not training:
            out.line("接着运行：waihu user add 姓名 --role admin，然后 waihu serve")

    emit(document, as_json=as_json, table=table)
    return out.DONE


def show_logins(logins: list[dict[str, Any]]) -> None:
    """The training logins, for people."""
    if logins:
        rows(
            "培训登录",
            ("姓名", "角色", "密码"),
            [(x["name"], ROLE_LABELS[x["role"]], x["password"]) for x in logins],
        )


def _without_password(url: str) -> str:
    from sqlalchemy.engine import make_url

    return make_url(url).render_as_string(hide_password=True)


def migrate_schema(as_json: Json = False) -> int:
    """把数据库升级到程序需要的版本。"""
    from adapters.settings import read_settings
    from adapters.store import session
    from scheduler.flows.figures import fill_when_behind
    from scheduler.runtime import open_runtime

    runtime = open_runtime(read_settings())
    session.migrate(runtime.engine)
    filled = fill_when_behind(runtime, runtime.machine_clock.now(), CLI)
    document = {"schema": session.SCHEMA_HEAD, "figures_made": filled is not None}

    def table() -> None:
        out.line(f"数据库版本 {session.SCHEMA_HEAD}")
        if filled is not None:
            out.line("面板的数字已从历史算出")

    emit(document, as_json=as_json, table=table)
    return out.DONE


def doctor(as_json: Json = False) -> int:
    """检查安装：数据库、版本、密钥、日历、人员。"""
    from adapters.settings import read_settings
    from scheduler.flows.health import examine

    findings = examine(read_settings())
    document = {
        "ready": all(f.ok or not f.is_needed for f in findings),
        "checks": [{"check": f.name, "ok": f.ok, "detail": f.detail} for f in findings],
    }
    cells = [("✓" if f.ok else "✗" if f.is_needed else "!", f.name, f.detail) for f in findings]
    emit(document, as_json=as_json, table=lambda: rows("检查", ("", "项目", "情况"), cells))
    return out.DONE if document["ready"] else out.NOT_READY


@user.command("add")
def add_user(
    name: Annotated[str, typer.Argument(help="姓名，登录时用。")],
    role: Annotated[str, typer.Option("--role", help="caller、leader、supervisor 或 admin。")],
    password_stdin: Annotated[
        bool, typer.Option("--password-stdin", help="从标准输入读密码。")
    ] = False,
    as_json: Json = False,
) -> int:
    """添加一个人。"""
    from scheduler.flows.people import NewPerson, add_person

    try:
        chosen = Role(role)
    except ValueError as error:
        raise UsageError(f"没有这个角色：{role}。可用：{'、'.join(Role)}", field="role") from error
    runtime = open_shop()
    if password_stdin:
        password = sys.stdin.readline().rstrip("\r\n")
    else:
        password = typer.prompt("密码", hide_input=True, confirmation_prompt="再输一次", err=True)
    person = add_person(runtime, NewPerson(name, chosen, password), runtime.now(), CLI)
    emit(
        {"name": person.name, "role": person.role},
        as_json=as_json,
        table=lambda: out.line(f"已添加 {person.name}（{person.role}）"),
    )
    return out.DONE


@shop_clock.command("show")
def clock_show(as_json: Json = False) -> int:
    """店铺现在几点。"""
    from scheduler.flows.shop import show_clock

    return _clock(show_clock(open_shop()), as_json=as_json)


@shop_clock.command("pause")
def clock_pause(as_json: Json = False) -> int:
    """停住培训时钟。"""
    from scheduler.flows.shop import set_clock

    return _clock(set_clock(open_shop(), CLI, ticks=False), as_json=as_json)


@shop_clock.command("resume")
def clock_resume(as_json: Json = False) -> int:
    """让培训时钟继续走。"""
    from scheduler.flows.shop import set_clock

    return _clock(set_clock(open_shop(), CLI, ticks=True), as_json=as_json)


@shop_clock.command("set")
def clock_set(
    to: Annotated[str, typer.Argument(help="新的时间（ISO 8601）。")], as_json: Json = False
) -> int:
    """把培训时钟拨到某个时间。"""
    from scheduler.flows.shop import set_clock

    return _clock(set_clock(open_shop(), CLI, to=instant(to, "to")), as_json=as_json)


def _clock(shown: ClockShown, *, as_json: bool) -> int:
    document = {"now": iso(shown.now), "ticking": shown.ticks}
    state = "走着" if shown.ticks else "停着"
    emit(document, as_json=as_json, table=lambda: out.line(f"{iso(shown.now)}（{state}）"))
    return out.DONE


@official.command("show")
def calendar_show(
    year: Annotated[int, typer.Argument(help="年份。", min=1990, max=2200)], as_json: Json = False
) -> int:
    """这一年公布了没有，录入了哪些日子。"""
    runtime = open_shop()
    with runtime.snapshot() as connection:
        calendar = runtime.law(connection).calendar
    entered = sorted((d, works) for d, works in calendar.entered.items() if d.year == year)
    days = [
        {"date": d.isoformat(), "working": works, "name": calendar.names.get(d, "")}
        for d, works in entered
    ]
    known = calendar.is_known(year)

    def table() -> None:
        out.line(
            f"{year} 年：{'已有官方日历' if known else '官方日历未公布，按休息日的较窄时段拨打'}"
        )
        cells = [(x["date"], "上班" if x["working"] else "休息", x["name"]) for x in days]
        rows("手工录入的日子", ("日期", "类型", "名称"), cells)

    emit({"year": year, "known": known, "entered": days}, as_json=as_json, table=table)
    return out.DONE


@official.command("confirm")
def calendar_confirm(
    year: Annotated[int, typer.Argument(help="年份。", min=1990, max=2200)], as_json: Json = False
) -> int:
    """确认这一年录入的日子就是全部：其余日子按星期算。"""
    from scheduler.flows.shop import confirm_calendar_year

    runtime = open_shop()
    confirm_calendar_year(runtime, year, runtime.now(), CLI)
    document = {"year": year, "known": True}
    emit(document, as_json=as_json, table=lambda: out.line(f"{year} 年官方日历已确认"))
    return out.DONE


@policy.command("show")
def policy_show(as_json: Json = False) -> int:
    """现在生效的数字。"""
    from campaigns.policy import settings_of

    runtime = open_shop()
    with runtime.snapshot() as connection:
        current = runtime.law(connection).policy
    values = settings_of(current)
    document = {"version": current.version, "settings": values}
    emit(
        document, as_json=as_json, table=lambda: rows("设置", ("名称", "值"), list(values.items()))
    )
    return out.DONE


@policy.command("set")
def policy_set(
    name: Annotated[str, typer.Argument(help="名称，见 policy show。")],
    value: Annotated[str, typer.Argument(help="新的值；成组的写成 JSON。")],
    as_json: Json = False,
) -> int:
    """改一个数字；记入审计，未结束的任务重新计算。"""
    from scheduler.flows.shop import change_policy

    runtime = open_shop()
    version = change_policy(runtime, {name: value}, runtime.now(), CLI)
    emit({"version": version}, as_json=as_json, table=lambda: out.line(f"已生效，版本 {version}"))
    return out.DONE


def serve(
    host: Annotated[
        str | None, typer.Option("--host", help="监听地址，默认取 WAIHU_HOST。")
    ] = None,
    port: Annotated[
        int | None, typer.Option("--port", help="端口，默认取 WAIHU_PORT；0 任选。")
    ] = None,
) -> int:
    """打开面板和内置引擎，Ctrl+C 结束。"""
    from web.serving import serve_forever

    def announce(text: str) -> None:
        out.line(text)
        sys.stdout.flush()  # a pipe or a log shows the address now, not when the server ends

    runtime = open_shop()
    serve_forever(runtime, host=host, port=port, announce=announce)
    return out.DONE
