"""The one screen that a caller works on: take, dial, hang up, record, skip.

Each change answers with the screen as it is now. A page with scripts asks for the part that
changed (`X-Part`) and puts it in place; without them a change leads back to the whole page.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass

from flask import flash, jsonify, redirect, render_template, request, url_for
from flask_wtf.csrf import generate_csrf
from werkzeug.wrappers import Response

from campaigns.values import LineName
from scheduler.flows import desk, dialling, line_calls
from scheduler.flows import own_day as own_flow
from scheduler.flows import todos as todo_flow
from scheduler.flows.briefing import brief
from scheduler.flows.chat_texts import texts_to_copy
from scheduler.flows.claim import HandOut, current_call, next_call
from scheduler.flows.line_keypad import ask_score
from scheduler.flows.line_view import line_seen
from scheduler.flows.outcome import record_outcome
from scheduler.flows.outlook import NobodyNow
from scheduler.flows.parked import parked_calls
from scheduler.flows.parked import take_back as take_back_now
from scheduler.flows.sampling_briefing import promise_now
from scripts_zh.cards import cards
from web.auth import me, note_use, now, the_runtime
from web.caller import in_words
from web.caller.blueprint import caller, clock_speed
from web.caller.callback_times import callback_days
from web.caller.escalations import own_board
from web.caller.line_words import line_document
from web.caller.matters import matters_of
from web.caller.outcome_form import read_outcome
from web.rule_words import rule_words

WRAP_UP_S = 60
"""How long writing down a call usually takes; once more of it can be asked for."""


@dataclass(frozen=True, slots=True)
class _Screen:
    """What is to be shown: the customer one holds, or nobody."""

    held: HandOut | None
    seen: desk.HandOutSeen | None = None
    nobody: NobodyNow | None = None


@caller.get("")
def work() -> str:
    """Show the customer one holds, or the way to the next one."""
    return _page(_now_on_screen())


@caller.post("/next")
def take_next() -> Response | str:
    """Take the next customer (R-CLAIM-1), or say why there is nobody now."""
    found = next_call(the_runtime(), me(), now())
    if isinstance(found, NobodyNow):
        return _page(_Screen(None, nobody=found))
    if not _wants_part():
        return redirect(url_for("caller.work"), 303)
    return _page(_Screen(found, desk.hand_out_seen(the_runtime(), found.attempt_id, me(), now())))


@caller.post("/<attempt_id>/dial")
def dial(attempt_id: str) -> Response | str:
    """Start: the whole gate is asked once more (R-HOURS-3). `line`: by hand instead of the line."""
    by_hand = request.form.get("line") == LineName.MANUAL
    line_calls.dial(the_runtime(), attempt_id, now(), me(), LineName.MANUAL if by_hand else None)
    return _as_it_is()


@caller.post("/<attempt_id>/hang-up")
def hang_up(attempt_id: str) -> Response | str:
    """Stop: the talk is over, its outcome is still to be entered."""
    line_calls.hang_up(the_runtime(), attempt_id, now(), me())
    return _as_it_is()


@caller.post("/<attempt_id>/go-on")
def go_on(attempt_id: str) -> Response | str:
    """Take others while the line is being asked whether this one rang (C2.8)."""
    line_calls.go_on(the_runtime(), attempt_id, now(), me())
    return take_next()


@caller.post("/<attempt_id>/take-back")
def take_back(attempt_id: str) -> Response | str:
    """Have a call on the screen again that one went on from, to enter its outcome (R-CLAIM-1)."""
    take_back_now(the_runtime(), attempt_id, now(), me())
    return _as_it_is()


@caller.post("/<attempt_id>/rang")
def rang(attempt_id: str) -> Response | str:
    """Keep whether the caller's own phone rang: evidence for an unknown call (C2.8)."""
    line_calls.did_ring(the_runtime(), attempt_id, request.form.get("rang") == "yes", now(), me())
    return _as_it_is()


