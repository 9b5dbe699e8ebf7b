"""Who calls, for which campaigns, and how their day stands. Accounts are the administrator's."""

from __future__ import annotations

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from campaigns.days import business_day
from scheduler.flows import campaigns as flow
from scheduler.flows import results
from web.auth import me, now, the_runtime
from web.forms import read_number
from web.leader.blueprint import leader


@leader.get("/campaigns/people")
def people() -> str:
    """Show everybody who may call, by name, with their campaigns and their day so far."""
    runtime = the_runtime()
    today = business_day(now())
    return render_template(
        "leader/people.html",
        callers=flow.callers(runtime),
        campaigns=flow.campaigns(runtime).campaigns,
        on_line=results.on_the_line(runtime, now()),
        today={line.caller: line for line in results.results(runtime, today, today).by_caller},
        day=today,
    )


@leader.post("/campaigns/people/<int:person_id>")
def give_campaigns(person_id: int) -> Response:
    """Say which campaigns somebody calls for; none ticked: all of them."""
    wanted = [read_number(text, "campaign") for text in request.form.getlist("campaign")]
    flow.give_campaigns(the_runtime(), person_id, wanted, now(), me().name)
    flash(_("已保存，从下一位客户起生效"))
    return redirect(url_for("leader.people"), 303)
