"""Is the installation fit to work? Asked by `waihu doctor` and shown on the panel."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection

from adapters.settings import Settings
from adapters.store.queries import imports, line_choice, line_health, overview
from adapters.store.queries.line_health import Requests
from campaigns.days import business_day
from campaigns.errors import NotReadyError
from campaigns.labels_zh import CALLBACK_FAULT_LABELS
from campaigns.values import SHOP_ZONE, LineName
from scheduler.flows.text_troubles import line_gone
from scheduler.runtime import Law, Runtime, open_runtime

FEW_REQUESTS = 5
"""Of fewer requests an hour no share is judged."""
FAILING_PERCENT = 20
"""So many of a hundred requests of an hour that came to nothing are a fault of the line."""
LATE_EVENT = timedelta(seconds=60)
"""Safety I14. What a line told us is worked off within this time."""
RECENT_REFUSAL = timedelta(hours=1)
"""Safety F34. A callback that was refused so short ago is looked into; an older one is only listed."""
LATE_TEXT = timedelta(hours=1)
"""A text that could have gone so long ago is late; nights and noons count, so it is said early."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at. `is_needed`: without it no call can be made."""

    name: str
    ok: bool
    detail: str
    is_needed: bool = True


def examine(settings: Settings) -> list[Finding]:
    """Look at everything; a failure of one check leaves the others to be asked where they can be."""
    runtime = open_runtime(settings)
    findings = [_checked("数据库", lambda: f"店铺：{runtime.shop_name}")]
    findings.append(_checked("密钥", lambda: f"{settings.secret_file}" if runtime.vault else ""))
    if findings[0].ok:
        now = runtime.now()
        with runtime.snapshot() as connection:
            findings += _fitness(runtime, connection, now)
    return findings


def look_at(runtime: Runtime, connection: Connection, now: datetime) -> list[Finding]:
    """Look at a shop that is open: calendar, people, payment data, and the morning's plan."""
    found = [*_fitness(runtime, connection, now), _plan(runtime, connection, now)]
    return found + _refused_callbacks(runtime)


def _fitness(runtime: Runtime, connection: Connection, now: datetime) -> list[Finding]:
    law = runtime.law(connection)
    fitness = [_calendar(law, now), _people(connection), _imports(law, connection, now)]
    return fitness + _lines(runtime, connection, now)


def _checked(name: str, ask: Callable[[], str]) -> Finding:
    try:
        return Finding(name, ok=True, detail=ask())
    except NotReadyError as error:
        return Finding(name, ok=False, detail=error.message)


def _calendar(law: Law, now: datetime) -> Finding:
    """R-HOURS-6. This year's official days, and from November on next year's."""
    today, calendar = business_day(now), law.calendar
    years = [today.year, today.year + 1] if today.month >= 11 else [today.year]
    missing = [str(year) for year in years if not calendar.is_known(year)]
    if missing:
        detail = f"{'、'.join(missing)} 年官方日历未公布，按休息日的较窄时段拨打（R-HOURS-6）"
        return Finding("官方日历", ok=False, detail=detail, is_needed=False)
    return Finding("官方日历", ok=True, detail=f"已有到 {calendar.last_year} 年")


def _people(connection: Connection) -> Finding:
    count = overview.active_people(connection)
    detail = f"{count} 人可以登录" if count else "还没有人，请运行 waihu user add"
    return Finding("人员", ok=count > 0, detail=detail, is_needed=False)


def _imports(law: Law, connection: Connection, now: datetime) -> Finding:
    """R-DUN-4. Payment data older than the limit forbid every reminder."""
    last = imports.last_order_import(connection)
    if last is None:
        return Finding("订单导入", ok=False, detail="还没有导入过订单", is_needed=False)
    age = now - last
    fresh = age <= timedelta(hours=law.policy.payment_stale_hours)
    return Finding("订单导入", ok=fresh, detail=f"最近一次在 {_ago(age)}", is_needed=False)


def _lines(runtime: Runtime, connection: Connection, now: datetime) -> list[Finding]:
    """Look at the lines of a shop that uses any; what is not the case is not listed."""
    machine = runtime.machine_clock.now()
    asked = line_health.requests_since(connection, machine - timedelta(hours=1))
    found = []
    total = sum(asked.values(), start=Requests())
    if total.asked or _has_lines(connection):
        failing = total.asked >= FEW_REQUESTS and total.failed_percent >= FAILING_PERCENT
        detail = "最近一小时没有用过"
        if total.asked:
            lost, share = total.unsuccessful, total.unsuccessful_percent
            detail = f"最近一小时 {total.asked} 次，{lost} 次没有成功（{share}%）"
        found.append(Finding("线路", ok=not failing, detail=detail, is_needed=False))
    unknown = sum(line_health.unknown_now(connection).values())
    if unknown:
        detail = f"{unknown} 个请求还不知道结果，正在核对"
        few = unknown < line_health.TROUBLE_UNKNOWNS
        found.append(Finding("线路核对", ok=few, detail=detail, is_needed=False))
    oldest = min(line_health.oldest_unapplied(connection).values(), default=None)
    if oldest is not None:
        in_time = now - oldest <= LATE_EVENT
        detail = f"最早一条没有处理的在 {_ago(now - oldest)}"
        found.append(Finding("线路通知", ok=in_time, detail=detail, is_needed=False))
    queue = line_health.sms_queue(connection, now)
    if queue.waiting:
        late = queue.due_since is not None and now - queue.due_since > LATE_TEXT
        detail = f"{queue.waiting} 条等着发送，其中 {queue.due} 条已到时间"
        found.append(Finding("短信队列", ok=not late, detail=detail, is_needed=False))
    gone = line_gone(runtime, connection)
    if gone is not None:
        found.append(Finding("短信线路", ok=False, detail=gone, is_needed=False))
    return found


def _refused_callbacks(runtime: Runtime) -> list[Finding]:
    """Safety F34. What this process did not believe, by reason; nothing where it believed all."""
    found = []
    for refused in runtime.refused_callbacks.all():
        age = runtime.machine_clock.now() - refused.latest
        why = CALLBACK_FAULT_LABELS[refused.fault]
        detail = f"启动以来{why} {refused.count} 次，最近一次在 {_ago(age)}"
        ok = age > RECENT_REFUSAL
        found.append(Finding("被拒绝的回呼", ok=ok, detail=detail, is_needed=False))
    return found


def _has_lines(connection: Connection) -> bool:
    return any(
        choice.line is not LineName.MANUAL for choice in line_choice.every_choice(connection)
    )


def _plan(runtime: Runtime, connection: Connection, now: datetime) -> Finding:
    """R-DUN-1. The engine is alive when the morning's plan was made; before its time nothing is due."""
    name, day = "今天的计划", business_day(now)
    planned_at = overview.planned_at(connection, day)
    if planned_at is not None:
        return Finding(name, ok=True, detail=f"{planned_at.astimezone(SHOP_ZONE):%H:%M} 已做")
    plan_at = runtime.law(connection).policy.plan_at
    if now < datetime.combine(day, plan_at, tzinfo=SHOP_ZONE):
        return Finding(name, ok=True, detail=f"{plan_at:%H:%M} 自动做")
    return Finding(name, ok=False, detail=f"{plan_at:%H:%M} 已过，还没有做", is_needed=False)


def _ago(age: timedelta) -> str:
    minutes = age // timedelta(minutes=1)
    if minutes < 60:
        return f"{minutes} 分钟前"
    if age < timedelta(days=2):
        return f"{age / timedelta(hours=1):.1f} 小时前"
    return f"{age // timedelta(days=1)} 天前"
