"""One call, looked into (R-AUD-1, R-AUD-3)."""

from __future__ import annotations

from flask import render_template

from scheduler.flows.call_page import MOMENT_LABELS, call_page
from web.auth import now, the_runtime
from web.supervisor.blueprint import panel


@panel.get("/calls/<attempt_id>")
def call(attempt_id: str) -> str:
    """Show one call: how it went, by which rules, what followed, and its trail. The number is masked."""
    found = call_page(the_runtime(), attempt_id, now())
    return render_template("supervisor/call.html", call=found, moments=MOMENT_LABELS)
