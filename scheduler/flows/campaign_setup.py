"""Setting up a campaign of the shop's own: a draft, what it is to be, a second person's yes."""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row

from adapters.store.queries import audit
from adapters.store.queries import campaigns as queries
from adapters.store.queries import orders as order_queries
from adapters.store.queries import shop as shop_queries
from campaigns.control import PERCENT_MOST
from campaigns.errors import ConflictError, NotFoundError, RefusedError, UsageError
from campaigns.own_numbers import checked as checked_numbers
from campaigns.own_numbers import composed, may_differ, overrides_of
from campaigns.policy import Policy
from campaigns.population import EVERYBODY, Population, from_stored, stored
from campaigns.population import checked as checked_population
from campaigns.values import CampaignState, Kind, Person, Role
from scheduler.flows import campaign_people as people
from scheduler.flows import offers as offer_flow
from scheduler.flows.campaigns import NAME_MAX_CHARS, REASON_MAX_CHARS
from scheduler.flows.offers import NewOffer
from scheduler.flows.refresh import refresh_tasks
from scheduler.runtime import Runtime

OWN_KINDS = (Kind.DUNNING, Kind.CALLBACK, Kind.STOCK_OUT)
"""Kinds of which a shop may add campaigns; the sampling has its month (R-SMP-3)."""

OFFERS_SHOWN = 5

LEADING = frozenset({Role.LEADER, Role.SUPERVISOR})
SEEDS_BELOW = 2**53
"""Small enough for every reader of the trail, also one that has only floating point numbers."""

_RULE = "R-CLAIM-1"
_WORDS: Mapping[CampaignState, str] = {
    CampaignState.SUBMITTED: "campaign.submitted",
    CampaignState.RUNNING: "campaign.approved",
    CampaignState.DRAFT: "campaign.sent_back",
}
_CHANGEABLE = frozenset(CampaignState) - {CampaignState.SUBMITTED}


@dataclass(frozen=True, slots=True)
class Setup:
    """What a leader sets of a campaign. `numbers` are only those that differ from the shop's.

    `callers` are the ids of who is to call for it: none is everybody, None leaves it as it is. `offer`
    is one more offer (R-DUN-6); those that were entered stay.
    """

    name: str
    population: Population = EVERYBODY
    numbers: Mapping[str, object] = field(default_factory=dict)
    control_percent: int = 0
    callers: tuple[int, ...] | None = None
    offer: NewOffer | None = None


@dataclass(frozen=True, slots=True)
class CampaignSeen:
    """A campaign as it is set up, and where it stands.

    `population` is None for a standing one. `policy` is what its tasks are judged by, `shop` what the
    shop has. `callers` are the active people who call for it, of all the active `people`. `offers` are
    those that it has, the newest first.
    """

    id: int
    kind: Kind
    state: CampaignState
    setup: Setup
    is_standing: bool
    policy: Policy
    shop: Policy
    created_by: str | None
    submitted_at: datetime | None
    submitted_by: str | None
    approved_at: datetime | None
    approved_by: str | None
    reason: str | None
    callers: tuple[Person, ...]
    people: tuple[Person, ...]
    offers: tuple[NewOffer, ...]

    @property
    def is_changeable(self) -> bool:
        """What waits for approval stays as it was submitted."""
        return self.state in _CHANGEABLE


def add(runtime: Runtime, kind: Kind, name: str, now: datetime, who: str) -> int:
    """A new draft; it plans and hands out nothing. Raises UsageError, ConflictError for a taken name."""
    with runtime.transaction() as connection:
        return _add(connection, kind, Setup(name), None, now, who)


