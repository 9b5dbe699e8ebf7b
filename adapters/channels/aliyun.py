"""SMS by Aliyun: its registered templates, its records, and what it pushes to us.

The provider sends nothing twice on its own and offers no key against it, so a request of which
nothing certain is known is looked up by our id, which it keeps as `OutId` (decision 0027).
"""

from __future__ import annotations

import hmac
import json
from collections.abc import Iterator, Mapping
from datetime import date, datetime, timedelta

from adapters.channels.aliyun_client import AliyunClient, Told
from adapters.channels.aliyun_codes import refusal_of
from adapters.channels.base import (
    Accepted,
    Answer,
    LineReport,
    Missing,
    RawCallback,
    Refused,
    SmsFound,
    SmsOrder,
    SmsTrace,
    Unknown,
)
from adapters.channels.one_request import NotAsked, Timeouts
from adapters.clock import Clock, SystemClock
from adapters.line_settings import AliyunSettings, is_loopback
from campaigns.lines import CallEvent, SmsEvent, SmsReply
from campaigns.values import SHOP_ZONE, LineName, PhoneNumber, SmsState

PAGE = 50
PAGES = 10
"""Records of one number on one day: the provider itself stops at 50 a template."""

MIDNIGHT = timedelta(minutes=10)
"""A text handed over this close to midnight may be on either day's list."""

CALLBACK_BYTES = 65_536
TOKEN_CHARS = 16
"""A shorter secret could be guessed, so it authenticates nobody."""

_SENT, _FAILED, _DELIVERED = "1", "2", "3"
_STATES = {_SENT: SmsState.SENT, _FAILED: SmsState.FAILED, _DELIVERED: SmsState.DELIVERED}


class AliyunSms:
    """Sends by registered templates. `clock` dates the signature; the machine's unless a test's."""

    def __init__(
        self, settings: AliyunSettings, clock: Clock | None = None, timeouts: Timeouts | None = None
    ) -> None:
        self._settings = settings
        self._client = AliyunClient(settings, clock or SystemClock(), timeouts or Timeouts())

    @property
    def name(self) -> LineName:
        """Aliyun."""
        return LineName.ALIYUN

    @property
    def texts_per_second(self) -> float:
        """As the installation sets it."""
        return self._settings.texts_per_second

    @property
    def is_training(self) -> bool:
        """Whether the address is on this machine."""
        return is_loopback(self._settings.base_url)

    def send(self, order: SmsOrder) -> Answer:
        """R-MSG-2. Send the text by its template, once; a script without one is not sent."""
        template = self._settings.templates.get(order.script_id)
        if template is None:
            reason = f"话术 {order.script_id} 没有登记短信模板，请管理员设置 WAIHU_ALIYUN_TEMPLATES"
            return Refused("no_template", reason, is_permanent=False)
        if order.to.extension is not None:
            return Refused("extension", "带分机的号码收不到短信", is_permanent=True)
        params = {
            "PhoneNumbers": _as_dialled(order.to),
            "SignName": self._settings.sign_name,
            "TemplateCode": template,
            "OutId": order.sms_id,
        }
        if order.params:
            params["TemplateParam"] = json.dumps(dict(order.params), ensure_ascii=False)
        return _answer(self._client.ask("SendSms", params), order)

    def look_up(self, trace: SmsTrace) -> SmsFound | Missing | Unknown:
        """R-MSG-2. What the provider's list of the number and day says of the text with our id.

        The list does not name the provider's own id; where it is not known, ours stands in for it.
        """
        for day in _days_of(trace.sent_at):
            found = self._look_up_on(day, trace)
            if not isinstance(found, Missing):
                return found
        return Missing()

    def _look_up_on(self, day: date, trace: SmsTrace) -> SmsFound | Missing | Unknown:
        for page in range(1, PAGES + 1):
            params = {
                "PhoneNumber": _as_dialled(trace.to),
                "SendDate": day.strftime("%Y%m%d"),
                "PageSize": str(PAGE),
                "CurrentPage": str(page),
            }
            if trace.provider_id is not None and trace.provider_id != trace.sms_id:
                params["BizId"] = trace.provider_id
            details = _details(self._client.ask("QuerySendDetails", params))
            if isinstance(details, Unknown):
                return details
            own = [d for d in details if d.get("OutId") == trace.sms_id]
            if own:
                events = tuple(e for d in own if (e := _event_of_detail(d, trace)) is not None)
                return SmsFound(trace.provider_id or trace.sms_id, events)
            if len(details) < PAGE:
                return Missing()
        return Unknown("短信平台的发送记录太多，没有查完")

    def check(self) -> LineReport:
        """Ask about the signature, which sends nothing and shows that the account is ours."""
        told = self._client.ask("QuerySmsSign", {"SignName": self._settings.sign_name})
        if not isinstance(told, Told):
            return LineReport(False, ("连不上短信平台",))
        if told.code != "OK":
            return LineReport(False, (refusal_of(told).reason,))
        status = _text(told.fields.get("SignStatus"))
        if status != "1":
            return LineReport(False, ("短信签名没有审核通过",))
        details = ["短信账户可用，签名已审核通过"]
        if not self._settings.templates:
            details.append("没有登记任何短信模板（WAIHU_ALIYUN_TEMPLATES），什么都发不出")
        if len(self._settings.callback_token or "") < TOKEN_CHARS:
            details.append(
                f"没有至少 {TOKEN_CHARS} 个字符的 WAIHU_ALIYUN_CALLBACK_TOKEN，收不到回执和回复"
            )
        return LineReport(bool(self._settings.templates), tuple(details))


