"""Everything that passed between the shop and a customer, by every channel, in one order (R-AUD-1)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, Row

from adapters.store.queries import timeline
from campaigns.labels_zh import SMS_STATE_LABELS
from campaigns.registry import outcome_of
from campaigns.text_codes import words_of_code
from campaigns.values import AttemptState, Kind, SmsState

REPLY_LABEL = "客户回复短信"
OPT_OUT_LABEL = "客户回复短信退订"
CHAT_LABELS = {"sent": "旺旺已发", "open": "旺旺待发", "withdrawn": "旺旺已撤回"}


class Channel(StrEnum):
    """How a customer was, or is to be, spoken to; a reply is the customer's own."""

    CALL = "call"
    TEXT = "text"
    REPLY = "reply"
    CHAT = "chat"


@dataclass(frozen=True, slots=True)
class Contact:
    """One contact as people read it; the number is masked (R-PII-1).

    label       what came of it; None for a call without an outcome: its `state` says
    who         the caller, who ticked a message off, who entered a reply; None: nobody
    wording     what was written; None for a call
    phone       masked; None where the channel has none
    reason      why it did not go out, or came to nothing; `rule` where a rule withdrew it
    replied_at  when the customer answered a Wangwang message (R-SMP-6)
    """

    at: datetime
    channel: Channel
    label: str | None
    who: str | None
    state: AttemptState | SmsState | None = None
    attempt_id: str | None = None
    wording: str | None = None
    phone: str | None = None
    note: str | None = None
    reason: str | None = None
    rule: str | None = None
    is_opt_out: bool = False
    replied_at: datetime | None = None


def contacts_of(connection: Connection, customer_id: int) -> tuple[Contact, ...]:
    """R-AUD-1. Calls, texts, replies and Wangwang messages, the newest first, `timeline.SHOWN` of them."""
    found = [  # at one instant, what came of something stands above it
        *(_reply(row) for row in timeline.replies_of(connection, customer_id)),
        *(_chat(row) for row in timeline.chats_of(connection, customer_id)),
        *(_text(row) for row in timeline.texts_of(connection, customer_id)),
        *(_call(row) for row in timeline.attempts_of(connection, customer_id)),
    ]
    found.sort(key=lambda contact: contact.at, reverse=True)
    return tuple(found[: timeline.SHOWN])


def _call(row: Row[Any]) -> Contact:
    outcome = outcome_of(Kind(row.kind), row.outcome) if row.outcome else None
    return Contact(
        row.at,
        Channel.CALL,
        outcome.label if outcome else None,
        row.caller,
        state=AttemptState(row.state),
        attempt_id=row.id,
        note=row.note,
        reason=row.end_reason,
    )


def _text(row: Row[Any]) -> Contact:
    state = SmsState(row.state)
    return Contact(
        row.happened_at,
        Channel.TEXT,
        SMS_STATE_LABELS[state],
        None,
        state=state,
        wording=row.wording,
        phone=row.masked,
        reason=words_of_code(row.error_code, row.reason) if row.error_code else row.reason,
        rule=row.rule,
    )


def _reply(row: Row[Any]) -> Contact:
    return Contact(
        row.at,
        Channel.REPLY,
        OPT_OUT_LABEL if row.is_opt_out else REPLY_LABEL,
        row.entered_by,
        wording=row.wording,
        phone=row.phone_masked,
        is_opt_out=row.is_opt_out,
    )


def _chat(row: Row[Any]) -> Contact:
    became = "sent" if row.done_at else "withdrawn" if row.withdrawn_at else "open"
    return Contact(
        row.happened_at,
        Channel.CHAT,
        CHAT_LABELS[became],
        row.done_by,
        wording=row.wording,
        rule=row.withdrawn_rule,
        replied_at=row.replied_at,
    )
