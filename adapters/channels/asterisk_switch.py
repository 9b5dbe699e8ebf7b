"""What is done on the exchange to a call whose caller has answered: ring, join, play, record, end.

Each command may be given again. The exchange itself remembers how far a call has come, so that
whoever was killed in the middle goes on: the bridge exists before the customer is rung, so a call
with a bridge is never rung again; what the customer's leg needs stands in its application's data.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from adapters.channels.asterisk import KEYPAD
from adapters.channels.asterisk_client import Answered, AsteriskClient
from adapters.channels.asterisk_ids import (
    bridge_of,
    customer_channel,
    playback_of,
    read_channel,
)
from adapters.channels.base import CallOrder
from adapters.channels.one_request import HttpAnswer
from adapters.line_settings import AsteriskSettings
from campaigns.lines import Leg
from campaigns.values import PhoneNumber

_SENT = "waihu_extension_sent"
_DIGIT_MS = "120"
_EXTENSION_WAIT_MS = "1500"
"""A relay number says its sentence before it listens."""


class SwitchError(Exception):
    """The exchange did not do what it was told to. `step` names the command."""

    def __init__(self, step: str, status: int | None) -> None:
        super().__init__(f"{step}: {status}")
        self.step = step
        self.status = status


@dataclass(frozen=True, slots=True)
class LegView:
    """A channel as it is now. `extension`, `is_recorded`: of the customer's, as it was told to ring."""

    state: str
    extension: str | None = None
    is_recorded: bool = False

    @property
    def is_up(self) -> bool:
        """Answered."""
        return self.state == "Up"


@dataclass(frozen=True, slots=True)
class CallView:
    """A call as it is on the exchange now. `has_bridge`: the customer may have been rung."""

    call_id: str
    caller: LegView | None
    customer: LegView | None
    has_bridge: bool
    at: datetime | None = None


