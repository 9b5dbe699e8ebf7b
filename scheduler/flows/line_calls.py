"""A call through a line: intent before effect, one request, and whatever the line answers (decision 0027).

    gate + attempt dialled + call `submitting`, committed  →  one request  →  the answer, committed

A process that dies in between leaves `submitting` behind; it is looked up, never asked for again.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row

from adapters import event_log
from adapters.channels.base import Accepted, Answer, CallOrder, CallTrace, Refused, VoiceLine
from adapters.clock import rest
from adapters.identifiers import call_token, token_hash
from adapters.store.queries import audit, calls, line_pace, lines
from adapters.store.queries.line_health import is_in_trouble
from campaigns.errors import ConflictError, NotFoundError, NotReadyError, RefusedError
from campaigns.labels_zh import LINE_LABELS
from campaigns.states import OPEN_LINE_CALLS
from campaigns.values import AttemptState, Kind, LineCallState, LineName, Person, PhoneNumber
from scheduler.flows import dialling, line_choice
from scheduler.flows.dialling import not_dialled
from scheduler.rules.hours import slot_at
from scheduler.runtime import Runtime

log = event_log.get_logger(__name__)

LOOK_EVERY = timedelta(seconds=30)
"""How often an open call is looked up: what a line tells by itself may get lost."""
LOOK_SOON = timedelta(seconds=5)
MAY_WAIT = timedelta(seconds=5)
"""How long a caller is kept waiting for the line's pace."""
_ONE_RING = ("R-REPEAT-2",)


@dataclass(frozen=True, slots=True)
class LineDialled:
    """What came of dialling. `state` is None for a call by hand.

    `note`: for the caller, when the line did not take the call or does not know. `is_new`: by this
    very request; else it was dialled before, and this one rang nobody.
    """

    attempt_id: str
    dialled_at: datetime
    line: LineName
    state: LineCallState | None = None
    note: str | None = None
    is_new: bool = True


def dial(
    runtime: Runtime,
    attempt_id: str,
    now: datetime,
    caller: Person | None,
    line: LineName | None = None,
) -> LineDialled:
    """Dial by the line that serves this call, or by the one named.

    The gate is asked at the moment of dialling (R-HOURS-3). Raises what `dialling.dial` raises;
    RefusedError while the line is in trouble or the caller's last call on it is still being looked
    up; NotReadyError when the line or the caller's own phone is not set up. A second request for the
    same attempt answers how the first stands and rings nobody.
    """
    with runtime.snapshot() as connection:
        attempt = calls.row(connection, attempt_id)
        if attempt is None:
            raise NotFoundError(f"没有这个通话：{attempt_id}", field="attempt")
        if caller is not None and attempt.caller_id != caller.id:
            raise ConflictError("这位客户由其他人处理", rules=("R-CLAIM-1",))
        if line not in (None, LineName.MANUAL) and line not in runtime.lines.voice:
            raise NotReadyError(f"{LINE_LABELS[line]}没有设置好，请改用手机拨打")
        if attempt.state == AttemptState.DIALLED:
            return _as_it_stands(connection, attempt)
        _, sealed = calls.buyer_and_number(connection, attempt.phone_id)
        customer = runtime.vault.open(sealed)
        voice = _line_for(connection, runtime, attempt, customer, line)
        order = None
        if voice is not None:
            order = _order(connection, runtime, attempt, voice.name, customer)
    if voice is None or order is None:  # by hand
        dialled = dialling.dial(runtime, attempt_id, now, caller)
        return LineDialled(attempt_id, dialled.dialled_at, dialled.line, is_new=dialled.is_new)
    now += _wait_for_turn(runtime, voice)
    intent = _intent(runtime, attempt, voice.name, order)
    dialled = dialling.dial(runtime, attempt_id, now, caller, line=voice.name, intent=intent)
    if not dialled.is_new:  # the same caller's other click was faster
        with runtime.snapshot() as connection:
            row = calls.row(connection, attempt_id)
            assert row is not None, "it was dialled"
            return _as_it_stands(connection, row)
    asked = runtime.now()
    answer = _ask(runtime, voice, order, attempt.caller_id)
    # Much may have come in while the line was silent: what follows happens now, not before that.
    now += max(runtime.now() - asked, timedelta())
    return keep_answer(runtime, order.call_id, answer, now)


def _line_for(
    connection: Connection,
    runtime: Runtime,
    attempt: Row[Any],
    customer: PhoneNumber,
    named: LineName | None,
) -> VoiceLine | None:
    """The line named, or else the one chosen for this call; None: by hand."""
    name = named or line_choice.choose(
        connection, "call", Kind(attempt.kind), attempt.campaign_id, customer
    )
    voice = None if name is None else runtime.lines.voice.get(name)
    if voice is None:
        return None  # by hand, or not set up here: the caller has a handset
    if is_in_trouble(connection, voice.name, runtime.machine_clock.now()):
        raise RefusedError(
            f"{LINE_LABELS[voice.name]}异常，正在核对，请改用手机拨打或稍后再试", rules=_ONE_RING
        )
    return voice


