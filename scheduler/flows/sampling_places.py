"""Who steps in for a sampled customer that is lost (R-SMP-2)."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row

from adapters.store.queries import audit, samples
from adapters.store.queries import planning as queries
from adapters.store.queries.facts import load_customers
from campaigns.days import business_day
from campaigns.kinds.sampling import closes_at, month_of
from scheduler.flows.sampling_tasks import CalledIn, against, call_in
from scheduler.runtime import Law, Runtime


def replace_lost(connection: Connection, runtime: Runtime, now: datetime, who: str) -> int:
    """R-SMP-2. Call a reserve in for every lost member of the current month's sample; returns how many.

    Lost is who ended unscored or whose third attempt failed, as long as nobody stepped in for them
    and their stratum has reserves. Doing it twice changes nothing; of two at once, one waits for the
    other at the sample's row. After the month's close nobody steps in any more. Call it last in a
    transaction: whoever holds the sample's row must not wait for tasks.
    """
    today = business_day(now)
    if now >= closes_at(today):
        return 0
    sample_id = samples.approved_id(connection, month_of(today))
    if sample_id is None or not samples.lost(connection, sample_id):
        return 0
    sample = samples.get(connection, sample_id, to_change=True)
    law = runtime.law(connection).of(sample.campaign_id)
    return sum(
        step_in(connection, law, sample, member, now, who)
        for member in samples.lost(connection, sample_id)
    )


def step_in(
    connection: Connection, law: Law, sample: Row[Any], gone: Row[Any], now: datetime, who: str
) -> bool:
    """R-SMP-2. Call in the next reserve of the stratum by rank that the gate still allows.

    The others are passed over for good, with the rule. False when none is left.
    """
    has_task = queries.open_tasks(connection, sample.campaign_id)
    while (reserve := samples.next_reserve(connection, gone)) is not None:
        customer = load_customers(connection, [reserve.customer_id], now)[reserve.customer_id]
        stands = against(law, sample.campaign_id, customer, now)
        rule = stands[0].rule if stands else None
        if rule is None and reserve.customer_id in has_task:
            rule = "R-REPEAT-2"
        if rule is None:
            call_in(connection, law, sample, [CalledIn(reserve, gone.id)], now, who)
            return True
        pass_over(connection, reserve, rule, now, who)
    return False


def pass_over(connection: Connection, member: Row[Any], rule: str, now: datetime, who: str) -> None:
    """Note by which rule a member is not called though it was their turn."""
    samples.pass_over(connection, member.id, rule)
    audit.record(
        connection,
        now,
        who,
        "sample.passed_over",
        f"sample:{member.sample_id}",
        after={"member": member.id, "rule": rule},
    )
