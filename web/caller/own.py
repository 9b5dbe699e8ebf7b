"""A caller's own lists: the day, to-dos, the queue as it stands, customers spoken to lately."""

from __future__ import annotations

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from scheduler.flows import desk
from scheduler.flows import own_day as own_flow
from scheduler.flows import parked as parked_flow
from scheduler.flows import todos as todo_flow
from web.auth import LEADING, me, now, the_runtime
from web.caller.blueprint import caller, clock_speed
from web.caller.escalations import own_board


@caller.get("/queue")
def queue() -> str:
    """Say why nobody is due and when it goes on; nothing is handed out."""
    nobody = desk.queue_now(the_runtime(), now())
    return render_template("caller/nobody.html", nobody=nobody, clock_speed=clock_speed())


@caller.get("/search")
def search() -> str:
    """Find customers one spoke to lately (R-PII-1: nobody else's)."""
    words = request.args.get("words", "")
    found = own_flow.recent_customers(the_runtime(), me(), words, now())
    may_open = me().role in LEADING
    return render_template("caller/found.html", found=found, words=words, may_open=may_open)


@caller.get("/todos")
def todos() -> str:
    """List the to-dos that came out of one's own calls."""
    listed = todo_flow.open_todos(the_runtime(), now(), caller=me().name)
    awaiting = todo_flow.awaiting_replies(the_runtime(), now(), caller=me().name)
    return render_template("caller/todos.html", todos=listed, awaiting=awaiting)


@caller.post("/todos/<int:todo_id>/done")
def todo_done(todo_id: int) -> Response:
    """Tick a to-do off; a message counts as sent now (R-MSG-1)."""
    todo_flow.finish_todo(the_runtime(), todo_id, now(), me().name, own_only=True)
    flash(_("已完成"))
    return _back()


@caller.post("/todos/<int:todo_id>/replied")
def todo_replied(todo_id: int) -> Response:
    """Note that the customer answered a message, so that one more call may be made (R-SMP-6)."""
    todo_flow.note_reply(the_runtime(), todo_id, now(), me().name, own_only=True)
    flash(_("已记下客户回复，可以再打一次"))
    return _back()


def _back() -> Response:
    page = "caller.day" if request.args.get("back") == "day" else "caller.todos"
    return redirect(url_for(page), 303)


@caller.get("/day")
def day() -> str:
    """Show one's own day, what is unfinished first (R-CPL-2). No ranking."""
    return render_template("caller/day.html", board=own_board(), **_own_day())


@caller.get("/day/now")
def day_now() -> str:
    """Give the open page its day as it is now."""
    return render_template("caller/day_now.html", **_own_day())


def _own_day() -> dict[str, object]:
    runtime = the_runtime()
    return {
        "own": own_flow.own_day(runtime, me(), now()),
        "parked": parked_flow.parked_calls(runtime, me(), now()),
        "todos": todo_flow.open_todos(runtime, now(), caller=me().name),
        "awaiting": todo_flow.awaiting_replies(runtime, now(), caller=me().name),
    }