class AliyunCallbacks:
    """Reads pushed receipts and replies. They carry no signature: the secret is in their address."""

    def __init__(self, settings: AliyunSettings) -> None:
        self._settings = settings

    @property
    def name(self) -> LineName:
        """Aliyun."""
        return LineName.ALIYUN

    def authenticate(self, raw: RawCallback) -> bool:
        """Whether the address holds our secret and the body is a list of records."""
        path = raw.path_and_query.partition("?")[0]
        given = path.rpartition("/")[2].encode("utf-8", "replace")
        secret = self._settings.callback_token or ""
        if not hmac.compare_digest(given, secret.encode()) or len(secret) < TOKEN_CHARS:
            return False
        return len(raw.body) <= CALLBACK_BYTES and _records(raw.body) is not None

    def read_call(self, raw: RawCallback, token: str) -> tuple[CallEvent, ...]:
        """Nothing: the line rings nobody."""
        return ()

    def read_sms(self, raw: RawCallback, token: str | None) -> tuple[SmsEvent, ...]:
        """R-MSG-2. What the receipts say, many at once; one that names no text of ours is left out."""
        events = (_event_of_receipt(record) for record in _records(raw.body) or ())
        return tuple(event for event in events if event is not None)

    def read_replies(self, raw: RawCallback) -> tuple[SmsReply, ...]:
        """R-DNC-2. What customers wrote back."""
        replies = (self._reply(record) for record in _records(raw.body) or ())
        return tuple(reply for reply in replies if reply is not None)

    def _reply(self, record: Mapping[str, object]) -> SmsReply | None:
        sender, wording = _text(record.get("phone_number")), _text(record.get("content"))
        if not sender or wording is None:
            return None
        told = _text(record.get("send_time")) or ""
        # Told twice, it is the same reply. No key may give the number away, hence the secret.
        what = "\n".join((_text(record.get("sequence_id")) or "", sender, told, wording))
        key = hmac.digest(
            self._settings.key_secret.encode(), what.encode("utf-8", "replace"), "sha256"
        )
        return SmsReply(key=key.hex()[:40], sender=sender, wording=wording, at=_instant(told))


def _as_dialled(number: PhoneNumber) -> str:
    """As the provider wants it: mainland numbers plain, others with the country's code."""
    return number.national if number.e164.startswith("+86") else number.e164.removeprefix("+")


def _days_of(sent_at: datetime) -> Iterator[date]:
    """Days on whose list a text may be, the likely one first."""
    local = sent_at.astimezone(SHOP_ZONE)
    yield local.date()
    for other in (local - MIDNIGHT, local + MIDNIGHT):
        if other.date() != local.date():
            yield other.date()


