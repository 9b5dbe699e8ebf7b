"""What the exchange tells through its WebSocket, in our own words.

Events that come while nobody listens are lost; each connection therefore begins with `OPENED`, and
whoever listens then looks at what is there. Nobody else may listen under the same application's
name: the exchange drops whoever came first.
"""

from __future__ import annotations

import base64
import json
import threading
from collections.abc import Generator, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any
from urllib.parse import quote

from websockets.exceptions import WebSocketException
from websockets.sync.client import ClientConnection, connect

from adapters import event_log
from adapters.channels.asterisk_client import AsteriskClient, base_of
from adapters.channels.asterisk_ids import customer_channel, read_channel, read_playback
from adapters.channels.base import CONNECT_S
from adapters.channels.one_request import HttpAnswer
from adapters.line_settings import AsteriskSettings, is_loopback
from campaigns.lines import CallEvent, Cause, Leg, What

log = event_log.get_logger(__name__)

PASS_S = 0.2
"""How often a quiet connection gives the listener a chance to look at its own deadlines."""
_FIRST_WAIT_S, _LONGEST_WAIT_S = 0.5, 15.0
_STAND_BY_S, _STAND_BY_LOOKS = 2.0, 30
_MESSAGE_BYTES = 1_000_000
_CLOSE_S = 0.1  # the exchange does not answer a farewell

# Q.850, as far as carriers use it. What is not here has failed in some other way.
_CAUSES = {
    0: Cause.NO_ANSWER,  # our own time limit passed
    1: Cause.NO_SUCH_NUMBER,
    3: Cause.UNREACHABLE,
    16: Cause.NO_ANSWER,  # ended before it was answered, by that time limit
    17: Cause.BUSY,
    18: Cause.NO_ANSWER,
    19: Cause.NO_ANSWER,
    20: Cause.SWITCHED_OFF,
    21: Cause.REJECTED,
    22: Cause.NO_SUCH_NUMBER,  # the number has changed
    27: Cause.UNREACHABLE,
    28: Cause.NO_SUCH_NUMBER,
    31: Cause.UNREACHABLE,
}
_CALLER_STAYED_AWAY = frozenset({0, 16, 17, 18, 19, 21, 31})


class Sign(StrEnum):
    """What kind of event it is.

    OPENED       the connection is new: what happened before is not known
    PASSED       nothing happened for a moment
    CALLER_HERE  the caller has answered and waits for the customer
    CALLER_GOES  the caller hangs up, or is hung up: told before either leg's end
    TOLD         something of a leg, see `call_event`
    PRESSED      a key was pressed on the customer's telephone, see `digit`
    PLAYED       something has been played, see `playback`; `is_done` false: it could not be
    """

    OPENED = "opened"
    PASSED = "passed"
    CALLER_HERE = "caller_here"
    CALLER_GOES = "caller_goes"
    TOLD = "told"
    PRESSED = "pressed"
    PLAYED = "played"


_OF_CALLER = {"StasisStart": Sign.CALLER_HERE, "ChannelHangupRequest": Sign.CALLER_GOES}


@dataclass(frozen=True, slots=True)
class ExchangeEvent:
    """One thing the exchange told, as far as it concerns a call of ours."""

    sign: Sign
    call_id: str = ""
    call_event: CallEvent | None = None
    digit: str | None = None
    playback: str | None = None
    is_done: bool = True
    at: datetime | None = None


def translate(told: Mapping[str, Any]) -> ExchangeEvent | None:
    """Bring an event of the exchange into our words; None for what says nothing to us."""
    kind, at = told.get("type"), read_instant(told.get("timestamp"))
    if kind == "PlaybackFinished":
        return _played(_fields(told, "playback"), at)
    if kind == "RecordingFinished":
        return _recorded(_fields(told, "recording"), at)
    channel = _fields(told, "channel")
    leg = read_channel(channel.get("id"))
    if leg is None:
        return None
    call_id, whose = leg
    sign = _OF_CALLER.get(str(kind))
    if sign is not None and whose is Leg.CALLER:
        return ExchangeEvent(sign, call_id, at=at)
    if kind == "ChannelDtmfReceived" and whose is Leg.CUSTOMER:
        return ExchangeEvent(Sign.PRESSED, call_id, digit=str(told.get("digit")), at=at)
    event = _of_leg(str(kind), told, channel, leg, at)
    return None if event is None else ExchangeEvent(Sign.TOLD, call_id, event, at=at)


def leg_event(
    call_id: str,
    leg: Leg,
    what: What,
    at: datetime | None,
    *,
    cause: Cause | None = None,
    seen: bool = False,
) -> CallEvent:
    """An event of a leg. `seen`: not told but found so by looking, at or after it happened."""
    channel = customer_channel(call_id) if leg is Leg.CUSTOMER else call_id
    return CallEvent(
        key=f"{channel}:{what}:seen" if seen else f"{channel}:{what}",
        leg=leg,
        what=what,
        at=at,
        provider_id=channel,
        parent_id=call_id if leg is Leg.CUSTOMER else None,
        cause=cause,
    )


