"""What we owe customers who wait for goods (R-OOS-2)."""

from __future__ import annotations

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from campaigns.errors import UsageError
from scheduler.flows.promise_list import PROMISE_STATE_LABELS, PromiseState, promise_list
from scheduler.flows.todos import finish_todo
from web.auth import me, now, the_runtime
from web.registers.blueprints import registers


@registers.get("/promises")
def promises() -> str:
    """Show the promises of one state; without a choice those still to be kept."""
    text = request.args.get("state", PromiseState.OPEN)
    try:
        state = PromiseState(text)
    except ValueError as error:
        raise UsageError("请从列表里选择", field="state") from error
    return render_template(
        "registers/promises.html",
        found=promise_list(the_runtime(), state, now()),
        states=PROMISE_STATE_LABELS,
    )


@registers.post("/promises/<int:todo_id>/kept")
def kept(todo_id: int) -> Response:
    """Tick a promise off as kept; a broken one was kept late."""
    finish_todo(the_runtime(), todo_id, now(), me().name)
    flash(_("已兑现，打了勾"))
    back = request.form.get("state", "")
    state = back if back in set(PromiseState) else PromiseState.OPEN
    return redirect(url_for("registers.promises", state=state), 303)
