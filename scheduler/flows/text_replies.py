"""Replies to texts: brought by a line, entered by hand, or taken from a list (R-DNC-2)."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from adapters import event_log
from adapters.importers.rows import Problem, RefusedFile
from adapters.importers.sms_replies import read_replies
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

    One transaction: all of it, or nothing. Raises UsageError for a file that is no such list.
    """
    try:
        listed = read_replies(content)
    except RefusedFile as error:
        raise UsageError(error.refusal.reason, field="file") from error
    taken, opted_out = 0, 0
    with runtime.transaction() as connection:
        for row in listed.taken:
            words = row.wording[:REPLY_MAX_CHARS]
            # Without a time a list of another day is another list: an opt-out is rather read twice.
            key = _key(runtime, row.number, words, row.at or midnight_of(business_day(now)))
            told = _Told(row.number, words, key, LineName.MANUAL, who, row.at)
            answer = _take(connection, runtime, told, now, who)
            taken += answer.is_new
            opted_out += answer.is_new and answer.is_opt_out
        rows = len(listed.taken) + len(listed.rejected)
        audit.record(
            connection, now, who, "sms.replies_imported", "sms:replies", after={"taken": taken}
        )
    return RepliesImported(rows, taken, len(listed.taken) - taken, opted_out, listed.rejected)


def replies(runtime: Runtime) -> list[ReplySeen]:
    """What customers wrote back, the newest first."""
    with runtime.snapshot() as connection:
        rows = queries.listed(connection, LISTED)
    return [
        ReplySeen(row.at, row.buyer, row.phone_masked, row.wording, row.is_opt_out, row.entered_by)
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


def _take(
    connection: Connection, runtime: Runtime, told: _Told, now: datetime, who: str
) -> ReplyTaken:
    leaves = is_opt_out(told.wording)
    is_new = queries.add(
        connection,
        {
            "line": told.line,
            "key": told.key,
            "phone_key": runtime.vault.phone_key(told.number),
            "phone_masked": told.number.masked,
            "wording": told.wording[:REPLY_MAX_CHARS],
            "at": min(told.at or now, now),
            "is_opt_out": leaves,
            "entered_by": told.entered_by,
        },
    )
    if is_new and leaves:
        refuse_number(connection, runtime, told.number, now, who, reason=_REASON, source="sms")
    key = runtime.vault.phone_key(told.number)
    known = suppressions.bound_customers(connection, phone_keys=[key])
    return ReplyTaken(is_new, leaves, bool(known))


def _key(runtime: Runtime, number: PhoneNumber, wording: str, at: datetime) -> str:
    """One reply's natural key where no line gives one: number, words and minute."""
    when = at.replace(second=0, microsecond=0).isoformat()
    text = f"{runtime.vault.phone_key(number)}:{wording}:{when}"
    return hashlib.sha256(text.encode()).hexdigest()
