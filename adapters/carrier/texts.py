"""The life of a message: accepted, sent, delivered or not; and what customers write back."""

from __future__ import annotations

from email.utils import format_datetime

from adapters.carrier.books import Sms, SmsStatus, new_sid
from adapters.carrier.desk import API_VERSION, Desk
from adapters.carrier.script import Person
from adapters.carrier.timeline import Life, Sleep

SENT_AFTER_S = 0.5
NEVER_SENT = frozenset({"30001", "30002", "30007"})
"""Errors that the carrier itself finds: the message is `failed`, not `undelivered`."""
STOP_WORDS = frozenset({"STOP", "STOPALL", "UNSUBSCRIBE", "CANCEL", "END", "QUIT"})
START_WORDS = frozenset({"START", "YES", "UNSTOP"})
_GSM = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡"
    "ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_GSM_TWICE = frozenset("^{}\\[~]|€\f")


def segments(body: str) -> int:
    """How many messages a text takes on the air: 160/153 plain, 70/67 with other characters."""
    if all(char in _GSM or char in _GSM_TWICE for char in body):
        length = sum(2 if char in _GSM_TWICE else 1 for char in body)
        alone, joined = 160, 153
    else:
        length = len(body.encode("utf-16-be")) // 2
        alone, joined = 70, 67
    return 1 if length <= alone else -(-length // joined)


def send(desk: Desk, sms: Sms, person: Person, wait_s: float) -> None:
    """Enter the message and let it go. The lock is held."""
    desk.books.keep_message(sms)
    sms.task = desk.timeline.begin(_live(desk, sms, person, wait_s))


def refused_at_once(desk: Desk, to: str, sender: str) -> bool:
    """Whether the customer told this sender to stop."""
    return (to, sender) in desk.opted_out


def receive(desk: Desk, sender: str, to: str, body: str) -> Sms:
    """A customer writes: kept, and told to the shop where it has an address for that."""
    word = body.strip().upper()
    if word in STOP_WORDS:
        desk.opted_out.add((sender, to))
    elif word in START_WORDS:
        desk.opted_out.discard((sender, to))
    now = desk.now()
    visible = desk.timeline.second() + desk.script.list_lag_s
    sms = Sms(new_sid("SM"), to, sender, body, now, visible, direction="inbound")
    sms.status, sms.sent_at, sms.segments = SmsStatus.RECEIVED, now, segments(body)
    desk.books.keep_message(sms)
    if url := desk.script.inbound_url or desk.settings.inbound_url:
        fields = {
            **_about(desk, sms),
            "Body": body,
            "NumMedia": "0",
            "NumSegments": str(sms.segments),
        }
        desk.send("inbound", url, "POST", fields, sms.sid)
    return sms


def _live(desk: Desk, sms: Sms, person: Person, wait_s: float) -> Life:
    if wait_s:
        yield Sleep(wait_s)
        sms.status = SmsStatus.QUEUED
    _tell(desk, sms)
    yield Sleep(SENT_AFTER_S)
    if person.sms in NEVER_SENT:
        sms.status, sms.error_code = SmsStatus.FAILED, int(person.sms)
        _tell(desk, sms)
        return
    sms.status, sms.sent_at = SmsStatus.SENT, desk.now()
    _tell(desk, sms)
    if person.sms == SmsStatus.SENT:
        return
    yield Sleep(person.sms_after_s)
    if person.sms == SmsStatus.DELIVERED:
        sms.status = SmsStatus.DELIVERED
    else:
        sms.status, sms.error_code = SmsStatus.UNDELIVERED, int(person.sms)
    _tell(desk, sms)
    if person.replies and sms.status is SmsStatus.DELIVERED:
        yield Sleep(person.reply_after_s)
        receive(desk, sms.to, sms.from_, person.replies)


def _tell(desk: Desk, sms: Sms) -> None:
    sms.updated_at = desk.now()
    if not sms.notice_url:
        return
    fields = {**_about(desk, sms), "MessageStatus": sms.status, "SmsStatus": sms.status}
    if sms.error_code is not None:
        fields["ErrorCode"] = str(sms.error_code)
    if sms.status in {SmsStatus.DELIVERED, SmsStatus.UNDELIVERED}:
        fields["RawDlrDoneDate"] = f"{desk.now():%y%m%d%H%M}"
    desk.send("message", sms.notice_url, "POST", fields, sms.sid)


def tell_canceled(desk: Desk, sms: Sms) -> None:
    """A scheduled message that will never go."""
    if sms.task:
        sms.task.done = True
    sms.status = SmsStatus.CANCELED
    _tell(desk, sms)


def _about(desk: Desk, sms: Sms) -> dict[str, str]:
    fields = {
        "AccountSid": desk.settings.account_sid,
        "ApiVersion": API_VERSION,
        "From": sms.from_,
        "MessageSid": sms.sid,
        "SmsMessageSid": sms.sid,
        "SmsSid": sms.sid,
        "To": sms.to,
        "Timestamp": format_datetime(desk.now()),
    }
    if sms.service_sid:
        fields["MessagingServiceSid"] = sms.service_sid
    return fields
