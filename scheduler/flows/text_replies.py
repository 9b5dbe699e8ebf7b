"""Replies to texts: brought by a line, entered by hand, or taken from a list (R-DNC-2)."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from adapters import event_log
from adapters.importers.rows import Problem, RefusedFile
from adapters.importers.sms_replies import ReplyRow, read_replies
from adapters.store.queries import audit, suppressions
from adapters.store.queries import text_replies as queries
from campaigns.days import business_day, midnight_of
from campaigns.errors import UsageError
from campaigns.lines import SmsReply
from campaigns.messages import is_opt_out
from campaigns.phone import FAULT_TEXTS, PhoneFault, read_phone
from campaigns.values import ENGINE, LineName, PhoneNumber
from scheduler.flows.do_not_contact import refuse_number
from scheduler.runtime import Runtime

log = event_log.get_logger(__name__)

LISTED = 200
REPLY_MAX_CHARS = 500
_REASON = "回复短信要求退订"


@dataclass(frozen=True, slots=True)
class ReplyTaken:
    """What came of one reply. `is_new`: it was not known before; `is_of_customer`: of one we know."""

    is_new: bool
    is_opt_out: bool
    is_of_customer: bool


@dataclass(frozen=True, slots=True)
class RepliesImported:
    """What came of a list: taken + unchanged + rejected = its rows (R-IMP-2)."""

    rows: int
    taken: int
    unchanged: int
    opted_out: int
    rejected: tuple[Problem, ...]


@dataclass(frozen=True, slots=True)
class ReplySeen:
    """One reply as people see it; the number is masked (R-PII-1). `buyer` None: of no customer."""

    at: datetime
    customer_id: int | None
    buyer: str | None
    phone_masked: str
    wording: str
    is_opt_out: bool
    entered_by: str | None


def take_replies(runtime: Runtime, line: LineName, replies: Iterable[SmsReply]) -> int:
    """R-DNC-2. Store what a line brought, each reply once; an opt-out word acts in this very second.

    Returns how many were new. A sender that is no telephone number is logged and left out.
    """
    now, fresh = runtime.now(), 0
    for reply in replies:
        number = read_phone(reply.sender)
        if isinstance(number, PhoneFault):
            log.warning("sms.reply_of_nobody", line=line, fault=number)  # neither number nor words
            continue
        with runtime.transaction() as connection:
            told = _Told(number, reply.wording, reply.key, line, None)
            fresh += _take(connection, runtime, told, now, ENGINE).is_new
    return fresh


def add_reply(runtime: Runtime, phone: str, wording: str, now: datetime, who: str) -> ReplyTaken:
    """R-DNC-2. A reply that somebody read elsewhere, entered by hand; the same twice is one.

    Raises UsageError for a number that is none, and for a reply without words.
    """
    number = read_phone(phone)
    if isinstance(number, PhoneFault):
        raise UsageError(f"电话号码不能用：{FAULT_TEXTS[number]}", field="phone")
    words = wording.strip()
    if not words or len(words) > REPLY_MAX_CHARS:
        raise UsageError(f"请写回复的内容（{REPLY_MAX_CHARS} 字以内）", field="text")
    key = _key(runtime, number, words, now)
    with runtime.transaction() as connection:
        told = _Told(number, words, key, LineName.MANUAL, who)
        return _take(connection, runtime, told, now, who)


def import_replies(runtime: Runtime, content: bytes, now: datetime, who: str) -> RepliesImported:
    """R-DNC-2, R-IMP-2. A provider's list of replies; the same list again changes nothing.

    Each opt-out is a transaction of its own, as one that a line brings: it takes back what is queued,
    and holding that for a whole list, two lists would wait for each other. The others are stored
    after them, in the order of their keys. What a broken off import has not taken, the same list
    brings again. Raises UsageError for a file that is no such list; then nothing of it is taken.
    """
    try:
        listed = read_replies(content)
    except RefusedFile as error:
        raise UsageError(error.refusal.reason, field="file") from error
    told = sorted((_told(runtime, row, now, who) for row in listed.taken), key=lambda one: one.key)
    opted_out = 0
    for one in told:
        if is_opt_out(one.wording):
            with runtime.transaction() as connection:
                opted_out += _take(connection, runtime, one, now, who).is_new
    rest = [_stored(runtime, one, now) for one in told if not is_opt_out(one.wording)]
    with runtime.transaction() as connection:
        taken = opted_out + queries.add_all(connection, rest)
        audit.record(
            connection, now, who, "sms.replies_imported", "sms:replies", after={"taken": taken}
        )
    rows = len(told) + len(listed.rejected)
    return RepliesImported(rows, taken, len(told) - taken, opted_out, listed.rejected)


def replies(runtime: Runtime) -> list[ReplySeen]:
    """What customers wrote back, the newest first."""
    with runtime.snapshot() as connection:
        rows = queries.listed(connection, LISTED)
    return [
        ReplySeen(
            row.at,
            row.customer_id,
            row.buyer,
            row.phone_masked,
            row.wording,
            row.is_opt_out,
            row.entered_by,
        )
        for row in rows
    ]


@dataclass(frozen=True, slots=True)
class _Told:
    """A reply on its way in. `entered_by` None: the line brought it; `at`: as a list has it."""

    number: PhoneNumber
    wording: str
    key: str
    line: LineName
    entered_by: str | None
    at: datetime | None = None


def _told(runtime: Runtime, row: ReplyRow, now: datetime, who: str) -> _Told:
    """A row of a list. Without a time a list of another day is another list: rather read twice."""
    words = row.wording[:REPLY_MAX_CHARS]
    key = _key(runtime, row.number, words, row.at or midnight_of(business_day(now)))
    return _Told(row.number, words, key, LineName.MANUAL, who, row.at)


def _take(
    connection: Connection, runtime: Runtime, told: _Told, now: datetime, who: str
) -> ReplyTaken:
    leaves = is_opt_out(told.wording)
    is_new = queries.add_all(connection, [_stored(runtime, told, now)]) == 1
    if is_new and leaves:
        refuse_number(connection, runtime, told.number, now, who, reason=_REASON, source="sms")
    key = runtime.vault.phone_key(told.number)
    known = suppressions.bound_customers(connection, phone_keys=[key])
    return ReplyTaken(is_new, leaves, bool(known))


def _stored(runtime: Runtime, told: _Told, now: datetime) -> dict[str, object]:
    return {
        "line": told.line,
        "key": told.key,
        "phone_key": runtime.vault.phone_key(told.number),
        "phone_masked": told.number.masked,
        "wording": told.wording[:REPLY_MAX_CHARS],
        "at": min(told.at or now, now),
        "is_opt_out": is_opt_out(told.wording),
        "entered_by": told.entered_by,
    }


def _key(runtime: Runtime, number: PhoneNumber, wording: str, at: datetime) -> str:
    """One reply's natural key where no line gives one: number, words and minute."""
    when = at.replace(second=0, microsecond=0).isoformat()
    text = f"{runtime.vault.phone_key(number)}:{wording}:{when}"
    return hashlib.sha256(text.encode()).hexdigest()
