"""What must hold when everything has come to rest: the carrier's own truth beside the shop's ledger."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import pairwise
from typing import Any

from sqlalchemy import Connection, func, select, text

from adapters.store.models.calls import attempt
from adapters.store.models.lines import line_call, line_event, sms
from scheduler.jobs import seal_trail
from scheduler.runtime import Runtime
from scheduler.verify.second_opinion import verify

Truth = list[dict[str, Any]]
Rows = Sequence[Any]
RANG_NOBODY = ("not_sent", "refused")
PLACED = ("placed", "ended")


def check(
    runtime: Runtime, legs: Truth, messages: Truth, journal: list[dict[str, str]]
) -> list[str]:
    """Everything that is wrong, each in one sentence; nothing is what is wanted."""
    seal_trail(runtime)
    report = verify(runtime)
    found = [f"verify {f.rule}: {f.what} ({f.attempt})" for f in report.violations]
    with runtime.snapshot() as connection:
        calls = connection.execute(select(line_call)).all()
        texts = connection.execute(select(sms)).all()
        attempts = connection.execute(select(attempt)).all()
        numbers = {row.id: runtime.vault.open(row.sealed).e164 for row in _phones(connection)}
        found += _whole(connection)
    found += _one_customer_leg(legs, calls)
    found += _one_ring_at_a_time(legs)
    found += _same_calls(legs, calls)
    found += _same_messages(messages, texts, numbers)
    found += _outcomes_kept(attempts, journal)
    found += _nothing_left(calls, attempts)
    return found


def _phones(connection: Connection) -> list[Any]:
    return list(connection.execute(text("SELECT id, sealed FROM customer_phone")).all())


def _whole(connection: Connection) -> Iterator[str]:
    """SQLite's own word on its file; no event waits; steps are numbered without a gap."""
    if connection.dialect.name == "sqlite":
        said = connection.execute(text("PRAGMA integrity_check")).scalar()
        if said != "ok":
            yield f"integrity_check: {said}"
    waiting = select(func.count()).select_from(line_event).where(line_event.c.applied_at.is_(None))
    if count := connection.execute(waiting).scalar():
        yield f"{count} events were not worked off"
    gaps = text("SELECT subject FROM line_step GROUP BY subject HAVING max(number) <> count(*)")
    for row in connection.execute(gaps):
        yield f"steps of {row.subject} have a gap"


def _one_customer_leg(legs: Truth, calls: Rows) -> Iterator[str]:
    """I5. An attempt rings the customer once, over all its requests."""
    attempt_of = {call.provider_id: str(call.attempt_id) for call in calls if call.provider_id}
    rung: Counter[str] = Counter(
        attempt_of.get(leg["parent"], str(leg["parent"])) for leg in legs if leg["parent"]
    )
    for whose, count in rung.items():
        if count > 1:
            yield f"the customer was rung {count} times for {whose}"
        if whose.startswith("CA"):
            yield f"a customer was rung by {whose}, which is no call of ours"


def _one_ring_at_a_time(legs: Truth) -> Iterator[str]:
    """I4. The same telephone, two at once: of customers, and of callers who were answered."""
    by_phone: defaultdict[str, list[dict[str, Any]]] = defaultdict(list)
    for leg in legs:
        if leg["parent"]:
            by_phone[leg["to"]].append(leg)
    for phone, here in by_phone.items():
        here.sort(key=lambda leg: str(leg["created_at"]))
        for one, other in pairwise(here):
            if one["ended_at"] is None or _instant(other["created_at"]) < _instant(one["ended_at"]):
                yield f"{phone[:5]}…{phone[-4:]} rang twice at once: {one['sid']}, {other['sid']}"


def _instant(said: str) -> datetime:
    return datetime.fromisoformat(said)


def _same_calls(legs: Truth, calls: Rows) -> Iterator[str]:
    """I6. The carrier's calls and ours, one to one.

    One that was given up as unconfirmed may turn up later: then it is known which it was, and
    nobody was rung by it.
    """
    roots = {leg["sid"]: leg for leg in legs if not leg["parent"]}
    with_customer = {leg["parent"] for leg in legs if leg["parent"]}
    ours = Counter(call.provider_id for call in calls if call.provider_id)
    yield from (f"{sid} is {count} calls of ours" for sid, count in ours.items() if count > 1)
    yield from (f"{sid} is not the carrier's" for sid in ours if sid not in roots)
    yield from (f"the carrier's {sid} is no call of ours" for sid in roots if sid not in ours)
    for call in calls:
        known = call.provider_id is not None
        if call.state in PLACED and not known:
            yield f"{call.id} is {call.state}, but the carrier never had it"
        if call.state in RANG_NOBODY and known:
            yield f"{call.id} is {call.state}, but the carrier has it"
        if call.state not in PLACED and call.provider_id in with_customer:
            yield f"{call.id} is {call.state}, but its customer was rung"


def _same_messages(messages: Truth, texts: Rows, numbers: dict[int, str]) -> Iterator[str]:
    """I11. The carrier's messages and ours, one to one, and no words twice to a number."""
    theirs = {m["sid"]: m for m in messages if str(m["direction"]).startswith("outbound")}
    sent_to = Counter((m["to"], m["body"]) for m in theirs.values())
    yield from (f"{n} times the same text to …{to[-4:]}" for (to, _), n in sent_to.items() if n > 1)
    ours = Counter(one.provider_id for one in texts if one.provider_id)
    yield from (f"{sid} is {n} texts of ours" for sid, n in ours.items() if n > 1)
    yield from (f"the carrier's message {sid} is no text of ours" for sid in theirs.keys() - ours)
    for one in texts:
        known = theirs.get(one.provider_id)
        if one.state in ("sent", "delivered") and known is None:
            yield f"text {one.id} is {one.state}, but the carrier never had it"
        if one.state in ("queued", "withdrawn", "sending", "unknown") and known is not None:
            yield f"text {one.id} is {one.state}, but the carrier has it"
        if known is not None and (known["to"], known["body"]) != (
            numbers[one.phone_id],
            one.wording,
        ):
            yield f"text {one.id} is not what the carrier sent"


def _outcomes_kept(attempts: Rows, journal: list[dict[str, str]]) -> Iterator[str]:
    """No outcome lost: what a worker was told is what stands there."""
    stored = {row.id: row for row in attempts}
    for entry in journal:
        if entry["what"] != "outcome":
            continue
        row = stored.get(entry["attempt"])
        if row is None or row.state != "closed" or row.outcome != entry["code"]:
            found = None if row is None else f"{row.state} {row.outcome}"
            yield f"outcome {entry['code']} of {entry['attempt']} was lost: {found}"


def _nothing_left(calls: Rows, attempts: Rows) -> Iterator[str]:
    """Every call came to an end, and no attempt stays dialled."""
    for call in calls:
        if call.settled_at is None:
            yield f"{call.id} is still {call.state}"
    yield from (f"attempt {row.id} is still dialled" for row in attempts if row.state == "dialled")
