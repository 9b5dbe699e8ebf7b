"""The one screen that a caller works on, and a caller's own lists."""

from __future__ import annotations

import secrets

from flask import Blueprint, flash, jsonify, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_wtf.csrf import generate_csrf
from werkzeug.wrappers import Response

from scheduler.flows import desk, dialling
from scheduler.flows import todos as todo_flow
from scheduler.flows.briefing import brief
from scheduler.flows.claim import HandOut, current_call, next_call
from scheduler.flows.outcome import OutcomeForm, record_outcome
from scheduler.flows.outlook import NobodyNow
from web.auth import me, note_use, now, the_runtime
from web.caller import in_words
from web.caller.callback_times import callback_days
from web.caller.outcome_groups import grouped
from web.forms import read_instant
from web.rule_words import rule_words

caller = Blueprint("caller", __name__, url_prefix="/call")


@caller.get("")
def work() -> str:
    """Show the customer one holds, or the way to the next one."""
    held = current_call(the_runtime(), me(), now())
    if held is None:
        return _idle(None)
    seen = desk.hand_out_seen(the_runtime(), held.attempt_id, me(), now())
    return _on_screen(held, seen) if seen.is_mine else _idle(None)


@caller.post("/next")
def take_next() -> Response | str:
    """Take the next customer (R-CLAIM-1), or say why there is nobody now."""
    found = next_call(the_runtime(), me(), now())
    if isinstance(found, HandOut):
        return redirect(url_for("caller.work"), 303)
    return _idle(found)


@caller.post("/<attempt_id>/dial")
def dial(attempt_id: str) -> Response:
    """Start: the whole gate is asked once more (R-HOURS-3)."""
    dialling.dial(the_runtime(), attempt_id, now(), me())
    return redirect(url_for("caller.work"), 303)


@caller.post("/<attempt_id>/hang-up")
def hang_up(attempt_id: str) -> Response:
    """Stop: the talk is over, its outcome is still to be entered."""
    dialling.hang_up(the_runtime(), attempt_id, now(), me())
    return redirect(url_for("caller.work"), 303)


@caller.post("/<attempt_id>/skip")
def skip(attempt_id: str) -> Response:
    """Give the customer back with a reason (R-CLAIM-1)."""
    back_at = dialling.skip(the_runtime(), attempt_id, request.form.get("reason", ""), now(), me())
    flash(in_words.skipped(back_at, now()))
    return redirect(url_for("caller.work"), 303)


@caller.post("/<attempt_id>/outcome")
def outcome(attempt_id: str) -> Response:
    """Record what came of the call. The same form twice is recorded once."""
    form = OutcomeForm(
        code=request.form.get("code", ""),
        callback_at=read_instant(request.form.get("callback_at"), "callback_at"),
        phone=request.form.get("phone") or None,
        note=request.form.get("note") or None,
        key=request.form.get("key") or None,
    )
    answer = record_outcome(the_runtime(), attempt_id, form, now(), me())
    flash(in_words.recorded(answer, now()))
    return redirect(url_for("caller.work"), 303)


@caller.post("/<attempt_id>/renew")
def renew(attempt_id: str) -> Response:
    """Keep the lease while the page is open (R-CLAIM-1)."""
    until = dialling.renew(the_runtime(), attempt_id, now(), me())
    if desk.hand_out_seen(the_runtime(), attempt_id, me(), now()).is_in_call:
        note_use()
    return jsonify(kept=until is not None)


@caller.get("/<attempt_id>/state")
def state(attempt_id: str) -> Response:
    """Tell the open page what has become of its hand-out (R-DNC-2), and a fresh form token."""
    seen = desk.hand_out_seen(the_runtime(), attempt_id, me(), now())
    return jsonify(
        state=seen.state,
        rule=seen.rule,
        reason=rule_words(seen.rule) if seen.rule else None,
        outcome_missing=seen.is_outcome_missing,
        token=generate_csrf(),
    )


@caller.get("/todos")
def todos() -> str:
    """List the to-dos that came out of one's own calls."""
    listed = todo_flow.open_todos(the_runtime(), now(), caller=me().name)
    return render_template("caller/todos.html", todos=listed)


@caller.post("/todos/<int:todo_id>/done")
def todo_done(todo_id: int) -> Response:
    """Tick a to-do off; a message counts as sent now (R-MSG-1)."""
    todo_flow.finish_todo(the_runtime(), todo_id, now(), me().name)
    flash(_("已完成"))
    return redirect(url_for("caller.todos"), 303)


@caller.get("/day")
def day() -> str:
    """Show one's own day. No ranking."""
    return render_template("caller/day.html", own=desk.own_day(the_runtime(), me(), now()))


def _on_screen(held: HandOut, seen: desk.HandOutSeen) -> str:
    runtime = the_runtime()
    briefing = brief(runtime, held.attempt_id, now())
    return render_template(
        "caller/call.html",
        held=held,
        seen=seen,
        briefing=briefing,
        groups=grouped(briefing.outcomes),
        callback_days=callback_days(runtime, held.attempt_id, now(), briefing.deadline),
        key=secrets.token_urlsafe(16),
    )


def _idle(nobody: NobodyNow | None) -> str:
    runtime = the_runtime()
    return render_template(
        "caller/idle.html",
        nobody=nobody,
        own=desk.own_day(runtime, me(), now()),
        todo_count=len(todo_flow.open_todos(runtime, now(), caller=me().name)),
    )
