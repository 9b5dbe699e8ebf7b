"""What was given to a line, call or message, and what the line said of it."""

from __future__ import annotations

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from adapters.store.models.base import METADATA, Instant, one_of
from campaigns.values import BlastState, Kind, LineCallState, SmsState

_OPEN_CALL = "state IN ('submitting', 'placed', 'unknown')"
_SMS_TO_SEND = "state IN ('queued', 'sending', 'unknown')"

line_choice = Table(
    "line_choice",
    METADATA,
    # Which line serves whom: medium `call` or `sms`; scope `all`, `kind:dunning`, `campaign:5`,
    # `number:+852`. The most exact scope decides; a shop without a row calls by hand and sends nothing.
    Column("medium", Text, primary_key=True),
    Column("scope", Text, primary_key=True),
    Column("line", Text, nullable=False),
    Column("set_at", Instant, nullable=False),
    Column("set_by", Text, nullable=False),
    one_of("medium", ("call", "sms")),
)

person_phone = Table(
    "person_phone",
    METADATA,
    # Where a line rings a caller: a telephone number, sealed, or the name of an extension.
    Column("person_id", Integer, ForeignKey("person.id"), primary_key=True),
    Column("line", Text, primary_key=True),
    Column("sealed", LargeBinary),
    Column("extension", Text),
    Column("shown", Text, nullable=False),  # masked
    Column("set_at", Instant, nullable=False),
    Column("set_by", Text, nullable=False),
    CheckConstraint("(sealed IS NULL) <> (extension IS NULL)", name="one_address"),
)

line_pace = Table(
    "line_pace",
    METADATA,
    # The next instant at which the line may be asked again, by the machine's clock: one row for each
    # line and medium, moved on by whoever asks, so that many processes keep one pace.
    Column("name", Text, primary_key=True),  # twilio:call
    Column("free_at", Instant, nullable=False),
)

