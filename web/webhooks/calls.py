"""What a provider tells of calls, and asks during them: each address hands on to one flow and answers."""

from __future__ import annotations

from urllib.parse import parse_qsl

from flask import Response

from adapters.channels import twilio_markup
from adapters.channels.base import RawCallback
from campaigns.lines import CallbackFault, CallEvent
from campaigns.values import LineName
from scheduler.flows.line_events import take_call_events
from scheduler.flows.line_gate import Connect, let_through
from web.auth import the_runtime
from web.webhooks.reception import receive, refuse, told, webhooks

SCORES = frozenset("12345")


def _instructions(document: str) -> Response:
    return Response(document, mimetype="text/xml")


def _take(token: str) -> tuple[RawCallback, tuple[CallEvent, ...]]:
    """Believe, and store what it says of the call that the token belongs to."""
    reader, raw = receive(LineName.TWILIO)
    events = reader.read_call(raw, token)
    if not take_call_events(the_runtime(), LineName.TWILIO, token, events):
        refuse(CallbackFault.OTHER_CALL)
    return raw, events


@webhooks.post("/twilio/leg/<call_token:token>", provide_automatic_options=False)
@webhooks.post("/twilio/customer/<call_token:token>", provide_automatic_options=False)
@webhooks.post("/twilio/recording/<call_token:token>", provide_automatic_options=False)
def twilio_told(token: str) -> Response:
    """Hear how a leg stands, or that a recording is there."""
    _take(token)
    return told()


@webhooks.post("/twilio/voice/<call_token:token>", provide_automatic_options=False)
def twilio_answered(token: str) -> Response:
    """R-HOURS-3. The caller has answered: the last gate, and only then the customer is rung."""
    raw, _ = _take(token)
    runtime = the_runtime()
    leg = dict(parse_qsl(raw.body.decode())).get("CallSid", "")
    answer = let_through(runtime, LineName.TWILIO, token, leg) if leg else None
    if answer is None:
        refuse(CallbackFault.OTHER_CALL)
    if not isinstance(answer, Connect):
        return _instructions(twilio_markup.not_now(answer.reason))
    account = runtime.settings.lines.twilio
    assert account is not None, "its reader believed"
    public = runtime.settings.callback_url
    try:
        return _instructions(twilio_markup.connect(answer.order, account, public))
    except ValueError:
        return _instructions(twilio_markup.not_now("这个分机号拨不出去。"))


@webhooks.post("/twilio/announce/<call_token:token>", provide_automatic_options=False)
def twilio_announces(token: str) -> Response:
    """Tell the customer of the recording before the talk."""
    _take(token)
    return _instructions(twilio_markup.announce())


@webhooks.post("/twilio/after/<call_token:token>", provide_automatic_options=False)
def twilio_after(token: str) -> Response:
    """The customer's leg has ended, and with it the caller's."""
    _take(token)
    return _instructions(twilio_markup.hang_up())


@webhooks.post("/twilio/keypad/<call_token:token>", provide_automatic_options=False)
def twilio_asks_score(token: str) -> Response:
    """R-SMP-4. Ask the customer for a score by key."""
    _take(token)
    return _instructions(twilio_markup.keypad_question(the_runtime().settings.callback_url, token))


@webhooks.post("/twilio/digits/<call_token:token>", provide_automatic_options=False)
def twilio_heard_key(token: str) -> Response:
    """R-SMP-4. A key was pressed: thanks for a score, once more for another key, then goodbye."""
    raw, events = _take(token)
    if any(event.digits in SCORES for event in events):
        return _instructions(twilio_markup.keypad_thanks())
    if raw.path_and_query.endswith(twilio_markup.LAST):
        return _instructions(twilio_markup.keypad_goodbye())
    return _instructions(twilio_markup.keypad_again(the_runtime().settings.callback_url, token))