def _order(
    connection: Connection,
    runtime: Runtime,
    attempt: Row[Any],
    line: LineName,
    customer: PhoneNumber,
) -> CallOrder:
    """What the line will be asked for: this attempt's first call, or its next one."""
    address = line_choice.phone_of(connection, runtime, attempt.caller_id, line)
    if address is None:
        raise NotReadyError(f"还没有设置您在{LINE_LABELS[line]}上的话机，请先设置，或改用手机拨打")
    requests = lines.number_of_calls(connection, attempt.id)
    call_id = attempt.id if not requests else f"{attempt.id}.{requests + 1}"
    policy = runtime.law(connection).policy_for(attempt.campaign_id)
    token = token_of(runtime, call_id)
    return CallOrder(
        call_id, token, address, customer, policy.ring_seconds, bool(policy.records_calls)
    )


def _intent(
    runtime: Runtime, attempt: Row[Any], line: LineName, order: CallOrder
) -> dict[str, object]:
    """The order as it is stored before the line is asked."""
    machine = runtime.machine_clock.now()
    return {
        "id": order.call_id,
        "attempt_id": attempt.id,
        "line": line,
        "caller_id": attempt.caller_id,
        "token_hash": token_hash(order.token),
        "is_recorded": order.is_recorded,
        "submitted_machine": machine,
        "next_check_machine": machine + LOOK_EVERY * 2,
    }


def _ask(runtime: Runtime, voice: VoiceLine, order: CallOrder, caller_id: int) -> Answer:
    """Make the one request, unless the caller's phone was changed while the line's turn came.

    From the stored intent on it cannot be changed: the call is looked up by it.
    """
    with runtime.snapshot() as connection:
        address = line_choice.phone_of(connection, runtime, caller_id, voice.name)
    if address != order.caller:
        return Refused("phone_changed", "您的话机刚刚改过，请再拨一次", is_permanent=False)
    return voice.place(order)


def token_of(runtime: Runtime, call_id: str) -> str:
    """The token that the line holds for a call."""
    return call_token(runtime.vault.key_of("line-token"), call_id)


def _wait_for_turn(runtime: Runtime, voice: VoiceLine) -> timedelta:
    """Keep the line's pace over all processes; returns how long that took by the shop's clock."""
    machine, began = runtime.machine_clock.now(), runtime.now()
    interval = timedelta(seconds=1 / voice.calls_per_second)
    with runtime.transaction() as connection:
        turn = line_pace.reserve(connection, f"{voice.name}:call", machine, interval)
        if turn - machine > MAY_WAIT:
            raise RefusedError("线路正忙，请稍等几秒再拨", rules=_ONE_RING)
    rest(turn - machine)
    return max(runtime.now() - began, timedelta())


def _as_it_stands(connection: Connection, attempt: Row[Any]) -> LineDialled:
    line = LineName(attempt.line or LineName.MANUAL)
    row = lines.newest_of(connection, attempt.id)
    if row is None or line is LineName.MANUAL:
        return LineDialled(attempt.id, attempt.dialled_at, line, is_new=False)
    state = LineCallState(row.state)
    return LineDialled(attempt.id, attempt.dialled_at, line, state, row.reason, is_new=False)


def keep_answer(runtime: Runtime, call_id: str, answer: Answer, now: datetime) -> LineDialled:
    """Store what the line answered to the request. Events may have come first: then they count."""
    machine = runtime.machine_clock.now()
    late = False
    with runtime.transaction() as connection:
        row, attempt = lock(connection, call_id)
        lines.note(connection, call_id, answered_machine=machine)
        if isinstance(answer, Accepted):
            lines.bind(connection, call_id, answer.provider_id)
            lines.change_call(connection, call_id, LineCallState.PLACED, now, "accepted")
            lines.note(connection, call_id, next_check_machine=machine + LOOK_EVERY)
            late = bool(answer.queued) and _is_too_late(runtime, connection, attempt, now, answer)
        elif isinstance(answer, Refused):
            state = LineCallState.REFUSED if answer.is_permanent else LineCallState.NOT_SENT
            why = answer.reason
            settled = lines.change_call(
                connection, call_id, state, now, answer.code, settled_at=now, reason=why
            )
            if settled is not None:
                give_back(connection, runtime, attempt, settled, why)
        elif lines.change_call(
            connection, call_id, LineCallState.UNKNOWN, now, "unknown", reason=answer.reason
        ):
            lines.note(connection, call_id, next_check_machine=machine + LOOK_SOON)
    if not isinstance(answer, Accepted):
        log.warning("line.call_not_placed", call=call_id, answer=type(answer).__name__)
    if late:
        _call_off(runtime, call_id, now)
    with runtime.snapshot() as connection:
        found = lines.call(connection, call_id)
        dialled_at = attempt.dialled_at or now
    state = LineCallState(found.state)
    return LineDialled(row.attempt_id, dialled_at, LineName(row.line), state, found.reason)