line_call = Table(
    "line_call",
    METADATA,
    # One request to a line to ring. Instants named `…_machine` go by the machine's clock, as the
    # line's own times do; the others by the shop's.
    Column("id", Text, primary_key=True),  # UUIDv7, made before any effect
    Column("attempt_id", Text, ForeignKey("attempt.id"), nullable=False),
    Column("line", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("caller_id", Integer, ForeignKey("person.id"), nullable=False),
    Column("phone_key", Text, nullable=False),
    Column(
        "token_hash", Text, nullable=False, unique=True
    ),  # of the token in every address we give
    Column("provider_id", Text),  # of the caller's leg
    Column("customer_leg_id", Text),
    Column("is_recorded", Boolean, nullable=False),
    Column("submitted_at", Instant, nullable=False),
    Column("submitted_machine", Instant, nullable=False),
    Column("answered_machine", Instant),  # when the line's answer to the request came
    Column("gate_at", Instant),  # the last gate let the customer be rung, once
    Column("settled_at", Instant),  # NULL: the phone may be ringing
    Column("reason", Text),  # of a refusal, a stop, or what is not known
    Column("rule", Text),
    Column("checks", Integer, nullable=False, default=0, server_default="0"),  # empty answers
    Column("next_check_machine", Instant),
    Column("did_ring", Boolean),  # what the caller says of their own phone
    Column("score_asked_machine", Instant),  # the customer was handed to the keypad question
    # What the line's events say, whatever their order: reduced anew with each of them.
    Column("caller_answered_machine", Instant),
    Column("rang_machine", Instant),
    Column("answered_by_customer_machine", Instant),
    Column("ended_machine", Instant),
    Column("cause", Text),
    Column("digits", Text),
    one_of("state", LineCallState),
    CheckConstraint(f"({_OPEN_CALL}) = (settled_at IS NULL)", name="settled_has_time"),
    UniqueConstraint("line", "provider_id"),
    # The last line of defence: an attempt, a phone and a caller's own phone ring once at a time.
    Index(
        "uq_line_call_open_attempt",
        "attempt_id",
        unique=True,
        sqlite_where=text(_OPEN_CALL),
        postgresql_where=text(_OPEN_CALL),
    ),
    Index(
        "uq_line_call_open_phone",
        "phone_key",
        unique=True,
        sqlite_where=text(_OPEN_CALL),
        postgresql_where=text(_OPEN_CALL),
    ),
    Index(
        "uq_line_call_open_caller",
        "caller_id",
        "line",
        unique=True,
        sqlite_where=text(_OPEN_CALL),
        postgresql_where=text(_OPEN_CALL),
    ),
    Index(None, "attempt_id"),
    Index(None, "line", "submitted_machine"),
)

recording = Table(
    "recording",
    METADATA,
    # R-SMP-12: where a line keeps the sound of a call; it is fetched when somebody listens.
    Column("id", Integer, primary_key=True),
    Column("attempt_id", Text, ForeignKey("attempt.id"), nullable=False),
    Column("line", Text, nullable=False),
    Column("reference", Text, nullable=False),
    Column("seconds", Integer),
    Column("known_at", Instant, nullable=False),
    UniqueConstraint("line", "reference"),
    Index(None, "attempt_id"),
)

line_event = Table(
    "line_event",
    METADATA,
    # What a line told us: each authentic event once, applied once, in whatever order (safety I14).
    Column("id", Integer, primary_key=True),
    Column("line", Text, nullable=False),
    Column("key", Text, nullable=False),  # the line's own name of the event
    Column("line_call_id", Text, ForeignKey("line_call.id")),
    Column("sms_id", Text, ForeignKey("sms.id")),
    Column("provider_id", Text),
    Column("what", Text, nullable=False),
    Column("at_machine", Instant),  # by the line's clock
    Column("said", Text, nullable=False),  # JSON: what it says, without telephone numbers
    Column("received_at", Instant, nullable=False),
    Column("applied_at", Instant),
    Column("verdict", Text),  # applied, late, foreign
    UniqueConstraint("line", "key"),
    Index(None, "line_call_id"),
    Index(None, "sms_id"),
    Index(
        "ix_line_event_waiting",
        "id",
        sqlite_where=text("applied_at IS NULL"),
        postgresql_where=text("applied_at IS NULL"),
    ),
)

line_step = Table(
    "line_step",
    METADATA,
    # Append-only: each change of state of a line's call or of an SMS, numbered without a gap.
    Column("id", Integer, primary_key=True),
    Column("subject", Text, nullable=False),  # call:<id> or sms:<id>
    Column("number", Integer, nullable=False),
    Column("state", Text, nullable=False),
    Column("at", Instant, nullable=False),
    Column("cause", Text, nullable=False),
    UniqueConstraint("subject", "number"),
)

blast = Table(
    "blast",
    METADATA,
    # R-MSG-2: one text to a campaign's unreached customers.
    Column("id", Integer, primary_key=True),
    Column("campaign_id", Integer, ForeignKey("campaign.id"), nullable=False),
    Column("kind", Text, nullable=False),
    # Of every campaign of the kind; else of the one alone.
    Column("covers_kind", Boolean, nullable=False),
    Column("include_uncalled", Boolean, nullable=False),
    Column("line", Text, nullable=False),
    Column("script_id", Text, nullable=False),
    Column("script_version", Integer, nullable=False),
    Column("state", Text, nullable=False),
    Column("per_minute", Integer, nullable=False),
    Column("segment_fen", Integer, nullable=False),
    Column("policy_version", Integer, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("created_by", Text, nullable=False),
    Column("approved_at", Instant),
    Column("approved_by", Text),
    Column("started_at", Instant),
    Column("ended_at", Instant),
    Column("pause_reason", Text),
    one_of("state", BlastState),
    one_of("kind", Kind),
)

blast_left_out = Table(
    "blast_left_out",
    METADATA,
    Column("blast_id", Integer, ForeignKey("blast.id"), primary_key=True),
    Column("customer_id", Integer, ForeignKey("customer.id"), primary_key=True),
    Column("rules", Text, nullable=False),  # ids, joined by a space
    Column("reason", Text, nullable=False),
)

sms = Table(
    "sms",
    METADATA,
    # One text to one number. The row is there before the request, and `sending` is committed before it.
    Column("id", Text, primary_key=True),  # UUIDv7
    # R-MSG-2: campaign, customer, template and occasion, hashed: nobody gets the same text twice.
    Column("dedupe_key", Text, nullable=False, unique=True),
    Column("blast_id", Integer, ForeignKey("blast.id")),
    Column("task_id", Integer, ForeignKey("task.id"), nullable=False),
    Column("campaign_id", Integer, ForeignKey("campaign.id"), nullable=False),
    Column("kind", Text, nullable=False),
    Column("customer_id", Integer, ForeignKey("customer.id"), nullable=False),
    Column("phone_id", Integer, ForeignKey("customer_phone.id"), nullable=False),
    Column("phone_key", Text, nullable=False),
    Column("line", Text, nullable=False),
    Column("occasion", Text, nullable=False),
    Column("script_id", Text, nullable=False),
    Column("script_version", Integer, nullable=False),
    Column("wording", Text, nullable=False),
    Column("text_hash", Text, nullable=False),
    Column("segments", Integer, nullable=False),
    Column("state", Text, nullable=False),
    Column("token_hash", Text, nullable=False, unique=True),
    Column("provider_id", Text),
    Column("created_at", Instant, nullable=False),
    Column("not_before", Instant, nullable=False),
    Column("expires_at", Instant),  # R-DUN-3: not at or after it
    Column("at", Instant),  # the instant that counts: of sending (R-HOURS-5, R-REPEAT-3)
    Column("sent_machine", Instant),  # the same by the machine's clock, as the line's times go
    Column("ended_at", Instant),
    Column("rule", Text),  # why it was withdrawn
    Column("error_code", Text),
    Column("reason", Text),
    Column("checks", Integer, nullable=False, default=0, server_default="0"),
    Column("next_check_machine", Instant),
    # R-HOURS-6: what it was sent under; history is judged by these.
    Column("policy_version", Integer),
    Column("calendar_version", Integer),
    Column("day_kind", Text),
    Column("region", Text),
    one_of("state", SmsState),
    UniqueConstraint("line", "provider_id"),
    Index(
        "ix_sms_to_do",
        "not_before",
        sqlite_where=text(_SMS_TO_SEND),
        postgresql_where=text(_SMS_TO_SEND),
    ),
    Index(None, "blast_id", "state"),
    Index(None, "customer_id", "at"),
    Index(None, "phone_key", "at"),
    Index(None, "task_id"),
    Index(None, "line", "sent_machine"),
)

sms_reply = Table(
    "sms_reply",
    METADATA,
    # What customers wrote back. Whoever it is from is found by the keyed hash of the number.
    Column("id", Integer, primary_key=True),
    Column("line", Text, nullable=False),
    Column("key", Text, nullable=False),
    Column("phone_key", Text, nullable=False),
    Column("phone_masked", Text, nullable=False),
    Column("wording", Text, nullable=False),
    Column("at", Instant, nullable=False),
    Column("is_opt_out", Boolean, nullable=False),
    Column("entered_by", Text),  # by hand; NULL: the line brought it
    UniqueConstraint("line", "key"),
    Index(None, "phone_key"),
)
