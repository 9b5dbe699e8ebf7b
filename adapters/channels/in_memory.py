"""Lines that ring nobody and send nothing: they keep a list, and answer as they are told to.

For tests of whoever uses a line. What a provider would have done stands in `calls` and `texts`,
whatever was answered: an answer of which nobody knows what came of it can go either way.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from adapters.channels.base import (
    Accepted,
    Answer,
    CallOrder,
    CallTrace,
    Found,
    LineReport,
    Missing,
    Refused,
    SmsFound,
    SmsOrder,
    SmsTrace,
    Sound,
    Unknown,
    may_come_of,
)
from campaigns.lines import CallEvent, Cause, Leg, SmsEvent, What
from campaigns.values import LineName, SmsState


@dataclass(frozen=True, slots=True)
class Scripted:
    """The answer to one request. `happens`: the line does what was asked, whatever it answers."""

    answer: Answer
    happens: bool


@dataclass(slots=True)
class HeldCall:
    """A call that the line placed. `events` is all that its record says."""

    provider_id: str
    order: CallOrder
    placed_at: datetime
    events: list[CallEvent] = field(default_factory=list)
    asks_score: bool = False

    @property
    def customer_leg_id(self) -> str:
        """The id of the customer's leg, should there be one."""
        return f"{self.provider_id}-customer"


@dataclass(slots=True)
class HeldText:
    """A text that the line sent."""

    provider_id: str
    order: SmsOrder
    sent_at: datetime
    events: list[SmsEvent] = field(default_factory=list)


class InMemoryVoice:
    """A line for calls. `now` is the line's own clock.

    calls      what it placed, oldest first
    asked      the name of every request that was made of it
    answers    what the next requests to place are answered; accepted when there is none
    lookups    what the next look-ups are answered; from `calls` when there is none
    on_place   called in the middle of a request: the place for a barrier or a crash
    """

    def __init__(
        self,
        now: Callable[[], datetime],
        name: LineName = LineName.TWILIO,
        *,
        calls_per_second: float = 1_000.0,
        is_training: bool = True,
    ) -> None:
        self._now = now
        self._name = name
        self._calls_per_second = calls_per_second
        self._is_training = is_training
        self.calls: list[HeldCall] = []
        self.asked: list[str] = []
        self.answers: deque[Scripted] = deque()
        self.lookups: deque[Found | Missing | Unknown] = deque()
        self.recordings: dict[str, Sound] = {}
        self.is_ready = True
        self.on_place: Callable[[CallOrder], None] | None = None

    @property
    def name(self) -> LineName:
        """The line that it stands in for."""
        return self._name

    @property
    def calls_per_second(self) -> float:
        """How fast it may be asked to ring."""
        return self._calls_per_second

    @property
    def is_training(self) -> bool:
        """Whether it says that it leads to no telephone."""
        return self._is_training

    def answer_next(self, answer: Answer, *, happens: bool | None = None) -> None:
        """Answer the next request to place so; without `happens` only an accepted call is placed."""
        self.answers.append(Scripted(answer, _or_accepted(answer, happens)))

    def tell(
        self,
        call: HeldCall,
        leg: Leg,
        what: What,
        *,
        cause: Cause | None = None,
        digits: str | None = None,
        recording: str | None = None,
        seconds: int | None = None,
    ) -> CallEvent:
        """Something happens on a leg: it is on record, and is returned as a callback would tell it."""
        is_customer = leg is Leg.CUSTOMER
        leg_id = call.customer_leg_id if is_customer else call.provider_id
        event = CallEvent(
            key=f"{leg_id}:{recording or what}",
            leg=leg,
            what=what,
            at=self._now(),
            token=call.order.token,
            provider_id=leg_id,
            parent_id=call.provider_id if is_customer else None,
            cause=cause,
            digits=digits,
            recording=recording,
            seconds=seconds,
        )
        call.events.append(event)
        return event

    def place(self, order: CallOrder) -> Answer:
        """Keep the call, or do as the script says."""
        self.asked.append("place")
        if self.on_place is not None:
            self.on_place(order)
        provider_id = f"call-{len(self.calls) + 1}"
        scripted = self.answers.popleft() if self.answers else Scripted(Accepted(provider_id), True)
        if not scripted.happens:
            return scripted.answer
        self.calls.append(HeldCall(provider_id, order, self._now()))
        if isinstance(scripted.answer, Accepted):
            return Accepted(provider_id, scripted.answer.queued)
        return scripted.answer

    def hang_up(self, trace: CallTrace) -> Answer:
        """End the call; accepted also when it has ended."""
        self.asked.append("hang_up")
        call = self._find(trace)
        if call is None:
            return Refused("no_such_call", "线路上没有这通电话", is_permanent=True)
        for leg in (Leg.CUSTOMER, Leg.CALLER):
            steps = {event.what for event in call.events if event.leg is leg}
            if What.ENDED not in steps and (steps or leg is Leg.CALLER):
                cause = Cause.TALKED if What.ANSWERED in steps else Cause.CANCELLED
                self.tell(call, leg, What.ENDED, cause=cause)
        return Accepted(call.provider_id)

    def ask_score(self, trace: CallTrace, token: str) -> Answer:
        """R-SMP-4. Note that the customer is asked; `token` is the call's."""
        self.asked.append("ask_score")
        call = self._find(trace)
        if call is None or call.order.token != token or trace.customer_leg_id is None:
            return Refused("no_such_call", "线路上没有这通电话", is_permanent=True)
        call.asks_score = True
        return Accepted(trace.customer_leg_id)

    def look_up(self, trace: CallTrace) -> Found | Missing | Unknown:
        """What `lookups` says next, else what is in the list."""
        self.asked.append("look_up")
        if self.lookups:
            return self.lookups.popleft()
        call = self._find(trace)
        return Missing() if call is None else Found(call.provider_id, tuple(call.events))

    def fetch_recording(self, reference: str) -> Sound | Missing | Unknown:
        """One of `recordings` (R-SMP-12)."""
        self.asked.append("fetch_recording")
        return self.recordings.get(reference, Missing())

    def check(self) -> LineReport:
        """Whether `is_ready`."""
        return _report(self.is_ready)

    def _find(self, trace: CallTrace) -> HeldCall | None:
        if trace.provider_id is not None:
            return next((c for c in self.calls if c.provider_id == trace.provider_id), None)
        for call in self.calls:
            is_near = may_come_of(trace.submitted_at, call.placed_at)
            is_other = call.provider_id in trace.others
            if call.order.caller == trace.caller and is_near and not is_other:
                return call
        return None


