"""One's own phone: where a line rings the caller who is signed in."""

from __future__ import annotations

from collections.abc import Mapping

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from campaigns.errors import ConflictError, UsageError
from campaigns.values import Person
from scheduler.flows import line_choice as flow
from scheduler.flows.line_report import rings_now
from scheduler.runtime import Runtime
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
    try:
        change_phone(the_runtime(), me(), request.form)
    except (UsageError, ConflictError) as error:
        return beside_the_form(error, _page(error))
    return redirect(url_for("own_phone.show"), 303)


def change_phone(runtime: Runtime, person: Person, form: Mapping[str, str]) -> None:
    """Do what a phone's form asks: keep what was typed, or take it back; nothing typed is neither."""
    line = read_line(form.get("line"))
    if form.get("do") == "drop":
        flow.drop_phone(runtime, person, line, now(), me().name)
        flash(_("话机已取消"))
    else:
        flow.set_phone(runtime, person, line, form.get("number", ""), now(), me().name)
        flash(_("话机已登记"))


def _page(fault: UsageError | ConflictError | None = None) -> str:
    runtime = the_runtime()
    return render_template(
        "lines/own_phone.html",
        mine=flow.phones_of(runtime, me()),
        rings=rings_now(runtime),
        fault=fault,
        typed=request.form,
    )
