"""The shop's own exchange as a line.

It knows a call by our own id, which it refuses a second time while the call lives (decision 0027).

`place` rings the caller's phone only; the customer's number is not given away before the last gate.
Everything after that is done by whoever listens to the exchange (scheduler/flows/exchange_calls.py).
"""

from __future__ import annotations

import re
from datetime import datetime
from urllib.parse import quote

from adapters.channels.asterisk_client import Answered, AsteriskClient
from adapters.channels.asterisk_events import leg_event, read_instant, recorded_event
from adapters.channels.asterisk_ids import bridge_of, customer_channel
from adapters.channels.base import (
    Accepted,
    Answer,
    CallOrder,
    CallTrace,
    Found,
    LineReport,
    Missing,
    Refused,
    Sound,
    Unknown,
)
from adapters.channels.one_request import HttpAnswer, NotAsked, Timeouts
from adapters.line_settings import AsteriskSettings, is_loopback
from campaigns.lines import CallEvent, Cause, Leg, What
from campaigns.values import LineName

KEYPAD = "waihu_keypad"
"""A variable of the customer's channel: the keypad question is to be asked."""
_EXTENSION = re.compile(r"[0-9A-Za-z_.-]{1,40}")
_NOT_CONNECTED = Refused("not_connected", "连不上电话交换机，请检查它是否在运行", False)
_NOBODY_LISTENS = Refused(
    "nobody_listens", "没有程序在听电话交换机，请启动 waihu serve 或 waihu lines listen", False
)
_STATES = {"online": "在线", "offline": "不在线", "unknown": "状态不明"}


