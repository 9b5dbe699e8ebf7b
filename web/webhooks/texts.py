"""What providers tell of texts: receipts, and what customers wrote back."""

from __future__ import annotations

from flask import Response, jsonify

from campaigns.lines import CallbackFault
from campaigns.values import LineName
from scheduler.flows.text_events import take_sms_events
from scheduler.flows.text_replies import take_replies
from web.auth import the_runtime
from web.webhooks.reception import receive, refuse, told, webhooks


@webhooks.post("/twilio/sms/<call_token:token>", provide_automatic_options=False)
def twilio_receipt(token: str) -> Response:
    """R-MSG-2. Hear where a text stands."""
    reader, raw = receive(LineName.TWILIO)
    if not take_sms_events(the_runtime(), LineName.TWILIO, reader.read_sms(raw, token)):
        refuse(CallbackFault.OTHER_TEXT)
    return told()


@webhooks.post("/twilio/replies", provide_automatic_options=False)
def twilio_reply() -> Response:
    """R-DNC-2. Hear what a customer wrote back; an opt-out word acts at once."""
    reader, raw = receive(LineName.TWILIO)
    take_replies(the_runtime(), LineName.TWILIO, reader.read_replies(raw))
    return told()


@webhooks.post("/aliyun/receipts/<secret:_token>", provide_automatic_options=False)
def aliyun_receipts(_token: str) -> Response:
    """R-MSG-2. Hear where texts stand, many at once.

    Some may be of other programs with the same account; they are kept apart, and the provider need
    not tell us again.
    """
    reader, raw = receive(LineName.ALIYUN)
    take_sms_events(the_runtime(), LineName.ALIYUN, reader.read_sms(raw, None))
    return _received()


@webhooks.post("/aliyun/replies/<secret:_token>", provide_automatic_options=False)
def aliyun_replies(_token: str) -> Response:
    """R-DNC-2. Hear what customers wrote back; an opt-out word acts at once."""
    reader, raw = receive(LineName.ALIYUN)
    take_replies(the_runtime(), LineName.ALIYUN, reader.read_replies(raw))
    return _received()


def _received() -> Response:
    """As this provider wants it; anything else makes it tell again, after 1, 5 and 10 minutes."""
    return jsonify(code=0, msg="接收成功")
