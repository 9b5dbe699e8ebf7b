"""Whom each kind calls about what on a day of calling: R-DUN-1, R-CB-2, R-OOS-1."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cache
from math import inf
from typing import Any

from sqlalchemy import Connection, Row

from adapters.store.queries import orders, stock
from adapters.store.queries import planning as queries
from adapters.store.queries.facts import CHUNK, order_facts
from adapters.store.queries.planning import Campaign
from campaigns.days import business_day, day_bounds, midnight_of
from campaigns.facts import ShortageFacts
from campaigns.kinds import callback, dunning, stock_out
from campaigns.population import Ordered, Partition, from_stored
from campaigns.values import Ending, Kind, Topic
from scheduler.rules.hours import next_open
from scheduler.runtime import Law

REOPENING = frozenset({Ending.OVERTAKEN, Ending.LAPSED})
"""After these an order may be called about anew: nothing was said, and the situation changed."""


@dataclass(frozen=True, slots=True)
class Question:
    """For which campaign and which day of calling the population is asked, and when."""

    campaign: Campaign
    day: date
    now: datetime
    law: Law
    partition: Partition


@dataclass(frozen=True, slots=True)
class Candidate:
    """One order of the population: what it is called about, and the newest task that had it."""

    row: Row[Any]
    topic: Topic = Topic.NONE
    shortages: tuple[ShortageFacts, ...] = ()
    is_news: bool = False
    """An article ran out that no task of this order was about; the others were settled."""

    @property
    def is_free(self) -> bool:
        """No task has it, or nothing of it was talked about yet, as things stand now."""
        if self.row.task_id is None:
            return True
        return self.row.ending is not None and (
            self.is_news or Ending(self.row.ending) in REOPENING
        )


def population(connection: Connection, question: Question) -> list[Candidate]:
    """Every order that this day's calls of the campaign may be about.

    R-REPEAT-2. Of the kind's orders those that belong to this campaign and to no other.
    """
    own = question.campaign.id
    return [one for one, owner, _ in _owned(connection, question) if owner == own]


def staying_elsewhere(connection: Connection, question: Question) -> int:
    """R-REPEAT-2. Orders that fit this campaign, and stay in another that has a task of them."""
    own = question.campaign.id
    return sum(owner != own == fitting for _, owner, fitting in _owned(connection, question))


def _owned(
    connection: Connection, question: Question
) -> Iterator[tuple[Candidate, int | None, int | None]]:
    """Each order of the kind's population with its campaign, and the one whose conditions it fits."""
    found = _OF_KIND[Kind(question.campaign.kind)](connection, question)
    return _each_with_owner(connection, question.partition, found)


def owners_of(connection: Connection, kind: Kind, order_nos: Iterable[str]) -> dict[str, int]:
    """R-REPEAT-2. The campaign of the kind that plans each of these orders, as campaigns are now."""
    partition = partition_of(queries.campaigns(connection, kind), kind)
    found = [Candidate(row) for row in queries.with_numbers(connection, kind, order_nos)]
    owned = _each_with_owner(connection, partition, found)
    return {one.row.order_no: owner for one, owner, _ in owned if owner is not None}


def _each_with_owner(
    connection: Connection, partition: Partition, found: list[Candidate]
) -> Iterator[tuple[Candidate, int | None, int | None]]:
    titles = _titles(connection, found) if partition.asks_goods else {}
    vips = queries.vips(connection) if partition.asks_vip else set()
    for one in found:
        fitting = partition.owner(
            Ordered(
                one.row.region,
                one.row.total_fen,
                titles.get(one.row.order_no, ()),
                business_day(one.row.placed_at),
                one.row.customer_id in vips,
            )
        )
        yield one, one.row.held_by or fitting, fitting


def partition_of(campaigns: Iterable[Campaign], kind: str) -> Partition:
    """R-REPEAT-2. Which of the campaigns that are planned now an order of this kind belongs to."""
    alike = sorted((one for one in campaigns if one.kind == kind), key=_age)
    added = [(one.id, from_stored(one.population)) for one in alike if one.population is not None]
    standing = next((one.id for one in alike if one.population is None), None)
    return Partition(added[::-1], standing)


def _age(one: Campaign) -> tuple[float, int]:
    """The newest last; one that is only tried out would be the newest of all."""
    return (inf if one.approved_at is None else one.approved_at.timestamp(), one.id)


