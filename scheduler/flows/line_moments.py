"""What happened on a line during a call, in words and in the order in which it happened."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row

from adapters.store.queries.lines import Told
from campaigns.labels_zh import CAUSE_LABELS
from campaigns.lines import Cause, Leg, What
from campaigns.values import LineCallState

ONE_CLOCK = timedelta(seconds=2)
"""A shop whose own clock agrees with the machine's that far goes by the machine's."""

SETTLED_WORDS = {
    LineCallState.NOT_SENT: "线路没有收，没有拨出",
    LineCallState.REFUSED: "线路拒绝，没有拨出",
    LineCallState.UNKNOWN: "线路没有回音，开始核对",
    LineCallState.STOPPED: "客户没有被拨打",
    LineCallState.ENDED: "通话结束",
    LineCallState.UNCONFIRMED: "核对没有结果",
}
_TOLD_WORDS = {
    (Leg.CALLER, What.RINGING): "坐席的话机响了",
    (Leg.CALLER, What.ANSWERED): "坐席接起",
    (Leg.CUSTOMER, What.RINGING): "客户的电话响了",
    (Leg.CUSTOMER, What.ANSWERED): "客户接起",
    (Leg.CALLER, What.ENDED): "坐席的话机挂断",
    (Leg.CUSTOMER, What.ENDED): "客户的电话挂断",
}
_GATE = "核对规则，可以拨打客户"
_ORDER = (
    "请线路拨打",
    "坐席的话机响了",
    "坐席接起",
    _GATE,
    "客户的电话响了",
    "客户接起",
)
"""None of these comes before the one above it: what was told late is no later than what followed."""


@dataclass(frozen=True, slots=True)
class LineMoment:
    """One thing that happened, by the shop's clock. `detail`: why, how long, or which key."""

    words: str
    at: datetime
    detail: str | None = None


def moments_of(
    row: Row[Any], steps: Iterable[Row[Any]], told: Sequence[Told]
) -> tuple[LineMoment, ...]:
    """R-AUD-1. Telephones that rang, were answered and put down, the last gate, keys, recordings.

    The line's instants go by the machine's clock. Where the shop's goes with it they are kept; in a
    training shop that was moved, or runs faster, the instant at which the word came stands for them.
    """
    is_one_clock = abs(row.submitted_at - row.submitted_machine) <= ONE_CLOCK
    found = [LineMoment("请线路拨打", row.submitted_at)]
    if row.gate_at is not None:
        found.append(LineMoment(_GATE, row.gate_at))
    for one in _first_told(told):
        event = one.event
        at = event.at if is_one_clock and event.at is not None else one.received_at
        words = _TOLD_WORDS.get((event.leg, event.what))
        if words is not None:
            detail = (
                CAUSE_LABELS[event.cause] if event.cause and event.leg is Leg.CUSTOMER else None
            )
            found.append(LineMoment(words, at, detail))
        elif event.what is What.DIGITS and event.digits:
            found.append(LineMoment("客户按键", at, event.digits))
        elif event.what is What.RECORDED:
            seconds = None if event.seconds is None else f"{event.seconds} 秒"
            found.append(LineMoment("录音已存", at, seconds))
    found = _in_order(found)
    found += [
        LineMoment(SETTLED_WORDS[state], step.at)
        for step in steps
        for state in (LineCallState(step.state),)
        if state in SETTLED_WORDS
    ]
    return tuple(sorted(found, key=_rank))


def _first_told(told: Sequence[Told]) -> list[Told]:
    """Each thing once, as it was told first; of an end, the one that says why."""
    first: dict[object, Told] = {}
    for one in sorted(told, key=lambda t: t.event.cause in (None, Cause.UNKNOWN)):
        event = one.event
        if one.verdict == "foreign":
            continue
        what = event.recording if event.what is What.RECORDED else (event.leg, event.what)
        first.setdefault(what, one)
    return list(first.values())


def _in_order(found: Iterable[LineMoment]) -> list[LineMoment]:
    chain = {one.words: one for one in found if one.words in _ORDER}
    rest = [one for one in found if one.words not in _ORDER]
    latest: datetime | None = None
    for words in reversed([words for words in _ORDER if words in chain]):
        one = chain[words]
        latest = one.at if latest is None else min(one.at, latest)
        chain[words] = LineMoment(words, latest, one.detail)
    return [*chain.values(), *rest]


def _rank(moment: LineMoment) -> tuple[datetime, int]:
    if moment.words in _ORDER:
        return moment.at, _ORDER.index(moment.words)
    return moment.at, len(_ORDER) + (moment.words in SETTLED_WORDS.values())