def _add(
    connection: Connection,
    kind: Kind,
    setup: Setup,
    cloned: int | None,
    now: datetime,
    who: str,
) -> int:
    if kind not in OWN_KINDS:
        raise UsageError("抽查按月进行，不能另设活动", field="kind")
    name = _checked_name(connection, setup.name, 0)
    campaign_id = queries.add(
        connection,
        kind=kind,
        name=name,
        started_at=now,
        state=CampaignState.DRAFT,
        population=stored(setup.population),
        created_by=who,
        numbers=json.dumps(dict(setup.numbers)) if setup.numbers else None,
        control_percent=setup.control_percent,
        control_seed=secrets.randbelow(SEEDS_BELOW) if setup.control_percent else 0,
    )
    after = {"kind": kind, "name": name, "cloned": cloned}
    audit.record(connection, now, who, "campaign.added", f"campaign:{campaign_id}", after=after)
    return campaign_id


def seen(runtime: Runtime, campaign_id: int) -> CampaignSeen:
    """One campaign with everything that is set of it. Raises NotFoundError."""
    with runtime.snapshot() as connection:
        row = _existing(queries.seen(connection, campaign_id), campaign_id)
        law = runtime.law(connection)
        return CampaignSeen(
            id=row.id,
            kind=Kind(row.kind),
            state=CampaignState(row.state),
            setup=setup_of(row),
            is_standing=row.created_by is None,
            policy=law.policy_for(campaign_id),
            shop=law.policy,
            created_by=row.created_by,
            submitted_at=row.submitted_at,
            submitted_by=row.submitted_by,
            approved_at=row.approved_at,
            approved_by=row.approved_by,
            reason=row.state_reason,
            callers=people.callers_of(connection, campaign_id),
            people=tuple(people.callers(connection)),
            offers=_offers(connection, campaign_id),
        )


def _offers(connection: Connection, campaign_id: int) -> tuple[NewOffer, ...]:
    rows = order_queries.offers(connection, campaign_id, OFFERS_SHOWN)
    return tuple(NewOffer(row.wording, row.first_day, row.last_day) for row in rows)


def setup_of(row: Row[Any]) -> Setup:
    """What a campaign's row says of how it is set up."""
    numbers = json.loads(row.numbers) if row.numbers else {}
    return Setup(row.name, from_stored(row.population), numbers, row.control_percent)


def checked(setup: Setup, kind: Kind, shop: Policy, *, is_standing: bool) -> Setup:
    """Give a setup back in good order. Raises UsageError naming the field."""
    population = checked_population(setup.population)
    if is_standing and not population.is_everybody:
        raise UsageError("常设活动管其余全部订单，不能设条件", field="population")
    if not 0 <= setup.control_percent <= PERCENT_MOST:
        raise UsageError(f"对照组比例是 0 到 {PERCENT_MOST} 的整数", field="control_percent")
    if setup.control_percent and kind is not Kind.DUNNING:
        raise UsageError("只有催款活动可以留对照组（R-DUN-9）", field="control_percent")
    if not may_differ(kind) and setup.numbers:
        raise UsageError("这种活动没有自己的数", field="numbers")
    if setup.offer is not None and kind is not Kind.DUNNING:
        raise UsageError("只有催款活动念优惠（R-DUN-6）", field="offer")
    numbers = checked_numbers(kind, setup.numbers, shop)
    offer = None if setup.offer is None else offer_flow.checked(setup.offer)
    return replace(setup, population=population, numbers=numbers, offer=offer)


