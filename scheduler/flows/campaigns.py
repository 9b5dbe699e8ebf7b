"""Starting, pausing and stopping a campaign, or everything; who calls for which (R-CLAIM-1)."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType

from sqlalchemy import Connection

from adapters.store.queries import audit, tasks
from adapters.store.queries import campaigns as queries
from adapters.store.queries import people as people_queries
from campaigns.errors import ConflictError, NotFoundError, UsageError
from campaigns.values import CampaignState, Kind, Person, Role, TaskState
from scheduler.flows.refresh import refresh_tasks, withdraw
from scheduler.runtime import Runtime

REASON_MAX_CHARS = 200
NAME_MAX_CHARS = 40
_RULE = "R-CLAIM-1"


@dataclass(frozen=True, slots=True)
class CampaignListed:
    """One campaign: since when, by whom and why it stands as it does, and its open tasks by state.

    `since`, `by` and `reason` are None while nobody has changed its state.
    """

    id: int
    kind: Kind
    name: str
    state: CampaignState
    since: datetime | None
    by: str | None
    reason: str | None
    open_tasks: Mapping[TaskState, int]

    @property
    def open_count(self) -> int:
        """All open tasks."""
        return sum(self.open_tasks.values())


@dataclass(frozen=True, slots=True)
class Pause:
    """Everything is paused: since when, by whom, why."""

    since: datetime
    by: str
    reason: str


@dataclass(frozen=True, slots=True)
class Campaigns:
    """All campaigns, and the pause of everything if there is one."""

    campaigns: tuple[CampaignListed, ...]
    pause: Pause | None


@dataclass(frozen=True, slots=True)
class Changed:
    """What a change did: hand-outs taken off the screens, waiting tasks judged anew."""

    withdrawn: int = 0
    judged: int = 0


def campaigns(runtime: Runtime) -> Campaigns:
    """Every campaign as it stands."""
    with runtime.snapshot() as connection:
        rows = queries.listed(connection)
        counts = queries.open_counts(connection)
        pause = queries.pause_of_shop(connection)
    return Campaigns(
        tuple(
            CampaignListed(
                id=row.id,
                kind=Kind(row.kind),
                name=row.name,
                state=CampaignState(row.state),
                since=row.state_since,
                by=row.state_by,
                reason=row.state_reason,
                open_tasks=MappingProxyType(
                    {
                        state: counts[row.id, state]
                        for state in TaskState
                        if (row.id, state) in counts
                    }
                ),
            )
            for row in rows
        ),
        None if pause is None else Pause(pause.paused_at, pause.paused_by, pause.paused_reason),
    )


_HANDING_OUT = frozenset({CampaignState.RUNNING, CampaignState.PAUSED})
"""States that only an approved campaign comes to."""

_WORDS: Mapping[CampaignState, str] = {
    CampaignState.RUNNING: "campaign.started",
    CampaignState.PAUSED: "campaign.paused",
    CampaignState.STOPPED: "campaign.stopped",
}


def change_state(
    runtime: Runtime, campaign_id: int, state: CampaignState, reason: str, now: datetime, who: str
) -> Changed:
    """R-CLAIM-1. Start, pause or stop one campaign; a campaign that stands so already is left alone.

    Paused or stopped: what is on a screen and not dialled goes back, a dialled call goes on. Stopped:
    not planned either. Started again: what was held back is judged anew.

    Raises NotFoundError, UsageError without a reason for pausing or stopping, and ConflictError for
    pausing a stopped campaign.
    """
    reason = _checked_reason(reason, is_needed=state is not CampaignState.RUNNING)
    with runtime.transaction() as connection:
        row = queries.get(connection, campaign_id)
        if row is None:
            raise NotFoundError(f"没有这个活动：{campaign_id}", field="campaign")
        before = CampaignState(row.state)
        if before is state:
            return Changed()
        if row.created_by is not None and row.approved_at is None and state in _HANDING_OUT:
            raise ConflictError("活动还没有批准，批准以后自动启动", rules=(_RULE,))
        if before is CampaignState.STOPPED and state is CampaignState.PAUSED:
            raise ConflictError("活动已停止，要先启动才能暂停", rules=(_RULE,))
        queries.change(
            connection,
            campaign_id,
            state=state,
            state_since=now,
            state_by=who,
            state_reason=reason or None,
        )
        audit.record(
            connection,
            now,
            who,
            _WORDS[state],
            f"campaign:{campaign_id}",
            before={"state": before},
            after={"state": state},
        )
        if state is CampaignState.RUNNING:
            return Changed(judged=_judge_held_back(connection, runtime, now, campaign_id, who))
        return Changed(withdrawn=_take_back(connection, runtime, now, campaign_id, who))


def pause_all(runtime: Runtime, reason: str, now: datetime, who: str) -> Changed:
    """R-CLAIM-1. No campaign hands out a call from now on; dialled calls go on.

    Raises UsageError without a reason. While everything is paused already nothing changes.
    """
    reason = _checked_reason(reason, is_needed=True)
    with runtime.transaction() as connection:
        queries.lock_shop(connection)
        if queries.pause_of_shop(connection) is not None:
            return Changed()
        queries.set_pause_of_shop(connection, now, who, reason)
        audit.record(connection, now, who, "shop.paused", "shop:1")
        return Changed(withdrawn=_take_back(connection, runtime, now, None, who))


def resume_all(runtime: Runtime, now: datetime, who: str) -> Changed:
    """R-CLAIM-1. Calls are handed out again, but of campaigns that are paused or stopped themselves."""
    with runtime.transaction() as connection:
        queries.lock_shop(connection)
        if queries.pause_of_shop(connection) is None:
            return Changed()
        queries.set_pause_of_shop(connection, None, None, None)
        audit.record(connection, now, who, "shop.resumed", "shop:1")
        return Changed(judged=_judge_held_back(connection, runtime, now, None, who))


def rename(runtime: Runtime, campaign_id: int, name: str, now: datetime, who: str) -> None:
    """Give a campaign another name. Raises NotFoundError, UsageError, ConflictError when it is taken."""
    name = " ".join(name.split())
    if not name or len(name) > NAME_MAX_CHARS or not name.isprintable():
        raise UsageError(f"名称要有 1 到 {NAME_MAX_CHARS} 个字", field="name")
    with runtime.transaction() as connection:
        row = queries.get(connection, campaign_id)
        if row is None:
            raise NotFoundError(f"没有这个活动：{campaign_id}", field="campaign")
        if queries.is_named(connection, name, campaign_id):
            raise ConflictError(f"已经有活动叫 {name}", rules=())
        if row.name == name:
            return
        queries.change(connection, campaign_id, name=name)
        audit.record(
            connection,
            now,
            who,
            "campaign.renamed",
            f"campaign:{campaign_id}",
            before={"name": row.name},
            after={"name": name},
        )


@dataclass(frozen=True, slots=True)
class CallerListed:
    """Somebody who may call, and for which campaigns; none named: for all."""

    person: Person
    is_active: bool
    campaign_ids: tuple[int, ...]


def callers(runtime: Runtime) -> tuple[CallerListed, ...]:
    """Everybody who may call, active people first, by name."""
    with runtime.snapshot() as connection:
        given = queries.of_people(connection)
        return tuple(
            CallerListed(row.person, row.is_active, tuple(given.get(row.person.id, ())))
            for row in people_queries.everybody(connection)
            if row.person.role is not Role.ADMIN
        )


def give_campaigns(
    runtime: Runtime, person_id: int, campaign_ids: Collection[int], now: datetime, who: str
) -> None:
    """Say which campaigns somebody calls for; none named: for all.

    A call on the screen stays theirs. Raises NotFoundError for an unknown person or campaign.
    """
    wanted = sorted(set(campaign_ids))
    with runtime.transaction() as connection:
        queries.lock_shop(connection)  # a campaign's page writes the same rows
        row = people_queries.person_by_id(connection, person_id)
        if row is None or row.person.role is Role.ADMIN:
            raise NotFoundError("没有这个坐席", field="person")
        known = {one.id for one in queries.listed(connection)}
        if not known.issuperset(wanted):
            raise NotFoundError("没有这个活动", field="campaign")
        wanted = [] if known == set(wanted) else wanted
        before = queries.of_people(connection).get(person_id, [])
        if before == wanted:
            return
        queries.give(connection, person_id, wanted)
        audit.record(
            connection,
            now,
            who,
            "person.campaigns_set",
            f"person:{person_id}",
            before={"campaigns": before},
            after={"campaigns": wanted},
        )


def _take_back(
    connection: Connection, runtime: Runtime, now: datetime, campaign_id: int | None, who: str
) -> int:
    """Withdraw what is on a screen and not dialled. The tasks are locked first, as a dial does."""
    found = {row.task_id for row in queries.undialled(connection, campaign_id)}
    tasks.lock(connection, sorted(found))
    held = [row for row in queries.undialled(connection, campaign_id) if row.task_id in found]
    for row in held:
        withdraw(connection, row.id, now, _RULE, who)
    refresh_tasks(connection, runtime, now, [row.task_id for row in held], who)
    return len(held)


def _judge_held_back(
    connection: Connection, runtime: Runtime, now: datetime, campaign_id: int | None, who: str
) -> int:
    """Judge the tasks anew that have no due time: the pause may have been what stood against one."""
    found = queries.undated(connection, campaign_id)
    refresh_tasks(connection, runtime, now, found, who)
    return len(found)


def _checked_reason(typed: str, *, is_needed: bool) -> str:
    reason = " ".join(typed.split())
    if len(reason) > REASON_MAX_CHARS or (is_needed and not reason):
        raise UsageError(f"请写明原因（{REASON_MAX_CHARS} 字以内）", field="reason")
    return reason
