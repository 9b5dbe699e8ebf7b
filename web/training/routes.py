"""Pausing the training clock and moving it on."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, request
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from campaigns.errors import UsageError
from scheduler.flows.shop import set_clock
from scheduler.flows.training_clock import Leap, leap
from web.auth import home_of, me, the_runtime
from web.filters import clock_time, day
from web.forms import local_path

training = Blueprint("training", __name__)


@training.post("/training/clock")
def move() -> Response:
    """Pause, resume, or go on to a later time. Raises UsageError in a real shop."""
    how = request.form.get("how", "")
    runtime, who = the_runtime(), me().name
    if how in ("pause", "resume"):
        shown = set_clock(runtime, who, ticks=how == "resume")
        flash(_("时钟已暂停") if how == "pause" else _("时钟继续走"))
    else:
        try:
            shown = leap(runtime, Leap(how), who)
        except ValueError as error:
            raise UsageError("不认识的时钟操作", field="how") from error
        at = f"{day(shown.now)} {clock_time(shown.now)}"
        flash(_("店铺时间已调到 %(at)s", at=at))
    return redirect(local_path(request.form.get("back")) or home_of(me().role), 303)
