"""How values are written on a page: money, times, words. One place, so every page says the same."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from urllib.parse import quote

from babel.dates import format_date
from flask import Flask
from flask_babel import gettext as _

from campaigns import labels_zh
from campaigns.ledger import Cell, Column, ColumnKind, yuan
from campaigns.values import SHOP_ZONE, AttemptState, Exemption
from web.language import is_english, say

ATTEMPT_LABELS = {
    AttemptState.HANDED_OUT: "在坐席手上，还没拨",
    AttemptState.DIALLED: "已拨打，结果还没填",
    AttemptState.CLOSED: "已结束",
    AttemptState.EXPIRED: "领取超时，没有拨打",
    AttemptState.SKIPPED: "坐席跳过",
    AttemptState.WITHDRAWN: "已撤回，没有拨打",
}
EXEMPTION_LABELS = {
    Exemption.NONE: "按计划",
    Exemption.PROMISED: "约好的回电",
    Exemption.NEW_NUMBER: "刚得到的号码",
    Exemption.CUT_OFF: "断线重拨",
}


def money(amount_fen: int | None) -> str:
    """Write fen as 元 with two places and thousands apart, e.g. `1,234.50`."""
    if amount_fen is None:
        return "—"
    whole, _, cents = yuan(amount_fen).partition(".")
    return f"{int(whole):,}.{cents}" if whole != "-0" else f"-0.{cents}"


def local(instant: datetime) -> datetime:
    """Give the instant in the shop's zone."""
    return instant.astimezone(SHOP_ZONE)


def clock_time(instant: datetime | None) -> str:
    """Write hours and minutes, e.g. `09:05`."""
    return "—" if instant is None else f"{local(instant):%H:%M}"


def day(value: date | datetime | None) -> str:
    """Write a day with its weekday, e.g. `3月4日 周三`."""
    if value is None:
        return "—"
    shown = local(value).date() if isinstance(value, datetime) else value
    if is_english():
        return format_date(shown, "EEE d MMM", locale="en")
    return f"{shown.month}月{shown.day}日 周{'一二三四五六日'[shown.weekday()]}"


def moment(instant: datetime | None, now: datetime | None = None) -> str:
    """Write day and time as short as it is clear: `今天 14:30`, `明天 09:00`, `3月2日 16:05`."""
    if instant is None:
        return "—"
    shown = local(instant)
    if now is not None:
        apart = (shown.date() - local(now).date()).days
        near = near_day(apart)
        if near is not None:
            return f"{near} {shown:%H:%M}"
        if shown.year == local(now).year:
            if is_english():
                return f"{format_date(shown.date(), 'EEE d MMM', locale='en')} {shown:%H:%M}"
            return f"{shown.month}月{shown.day}日 {shown:%H:%M}"
    return f"{shown:%Y-%m-%d %H:%M}"


def near_day(apart: int) -> str | None:
    """Name a day that is `apart` days from today, where it has a name: 今天, 明天."""
    names = {-1: _("昨天"), 0: _("今天"), 1: _("明天")}
    if not is_english():
        names[2] = "后天"  # English has no short word; the date is said
    return names.get(apart)


def full_time(instant: datetime | None) -> str:
    """Write an instant in full, in the shop's zone, e.g. `2026-03-04 09:05:00`."""
    return "—" if instant is None else f"{local(instant):%Y-%m-%d %H:%M:%S}"


def iso(instant: datetime) -> str:
    """Write an instant for a `time` element or a form, ISO 8601 with the shop's offset."""
    return local(instant).isoformat(timespec="seconds")


def length(span: timedelta) -> str:
    """Write a length of time in the two largest units that matter, e.g. `3 小时 12 分`."""
    minutes = int(abs(span.total_seconds())) // 60
    days, hours, rest = minutes // 1440, minutes % 1440 // 60, minutes % 60
    if days:
        text = _("%(days)s 天", days=days)
        return f"{text} {_('%(hours)s 小时', hours=hours)}" if hours else text
    if hours:
        text = _("%(hours)s 小时", hours=hours)
        return f"{text} {_('%(minutes)s 分', minutes=rest)}" if rest else text
    return _("%(minutes)s 分", minutes=rest)


def since(instant: datetime | None, now: datetime) -> str:
    """Write how long ago, or how long until: `3 小时 12 分前`, `20 分后`."""
    if instant is None:
        return "—"
    if abs(now - instant) < timedelta(minutes=1):
        return _("刚刚") if instant <= now else _("马上")
    span = length(now - instant)
    return _("%(length)s前", length=span) if instant <= now else _("%(length)s后", length=span)


def minutes_seconds(span: timedelta) -> str:
    """Write a short length of time as `03:25`."""
    seconds = max(int(span.total_seconds()), 0)
    return f"{seconds // 60:02d}:{seconds % 60:02d}"


def for_input(instant: datetime) -> str:
    """Write an instant for a field of day and time, in the shop's zone."""
    return f"{local(instant):%Y-%m-%dT%H:%M}"


def local_day(instant: datetime) -> date:
    """Give the shop's day of an instant."""
    return local(instant).date()


def iso_day(instant: datetime) -> str:
    """Write the shop's day of an instant for a date field."""
    return local_day(instant).isoformat()


def ledger_cell(cell: Cell, column: Column) -> str:
    """Write a ledger's cell as the files do, with thousands apart on screen."""
    if cell is None:
        return ""
    if column.kind is ColumnKind.MONEY and isinstance(cell, int):
        return money(cell)
    if column.kind is ColumnKind.RATIO and isinstance(cell, float):
        return percent(cell)
    if column.kind is ColumnKind.DECIMAL and isinstance(cell, float):
        return f"{cell:.2f}"
    return cell.isoformat() if isinstance(cell, date) else str(cell)


def attempt_label(state: AttemptState) -> str:
    """Say what became of a hand-out that has no outcome."""
    return say(ATTEMPT_LABELS[state])


def exemption_label(exemption: Exemption) -> str:
    """Say why a call is free of the spacing rules (R-REPEAT-5)."""
    return say(EXEMPTION_LABELS[exemption])


def wangwang_url(buyer: str) -> str:
    """Give the address that opens the chat with a buyer in the seller's own client (R-MSG-1)."""
    return f"aliim:sendmsg?touid=cntaobao{quote(buyer)}"


def spaced(number: str) -> str:
    """Write a mobile number in groups that are easy to dial, e.g. `184 1234 5678`."""
    head, blank, rest = number.partition(" ")
    if len(head) != 11 or not head.isdecimal() or not head.startswith("1"):
        return number
    return f"{head[:3]} {head[3:7]} {head[7:]}{blank}{rest}"


def percent(ratio: float | None) -> str:
    """Write a ratio with one place, e.g. `12.5%`."""
    return "—" if ratio is None else f"{ratio:.1%}"


_FILTERS = (
    *(money, clock_time, day, moment, full_time, iso, since, percent),
    *(minutes_seconds, for_input, local_day, iso_day, ledger_cell, spaced),
)


def init_filters(app: Flask) -> None:
    """Make all of them known to the templates."""
    for filter_ in _FILTERS:
        app.add_template_filter(filter_)
    app.add_template_filter(length, "length_of_time")
    app.add_template_global(attempt_label)
    app.add_template_global(exemption_label)
    app.add_template_global(wangwang_url)
    app.jinja_env.globals["labels"] = labels_zh