class AsteriskSwitch:
    """Commands for the calls of one application. Raises SwitchError when one is not carried out."""

    def __init__(self, settings: AsteriskSettings) -> None:
        self._settings = settings
        self._client = AsteriskClient(settings)

    def view(self, call_id: str) -> CallView:
        """How a call stands."""
        caller = self._get("look", f"/channels/{call_id}")
        customer = self._get("look", f"/channels/{customer_channel(call_id)}")
        bridge = self._get("look", f"/bridges/{bridge_of(call_id)}")
        return CallView(call_id, _leg(caller), _leg(customer), bridge.is_done, bridge.at)

    def calls(self) -> list[str]:
        """The calls of this application of which a leg or a bridge is there, oldest id first.

        Whatever else goes through the exchange, another shop's calls too, is left alone.
        """
        found = set()
        for each in self._list("/channels"):
            data = str(dict(each.get("dialplan") or {}).get("app_data", ""))
            ours = read_channel(each.get("id"))
            if ours is not None and data.startswith(f"{self._settings.app},"):
                found.add(ours[0])
        for each in self._list("/bridges"):
            ours = read_channel(str(each.get("id", "")).removesuffix(".b"))
            if ours is not None and each.get("name") == self._settings.app:
                found.add(ours[0])
        return sorted(found)

    def prepare_customer(self, order: CallOrder) -> None:
        """Make the customer's channel, which rings nobody yet."""
        own, call_id = self._settings, order.call_id
        recorded = "recorded" if order.is_recorded else ""
        body: dict[str, str | int] = {
            "endpoint": own.trunk.format(number=digits_for(order.customer, e164=own.dials_e164)),
            "app": own.app,
            "appArgs": f"customer,{call_id},{order.customer.extension or ''},{recorded}",
            "channelId": customer_channel(call_id),
            "originator": call_id,
        }
        self._do("prepare", "POST", "/channels/create", body=body, fine=(409,))

    def join(self, call_id: str) -> None:
        """Make the bridge and put both into it. From now on the customer counts as rung."""
        bridge = f"/bridges/{bridge_of(call_id)}"
        if not self._get("look", bridge).is_done:
            named = {"type": "mixing", "name": self._settings.app}
            self._do("bridge", "POST", bridge, named)
        both = f"{call_id},{customer_channel(call_id)}"
        self._do("join", "POST", f"{bridge}/addChannel", {"channel": both})

    def ring_customer(self, call_id: str, ring_seconds: int) -> None:
        """Ring, for so long. The caller hears what the network says meanwhile."""
        path = f"/channels/{customer_channel(call_id)}/dial"
        self._do("ring", "POST", path, {"timeout": str(ring_seconds), "caller": call_id})

    def send_extension(self, call_id: str, extension: str) -> None:
        """R-PHONE-2. Key in the extension of a relay number, once."""
        customer = f"/channels/{customer_channel(call_id)}"
        if self._get("look", f"{customer}/variable", {"variable": _SENT}).is_done:
            return
        self._do("note", "POST", f"{customer}/variable", {"variable": _SENT, "value": "1"})
        keys = {"before": _EXTENSION_WAIT_MS, "between": _DIGIT_MS, "duration": _DIGIT_MS}
        self._do("extension", "POST", f"{customer}/dtmf", {"dtmf": extension, **keys})

    def play_to_both(self, call_id: str, name: str, media: str) -> None:
        """Play something into the bridge."""
        path = f"/bridges/{bridge_of(call_id)}/play/{playback_of(call_id, name)}"
        self._do("play", "POST", path, {"media": media})

    def play_to_caller(self, call_id: str, name: str, media: str) -> None:
        """Play something to the caller, who is in no bridge yet."""
        path = f"/channels/{call_id}/play/{playback_of(call_id, name)}"
        self._do("play", "POST", path, {"media": media})

    def play_to_customer(self, call_id: str, name: str, media: str) -> None:
        """Play something to the customer, who has been taken out of the bridge."""
        path = f"/channels/{customer_channel(call_id)}/play/{playback_of(call_id, name)}"
        self._do("play", "POST", path, {"media": media})

    def stop_playing(self, call_id: str, name: str) -> None:
        """A tone never ends by itself."""
        self._do("stop", "DELETE", f"/playbacks/{playback_of(call_id, name)}", fine=(404,))

    def has_recording(self, call_id: str) -> bool:
        """Whether the call is being recorded, or was."""
        return any(
            self._get("look", f"/recordings/{kind}/{call_id}").is_done
            for kind in ("live", "stored")
        )

    def record(self, call_id: str) -> None:
        """Record both voices under the call's own id, never over another recording."""
        how = {"name": call_id, "format": "wav", "ifExists": "fail"}
        self._do("record", "POST", f"/bridges/{bridge_of(call_id)}/record", how, fine=(409,))

    def stop_recording(self, call_id: str) -> None:
        """End the recording while the bridge still stands."""
        self._do("stop", "POST", f"/recordings/live/{call_id}/stop", fine=(404, 409))

    def asks_score(self, call_id: str) -> bool:
        """Whether the keypad question is to be asked (R-SMP-4)."""
        path = f"/channels/{customer_channel(call_id)}/variable"
        return self._get("look", path, {"variable": KEYPAD}).is_done

    def hang_up(self, call_id: str, leg: Leg) -> None:
        """End a leg; one that is gone is gone."""
        channel = customer_channel(call_id) if leg is Leg.CUSTOMER else call_id
        self._do("hang up", "DELETE", f"/channels/{channel}", fine=(404,))

    def clear(self, call_id: str) -> None:
        """Take the bridge away after the last leg."""
        self._do("clear", "DELETE", f"/bridges/{bridge_of(call_id)}", fine=(404,))

    def _list(self, path: str) -> list[dict[str, Any]]:
        told = self._get("list", path).fields
        return [each for each in told if isinstance(each, dict)] if isinstance(told, list) else []

    def _get(self, step: str, path: str, query: dict[str, str] | None = None) -> HttpAnswer:
        """Look; what is not there is a fine answer."""
        return self._checked(step, self._client.ask("GET", path, query), (404, 409))

    def _do(
        self,
        step: str,
        method: str,
        path: str,
        query: dict[str, str] | None = None,
        *,
        body: dict[str, str | int] | None = None,
        fine: tuple[int, ...] = (),
    ) -> None:
        self._checked(step, self._client.ask(method, path, query, body), fine)

    @staticmethod
    def _checked(step: str, told: Answered, fine: tuple[int, ...]) -> HttpAnswer:
        if not isinstance(told, HttpAnswer):
            raise SwitchError(step, None)
        if not told.is_done and told.status not in fine:
            raise SwitchError(step, told.status)
        return told


def digits_for(number: PhoneNumber, *, e164: bool) -> str:
    """R-PHONE-1. The number as the trunk wants it, without the extension."""
    return number.e164 if e164 else number.national


def _leg(told: HttpAnswer) -> LegView | None:
    if not told.is_done or not isinstance(told.fields, dict):
        return None
    state = str(told.fields.get("state"))
    data = str(dict(told.fields.get("dialplan") or {}).get("app_data", ""))
    args = data.split(",")[1:]
    if args[:1] != ["customer"] or len(args) < 4:
        return LegView(state)
    return LegView(state, args[2] or None, args[3] == "recorded")
