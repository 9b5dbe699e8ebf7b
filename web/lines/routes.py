"""The page of the lines: their state, whom they serve, callers' phones, recording."""

from __future__ import annotations

from typing import cast

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from campaigns.errors import ConflictError, NotFoundError, UsageError
from campaigns.values import Role
from scheduler.flows import line_choice as flow
from scheduler.flows import line_report, shop_numbers
from scheduler.flows.shop import change_policy
from web.auth import me, now, the_runtime
from web.errors import beside_the_form
from web.language import say
from web.lines.forms import read_carrier, read_scope
from web.lines.own_phone import change_phone

lines = Blueprint("lines", __name__, url_prefix="/desk/lines")


@lines.get("")
def show() -> str:
    """Show the lines as the database knows them; `?ask=1` asks the lines themselves too."""
    return _page(asks=request.args.get("ask") == "1")


@lines.get("/asked")
def asked() -> str:
    """Show the lines alone, each asked whether it works: what the page fetches by itself."""
    states = line_report.report(the_runtime(), now())
    return render_template("lines/states.html", states=states, asked=True)


@lines.post("/choices")
def choose() -> Response:
    """Let a line serve a scope, or take that back."""
    runtime, form = the_runtime(), request.form
    try:
        if form.get("do") == "drop":
            medium, scope, line = form.get("medium", ""), form.get("scope", ""), None
        else:
            medium, line = read_carrier(form.get("line"))
            scope = read_scope(form.get("scope"), form.get("prefix"))
        flow.set_choice(runtime, medium, scope, line, now(), me().name)
    except UsageError as error:
        return beside_the_form(error, _page(error))
    waits = (
        None if line is None else line_report.waits_for(runtime, cast(flow.Medium, medium), line)
    )
    flash(say(waits) if waits is not None else _("已保存，从下一个电话或短信起生效"))
    return redirect(url_for("lines.show"), 303)


@lines.post("/phones/<int:person_id>")
def set_phone(person_id: int) -> Response:
    """Set where a line rings a caller, or take it back."""
    runtime = the_runtime()
    person = next((p.person for p in flow.phones(runtime) if p.person.id == person_id), None)
    if person is None:
        raise NotFoundError("没有这个坐席", field="person")
    try:
        change_phone(runtime, person, request.form)
    except (UsageError, ConflictError) as error:
        return beside_the_form(error, _page(error, person_id))
    return redirect(url_for("lines.show") + "#phones", 303)


@lines.post("/recording")
def set_recording() -> Response:
    """R-SMP-12. Record the calls of lines that can, from the next call on."""
    if me().role is not Role.SUPERVISOR:
        abort(403)  # the shop's numbers are not the administrator's
    records = request.form.get("records") == "1"
    runtime = the_runtime()
    if bool(shop_numbers.current(runtime).records_calls) != records:
        change_policy(runtime, {"records_calls": int(records)}, now(), me().name)
    flash(_("以后的通话会录音，接通时先告知客户") if records else _("以后的通话不录音"))
    return redirect(url_for("lines.show") + "#recording", 303)


def _page(
    fault: UsageError | ConflictError | None = None,
    person_id: int | None = None,
    *,
    asks: bool = False,
) -> str:
    runtime = the_runtime()
    return render_template(
        "lines/lines.html",
        states=line_report.report(runtime, now(), reaches_out=asks),
        asked=asks,
        choices=flow.choices(runtime),
        carries=flow.CARRIES,
        scopes=flow.scopes(runtime),
        phones=flow.phones(runtime),
        rings=line_report.rings_now(runtime),
        troubles=line_report.troubles(runtime),
        numbers=shop_numbers.current(runtime),
        fault=fault,
        fault_of=person_id,
        typed=request.form,
    )