@caller.post("/<attempt_id>/score-by-key")
def score_by_key(attempt_id: str) -> Response | str:
    """Hand the customer over to the keypad question (R-SMP-4)."""
    ask_score(the_runtime(), attempt_id, me())
    return _as_it_is()


@caller.post("/<attempt_id>/skip")
def skip(attempt_id: str) -> Response | str:
    """Give the customer back with a reason (R-CLAIM-1)."""
    reason = request.form.get("own_reason", "").strip() or request.form.get("reason", "")
    back_at = dialling.skip(the_runtime(), attempt_id, reason, now(), me())
    flash(in_words.skipped(back_at, now()))
    return _as_it_is()


@caller.post("/<attempt_id>/outcome")
def outcome(attempt_id: str) -> Response | str:
    """Record what came of the call. The same form twice is recorded once."""
    answer = record_outcome(the_runtime(), attempt_id, read_outcome(request.form), now(), me())
    line_calls.put_down(the_runtime(), attempt_id)
    cases = desk.cases_opened(the_runtime(), attempt_id)
    flash(in_words.recorded(answer, now(), cases))
    return _as_it_is()


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
        pause=in_words.paused(seen.pause) if seen.pause else None,
        outcome_missing=seen.is_outcome_missing,
        line=line_document(line_seen(the_runtime(), attempt_id)),
        token=generate_csrf(),
        now=now().isoformat(),
        speed=clock_speed(),
    )


@caller.get("/<attempt_id>/promise")
def promise(attempt_id: str) -> str:
    """R-SMP-5. Say until when an answer may be promised at this instant."""
    promised = promise_now(the_runtime(), attempt_id, now())
    return render_template("caller/promise.html", promise=promised)


@caller.get("/<attempt_id>/message")
def message(attempt_id: str) -> str:
    """Show what is to be written to this customer, to be copied (R-MSG-1)."""
    texts = texts_to_copy(the_runtime(), attempt_id, me(), now())
    held = current_call(the_runtime(), me(), now())
    buyer = held.buyer if held is not None and held.attempt_id == attempt_id else ""
    return render_template("caller/message.html", texts=texts, buyer=buyer)


def _wants_part() -> bool:
    return request.headers.get("X-Part") == "desk"


def _as_it_is() -> Response | str:
    return _page(_now_on_screen()) if _wants_part() else redirect(url_for("caller.work"), 303)


def _now_on_screen() -> _Screen:
    held = current_call(the_runtime(), me(), now())
    if held is None:
        return _Screen(None)
    seen = desk.hand_out_seen(the_runtime(), held.attempt_id, me(), now())
    return _Screen(held, seen) if seen.is_mine else _Screen(None)


def _page(screen: _Screen) -> str:
    template = "caller/desk.html" if _wants_part() else "caller/work.html"
    words = _nobody(screen) if screen.held is None else _call(screen.held)
    if not _wants_part():
        words["board"] = own_board(url_for("caller.work"))
    return render_template(
        template,
        held=screen.held,
        seen=screen.seen,
        cards=cards(),
        is_part=_wants_part(),
        **words,
    )


def _call(held: HandOut) -> dict[str, object]:
    runtime = the_runtime()
    briefing = brief(runtime, held.attempt_id, now())
    return {
        "briefing": briefing,
        "line": line_seen(runtime, held.attempt_id),
        "matters": matters_of(held, briefing),
        "callback_days": callback_days(runtime, held.attempt_id, now(), briefing.deadline),
        "answer_by": briefing.answer_by,
        "wrap_up_s": WRAP_UP_S,
        "key": secrets.token_urlsafe(16),
    }


def _nobody(screen: _Screen) -> dict[str, object]:
    runtime = the_runtime()
    return {
        "nobody": screen.nobody,
        "clock_speed": clock_speed(),
        "own": own_flow.own_day(runtime, me(), now()),
        "parked": parked_calls(runtime, me(), now()),
        "todo_count": len(todo_flow.open_todos(runtime, now(), caller=me().name)),
    }
