"""All complaints that wait for their promised answer, and those answered lately (R-SMP-5)."""

from __future__ import annotations

from flask import render_template

from scheduler.flows.escalations import answered_lately
from web.auth import now, the_runtime
from web.caller.escalations import everybodys_board
from web.sampling.blueprint import sampling


@sampling.get("/escalations")
def escalations() -> str:
    """Show open ones, the least time left first, and what was answered within a day."""
    return render_template(
        "sampling/escalations.html",
        board=everybodys_board(),
        answered=answered_lately(the_runtime(), now()),
    )


@sampling.get("/escalations/answered")
def answered_now() -> str:
    """Give the open page what was answered since it was opened."""
    return render_template("sampling/answered.html", answered=answered_lately(the_runtime(), now()))