def _answer(told: Told | NotAsked | Unknown, order: SmsOrder) -> Answer:
    if isinstance(told, NotAsked):
        return Refused("not_connected", "连不上短信平台，没有发出", is_permanent=False)
    if isinstance(told, Unknown):
        return told
    if told.code != "OK":
        return refusal_of(told, is_mainland=order.to.e164.startswith("+86"))
    biz_id = told.fields.get("BizId")
    if not isinstance(biz_id, str) or not biz_id:
        return Unknown("短信平台说已收下，却没有给出编号")
    return Accepted(biz_id)


def _details(told: Told | NotAsked | Unknown) -> list[Mapping[str, object]] | Unknown:
    """The records of one page, none when there are none."""
    if not isinstance(told, Told):
        return Unknown("短信平台的发送记录查不到，稍后再查")
    if told.code == "isv.DATA_NOT_EXIST":
        return []
    around = told.fields.get("SmsSendDetailDTOs")
    if told.code != "OK" or not isinstance(around, dict):
        return Unknown("短信平台没有给出发送记录")
    listed = around.get("SmsSendDetailDTO")
    if not isinstance(listed, list) or not all(isinstance(d, dict) for d in listed):
        return Unknown("短信平台的发送记录看不懂")
    return listed


def _event_of_detail(detail: Mapping[str, object], trace: SmsTrace) -> SmsEvent | None:
    state = _STATES.get(_text(detail.get("SendStatus")) or "")
    if state is None:
        return None
    at = detail.get("SendDate" if state is SmsState.SENT else "ReceiveDate")
    return _event(
        state,
        at=_instant(_text(at) or ""),
        sms_id=trace.sms_id,
        provider_id=None,
        error_code=_text(detail.get("ErrCode")),
    )


def _event_of_receipt(record: Mapping[str, object]) -> SmsEvent | None:
    sms_id, biz_id = _text(record.get("out_id")), _text(record.get("biz_id"))
    success = record.get("success")
    if not (sms_id or biz_id) or not isinstance(success, bool):
        return None
    return _event(
        SmsState.DELIVERED if success else SmsState.FAILED,
        at=_instant(_text(record.get("report_time")) or ""),
        sms_id=sms_id or None,
        # Our own id decides. Of a text that was found by it, theirs never became known.
        provider_id=None if sms_id else biz_id,
        error_code=_text(record.get("err_code")),
        segments=_segments(_text(record.get("sms_size"))),
    )


def _event(
    state: SmsState,
    *,
    at: datetime | None,
    sms_id: str | None,
    provider_id: str | None,
    error_code: str | None,
    segments: int | None = None,
) -> SmsEvent:
    """Make an event. Its key is the same whether it was pushed, pushed twice, or looked up."""
    code = error_code if state is SmsState.FAILED else None
    return SmsEvent(
        key=":".join((sms_id or provider_id or "", state.value, code or ""))[:200],
        state=state,
        at=at,
        sms_id=sms_id,
        provider_id=provider_id,
        error_code=code[:60] if code else None,
        segments=segments,
    )


def _records(body: bytes) -> list[Mapping[str, object]] | None:
    """The records of a pushed body; None when it is no list of them."""
    try:
        told = json.loads(body)
    except (ValueError, RecursionError):
        return None
    if not isinstance(told, list) or not all(isinstance(record, dict) for record in told):
        return None
    return told


def _text(value: object) -> str | None:
    """A field as text; the provider writes the same one as a number or as a string."""
    if isinstance(value, str):  # half a character, or none, is nothing that can be stored
        return value.replace("\0", "").encode("utf-8", "replace").decode().strip()
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else None


def _segments(text: str | None) -> int | None:
    return int(text) if text and text.isascii() and text.isdecimal() and len(text) < 4 else None


def _instant(text: str) -> datetime | None:
    """The provider's own local time, written in one of its two ways; None for anything else."""
    for pattern in ("%Y-%m-%d %H:%M:%S", "%Y%m%d%H%M%S"):
        try:
            return datetime.strptime(text, pattern).replace(tzinfo=SHOP_ZONE)
        except ValueError:
            continue
    return None