def lock(connection: Connection, call_id: str) -> tuple[Row[Any], Row[Any]]:
    """A call and its attempt, locked in this order everywhere: conversation, attempt, call."""
    attempt_id = call_id.split(".", 1)[0]
    attempt = calls.get(connection, attempt_id)
    row = lines.lock_call(connection, call_id)
    assert attempt is not None, "a line's call has an attempt"
    return row, attempt


def give_back(
    connection: Connection,
    runtime: Runtime,
    attempt: Row[Any],
    now: datetime,
    why: str,
    rule: str | None = None,
) -> None:
    """Nobody was rung: the attempt is undone, unless its outcome was entered meanwhile."""
    if attempt.state == AttemptState.DIALLED:
        not_dialled(connection, runtime, attempt, now, why, rule=rule)


def _is_too_late(
    runtime: Runtime, connection: Connection, attempt: Row[Any], now: datetime, answer: Accepted
) -> bool:
    """R-HOURS-3. The line would begin only when the window has closed."""
    law = runtime.law(connection).of(attempt.campaign_id)
    slot = slot_at(now, attempt.region, law.policy, law.calendar)
    return slot is None or now + answer.queued >= slot.closes


def _call_off(runtime: Runtime, call_id: str, now: datetime) -> None:
    """Take a call out of the line's queue. If that is not certain, the last gate still stands."""
    with runtime.snapshot() as connection:
        trace = trace_of(connection, runtime, call_id)
    voice = runtime.lines.voice[trace.line]
    answer = voice.hang_up(trace.trace)
    with runtime.transaction() as connection:
        row, attempt = lock(connection, call_id)
        if isinstance(answer, Accepted) and row.gate_at is None:
            why = "排队的时间太长，开始时已不在可拨打时段，已取消"
            settled = lines.change_call(
                connection,
                call_id,
                LineCallState.STOPPED,
                now,
                "queued too long",
                settled_at=now,
                reason=why,
                rule="R-HOURS-3",
            )
            if settled is not None:
                give_back(connection, runtime, attempt, settled, why, "R-HOURS-3")


@dataclass(frozen=True, slots=True)
class LineTrace:
    """A call as its line is asked about it."""

    line: LineName
    trace: CallTrace


def trace_of(connection: Connection, runtime: Runtime, call_id: str) -> LineTrace:
    """Everything by which the line can find the call again."""
    row = lines.call(connection, call_id)
    line = LineName(row.line)
    address = line_choice.phone_of(connection, runtime, row.caller_id, line) or ""
    others = lines.ids_beside(connection, row)
    return LineTrace(
        line,
        CallTrace(
            row.id,
            address,
            row.submitted_machine,
            row.provider_id,
            row.customer_leg_id,
            others=frozenset(others),
        ),
    )


def hang_up(runtime: Runtime, attempt_id: str, now: datetime, caller: Person | None) -> None:
    """The talk is over. The line is told to end the call on both sides, if it still runs."""
    dialling.hang_up(runtime, attempt_id, now, caller)
    put_down(runtime, attempt_id)


def put_down(runtime: Runtime, attempt_id: str) -> None:
    """End what still rings or talks of an attempt whose outcome was entered, or that was hung up.

    Not a customer who was handed to the keypad question: they hang up themselves (R-SMP-4).
    """
    with runtime.snapshot() as connection:
        row = lines.newest_of(connection, attempt_id)
        if row is None or LineCallState(row.state) not in OPEN_LINE_CALLS:
            return
        if row.provider_id is None or row.score_asked_machine is not None:
            return
        trace = trace_of(connection, runtime, row.id)
    voice = runtime.lines.voice.get(trace.line)
    if voice is not None:
        voice.hang_up(trace.trace)  # what comes of it is told by the line, or looked up


def go_on(runtime: Runtime, attempt_id: str, now: datetime, caller: Person) -> None:
    """Decision 0027. The line does not know; the caller takes others while it is being looked up.

    Customer and phone stay held. Raises ConflictError while there is nothing unknown about the call.
    """
    with runtime.transaction() as connection:
        attempt = dialling.held_attempt(connection, attempt_id, caller, now)
        row = lines.newest_of(connection, attempt_id)
        if attempt.parked_at is not None:
            return
        unknown = row is not None and row.state in (LineCallState.SUBMITTING, LineCallState.UNKNOWN)
        if attempt.state != AttemptState.DIALLED or not unknown:
            raise ConflictError("这个电话没有待核对的线路，请填写通话结果", rules=("R-CLAIM-1",))
        calls.change(connection, attempt_id, parked_at=now)
        audit.record(connection, now, caller.name, "attempt.left", f"attempt:{attempt_id}")


def did_ring(runtime: Runtime, attempt_id: str, rang: bool, now: datetime, caller: Person) -> None:
    """Keep what the caller says of their own phone: evidence beside what the line will say."""
    with runtime.transaction() as connection:
        dialling.held_attempt(connection, attempt_id, caller, now)
        row = lines.newest_of(connection, attempt_id)
        if row is None:
            raise ConflictError("这个电话不是从线路拨打的", rules=("R-CLAIM-1",))
        lines.note(connection, row.id, did_ring=rang)