def recorded_event(call_id: str, at: datetime | None, seconds: int | None = None) -> CallEvent:
    """The recording of a call is ready; it has the call's own id."""
    return CallEvent(
        key=f"{call_id}:{What.RECORDED}",
        leg=Leg.CUSTOMER,
        what=What.RECORDED,
        at=at,
        parent_id=call_id,
        recording=call_id,
        seconds=seconds,
    )


def cause_of(code: object, leg: Leg, *, was_answered: bool) -> Cause:
    """What a hang-up cause of the exchange says. Of the caller's own leg nothing about the customer."""
    number = code if isinstance(code, int) else -1
    if leg is Leg.CALLER:
        return Cause.CANCELLED if was_answered or number in _CALLER_STAYED_AWAY else Cause.FAILED
    return Cause.TALKED if was_answered else _CAUSES.get(number, Cause.FAILED)


def read_instant(text: object) -> datetime | None:
    """Read an instant as the exchange writes it: 2025-05-13T09:30:00.123+0800."""
    try:
        instant = datetime.fromisoformat(text) if isinstance(text, str) else None
    except ValueError:
        return None
    return None if instant is None or instant.tzinfo is None else instant.astimezone(UTC)


def _of_leg(
    kind: str,
    told: Mapping[str, Any],
    channel: Mapping[str, Any],
    leg: tuple[str, Leg],
    at: datetime | None,
) -> CallEvent | None:
    call_id, whose = leg
    state = channel.get("state")
    if kind == "ChannelStateChange" and state == "Ringing":
        return leg_event(call_id, whose, What.RINGING, at)
    if kind == "ChannelStateChange" and state == "Up":
        return leg_event(call_id, whose, What.ANSWERED, at)
    if kind == "ChannelDestroyed":
        cause = cause_of(told.get("cause"), whose, was_answered=state == "Up")
        return leg_event(call_id, whose, What.ENDED, at, cause=cause)
    return None


def _played(playback: Mapping[str, Any], at: datetime | None) -> ExchangeEvent | None:
    ours = read_playback(playback.get("id"))
    if ours is None:
        return None
    done = playback.get("state") == "done"
    return ExchangeEvent(Sign.PLAYED, ours[0], playback=ours[1], is_done=done, at=at)


def _recorded(recording: Mapping[str, Any], at: datetime | None) -> ExchangeEvent | None:
    ours = read_channel(recording.get("name"))
    if ours is None or ours[1] is not Leg.CALLER:
        return None
    seconds = recording.get("duration")
    event = recorded_event(ours[0], at, seconds if isinstance(seconds, int) else None)
    return ExchangeEvent(Sign.TOLD, ours[0], event, at=at)


def _fields(told: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    found = told.get(name)
    return found if isinstance(found, dict) else {}


def listen(settings: AsteriskSettings, stop: threading.Event) -> Iterator[ExchangeEvent]:
    """Everything that happens to our calls, until `stop`. Connects again, ever more slowly."""
    wait = _FIRST_WAIT_S
    while not stop.is_set():
        try:
            with _connect(settings) as socket:
                log.info("exchange.connected")
                wait = _FIRST_WAIT_S
                yield ExchangeEvent(Sign.OPENED)
                was_replaced = yield from _receive(socket, stop)
        except (OSError, WebSocketException) as error:
            log.warning("exchange.not_connected", error=type(error).__name__)
            was_replaced = False
        if was_replaced:
            _stand_by(settings, stop)
        else:
            stop.wait(wait)
            wait = min(wait * 2, _LONGEST_WAIT_S)


def _stand_by(settings: AsteriskSettings, stop: threading.Event) -> None:
    """Leave the place to the other listener, until it is seen to be gone or a minute has passed.

    With calls under way the exchange does not say whether it is gone.
    """
    path = f"/applications/{quote(settings.app, safe='')}"
    for _ in range(_STAND_BY_LOOKS):
        if stop.wait(_STAND_BY_S):
            return
        told = AsteriskClient(settings).ask("GET", path)
        if isinstance(told, HttpAnswer) and told.status == 404:
            return


def _connect(settings: AsteriskSettings) -> ClientConnection:
    secret = base64.b64encode(f"{settings.user}:{settings.password}".encode()).decode()
    address = f"{base_of(settings)}/events?app={quote(settings.app, safe='')}"
    return connect(
        f"ws{address.removeprefix('http')}",
        additional_headers={"Authorization": f"Basic {secret}"},
        open_timeout=CONNECT_S,
        close_timeout=_CLOSE_S,
        max_size=_MESSAGE_BYTES,
        proxy=None if is_loopback(settings.url) else True,
    )


def _receive(
    socket: ClientConnection, stop: threading.Event
) -> Generator[ExchangeEvent, None, bool]:
    """Yield what comes. Returns whether another listener has taken this one's place."""
    while not stop.is_set():
        try:
            text = socket.recv(timeout=PASS_S)
        except TimeoutError:
            yield ExchangeEvent(Sign.PASSED)
            continue
        try:
            told = json.loads(text)
        except ValueError:
            log.warning("exchange.unreadable")
            continue
        if not isinstance(told, dict):
            continue
        if told.get("type") == "ApplicationReplaced":
            log.warning("exchange.replaced")
            return True
        event = translate(told)
        if event is not None:
            yield event
    return False
