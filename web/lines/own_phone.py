"""One's own phone: where a line rings the caller who is signed in."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from campaigns.errors import ConflictError, UsageError
from scheduler.flows import line_choice as flow
from scheduler.flows.line_report import rings_now
from web.auth import me, now, the_runtime
from web.errors import beside_the_form
from web.lines.forms import read_line

own_phone = Blueprint("own_phone", __name__)


@own_phone.get("/my-phone")
def show() -> str:
    """Show where each line rings oneself."""
    return _page()


@own_phone.post("/my-phone")
def change() -> Response:
    """Set one's own phone on a line, or take it back."""
    runtime, number = the_runtime(), request.form.get("number", "")
    try:
        line = read_line(request.form.get("line"))
        flow.set_phone(runtime, me(), line, number, now(), me().name)
    except (UsageError, ConflictError) as error:
        return beside_the_form(error, _page(error))
    flash(_("话机已登记") if number.strip() else _("话机已取消"))
    return redirect(url_for("own_phone.show"), 303)


def _page(fault: UsageError | ConflictError | None = None) -> str:
    runtime = the_runtime()
    return render_template(
        "lines/own_phone.html",
        mine=flow.phones_of(runtime, me()),
        rings=rings_now(runtime),
        fault=fault,
        typed=request.form,
    )
