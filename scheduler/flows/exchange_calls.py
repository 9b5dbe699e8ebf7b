"""The calls on the shop's own exchange, from the caller's answer to the end (decision 0027).

    caller answers → last gate → customer's channel → bridge → ring → (extension, notice, recording)
    customer ends  → a tone, then the caller's leg ends        caller ends → the customer's leg ends
    caller hands over to the keypad → question, one digit, twice at most → the customer's leg ends

What is to be done follows from how the call stands on the exchange, not from what this process
remembers: whoever was killed in the middle is started again and goes on.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from enum import StrEnum

from adapters import event_log
from adapters.channels.asterisk import seen_events
from adapters.channels.asterisk_events import ExchangeEvent, Sign, leg_event, recorded_event
from adapters.channels.asterisk_switch import AsteriskSwitch, CallView, SwitchError
from campaigns.lines import CallEvent, Cause, Leg, What
from scheduler.flows.line_gate import Connect, NotNow

log = event_log.get_logger(__name__)

TONE_FOR = timedelta(seconds=1)
"""A tone is played so long; it would not end by itself."""
CALLER_STAYS = timedelta(seconds=2)
"""After the customer has gone the caller hears a tone, then their leg ends too."""
DIGIT_WITHIN = timedelta(seconds=8)
PROMPT_WITHIN = timedelta(seconds=60)
"""No question is longer; the exchange does not always say when it has played something."""
RING_WITHIN = timedelta(seconds=130)
"""No telephone is rung for longer (policy.ring_seconds)."""
RETRY_AFTER = timedelta(seconds=1)
ROUNDS = 2
_RETRIES = 5
_TOLD_AT_MOST = 1_000
_REMEMBERED = 200
_NOTICE, _TONE, _QUESTION = "notice", "tone", "q"
_END_TONE = "tone:busy"

Gate = Callable[[str, str], Connect | NotNow | None]
"""The last gate, for a call and the id of its caller's leg. None: no such call."""
Take = Callable[[str, list[CallEvent]], None]
"""Keeps what was told of a call."""


class Step(StrEnum):
    """What a call needs next, by how it stands."""

    WAIT = "wait"
    ASK_GATE = "ask_gate"
    TALK = "talk"
    END_CALLER = "end_caller"
    END_CUSTOMER = "end_customer"
    CLEAR = "clear"


def next_step(view: CallView) -> Step:
    """What a call needs. A bridge without a customer means that the customer has come and gone."""
    if view.caller is None:
        return Step.CLEAR if view.customer is None else Step.END_CUSTOMER
    if not view.caller.is_up:
        return Step.WAIT
    if view.customer is None:
        return Step.END_CALLER if view.has_bridge else Step.ASK_GATE
    if view.customer.is_up:
        return Step.TALK
    return Step.WAIT if view.has_bridge else Step.ASK_GATE


class _Due(StrEnum):
    END_TONE = "end_tone"  # a tone has been heard long enough
    END_CALLER = "end_caller"
    END_BOTH = "end_both"  # it rings no more
    NEXT_ROUND = "next_round"
    RETRY = "retry"