class AsteriskLine:
    """Rings the caller's SIP phone; looks up, hangs up and hands over by the ids of the call."""

    def __init__(self, settings: AsteriskSettings, timeouts: Timeouts | None = None) -> None:
        self._settings = settings
        self._client = AsteriskClient(settings, timeouts or Timeouts())

    @property
    def name(self) -> LineName:
        """The exchange."""
        return LineName.ASTERISK

    @property
    def calls_per_second(self) -> float:
        """As the shop set it, for its trunk."""
        return self._settings.calls_per_second

    @property
    def is_training(self) -> bool:
        """As the settings say: an exchange on this machine leads to real telephones like any other."""
        return self._settings.is_for_training

    def place(self, order: CallOrder) -> Answer:
        """Ring the caller's phone, once, under the call's id.

        While nobody listens nothing is asked: the caller would pick up and be cut off.
        """
        if not _EXTENSION.fullmatch(order.caller):
            return Refused("wrong_extension", "话机的分机号不对，请重新设置", is_permanent=True)
        listens = self._client.ask("GET", self._application)
        if isinstance(listens, NotAsked):
            return _NOT_CONNECTED
        if isinstance(listens, HttpAnswer) and listens.status == 404:
            return _NOBODY_LISTENS
        own = self._settings
        answer = self._client.ask(
            "POST",
            "/channels",
            body={
                "endpoint": own.phones.format(extension=order.caller),
                "app": own.app,
                "appArgs": f"caller,{order.call_id}",
                "channelId": order.call_id,
                "callerId": own.caller_id,
                "timeout": order.ring_seconds,
            },
        )
        if isinstance(answer, HttpAnswer) and answer.status == 409:  # it is alive: rung before
            return Accepted(order.call_id)
        return _of_placing(answer, order.call_id)

    def hang_up(self, trace: CallTrace) -> Answer:
        """End both legs, the caller's first: a customer still being rung is then a call given up."""
        for channel in (trace.call_id, customer_channel(trace.call_id)):
            ended = self._client.ask("DELETE", f"/channels/{channel}")
            if isinstance(ended, NotAsked):
                return _NOT_CONNECTED
            if isinstance(ended, Unknown):
                return ended
            if not ended.is_done and ended.status != 404:
                return _of_status(ended)
        return Accepted(trace.call_id)

    def ask_score(self, trace: CallTrace, token: str) -> Answer:
        """R-SMP-4. Take the customer out of the bridge and end the caller's leg.

        Whoever listens then asks the question, for the variable says so. No address carries the
        token here.
        """
        call_id, customer = trace.call_id, customer_channel(trace.call_id)
        steps = (
            ("POST", f"/channels/{customer}/variable", {"variable": KEYPAD, "value": "1"}),
            ("POST", f"/recordings/live/{call_id}/stop", None),
            ("POST", f"/bridges/{bridge_of(call_id)}/removeChannel", {"channel": customer}),
            ("DELETE", f"/channels/{call_id}", None),
        )
        for method, path, query in steps:
            done = self._client.ask(method, path, query)
            if isinstance(done, NotAsked):
                return _NOT_CONNECTED
            if isinstance(done, Unknown):
                return done
            if path.endswith("/variable") and not done.is_done:
                return Refused("gone", "客户已不在线上", is_permanent=True)
            # Otherwise 404, 409, 422: nothing was being recorded, or that leg has gone by itself.
        return Accepted(call_id)

    def look_up(self, trace: CallTrace) -> Found | Missing | Unknown:
        """By our own id; the time makes no difference. A call that is over is known by its recording."""
        if trace.call_id in trace.others:
            return Missing()
        events: list[CallEvent] = []
        for leg, channel in (
            (Leg.CALLER, trace.call_id),
            (Leg.CUSTOMER, customer_channel(trace.call_id)),
        ):
            told = self._client.ask("GET", f"/channels/{channel}")
            if not isinstance(told, HttpAnswer) or (not told.is_done and told.status != 404):
                return _not_said(told)
            if told.is_done and isinstance(told.fields, dict):
                events.extend(_seen(trace.call_id, leg, told))
                events.append(_began(trace.call_id, leg, told))
        if events:
            return Found(trace.call_id, tuple(events))
        told = self._client.ask("GET", f"/recordings/stored/{trace.call_id}")
        if not isinstance(told, HttpAnswer) or (not told.is_done and told.status != 404):
            return _not_said(told)
        return Found(trace.call_id, _over(trace.call_id, told.at)) if told.is_done else Missing()

    def fetch_recording(self, reference: str) -> Sound | Missing | Unknown:
        """The stored file, as the exchange wrote it."""
        path = f"/recordings/stored/{quote(reference, safe='')}/file"
        told = self._client.ask("GET", path)
        if isinstance(told, HttpAnswer) and told.is_done:
            return Sound("audio/wav", told.content)
        if isinstance(told, HttpAnswer) and told.status == 404:
            return Missing()
        return _not_said(told)

    def check(self) -> LineReport:
        """Whether the exchange answers, somebody listens, and the trunk is there; rings nobody."""
        told = self._client.ask("GET", "/asterisk/info")
        if isinstance(told, NotAsked):
            return LineReport(False, (_NOT_CONNECTED.reason,))
        if isinstance(told, Unknown):
            return LineReport(False, (told.reason,))
        if not told.is_done or not isinstance(told.fields, dict):
            refused = _of_status(told)
            return LineReport(False, (refused.reason,))
        version = str(dict(told.fields.get("system") or {}).get("version", ""))
        details = [f"电话交换机在线：Asterisk {version}"]
        listens = self._client.ask("GET", self._application)
        is_heard = isinstance(listens, HttpAnswer) and listens.is_done
        details.append("外呼程序正在听电话交换机" if is_heard else _NOBODY_LISTENS.reason)
        trunk = self._client.ask("GET", f"/endpoints/{_endpoint_of(self._settings.trunk)}")
        has_trunk = (
            isinstance(trunk, HttpAnswer) and trunk.is_done and isinstance(trunk.fields, dict)
        )
        state = (
            str(trunk.fields.get("state")) if isinstance(trunk, HttpAnswer) and has_trunk else ""
        )
        details.append(f"中继{_STATES.get(state, '没有找到，请检查 WAIHU_ASTERISK_TRUNK')}")
        details.append(self._phones())
        if not self._settings.caller_id:
            details.append("没有设置主叫号码（WAIHU_ASTERISK_CALLER_ID），由运营商决定显示什么")
        if not is_loopback(self._settings.url) and not self._settings.url.startswith("https:"):
            details.append("接口地址不是 https，也不在本机：密码在网络上不加密")
        return LineReport(is_heard and has_trunk and state != "offline", tuple(details))

    @property
    def _application(self) -> str:
        return f"/applications/{quote(self._settings.app, safe='')}"

    def _phones(self) -> str:
        told = self._client.ask("GET", "/endpoints")
        pattern = self._settings.phones
        before, _, after = pattern.partition("/")[2].partition("{extension}")
        known = (
            told.fields if isinstance(told, HttpAnswer) and isinstance(told.fields, list) else []
        )
        trunk = _endpoint_of(self._settings.trunk).partition("/")[2]
        states = [
            each.get("state")
            for each in known
            if isinstance(each, dict)
            and each.get("technology") == pattern.partition("/")[0]
            and str(each.get("resource")).startswith(before)
            and str(each.get("resource")).endswith(after)
            and each.get("resource") != trunk
        ]
        return f"话机 {len(states)} 部，在线 {states.count('online')} 部"


