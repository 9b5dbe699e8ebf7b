"""The instructions (TwiML) that the telephone provider follows during a call, in Mandarin."""

from __future__ import annotations

from twilio.twiml.voice_response import Gather, VoiceResponse

from adapters.channels.base import CallOrder
from adapters.channels.twilio_addresses import Part, address
from adapters.line_settings import TwilioSettings

LANGUAGE = "cmn-CN"
VOICE = "Polly.Zhiyu"
TALK_LIMIT_S = 3_600
"""A line that nobody hangs up ends after an hour."""
KEY_WAIT_S = 8
EXTENSION_MAX = 27
"""Digits of an extension: four pauses and the # besides make 32, which is all that may be sent."""

QUESTION = (
    "请用按键给这次服务打分，1 到 5 分。很满意请按 5，满意请按 4，一般请按 3，不满意请按 2，"
    "很不满意请按 1。"
)
AGAIN = "没有听清您的按键。"
THANKS = "谢谢您的评价，再见。"
GOODBYE = "打扰您了，再见。"
RECORDED = "您好，为了提高服务质量，本次通话会被录音。"
LAST = "?last=1"
"""On the address of the answer to a question that is not put once more."""


def connect(order: CallOrder, settings: TwilioSettings, public_url: str) -> str:
    """Ring the customer and join both. When it is recorded, the customer is told before the talk.

    Raises ValueError for a number whose extension cannot be dialled; nobody has been rung then.
    """

    def to(part: Part) -> str:
        return address(public_url, part, order.token)

    recorded = (
        {
            "record": "record-from-answer",
            "recording_status_callback": to(Part.RECORDING),
            "recording_status_callback_method": "POST",
            "recording_status_callback_event": "completed",
        }
        if order.is_recorded
        else {}
    )
    response = VoiceResponse()
    dial = response.dial(
        caller_id=settings.number,
        timeout=order.ring_seconds,
        time_limit=TALK_LIMIT_S,
        answer_on_bridge=True,
        action=to(Part.AFTER),
        method="POST",
        **recorded,
    )
    announced = {"url": to(Part.ANNOUNCE), "method": "POST"} if order.is_recorded else {}
    dial.number(
        order.customer.e164,
        send_digits=_digits(order.customer.extension),
        status_callback=to(Part.CUSTOMER),
        status_callback_method="POST",
        status_callback_event="initiated ringing answered completed",
        **announced,
    )
    return str(response)


def announce() -> str:
    """What the customer hears before the talk when it is recorded; then both are joined."""
    response = VoiceResponse()
    _say(response, RECORDED)
    return str(response)


def not_now(reason_zh: str) -> str:
    """Tell the caller why the customer is not rung, and hang up."""
    response = VoiceResponse()
    _say(response, f"现在不能拨打这位客户。{reason_zh}")
    response.hangup()
    return str(response)


def hang_up() -> str:
    """End the call without a word."""
    response = VoiceResponse()
    response.hangup()
    return str(response)


def keypad_question(public_url: str, token: str) -> str:
    """R-SMP-4. Ask the customer for a score by key, twice if nothing is pressed; then goodbye."""
    response = VoiceResponse()
    for _ in range(2):
        response.append(_question(public_url, token, QUESTION, last=False))
    _say(response, GOODBYE)
    response.hangup()
    return str(response)


def keypad_again(public_url: str, token: str) -> str:
    """R-SMP-4. The key was none of 1 to 5: ask once more, for the last time."""
    response = VoiceResponse()
    response.append(_question(public_url, token, AGAIN + QUESTION, last=True))
    _say(response, GOODBYE)
    response.hangup()
    return str(response)


def keypad_thanks() -> str:
    """R-SMP-4. The score is kept; goodbye."""
    response = VoiceResponse()
    _say(response, THANKS)
    response.hangup()
    return str(response)


def keypad_goodbye() -> str:
    """R-SMP-4. No score came of it; goodbye."""
    response = VoiceResponse()
    _say(response, GOODBYE)
    response.hangup()
    return str(response)


def _question(public_url: str, token: str, wording: str, *, last: bool) -> Gather:
    gather = Gather(
        input="dtmf",
        num_digits=1,
        timeout=KEY_WAIT_S,
        action=address(public_url, Part.DIGITS, token, LAST if last else ""),
        method="POST",
    )
    _say(gather, wording)
    return gather


def _say(where: VoiceResponse | Gather, wording: str) -> None:
    where.say(wording, voice=VOICE, language=LANGUAGE)


def _digits(extension: str | None) -> str | None:
    """Two seconds of pause, the extension, and the # that ends it."""
    if extension is None:
        return None
    if not (extension.isascii() and extension.isdigit() and len(extension) <= EXTENSION_MAX):
        raise ValueError("an extension of digits, at most 27")
    return f"wwww{extension}#"