def _titles(connection: Connection, found: list[Candidate]) -> dict[str, tuple[str, ...]]:
    titles: dict[str, tuple[str, ...]] = {}
    for start in range(0, len(found), CHUNK):
        part = found[start : start + CHUNK]
        items = orders.items_of(connection, [one.row.order_no for one in part])
        for one in part:
            listed = (item.title for item in items.get(one.row.order_no, ()))
            titles[one.row.order_no] = (*filter(None, [one.row.title]), *listed)
    return titles


def _unpaid(connection: Connection, question: Question) -> list[Candidate]:
    """R-DUN-1. Yesterday's unpaid orders, and those of earlier days that nobody planned."""
    day, policy = question.day, question.law.policy
    back = int(policy.marketplace_closes / timedelta(days=1)) + 1
    earliest = day - timedelta(days=1 + back)
    planned = queries.planned_days(connection, question.campaign, earliest, day)
    _, end = day_bounds(day - timedelta(days=1))
    kind = question.campaign.kind
    rows = queries.unpaid_placed(connection, kind, day_bounds(earliest)[0], end)
    ahead = business_day(next_open(question.now, None, policy, question.law.calendar))
    kept = []
    for row in rows:
        called_on = business_day(row.placed_at) + timedelta(days=1)
        closes = dunning.closes_at(order_facts(row), policy)
        # A day that can still be called on is not missed: it gets a plan of its own.
        made_up = called_on not in planned and called_on < ahead and closes > question.now
        if dunning.is_placed_for(row.placed_at, day) or made_up:
            kept.append(Candidate(row))
    return kept


def _parcels(connection: Connection, question: Question) -> list[Candidate]:
    """R-CB-2. Signed for some days ago, or on the way since some days."""
    policy, kind = question.law.policy, question.campaign.kind
    signed = _days_before(question.day, policy.signed_from_days, policy.signed_to_days)
    shipped = _days_before(question.day, policy.unsigned_from_days, policy.unsigned_to_days)
    rows = [
        *queries.shipped_between(connection, kind, *shipped),
        *queries.signed_between(connection, kind, *signed),
    ]
    found = (
        Candidate(row, callback.topic_of(order_facts(row), question.day, policy)) for row in rows
    )
    return [candidate for candidate in found if candidate.topic is not Topic.NONE]


def _days_before(day: date, least: int, most: int) -> tuple[datetime, datetime]:
    """The instants that lie between so many calendar days before a day."""
    return midnight_of(day - timedelta(days=most)), midnight_of(day - timedelta(days=least - 1))


def _waiting(connection: Connection, question: Question) -> list[Candidate]:
    """R-OOS-1. Paid orders with an article on the list of what is out of stock."""
    found = matches(connection)
    if not found:
        return []
    rows = queries.paid_unshipped(connection, question.campaign.kind)
    rows = [row for row in rows if row.order_no in found]
    settled = [row.id for row in rows if row.ending and Ending(row.ending) not in REOPENING]
    told = stock.told_of(connection, settled)
    candidates = []
    for row in rows:
        news = tuple(s for s in found[row.order_no] if s.id not in told.get(row.id, ()))
        is_news = row.id in told and bool(news)
        candidates.append(
            Candidate(row, shortages=news or tuple(found[row.order_no]), is_news=is_news)
        )
    return candidates


def matches(connection: Connection) -> dict[str, list[ShortageFacts]]:
    """R-OOS-1. What is missing of each paid order, by order number."""
    missing = stock.missing(connection)
    if not missing:
        return {}

    @cache
    def about(title: str, sku: str | None) -> tuple[ShortageFacts, ...]:
        return tuple(
            ShortageFacts(row.id, row.name, row.expected_on)
            for row in missing
            if stock_out.is_about(row.name, row.code, title, sku)
        )

    items = stock.items_of_paid(connection)
    found: dict[str, list[ShortageFacts]] = {}
    for order_no, title in stock.titles_of_paid(connection):
        parts = items.get(order_no) or ([(title, None)] if title else [])
        lacking = dict.fromkeys(short for part in parts for short in about(*part))
        if lacking:
            found[order_no] = list(lacking)
    return found


_OF_KIND: Mapping[Kind, Callable[[Connection, Question], list[Candidate]]] = {
    Kind.DUNNING: _unpaid,
    Kind.CALLBACK: _parcels,
    Kind.STOCK_OUT: _waiting,
}
