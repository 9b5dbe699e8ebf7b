"""The day and the work lists."""

from __future__ import annotations

from flask import flash, redirect, render_template, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from campaigns.errors import RefusedError, WaihuError
from scheduler.flows import campaigns, overview
from scheduler.flows import todos as todo_flow
from scheduler.flows.planning import plan
from scheduler.flows.results import results
from web.auth import me, now, the_runtime
from web.caller.escalations import everybodys_board
from web.errors import beside_the_form
from web.filters import local_day
from web.leader.blueprint import leader


@leader.get("")
def today() -> str:
    """Show where the day stands, the queue, who is left out by which rule, and the results so far."""
    runtime, day = the_runtime(), local_day(now())
    made = overview.today(runtime, now())
    return render_template(
        "leader/today.html",
        today=made,
        progress=made.progress,
        found=campaigns.campaigns(runtime),
        results=results(runtime, day, day),
        longest=campaigns.REASON_MAX_CHARS,
        board=everybodys_board(),
    )


@leader.get("/now")
def today_now() -> str:
    """Show the part of today that moves by the minute, without the plan: figures and results."""
    runtime, day = the_runtime(), local_day(now())
    return render_template(
        "leader/today_now.html",
        progress=overview.progress(runtime, now()),
        results=results(runtime, day, day),
    )


@leader.post("/plan")
def make_plan() -> Response:
    """Plan today's calls (R-DUN-1); planning again changes nothing."""
    made = plan(the_runtime(), local_day(now()), now(), me().name)
    new = sum(task.new for campaign in made.campaigns for task in campaign.tasks)
    total = sum(len(campaign.tasks) for campaign in made.campaigns)
    left_out = sum(len(campaign.left_out) for campaign in made.campaigns)
    text = _("计划已完成：%(total)s 位客户（新增 %(new)s 位），另有 %(left)s 位按规则不拨打")
    flash(text % {"total": total, "new": new, "left": left_out})
    return redirect(url_for("leader.today"), 303)


@leader.get("/lists")
def work_lists() -> str:
    """Show open to-dos with their age, calls without an outcome, and today's skips (R-CLAIM-1)."""
    return _lists_page()


def _lists_page(fault: WaihuError | None = None) -> str:
    return render_template(
        "leader/lists.html",
        todos=todo_flow.open_todos(the_runtime(), now()),
        awaiting=todo_flow.awaiting_replies(the_runtime(), now()),
        lists=overview.leaders_lists(the_runtime(), now()),
        fault=fault,
    )


@leader.post("/lists/todos/<int:todo_id>/done")
def todo_done(todo_id: int) -> Response:
    """Tick a to-do off; a message counts as sent now (R-MSG-1)."""
    try:
        todo_flow.finish_todo(the_runtime(), todo_id, now(), me().name)
    except RefusedError as error:
        return beside_the_form(error, _lists_page(error))
    flash(_("已完成"))
    return redirect(url_for("leader.work_lists"), 303)


@leader.post("/lists/todos/<int:todo_id>/replied")
def todo_replied(todo_id: int) -> Response:
    """Note that the customer answered a message, so that one more call may be made (R-SMP-6)."""
    try:
        todo_flow.note_reply(the_runtime(), todo_id, now(), me().name)
    except RefusedError as error:
        return beside_the_form(error, _lists_page(error))
    flash(_("已记下客户回复，可以再打一次"))
    return redirect(url_for("leader.work_lists"), 303)
