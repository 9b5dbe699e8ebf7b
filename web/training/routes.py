"""The training shop's box: its clock, its speed, and how many simulated colleagues call."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, request
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from adapters.clock import SPEEDS
from campaigns.errors import UsageError
from scheduler.flows.shop import set_clock
from scheduler.flows.training_clock import Leap, leap
from scheduler.flows.training_colleagues import COLLEAGUES, set_colleagues, show_colleagues
from web.auth import clock, home_of, me, now, the_runtime
from web.filters import clock_time, day
from web.forms import local_path

training = Blueprint("training", __name__)


@training.post("/training/clock")
def move() -> Response:
    """Pause, resume, or go on to a later time. Raises UsageError in a real shop."""
    how = request.form.get("how", "")
    runtime, who = the_runtime(), me().name
    if how in ("pause", "resume"):
        set_clock(runtime, who, ticks=how == "resume")
        flash(_("时钟已暂停") if how == "pause" else _("时钟继续走"))
    else:
        try:
            shown = leap(runtime, Leap(how), who)
        except ValueError as error:
            raise UsageError("不认识的时钟操作", field="how") from error
        at = f"{day(shown.now)} {clock_time(shown.now)}"
        flash(_("店铺时间已调到 %(at)s", at=at))
    return _back()


@training.post("/training/speed")
def change_speed() -> Response:
    """Let the clock go faster or as fast as the machine's; a stopped one goes on."""
    speed = _number("speed")
    set_clock(the_runtime(), me().name, ticks=True, speed=speed)
    flash(_("时钟走 %(speed)s 倍", speed=speed))
    return _back()


@training.post("/training/colleagues")
def change_colleagues() -> Response:
    """Let so many simulated colleagues call. Raises UsageError in a real shop."""
    count = _number("colleagues")
    set_colleagues(the_runtime(), count, now(), me().name)
    flash(_("%(count)s 位模拟同事在打电话", count=count) if count else _("模拟同事已下班"))
    return _back()


@training.app_context_processor
def box() -> dict[str, object]:
    """What the box on every page shows; asked for by the template, so only where it stands."""
    return {
        "shop_speed": lambda: clock().speed,
        "clock_speeds": SPEEDS,
        "colleagues": lambda: show_colleagues(the_runtime()),
        "colleagues_most": len(COLLEAGUES),
    }


def _number(field: str) -> int:
    text = request.form.get(field, "")
    if not text.isdecimal():
        raise UsageError("请填写数字", field=field)
    return int(text)


def _back() -> Response:
    return redirect(local_path(request.form.get("back")) or home_of(me().role), 303)
