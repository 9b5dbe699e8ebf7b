"""What every life at the carrier needs at hand: time, books, people, settings, and the courier."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import UTC, datetime
from email.utils import format_datetime

from adapters.carrier.books import Books, CallStatus, Leg
from adapters.carrier.courier import Courier
from adapters.carrier.envelopes import Envelope
from adapters.carrier.faults import Faults
from adapters.carrier.people import People
from adapters.carrier.script import Script
from adapters.carrier.settings import CarrierSettings
from adapters.carrier.timeline import Timeline
from adapters.clock import Clock, SystemClock, TrainingTime

API_VERSION = "2010-04-01"
_EVENT = {
    CallStatus.INITIATED: "initiated",
    CallStatus.RINGING: "ringing",
    CallStatus.IN_PROGRESS: "answered",
}


class Desk:
    """One carrier's inside. All of it is used under `lock`."""

    def __init__(self, settings: CarrierSettings, clock: Clock | None = None) -> None:
        self.settings = settings
        self.lock = threading.RLock()
        self.courier = Courier(settings.auth_token, self.lock, self._later, settings.may_call_back)
        self.timeline = Timeline(self.lock, settings.speed, self.courier.fetch)
        self.courier.second = self.script_second
        self.books = Books()
        self.url = ""
        self.opted_out: set[tuple[str, str]] = set()
        """(customer, our number or service) of those who wrote STOP."""
        self.lines_free_at = 0.0
        """The second at which the next queued call may go out."""
        self._clock = clock or SystemClock()
        self._shifted: TrainingTime | None = None
        self.follow(settings.script)

    def follow(self, script: Script) -> None:
        """Behave by this script from now on; all its counting starts anew."""
        seed = self.settings.seed if script.seed is None else script.seed
        self.script = script
        self.people = People(script, seed)
        self.rest_faults = Faults("rest", script.rest, seed)
        self.courier.faults = Faults("callbacks", script.callbacks, seed)
        self._script_from = self.timeline.second()

    def reset(self) -> None:
        """Forget everything: calls that go on end without a word."""
        for task in self.books.live_tasks():
            task.done = True
            task.life.close()
        self.books = Books()
        self.opted_out.clear()
        self.lines_free_at = 0.0
        self.courier.deliveries.clear()
        self.follow(self.settings.script)

    def script_second(self) -> float:
        """The carrier's seconds since the script was set."""
        return self.timeline.second() - self._script_from

    def now(self) -> datetime:
        """The instant that records and callbacks bear, aware UTC."""
        machine = self._clock.now()
        return self._shifted.at(machine) if self._shifted else machine

    def set_clock(self, now: datetime, speed: int) -> None:
        """Bear another time, going `speed` times as fast: a training shop's clock."""
        self._shifted = TrainingTime(now.astimezone(UTC), self._clock.now(), True, speed)

    def tell(self, leg: Leg, status: CallStatus) -> None:
        """Send the status callback of one step of a leg, if it was asked for; counts the step."""
        sequence = leg.sequence
        leg.sequence += 1
        if not leg.notice.url or _EVENT.get(status, "completed") not in leg.notice.events:
            return
        fields = {
            **about_leg(self, leg, status),
            "CallbackSource": "call-progress-events",
            "SequenceNumber": str(sequence),
            "Timestamp": format_datetime(self.now()),
        }
        if leg.is_over:
            seconds = leg.duration_s or 0
            fields["CallDuration"] = str(seconds)
            if leg.answered_at:
                fields["Duration"] = str(-(-seconds // 60))
        self.send("call", leg.notice.url, leg.notice.method, fields, leg.root.sid)

    def send(self, kind: str, url: str, method: str, fields: dict[str, str], lane: str) -> None:
        """Hand a callback to the courier."""
        about = fields.get("CallSid") or fields.get("MessageSid") or ""
        self.courier.post(Envelope(kind, url, tuple(fields.items()), method, lane, about))

    def place_in_line(self, extra_s: float) -> float:
        """How long a new call waits for its turn (calls per second), and takes that turn."""
        now = self.timeline.second()
        if self.script.cps is None:
            return extra_s
        turn = max(self.lines_free_at, now)
        self.lines_free_at = turn + 1.0 / self.script.cps
        return turn - now + extra_s

    def _later(self, seconds: float, action: Callable[[], None]) -> None:
        self.timeline.after(seconds, action)


def about_leg(desk: Desk, leg: Leg, status: CallStatus | None = None) -> dict[str, str]:
    """What every request about a leg says of it."""
    fields = {
        "AccountSid": desk.settings.account_sid,
        "ApiVersion": API_VERSION,
        "CallSid": leg.sid,
        "CallStatus": status or leg.status,
        "Called": leg.to,
        "Caller": leg.from_,
        "Direction": leg.direction,
        "From": leg.from_,
        "To": leg.to,
    }
    if leg.parent:
        fields["ParentCallSid"] = leg.parent.sid
    return fields