class InMemorySms:
    """A line for texts; scripted like `InMemoryVoice`."""

    def __init__(
        self,
        now: Callable[[], datetime],
        name: LineName = LineName.TWILIO,
        *,
        texts_per_second: float = 1_000.0,
        is_training: bool = True,
    ) -> None:
        self._now = now
        self._name = name
        self._texts_per_second = texts_per_second
        self._is_training = is_training
        self.texts: list[HeldText] = []
        self.asked: list[str] = []
        self.answers: deque[Scripted] = deque()
        self.lookups: deque[SmsFound | Missing | Unknown] = deque()
        self.is_ready = True
        self.on_send: Callable[[SmsOrder], None] | None = None

    @property
    def name(self) -> LineName:
        """The line that it stands in for."""
        return self._name

    @property
    def texts_per_second(self) -> float:
        """How fast it may be asked to send."""
        return self._texts_per_second

    @property
    def is_training(self) -> bool:
        """Whether it says that it leads to no telephone."""
        return self._is_training

    def answer_next(self, answer: Answer, *, happens: bool | None = None) -> None:
        """Answer the next request to send so; without `happens` only an accepted text is sent."""
        self.answers.append(Scripted(answer, _or_accepted(answer, happens)))

    def tell(self, text: HeldText, state: SmsState, error_code: str | None = None) -> SmsEvent:
        """A text got on: it is on record, and is returned as a receipt would tell it."""
        key = f"{text.provider_id}:{state}"
        event = SmsEvent(
            key, state, self._now(), text.order.token, text.provider_id, error_code, segments=1
        )
        text.events.append(event)
        return event

    def send(self, order: SmsOrder) -> Answer:
        """Keep the text, or do as the script says."""
        self.asked.append("send")
        if self.on_send is not None:
            self.on_send(order)
        provider_id = f"text-{len(self.texts) + 1}"
        scripted = self.answers.popleft() if self.answers else Scripted(Accepted(provider_id), True)
        if not scripted.happens:
            return scripted.answer
        self.texts.append(HeldText(provider_id, order, self._now()))
        return Accepted(provider_id) if isinstance(scripted.answer, Accepted) else scripted.answer

    def look_up(self, trace: SmsTrace) -> SmsFound | Missing | Unknown:
        """What `lookups` says next, else what is in the list."""
        self.asked.append("look_up")
        if self.lookups:
            return self.lookups.popleft()
        for text in self.texts:
            if _is_same(text, trace):
                return SmsFound(text.provider_id, tuple(text.events))
        return Missing()

    def check(self) -> LineReport:
        """Whether `is_ready`."""
        return _report(self.is_ready)


def _is_same(text: HeldText, trace: SmsTrace) -> bool:
    if trace.provider_id is not None:
        return text.provider_id == trace.provider_id
    is_alike = (text.order.to, text.order.wording) == (trace.to, trace.wording)
    return is_alike and may_come_of(trace.sent_at, text.sent_at)


def _or_accepted(answer: Answer, happens: bool | None) -> bool:
    return isinstance(answer, Accepted) if happens is None else happens


def _report(is_ready: bool) -> LineReport:
    return LineReport(is_ready, ("可以使用" if is_ready else "这条线路目前不能使用",))