class ExchangeCalls:
    """Takes one event after another. `now` is the machine's clock; nothing here waits."""

    def __init__(
        self, switch: AsteriskSwitch, gate: Gate, take: Take, *, notice: str, score_prompt: str
    ) -> None:
        self._switch = switch
        self._gate = gate
        self._take = take
        self._notice = notice
        self._prompt = score_prompt
        self._due: dict[tuple[str, _Due], tuple[datetime, str]] = {}
        self._retries: dict[str, int] = {}
        self._rounds: dict[str, int] = {}
        self._caller_gone: deque[str] = deque(maxlen=_REMEMBERED)
        self._untold: list[tuple[str, CallEvent]] = []

    def handle(self, event: ExchangeEvent, now: datetime) -> None:
        """React to one event. What the exchange or the database does not take is tried again."""
        if event.sign is Sign.OPENED:
            self._look_around(now)
        elif event.sign is Sign.CALLER_HERE:
            self._go_on(event.call_id, now)
        elif event.sign is Sign.CALLER_GOES:
            self._caller_gone.append(event.call_id)
        elif event.sign is Sign.TOLD and event.call_event is not None:
            self._told(event.call_id, event.call_event, now)
        elif event.sign is Sign.PRESSED and event.digit is not None:
            self._pressed(event.call_id, event.digit, event.at or now, now)
        elif event.sign is Sign.PLAYED and event.playback is not None:
            self._played(event, now)
        self._work_off(now)
        self._hand_over()

    def _look_around(self, now: datetime) -> None:
        """After a connection: what was told before is lost, so go on from what is there."""
        try:
            known = self._switch.calls()
        except SwitchError as error:
            log.warning("exchange.step_failed", step=error.step, status=error.status)
            return
        for call_id in known:
            self._go_on(call_id, now, is_new=True)

    def _go_on(
        self, call_id: str, now: datetime, *, is_new: bool = False, gone: Leg | None = None
    ) -> None:
        """Do what the call needs; when the exchange or the gate cannot, again in a moment."""
        try:
            view = self._switch.view(call_id)
            if gone is not None:  # it was told so; the list may lag behind
                view = (
                    replace(view, caller=None)
                    if gone is Leg.CALLER
                    else replace(view, customer=None)
                )
            if is_new:
                self._keep_seen(view, now)
            self._do(next_step(view), view, now)
        except SwitchError as error:
            log.warning("exchange.step_failed", call=call_id, step=error.step, status=error.status)
            self._again(call_id, now)
        else:
            self._retries.pop(call_id, None)

    def _again(self, call_id: str, now: datetime) -> None:
        tries = self._retries.get(call_id, 0) + 1
        if tries > _RETRIES:
            self._retries.pop(call_id, None)
            self._end(call_id, Leg.CALLER, Leg.CUSTOMER)
            return
        self._retries[call_id] = tries
        self._due[call_id, _Due.RETRY] = (now + RETRY_AFTER, "")

    def _do(self, step: Step, view: CallView, now: datetime) -> None:
        call_id = view.call_id
        if step is Step.ASK_GATE:
            self._ask_gate(call_id, now)
        elif step is Step.TALK:
            self._talk(view, now)
        elif step is Step.END_CALLER:
            self._switch.stop_recording(call_id)
            self._switch.play_to_both(call_id, _TONE, _END_TONE)
            self._due[call_id, _Due.END_CALLER] = (now + CALLER_STAYS, "")
        elif step is Step.END_CUSTOMER:
            if self._switch.asks_score(call_id):
                if call_id not in self._rounds:
                    self._ask(call_id, 1, now)
            else:
                self._switch.hang_up(call_id, Leg.CUSTOMER)
        elif step is Step.CLEAR:
            self._switch.stop_recording(call_id)
            self._switch.clear(call_id)
            self._forget(call_id)

    def _ask_gate(self, call_id: str, now: datetime) -> None:
        """R-HOURS-3, R-DNC-2, R-CLAIM-1. Only now, and only if it may be, the customer is rung."""
        try:
            answer = self._gate(call_id, call_id)
        except Exception as error:  # the database is away; the caller waits a little
            log.warning("exchange.gate_failed", call=call_id, error=type(error).__name__)
            raise SwitchError("gate", None) from error
        if not isinstance(answer, Connect):
            log.info("exchange.not_now", call=call_id)
            self._switch.play_to_caller(call_id, _TONE, _END_TONE)
            self._due[call_id, _Due.END_CALLER] = (now + CALLER_STAYS, "")
            return
        try:
            self._switch.prepare_customer(answer.order)
        except SwitchError as error:
            if error.status is None:
                raise
            # The trunk is not there: nobody was rung, and the same would happen again.
            log.warning("exchange.no_trunk", call=call_id, status=error.status)
            ended = leg_event(call_id, Leg.CUSTOMER, What.ENDED, now, cause=Cause.FAILED)
            self._untold.append((call_id, ended))
            self._switch.play_to_caller(call_id, _TONE, "tone:congestion")
            self._due[call_id, _Due.END_CALLER] = (now + CALLER_STAYS, "")
            return
        self._switch.join(call_id)
        self._switch.ring_customer(call_id, answer.order.ring_seconds)

    def _talk(self, view: CallView, now: datetime) -> None:
        """Both are there: the extension of a relay number, then notice and recording."""
        call_id, customer = view.call_id, view.customer
        assert customer is not None, "somebody is talking"
        self._due.pop((call_id, _Due.END_BOTH), None)
        if customer.extension:
            self._switch.send_extension(call_id, customer.extension)
        if customer.is_recorded and not self._switch.has_recording(call_id):
            self._switch.play_to_both(call_id, _NOTICE, self._notice)
            self._stop_tone_later(call_id, _NOTICE, self._notice, now)

    def _told(self, call_id: str, event: CallEvent, now: datetime) -> None:
        """Keep it, and go on where a leg was answered or has ended."""
        if event.what is What.ENDED and self._was_given_up(call_id, event):
            event = leg_event(call_id, Leg.CUSTOMER, What.ENDED, event.at, cause=Cause.CANCELLED)
        self._untold.append((call_id, event))
        if event.what is What.ENDED:
            self._go_on(call_id, now, gone=event.leg)
        elif event.what is What.ANSWERED and event.leg is Leg.CUSTOMER:
            self._go_on(call_id, now)

    def _was_given_up(self, call_id: str, event: CallEvent) -> bool:
        """The exchange tells the same cause when nobody answered and when we stopped ringing."""
        was_customer = event.leg is Leg.CUSTOMER and event.cause is Cause.NO_ANSWER
        return was_customer and call_id in self._caller_gone

    def _played(self, event: ExchangeEvent, now: datetime) -> None:
        call_id, name = event.call_id, event.playback or ""
        self._due.pop((call_id, _Due.END_TONE), None)
        if name == _NOTICE and event.is_done:
            self._record(call_id)
        elif name == _NOTICE:
            # Without the notice nobody is recorded.
            log.warning("exchange.no_notice", call=call_id)
        elif name.startswith(_QUESTION) and call_id in self._rounds:
            if not event.is_done:
                log.warning("exchange.no_score_prompt", call=call_id)
            self._due[call_id, _Due.NEXT_ROUND] = (now + DIGIT_WITHIN, "")

    def _record(self, call_id: str) -> None:
        try:
            self._switch.record(call_id)
        except SwitchError as error:  # the talk goes on without it
            log.warning("exchange.not_recorded", call=call_id, status=error.status)

    def _ask(self, call_id: str, number: int, now: datetime) -> None:
        """R-SMP-4. The question, once more if no score comes."""
        name = f"{_QUESTION}{number}"
        self._rounds[call_id] = number
        self._switch.play_to_customer(call_id, name, self._prompt)
        self._stop_tone_later(call_id, name, self._prompt, now)
        self._due[call_id, _Due.NEXT_ROUND] = (now + PROMPT_WITHIN, "")

    def _pressed(self, call_id: str, digit: str, at: datetime, now: datetime) -> None:
        """R-SMP-4. A digit counts while the question is asked; any other key repeats it."""
        number = self._rounds.get(call_id)
        if number is None:
            return
        if digit not in {"1", "2", "3", "4", "5"}:
            self._next_round(call_id, now)
            return
        self._untold.append((call_id, keypad_event(call_id, digit, at)))
        self._end(call_id, Leg.CUSTOMER)

    def _next_round(self, call_id: str, now: datetime) -> None:
        number = self._rounds.get(call_id, ROUNDS)
        self._due.pop((call_id, _Due.NEXT_ROUND), None)
        try:
            self._switch.stop_playing(call_id, f"{_QUESTION}{number}")
            if number < ROUNDS:
                self._ask(call_id, number + 1, now)
                return
        except SwitchError as error:
            log.warning("exchange.step_failed", call=call_id, step=error.step, status=error.status)
        self._end(call_id, Leg.CUSTOMER)

    def _stop_tone_later(self, call_id: str, name: str, media: str, now: datetime) -> None:
        if media.startswith("tone:"):
            self._due[call_id, _Due.END_TONE] = (now + TONE_FOR, name)

    def _work_off(self, now: datetime) -> None:
        """Whatever is due by now."""
        for (call_id, due), (at, name) in sorted(self._due.items()):
            if at > now:
                continue
            del self._due[call_id, due]
            if due is _Due.RETRY:
                self._go_on(call_id, now)
            elif due is _Due.NEXT_ROUND:
                self._next_round(call_id, now)
            elif due is _Due.END_TONE:
                self._stop_tone(call_id, name)
            elif due is _Due.END_CALLER:
                self._end(call_id, Leg.CALLER)
            else:
                self._end(call_id, Leg.CALLER, Leg.CUSTOMER)

    def _stop_tone(self, call_id: str, name: str) -> None:
        try:
            self._switch.stop_playing(call_id, name)
        except SwitchError as error:
            log.warning("exchange.step_failed", call=call_id, step=error.step, status=error.status)

    def _end(self, call_id: str, *legs: Leg) -> None:
        for leg in legs:
            try:
                self._switch.hang_up(call_id, leg)
            except SwitchError as error:
                log.warning("exchange.not_ended", call=call_id, leg=leg, status=error.status)

    def _keep_seen(self, view: CallView, now: datetime) -> None:
        """What is there, and what is not, says what happened while nobody listened."""
        call_id, at = view.call_id, view.at or now
        for leg, seen in ((Leg.CALLER, view.caller), (Leg.CUSTOMER, view.customer)):
            events = [] if seen is None else seen_events(call_id, leg, seen.state, at)
            if seen is None and view.has_bridge:  # both were there once
                cause = Cause.UNKNOWN
                events = [leg_event(call_id, leg, What.ENDED, at, cause=cause, seen=True)]
            self._untold.extend((call_id, event) for event in events)
        if view.caller is None and view.customer is None and self._switch.has_recording(call_id):
            self._untold.append((call_id, recorded_event(call_id, at)))
        if view.customer is not None and view.has_bridge and view.customer.state == "Down":
            # It may never have been rung: the exchange's own limit would then not end it.
            self._due[call_id, _Due.END_BOTH] = (now + RING_WITHIN, "")

    def _forget(self, call_id: str) -> None:
        self._rounds.pop(call_id, None)
        self._retries.pop(call_id, None)
        for key in [key for key in self._due if key[0] == call_id]:
            del self._due[key]

    def _hand_over(self) -> None:
        """Give on what was told; what is not taken now is kept for the next time."""
        untold, self._untold = self._untold[-_TOLD_AT_MOST:], []
        for call_id, events in _by_call(untold):
            try:
                self._take(call_id, events)
            except Exception as error:  # a database that is away comes back
                log.warning("exchange.not_kept", call=call_id, error=type(error).__name__)
                self._untold.extend((call_id, event) for event in events)


def keypad_event(call_id: str, digit: str, at: datetime) -> CallEvent:
    """The customer's score, by their own key (R-SMP-4)."""
    return CallEvent(
        key=f"{call_id}.c:{What.DIGITS}",
        leg=Leg.CUSTOMER,
        what=What.DIGITS,
        at=at,
        provider_id=f"{call_id}.c",
        parent_id=call_id,
        digits=digit,
    )


def _by_call(told: Iterable[tuple[str, CallEvent]]) -> Iterable[tuple[str, list[CallEvent]]]:
    found: dict[str, list[CallEvent]] = {}
    for call_id, event in told:
        found.setdefault(call_id, []).append(event)
    return found.items()
