"""One call, looked into (R-AUD-1, R-AUD-3), and finished where its caller cannot (R-CLAIM-1)."""

from __future__ import annotations

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from campaigns.errors import NotFoundError, RefusedError, UsageError
from scheduler.flows.call_page import MOMENT_LABELS, call_page
from scheduler.flows.left_calls import enter_outcome, left_call
from scheduler.flows.outcome_forms import NOTE_MAX_CHARS
from web.auth import me, now, the_runtime
from web.errors import beside_the_form
from web.supervisor.blueprint import panel


@panel.get("/calls/<attempt_id>")
def call(attempt_id: str) -> str:
    """Show one call: how it went, by which rules, what followed, and its trail. The number is masked."""
    return _page(attempt_id)


@panel.post("/calls/<attempt_id>/outcome")
def enter_for_caller(attempt_id: str) -> Response:
    """Enter the outcome of a call whose caller is not active any more (R-CLAIM-1)."""
    code, note = request.form.get("code", ""), request.form.get("note", "")
    try:
        enter_outcome(the_runtime(), attempt_id, code, note, now(), me())
    except NotFoundError:
        raise
    except (UsageError, RefusedError) as error:
        return beside_the_form(error, _page(attempt_id, error))
    flash(_("已替坐席填写结果"))
    return redirect(url_for("panel.call", attempt_id=attempt_id), 303)


def _page(attempt_id: str, fault: UsageError | RefusedError | None = None) -> str:
    runtime = the_runtime()
    return render_template(
        "supervisor/call.html",
        call=call_page(runtime, attempt_id, now()),
        left=left_call(runtime, attempt_id),
        moments=MOMENT_LABELS,
        longest=NOTE_MAX_CHARS,
        fault=fault,
        typed=request.form,
    )
