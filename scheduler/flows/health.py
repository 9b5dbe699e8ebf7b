"""Is the installation fit to work? Asked by `waihu doctor`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from adapters.settings import Settings
from adapters.store.queries import imports, overview
from campaigns.days import business_day
from campaigns.errors import NotReadyError
from scheduler.runtime import Runtime, open_runtime


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
        findings += [_calendar(runtime), _people(runtime), _imports(runtime)]
    return findings


def _checked(name: str, ask: Callable[[], str]) -> Finding:
    try:
        return Finding(name, ok=True, detail=ask())
    except NotReadyError as error:
        return Finding(name, ok=False, detail=error.message)


def _calendar(runtime: Runtime) -> Finding:
    """R-HOURS-6. This year's official days, and from November on next year's."""
    today = business_day(runtime.now())
    with runtime.snapshot() as connection:
        calendar = runtime.law(connection).calendar
    years = [today.year, today.year + 1] if today.month >= 11 else [today.year]
    missing = [str(year) for year in years if not calendar.is_known(year)]
    if missing:
        detail = f"{'、'.join(missing)} 年官方日历未公布，按休息日的较窄时段拨打（R-HOURS-6）"
        return Finding("官方日历", ok=False, detail=detail, is_needed=False)
    return Finding("官方日历", ok=True, detail=f"已有到 {calendar.last_year} 年")


def _people(runtime: Runtime) -> Finding:
    with runtime.snapshot() as connection:
        count = overview.active_people(connection)
    detail = f"{count} 人可以登录" if count else "还没有人，请运行 waihu user add"
    return Finding("人员", ok=count > 0, detail=detail, is_needed=False)


def _imports(runtime: Runtime) -> Finding:
    """R-DUN-4. Payment data older than the limit forbid every reminder."""
    now = runtime.now()
    with runtime.snapshot() as connection:
        policy = runtime.law(connection).policy
        last = imports.last_order_import(connection)
    if last is None:
        return Finding("订单导入", ok=False, detail="还没有导入过订单", is_needed=False)
    age = now - last
    fresh = age <= timedelta(hours=policy.payment_stale_hours)
    return Finding("订单导入", ok=fresh, detail=f"最近一次在 {_ago(age)}", is_needed=False)


def _ago(age: timedelta) -> str:
    minutes = age // timedelta(minutes=1)
    return f"{minutes} 分钟前" if minutes < 60 else f"{age / timedelta(hours=1):.1f} 小时前"