def save(runtime: Runtime, campaign_id: int, setup: Setup, now: datetime, who: str) -> None:
    """Store a setup. Numbers make a new version (R-HOURS-6), open tasks are judged anew by them.

    The population binds later plans only: an order that has a task stays where it is. A changed control
    share binds days that are not planned yet (R-DUN-9). Raises UsageError, and ConflictError while the
    campaign waits for approval.
    """
    with runtime.transaction() as connection:
        queries.lock_shop(connection)  # its numbers lie below these
        row = _existing(queries.get(connection, campaign_id), campaign_id)
        if CampaignState(row.state) not in _CHANGEABLE:
            raise ConflictError("活动正在等待批准，要先退回才能修改", rules=(_RULE,))
        law, before = runtime.law(connection), setup_of(row)
        wanted = checked(setup, Kind(row.kind), law.policy, is_standing=row.created_by is None)
        name = _checked_name(connection, wanted.name, campaign_id)
        values: dict[str, object] = {}
        changes: dict[str, tuple[object, object]] = {}
        if name != row.name:
            values["name"], changes["name"] = name, (row.name, name)
        if row.created_by is not None and wanted.population != before.population:
            values["population"] = stored(wanted.population)
            changes["population"] = (row.population, values["population"])
        if wanted.control_percent != before.control_percent:
            values["control_percent"] = wanted.control_percent
            changes["control_percent"] = (before.control_percent, wanted.control_percent)
            if not row.control_seed:
                values["control_seed"] = secrets.randbelow(SEEDS_BELOW - 1) + 1
                changes["control_seed"] = (None, values["control_seed"])
        has_new_numbers = dict(wanted.numbers) != dict(before.numbers)
        if has_new_numbers:
            values["numbers"] = json.dumps(dict(wanted.numbers), ensure_ascii=False)
            changes["numbers"] = (dict(before.numbers), dict(wanted.numbers))
        if wanted.callers is not None:
            people.choose(connection, campaign_id, wanted.callers, now, who)
        if wanted.offer is not None:
            offer_flow.enter(connection, campaign_id, wanted.offer, now, who)
        if not changes:
            return
        queries.change(connection, campaign_id, **values)
        if has_new_numbers:
            policy = composed(wanted.numbers, law.policy, 0)
            overrides = overrides_of(policy)
            shop_queries.add_policy_version(connection, now, overrides, who, campaign_id)
        audit.record(
            connection,
            now,
            who,
            "campaign.changed",
            f"campaign:{campaign_id}",
            before={field: before for field, (before, _) in changes.items()},
            after={field: after for field, (_, after) in changes.items()},
        )
        if has_new_numbers:
            found = queries.open_of(connection, campaign_id)
            refresh_tasks(connection, runtime, now, found, who)


def submit(runtime: Runtime, campaign_id: int, now: datetime, person: Person) -> None:
    """A draft is ready to be looked at by somebody else. Raises UsageError where it asks nothing."""
    with runtime.transaction() as connection:
        row = _existing(queries.get(connection, campaign_id), campaign_id)
        _require(person)
        if row.state != CampaignState.DRAFT:
            raise ConflictError("只有草稿可以提交", rules=(_RULE,))
        if from_stored(row.population).is_everybody:
            raise UsageError("请至少写一个条件；没有条件的订单归常设活动", field="population")
        _move(connection, row, CampaignState.SUBMITTED, now, who=person.name)


def approve(runtime: Runtime, campaign_id: int, now: datetime, person: Person) -> None:
    """Somebody else says yes: the campaign runs, from the next plan and the next open window on.

    Raises RefusedError for whoever made or submitted it and whoever is no supervisor, ConflictError when it does
    not wait for approval (any more).
    """
    with runtime.transaction() as connection:
        row = _existing(queries.get(connection, campaign_id), campaign_id)
        if person.role is not Role.SUPERVISOR:
            raise RefusedError("活动由主管批准", rules=(_RULE,))
        if row.state != CampaignState.SUBMITTED:
            raise ConflictError("活动没有在等待批准", rules=(_RULE,))
        if person.name in (row.submitted_by, row.created_by):
            raise RefusedError("要由另一个人批准，不能批准自己的活动", rules=(_RULE,))
        _move(connection, row, CampaignState.RUNNING, now, who=person.name)


