"""How the lines are doing: requests that came to nothing, what is not known yet, what waits."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    FromClause,
    Select,
    and_,
    case,
    func,
    literal,
    null,
    or_,
    select,
    text,
    union_all,
)

from adapters.store.models.lines import line_call, line_event, sms
from campaigns.values import LineName

TROUBLE_UNKNOWNS = 5
"""Decision 0027. So many requests without a usable answer within TROUBLE_WINDOW, and it is left alone."""
TROUBLE_WINDOW = timedelta(seconds=60)
_LONGEST_REQUEST = timedelta(seconds=60)
"""Beyond the bounds of `adapters.channels.base`: what was answered now was not asked for before that."""

_WAS_UNKNOWN = or_(
    line_call.c.state.in_(("unknown", "unconfirmed")),
    # Settled since; what was not known at first is still said beside it.
    and_(line_call.c.state.in_(("placed", "ended")), line_call.c.reason.is_not(None)),
)
_SMS_UNKNOWN = sms.c.state == "unknown"
_LINES = [line.value for line in LineName]


def is_in_trouble(connection: Connection, line: LineName, now_machine: datetime) -> bool:
    """Whether the line's circuit is open (safety F9): it gave too many answers that say nothing.

    Asked with every dialling: two short ranges of (line, machine's instant), bounded. It closes by
    itself when the window has passed. What a crash of ours left without an answer does not count.
    """
    since = now_machine - TROUBLE_WINDOW
    calls = (
        select(literal(1))
        .select_from(line_call)
        .where(
            line_call.c.line == line.value,
            line_call.c.submitted_machine > since - _LONGEST_REQUEST,
            line_call.c.answered_machine > since,
            line_call.c.answered_machine <= now_machine,
            _WAS_UNKNOWN,
        )
    )
    texts = (
        select(literal(1))
        .select_from(sms)
        .where(
            sms.c.line == line.value,
            sms.c.sent_machine > since,
            sms.c.sent_machine <= now_machine,
            _SMS_UNKNOWN,
        )
    )
    some = union_all(calls, texts).limit(TROUBLE_UNKNOWNS).subquery()
    count = connection.execute(select(func.count()).select_from(some)).scalar_one()
    return bool(count >= TROUBLE_UNKNOWNS)


@dataclass(frozen=True, slots=True)
class Requests:
    """What became of a line's requests of a span.

    failed    by the line's own fault: not taken for now, or not known
    refused   for the number's sake, or because nobody's telephone took it: refused, not delivered,
              the caller's own phone not answered. What the last gate stopped is none of these.
    """

    asked: int = 0
    failed: int = 0
    refused: int = 0

    def __add__(self, other: Requests) -> Requests:
        return Requests(
            self.asked + other.asked, self.failed + other.failed, self.refused + other.refused
        )

    @property
    def unsuccessful(self) -> int:
        """What came to nothing for whatever cause: as many as `recent_troubles` lists of that span."""
        return self.failed + self.refused

    @property
    def unsuccessful_percent(self) -> int:
        """How many of a hundred came to nothing; 0 where nobody asked."""
        return _percent(self.unsuccessful, self.asked)

    @property
    def failed_percent(self) -> int:
        """How many of a hundred the line is to blame for; 0 where nobody asked."""
        return _percent(self.failed, self.asked)


def _percent(part: int, whole: int) -> int:
    return round(100 * part / whole) if whole else 0


_CALL_FAILED = line_call.c.state.in_(("not_sent", "unknown", "unconfirmed"))
_CALL_REFUSED = or_(
    line_call.c.state == "refused",
    # The last gate's stop names its rule; without one, the caller's own phone was not answered.
    and_(line_call.c.state == "stopped", line_call.c.rule.is_(None)),
)
_SMS_REFUSED = sms.c.state == "failed"


def requests_since(
    connection: Connection, since_machine: datetime
) -> dict[tuple[LineName, str], Requests]:
    """Calls (`call`) and texts (`sms`) given to each line from this machine's instant on."""
    queries = {
        "call": _requests(
            line_call,
            line_call.c.submitted_machine >= since_machine,
            _CALL_FAILED,
            _CALL_REFUSED,
        ),
        "sms": _requests(
            sms,
            sms.c.sent_machine >= since_machine,
            _SMS_UNKNOWN,
            _SMS_REFUSED,
        ),
    }
    return {
        (LineName(row.line), medium): Requests(int(row.asked), int(row.failed), int(row.refused))
        for medium, query in queries.items()
        for row in connection.execute(query)
    }


def _requests(
    table: FromClause,
    when: ColumnElement[bool],
    failed: ColumnElement[bool],
    refused: ColumnElement[bool],
) -> Select[Any]:
    """One row for each line, whose range is read by the index on (line, machine's instant)."""
    return (
        select(
            table.c.line,
            func.count().label("asked"),
            func.sum(case((failed, 1), else_=0)).label("failed"),
            func.sum(case((refused, 1), else_=0)).label("refused"),
        )
        .where(table.c.line.in_(_LINES), when)
        .group_by(table.c.line)
    )


def unknown_now(connection: Connection) -> dict[LineName, int]:
    """Calls and texts of which the line has not said what became of them; open rows are few."""
    queries = (
        select(line_call.c.line, func.count().label("number"))
        .where(
            text("line_call.state IN ('submitting', 'placed', 'unknown')"),
            line_call.c.state == "unknown",
        )
        .group_by(line_call.c.line),
        select(sms.c.line, func.count().label("number"))
        .where(text("sms.state IN ('queued', 'sending', 'unknown')"), _SMS_UNKNOWN)
        .group_by(sms.c.line),
    )
    found: dict[LineName, int] = {}
    for query in queries:
        for row in connection.execute(query):
            line = LineName(row.line)
            found[line] = found.get(line, 0) + int(row.number)
    return found


def oldest_unapplied(connection: Connection) -> dict[LineName, datetime]:
    """When the oldest event of each line came that was not worked off yet (safety I14)."""
    rows = connection.execute(
        select(line_event.c.line, func.min(line_event.c.received_at).label("since"))
        .where(text("line_event.applied_at IS NULL"))
        .group_by(line_event.c.line)
    )
    return {LineName(row.line): row.since for row in rows}


@dataclass(frozen=True, slots=True)
class SmsQueue:
    """Texts that are to go out. `due`: how many of those could go now; `due_since`: the oldest."""

    waiting: int
    due: int
    due_since: datetime | None


def sms_queue(connection: Connection, now: datetime) -> SmsQueue:
    """R-MSG-2. The queue of texts; a partial index holds what is to be sent."""
    due = sms.c.not_before <= now
    row = connection.execute(
        select(
            func.count().label("waiting"),
            func.coalesce(func.sum(case((due, 1), else_=0)), 0).label("due"),
            func.min(case((due, sms.c.not_before))).label("due_since"),
        ).where(text("sms.state IN ('queued', 'sending', 'unknown')"), sms.c.state == "queued")
    ).one()
    return SmsQueue(int(row.waiting), int(row.due), row.due_since)


@dataclass(frozen=True, slots=True)
class Trouble:
    """A request that came to nothing, or of which nothing is known. No number in it.

    `code`: the line's own, where it gave no words.
    """

    line: LineName
    medium: str
    state: str
    at: datetime
    reason: str | None
    rule: str | None
    code: str | None


def recent_troubles(connection: Connection, since_machine: datetime, limit: int) -> list[Trouble]:
    """The calls and texts since this instant that came to nothing, or are not known, newest first."""
    calls = (
        select(
            line_call.c.line,
            literal("call").label("medium"),
            line_call.c.state,
            line_call.c.submitted_at.label("at"),
            line_call.c.reason,
            line_call.c.rule,
            null().label("code"),
        )
        .where(
            line_call.c.line.in_(_LINES),
            line_call.c.submitted_machine >= since_machine,
            or_(_CALL_FAILED, _CALL_REFUSED),
        )
        .order_by(line_call.c.submitted_machine.desc())
        .limit(limit)
    )
    texts = (
        select(
            sms.c.line,
            literal("sms").label("medium"),
            sms.c.state,
            sms.c.at,
            sms.c.reason,
            sms.c.rule,
            sms.c.error_code.label("code"),
        )
        .where(
            sms.c.line.in_(_LINES),
            sms.c.sent_machine >= since_machine,
            or_(_SMS_REFUSED, _SMS_UNKNOWN),
        )
        .order_by(sms.c.sent_machine.desc())
        .limit(limit)
    )
    found = [
        Trouble(LineName(row.line), row.medium, row.state, row.at, row.reason, row.rule, row.code)
        for query in (calls, texts)
        for row in connection.execute(query)
    ]
    return sorted(found, key=lambda trouble: trouble.at, reverse=True)[:limit]
