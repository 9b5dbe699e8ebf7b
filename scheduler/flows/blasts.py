"""Mass messages: drafted, approved by another person, sent, paused, stopped (R-MSG-2)."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row

from adapters.store.queries import audit, blasts, texts
from campaigns.errors import ConflictError, NotFoundError, NotReadyError, RefusedError
from campaigns.facts import TaskFacts
from campaigns.labels_zh import BLAST_STATE_LABELS, LINE_LABELS
from campaigns.values import BlastState, Kind, LineName, Person, Role
from scheduler.flows.blast_choice import (
    FIRST,
    Choice,
    NewBlast,
    Part,
    Preview,
    checked,
    choose_recipients,
    line_for,
    preview,
    shown,
)
from scheduler.flows.line_choice import picker
from scheduler.flows.line_report import has_carrier
from scheduler.flows.messages import Origin
from scheduler.flows.texts import Draft, expiry_of, store_texts
from scheduler.rules.hours import next_open
from scheduler.runtime import Runtime
from scripts_zh.library import standard_library

REASON_MAX_CHARS = 200
_RULE = "R-MSG-2"


def new(runtime: Runtime, wanted: NewBlast, now: datetime, who: str) -> Preview:
    """R-MSG-2. Keep a draft: whom it is for is decided anew at the approval.

    Raises UsageError for a kind or a template that has no such text, NotFoundError for an unknown
    campaign. Without a line that sends SMS the draft is kept with a warning: it cannot be approved yet.
    """
    with runtime.snapshot() as connection:  # choosing takes a while, and must hold nobody up
        campaign, script_id = checked(connection, wanted)
        choice = choose_recipients(connection, runtime, wanted, script_id, now)
        made = shown(connection, runtime, campaign, script_id, choice, now)
        uncalled = 0
        if not wanted.include_uncalled:
            uncalled = blasts.uncalled_count(connection, wanted.kind, wanted.campaign_id)
        policy = runtime.law(connection).policy_for(campaign.id)
    with runtime.transaction() as connection:
        blast_id = blasts.add(
            connection,
            campaign_id=campaign.id,
            covers_kind=wanted.campaign_id is None,
            include_uncalled=wanted.include_uncalled,
            kind=wanted.kind,
            line=made.line or LineName.MANUAL,
            script_id=script_id,
            script_version=standard_library().script(script_id).version,
            per_minute=policy.sms_per_minute,
            segment_fen=policy.sms_segment_fen,
            policy_version=policy.version,
            created_at=now,
            created_by=who,
        )
        blasts.keep_left_out(connection, blast_id, choice.stored)
        after = {"kind": wanted.kind, "campaign": campaign.id, "to": made.to}
        audit.record(connection, now, who, "blast.draft", f"blast:{blast_id}", after=after)
    warning = _without_line(runtime, made.line)
    return replace(made, blast_id=blast_id, uncalled=uncalled, warning=warning)


def _without_line(runtime: Runtime, line: LineName | None) -> str | None:
    """What is to be done before a draft can be approved; None where its line is there."""
    if line in runtime.lines.sms:
        return None
    if line in (None, LineName.TWILIO) and has_carrier(runtime):
        return "培训店铺的短信线路由 waihu serve 打开，请在网页上批准和发送"
    if line is None:
        return "还没有短信线路：在 活动 → 线路 选一条，或设 WAIHU_TWILIO_… / WAIHU_ALIYUN_…"
    return f"没有可用的短信线路（选的是{LINE_LABELS[line]}），请先设置线路"


def draft_preview(runtime: Runtime, blast_id: int, now: datetime, part: Part = FIRST) -> Preview:
    """R-MSG-2. What a draft would come to as things stand now. Raises NotFoundError."""
    with runtime.snapshot() as connection:
        row = _seen(connection, blast_id)
    return preview(runtime, _wanted(row), now, part)


def approve(runtime: Runtime, blast_id: int, now: datetime, person: Person) -> int:
    """R-MSG-2. A supervisor who did not make it lets it go; the list is made now. Returns how many.

    Raises RefusedError for anybody else, NotReadyError while no line sends SMS, ConflictError for
    one that is no draft any more or has nobody to go to.
    """
    with runtime.snapshot() as connection:
        row = _seen(connection, blast_id)
        _check_approver(row, person)
        if row.state == BlastState.APPROVED and row.approved_by == person.name:
            return texts.queued_count(connection, blast_id)  # a double click
        line = line_for(connection, runtime, Kind(row.kind), row.campaign_id)
        if line is None or line not in runtime.lines.sms:
            named = "" if line is None else f"（选的是{LINE_LABELS[line]}）"
            raise NotReadyError(f"没有可用的短信线路{named}，请先设置线路")
        _check_state(row, BlastState.DRAFT)
        choice = choose_recipients(connection, runtime, _wanted(row), row.script_id, now)
    if not choice.chosen:
        raise ConflictError("现在没有可以发送的客户", rules=(_RULE,))
    with runtime.transaction() as connection:
        row = _locked(connection, blast_id)
        _check_state(row, BlastState.DRAFT)
        values = {"approved_at": now, "approved_by": person.name, "line": line}
        blasts.change(connection, blast_id, BlastState.APPROVED, now, person.name, **values)
        stored = _queue_all(connection, runtime, row, line, choice, Origin(None, person.name, now))
        blasts.keep_left_out(connection, blast_id, choice.stored)
    return stored


def _check_approver(row: Row[Any], person: Person) -> None:
    if person.role not in (Role.SUPERVISOR, Role.ADMIN):
        raise RefusedError("群发短信要由主管批准", rules=(_RULE,))
    if row.created_by == person.name:
        raise RefusedError("自己做的群发要由别人批准", rules=(_RULE,))


def _wanted(row: Row[Any]) -> NewBlast:
    campaign = None if row.covers_kind else row.campaign_id
    return NewBlast(Kind(row.kind), campaign, row.script_id, bool(row.include_uncalled))


def _queue_all(
    connection: Connection,
    runtime: Runtime,
    row: Row[Any],
    line: LineName,
    choice: Choice,
    origin: Origin,
) -> int:
    """Queue a text for each, over the line that serves its number, else over the message's own.

    Whom another mass message was faster for is not queued again.
    """
    law = runtime.law(connection)
    pick = picker(connection, "sms")
    numbers = texts.sealed_numbers(connection, [one.customer_id for one in choice.chosen])
    drafts: list[tuple[TaskFacts, Draft]] = []
    for one in choice.chosen:
        task, phone = one.text.case.task, one.text.phone
        assert phone is not None, "the gate asks for one"
        own = law.of(task.campaign_id)
        chosen = pick(task.kind, task.campaign_id, runtime.vault.open(numbers[phone.id]))
        draft = Draft(
            chosen if chosen is not None and chosen in runtime.lines.sms else line,
            phone,
            one.text.occasion,
            row.script_id,
            one.wording,
            next_open(origin.now, task.customer.region, own.policy, own.calendar),
            expiry_of(law, task, one.text.occasion),
            row.id,
        )
        drafts.append((task, draft))
    return len(store_texts(connection, runtime, drafts, origin))


def _seen(connection: Connection, blast_id: int) -> Row[Any]:
    row = blasts.seen(connection, blast_id)
    if row is None:
        raise NotFoundError(f"没有这次群发：{blast_id}", field="blast")
    return row


def _locked(connection: Connection, blast_id: int) -> Row[Any]:
    row = blasts.row(connection, blast_id)
    if row is None:
        raise NotFoundError(f"没有这次群发：{blast_id}", field="blast")
    return row


def _check_state(row: Row[Any], *wanted: BlastState) -> None:
    if row.state not in wanted:
        said = BLAST_STATE_LABELS[BlastState(row.state)]
        raise ConflictError(f"这次群发{said}，不能这样做", rules=(_RULE,))


def start(runtime: Runtime, blast_id: int, now: datetime, who: str) -> None:
    """R-MSG-2. Send from now on, in the windows and at the rate; pressed twice it goes on.

    Raises ConflictError for one that was not approved, is paused, or has ended.
    """
    with runtime.transaction() as connection:
        row = _locked(connection, blast_id)
        if row.state in (BlastState.SENDING, BlastState.DONE):
            return
        if row.state == BlastState.DRAFT:
            raise RefusedError("还没有批准，不能发送", rules=(_RULE,))
        _check_state(row, BlastState.APPROVED)
        blasts.change(connection, blast_id, BlastState.SENDING, now, who, started_at=now)


def waits_for_window(runtime: Runtime, blast_id: int, next_at: datetime | None) -> bool:
    """R-HOURS-5. Whether what waits for this instant waits for a window to open then."""
    if next_at is None:
        return False
    with runtime.snapshot() as connection:
        law = runtime.law(connection).of(_seen(connection, blast_id).campaign_id)
    before = next_at - timedelta(seconds=1)
    return any(
        next_open(before, region, law.policy, law.calendar) == next_at
        for region in (None, *law.policy.region_shifts)
    )


def pause(runtime: Runtime, blast_id: int, reason: str, now: datetime, who: str) -> None:
    """R-MSG-2. Nothing more goes out until it is resumed; what the line has is gone."""
    with runtime.transaction() as connection:
        row = _locked(connection, blast_id)
        if row.state == BlastState.PAUSED:
            return
        _check_state(row, BlastState.SENDING)
        why = reason.strip()[:REASON_MAX_CHARS] or "人工暂停"
        blasts.pause(connection, blast_id, why, now, who)


def resume(runtime: Runtime, blast_id: int, now: datetime, who: str) -> None:
    """R-MSG-2. A paused one goes on."""
    with runtime.transaction() as connection:
        row = _locked(connection, blast_id)
        if row.state == BlastState.SENDING:
            return
        _check_state(row, BlastState.PAUSED)
        blasts.change(connection, blast_id, BlastState.SENDING, now, who, pause_reason=None)


def stop(runtime: Runtime, blast_id: int, now: datetime, who: str, reason: str = "") -> int:
    """R-MSG-2. Take back what was not sent, for good; returns how many texts that is.

    A draft that is stopped is turned down: `reason` tells its maker why.
    """
    with runtime.transaction() as connection:
        row = _locked(connection, blast_id)
        if row.state == BlastState.STOPPED:
            return 0
        ended: dict[str, object] = {"ended_at": now}
        ended["pause_reason"] = reason.strip()[:REASON_MAX_CHARS] or None
        if not blasts.change(connection, blast_id, BlastState.STOPPED, now, who, **ended):
            _check_state(row, BlastState.SENDING)
        queued = texts.queued_of_blast(connection, blast_id)
        return texts.withdraw(connection, queued, now, _RULE)