def send_back(
    runtime: Runtime, campaign_id: int, reason: str, now: datetime, person: Person
) -> None:
    """What was submitted is a draft again, with a reason; its author may take it back too."""
    reason = " ".join(reason.split())
    if not reason or len(reason) > REASON_MAX_CHARS:
        raise UsageError(f"请写明原因（{REASON_MAX_CHARS} 字以内）", field="reason")
    with runtime.transaction() as connection:
        row = _existing(queries.get(connection, campaign_id), campaign_id)
        _require(person)
        if row.state != CampaignState.SUBMITTED:
            raise ConflictError("活动没有在等待批准", rules=(_RULE,))
        _move(connection, row, CampaignState.DRAFT, now, who=person.name, reason=reason)


def _move(
    connection: Connection,
    row: Row[Any],
    state: CampaignState,
    now: datetime,
    *,
    who: str,
    reason: str | None = None,
) -> None:
    values: dict[str, object] = {"state_reason": reason}
    if state is CampaignState.SUBMITTED:
        values |= {"submitted_at": now, "submitted_by": who}
    elif state is CampaignState.RUNNING:
        values |= {"approved_at": now, "approved_by": who, "started_at": now}
    queries.change(connection, row.id, state=state, state_since=now, state_by=who, **values)
    audit.record(
        connection,
        now,
        who,
        _WORDS[state],
        f"campaign:{row.id}",
        before={"state": row.state},
        after={"state": state},
    )


def clone(runtime: Runtime, campaign_id: int, now: datetime, who: str, *, day: date) -> int:
    """A new draft like this campaign; its days of placing are moved to the month of `day`.

    A range that began so many days into its month begins as many into the new one; its length stays.
    The newest offer moves likewise, and who calls for the campaign calls for the new one.
    """
    with runtime.transaction() as connection:
        queries.lock_shop(connection)  # its numbers lie below these
        row = _existing(queries.seen(connection, campaign_id), campaign_id)
        setup = setup_of(row)
        population = setup.population
        first = population.placed_from or population.placed_to
        if first is not None:
            population = population.moved_by(_into_month(first, day) - first)
        name = _free_name(connection, f"{row.name} {day:%m}月")
        made = Setup(name, population, setup.numbers, setup.control_percent)
        new = _add(connection, Kind(row.kind), made, campaign_id, now, who)
        if setup.numbers:
            policy = composed(setup.numbers, runtime.law(connection).policy, 0)
            overrides = overrides_of(policy)
            shop_queries.add_policy_version(connection, now, overrides, who, new)
        for offer in _offers(connection, campaign_id)[:1]:
            first = _into_month(offer.first_day, day)
            last = first + (offer.last_day - offer.first_day)
            moved = NewOffer(offer.wording, first, last)
            offer_flow.enter(connection, new, moved, now, who)
        callers = [person.id for person in people.callers_of(connection, campaign_id)]
        people.choose(connection, new, callers, now, who)
        return new


def _into_month(day: date, month: date) -> date:
    last = (month.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)
    return last.replace(day=min(day.day, last.day))


def _free_name(connection: Connection, name: str) -> str:
    tried, number = name[:NAME_MAX_CHARS], 2
    while queries.is_named(connection, tried, 0):
        tried = f"{name[: NAME_MAX_CHARS - 4]} {number}"
        number += 1
    return tried


def _checked_name(connection: Connection, typed: str, campaign_id: int) -> str:
    name = " ".join(typed.split())
    if not name or len(name) > NAME_MAX_CHARS or not name.isprintable():
        raise UsageError(f"名称要有 1 到 {NAME_MAX_CHARS} 个字", field="name")
    if queries.is_named(connection, name, campaign_id):
        raise ConflictError(f"已经有活动叫 {name}", rules=())
    return name


def _require(person: Person) -> None:
    if person.role not in LEADING:
        raise RefusedError("只有组长和主管可以提交和退回活动", rules=(_RULE,))


def _existing(row: Row[Any] | None, campaign_id: int) -> Row[Any]:
    if row is None:
        raise NotFoundError(f"没有这个活动：{campaign_id}", field="campaign")
    return row