def _endpoint_of(trunk: str) -> str:
    """PJSIP/{number}@carrier, SIP/carrier/{number} -> PJSIP/carrier, SIP/carrier."""
    technology, _, rest = trunk.partition("/")
    place = rest.partition("@")[2] or rest.split("/")[0]
    return f"{quote(technology, safe='')}/{quote(place, safe='')}"


def _of_placing(answer: Answered, call_id: str) -> Answer:
    if isinstance(answer, NotAsked):
        return _NOT_CONNECTED
    if isinstance(answer, Unknown):
        return answer
    fields = answer.fields if isinstance(answer.fields, dict) else {}
    if answer.is_done:
        is_ours = fields.get("id") == call_id
        return Accepted(call_id) if is_ours else Unknown("电话交换机的回答看不懂")
    if answer.status == 500 and fields.get("error") == "Allocation failed":  # before any ring
        return Refused("no_such_phone", "您的话机在交换机上没有登记，请检查分机号", False)
    if answer.status // 100 != 4:
        return Unknown(f"电话交换机回答 HTTP {answer.status}")
    return _of_status(answer)


def _of_status(answer: HttpAnswer) -> Refused:
    if answer.status in {401, 403}:
        return Refused("not_authorised", "电话交换机的用户名或密码不对", is_permanent=False)
    if answer.status == 404:
        return Refused("no_interface", "这个地址上没有电话交换机的接口", is_permanent=False)
    if answer.status == 429:
        return Refused("too_many", "电话交换机忙", False, retry_after=answer.retry_after)
    reason = f"电话交换机不接受这个请求（HTTP {answer.status}）"
    return Refused(f"http_{answer.status}", reason, is_permanent=answer.status == 400)


def _not_said(told: Answered) -> Unknown:
    if isinstance(told, HttpAnswer):
        return Unknown(_of_status(told).reason)
    return Unknown(_NOT_CONNECTED.reason) if isinstance(told, NotAsked) else told


def _began(call_id: str, leg: Leg, told: HttpAnswer) -> CallEvent:
    at = read_instant(told.fields.get("creationtime"))
    return leg_event(call_id, leg, What.QUEUED, at, seen=True)


def _seen(call_id: str, leg: Leg, told: HttpAnswer) -> list[CallEvent]:
    """What a channel's state says. It is so since some moment before the answer's own time."""
    return seen_events(call_id, leg, told.fields.get("state"), told.at)


def seen_events(call_id: str, leg: Leg, state: object, at: datetime | None) -> list[CallEvent]:
    """What a leg's state adds up to when it was looked at."""
    whats = {"Ringing": (What.RINGING,), "Up": (What.RINGING, What.ANSWERED)}.get(str(state), ())
    return [leg_event(call_id, leg, what, at, seen=True) for what in whats]


def _over(call_id: str, at: datetime | None) -> tuple[CallEvent, ...]:
    """A recording was begun after both had answered, and both are gone."""
    return (
        recorded_event(call_id, at),
        leg_event(call_id, Leg.CUSTOMER, What.ENDED, at, cause=Cause.TALKED, seen=True),
        leg_event(call_id, Leg.CALLER, What.ENDED, at, cause=Cause.CANCELLED, seen=True),
    )
