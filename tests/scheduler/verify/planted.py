"""Rows of a lived sampling month that somebody changed afterwards, each with what is then found."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from sqlalchemy import Connection, Row, Table, delete, func, insert, select, update

from adapters.store.models.calls import attempt, todo
from adapters.store.models.campaigns import batch, task
from adapters.store.models.sampling import (
    register_entry,
    sample,
    sample_member,
)
from tests.factories import at

Change = Callable[[Connection], None]
PLANTED: dict[str, tuple[str, str, Change]] = {}
"""By name: the rule that is found broken, words of the finding, and the change."""


def planted(rule: str, words: str) -> Callable[[Change], Change]:
    def keep(change: Change) -> Change:
        PLANTED[change.__name__] = (rule, words, change)
        return change

    return keep


def first(connection: Connection, table: Table, *conditions: Any, by: Any = None) -> Row[Any]:
    query = select(table).where(*conditions).order_by(*([] if by is None else [by]))
    found = connection.execute(query).first()
    assert found is not None, "the month has such a row"
    return found


def change(connection: Connection, table: Table, row: Row[Any], **values: Any) -> None:
    key = next(iter(table.primary_key.columns))
    done = connection.execute(update(table).where(key == row[0]).values(**values))
    assert done.rowcount == 1


def approved(connection: Connection) -> Row[Any]:
    return first(connection, sample, sample.c.state == "approved")


def members(connection: Connection, *conditions: Any) -> list[Row[Any]]:
    query = select(sample_member).where(
        sample_member.c.sample_id == approved(connection).id, *conditions
    )
    return list(connection.execute(query.order_by(sample_member.c.rank)).all())


def waiting(connection: Connection) -> list[Row[Any]]:
    return members(connection, sample_member.c.is_reserve, sample_member.c.called_in_at.is_(None))


def stepped_in(connection: Connection) -> list[Row[Any]]:
    return members(connection, sample_member.c.replaces.is_not(None))


def closed(connection: Connection, ending: str) -> Row[Any]:
    return first(connection, task, task.c.kind == "sampling", task.c.ending == ending)


def call(connection: Connection, outcome: str, **of: Any) -> Row[Any]:
    wanted = [attempt.c[name] == value for name, value in of.items()]
    return first(connection, attempt, attempt.c.outcome == outcome, *wanted, by=attempt.c.at)


def move_call(connection: Connection, row: Row[Any], when: str) -> None:
    moved = {"handed_out_at": at(when), "at": at(when), "dialled_at": at(when)}
    late = {"lease_until": at(when) + timedelta(minutes=15)}
    change(connection, attempt, row, **moved, **late)


def waited_for(connection: Connection) -> Row[Any]:
    """The task of somebody who did not answer the message in time."""
    failed = select(func.count()).where(
        attempt.c.task_id == task.c.id,
        attempt.c.outcome.in_(("no_answer", "switched_off", "line_busy", "rejected")),
    )
    return first(connection, task, task.c.ending == "unreachable", failed.scalar_subquery() > 2)


# --- the draw ------------------------------------------------------------------------------------


@planted("R-SMP-1", "名次与种子重抽的不一样")
def two_reserves_change_places(connection: Connection) -> None:
    one, *_, two = waiting(connection)
    change(connection, sample_member, one, rank=9_999)
    change(connection, sample_member, two, rank=one.rank)
    change(connection, sample_member, one, rank=two.rank)


@planted("R-SMP-1", "抽中的不是种子排在前面的")
def another_seed(connection: Connection) -> None:
    change(connection, sample, approved(connection), seed=8)


@planted("R-SMP-1", "总体与记下的人数或校验值不符")
def another_frame_hash(connection: Connection) -> None:
    change(connection, sample, approved(connection), frame_hash="0" * 64)


@planted("R-SMP-1", "归入了 vip/李四，与登记表不符")
def another_handler(connection: Connection) -> None:
    (row, *_) = members(connection, sample_member.c.source == "vip", sample_member.c.handler == "")
    change(connection, sample_member, row, handler="李四")


@planted("R-SMP-1", "不在本月的任何登记表里")
def a_member_of_no_register(connection: Connection) -> None:
    (row, *_) = waiting(connection)
    gone = delete(register_entry).where(register_entry.c.customer_id == row.customer_id)
    connection.execute(gone)


@planted("R-SMP-1", "漏掉了登记表里的客户")
def somebody_is_missing(connection: Connection) -> None:
    row = waiting(connection)[-1]
    connection.execute(delete(sample_member).where(sample_member.c.id == row.id))


@planted("R-SMP-1", "按比例应是")
def one_stratum_gets_more(connection: Connection) -> None:
    parcels, vips = sample_member.c.source == "parcels", sample_member.c.source == "vip"
    for row in members(connection, parcels, sample_member.c.is_reserve)[:2]:
        change(connection, sample_member, row, is_reserve=False)
    for row in members(connection, vips, sample_member.c.is_reserve.is_(False))[:2]:
        change(connection, sample_member, row, is_reserve=True)


@planted("R-SMP-2", "按评分率应是 60 位")
def another_number(connection: Connection) -> None:
    change(connection, sample, approved(connection), wanted=61)


@planted("R-SMP-2", "抽中 61 位")
def one_more_drawn(connection: Connection) -> None:
    change(connection, sample_member, waiting(connection)[0], is_reserve=False)


# --- submitted and approved ----------------------------------------------------------------------


@planted("R-SMP-3", "由坐席 谷雨 抽取")
def drawn_by_a_caller(connection: Connection) -> None:
    change(connection, sample, approved(connection), drawn_by="谷雨")


@planted("R-SMP-3", "由 谷雨 提交，不是组长")
def submitted_by_a_caller(connection: Connection) -> None:
    change(connection, sample, approved(connection), submitted_by="谷雨")


@planted("R-SMP-3", "由 谷雨 批准，不是主管")
def approved_by_a_caller(connection: Connection) -> None:
    change(connection, sample, approved(connection), approved_by="谷雨")


@planted("R-SMP-3", "没有先由另一个人提交就批准了")
def approved_before_it_was_submitted(connection: Connection) -> None:
    change(connection, sample, approved(connection), submitted_at=at("05-26 12:00"))


@planted("R-SMP-3", "与批准时的校验值不符")
def another_list_hash(connection: Connection) -> None:
    change(connection, sample, approved(connection), list_hash="0" * 64)


@planted("R-SMP-3", "在名单批准之前就要拨打")
def approved_later_than_called_in(connection: Connection) -> None:
    change(connection, sample, approved(connection), approved_at=at("05-26 11:01"))


@planted("R-SMP-3", "不是在当月截止之前抽取的")
def drawn_in_april(connection: Connection) -> None:
    change(connection, sample, approved(connection), drawn_at=at("04-30 10:00"))


# --- who is called, and who steps in -------------------------------------------------------------


@planted("R-SMP-2", "不属于名单上的任何人")
def a_task_without_a_member(connection: Connection) -> None:
    change(connection, sample_member, stepped_in(connection)[0], task_id=None)


@planted("R-SMP-3", "位却没有任务")
def somebody_drawn_has_no_task(connection: Connection) -> None:
    row = members(connection, sample_member.c.is_reserve.is_(False))[0]
    change(connection, sample_member, row, task_id=None, called_in_at=None)


@planted("R-SMP-2", "可那位当时还没有落空")
def stepped_in_for_somebody_who_scored(connection: Connection) -> None:
    row = stepped_in(connection)[0]
    of_task = task.c.id == sample_member.c.task_id
    query = (
        select(sample_member.c.id)
        .join(task, of_task)
        .where(
            task.c.ending == "scored",
            sample_member.c.source == row.source,
            sample_member.c.handler == row.handler,
            sample_member.c.id.not_in([one.replaces for one in stepped_in(connection)]),
        )
    )
    other = connection.execute(query.where(sample_member.c.id != row.id)).scalars().first()
    change(connection, sample_member, row, replaces=other)


@planted("R-SMP-2", "没有替补同一层的人")
def stepped_in_for_another_stratum(connection: Connection) -> None:
    row = stepped_in(connection)[0]
    others = members(connection, sample_member.c.source != row.source)
    taken = {one.replaces for one in stepped_in(connection)}
    change(connection, sample_member, row, replaces=next(o.id for o in others if o.id not in taken))


@planted("R-SMP-2", "同一层还有备选却没有人替补")
def nobody_steps_in(connection: Connection) -> None:
    empty = {"task_id": None, "called_in_at": None, "replaces": None}
    change(connection, sample_member, stepped_in(connection)[0], **empty)


@planted("R-SMP-2", "越过了排在前面的备选")
def a_reserve_is_jumped_over(connection: Connection) -> None:
    by_stratum: dict[tuple[str, str], list[Row[Any]]] = {}
    for row in stepped_in(connection):
        by_stratum.setdefault((row.source, row.handler), []).append(row)
    one = next(rows[0] for rows in by_stratum.values() if len(rows) > 1)
    change(connection, sample_member, one, task_id=None, called_in_at=None, replaces=None)


@planted("R-SMP-2", "已被跳过，却又要拨打")
def passed_over_and_called(connection: Connection) -> None:
    change(connection, sample_member, stepped_in(connection)[0], passed_over_rule="R-DNC-2")


@planted("R-REPEAT-1", "被抽查了两次")
def called_in_twice_in_one_month(connection: Connection) -> None:
    old = first(connection, sample, sample.c.state == "replaced")
    again = members(connection, sample_member.c.called_in_at.is_not(None))[0]
    row = first(
        connection,
        sample_member,
        sample_member.c.sample_id == old.id,
        sample_member.c.customer_id == again.customer_id,
    )
    change(connection, sample_member, row, called_in_at=at("05-26 11:00"))


def copies(connection: Connection, row: Row[Any], *times: str) -> None:
    """The same call again at other times."""
    kept = {c.name: getattr(row, c.name) for c in attempt.c}
    for number, when in enumerate(times):
        moved = dict.fromkeys(("at", "handed_out_at", "dialled_at", "outcome_at"), at(when))
        ended = {"ended_at": at(when), "lease_until": at(when), "id": f"copy-{number}"}
        connection.execute(insert(attempt).values(**kept | moved | ended))


@planted("R-REPEAT-1", "90 天内已回访到 2 次，又被回访")
def surveyed_a_third_time(connection: Connection) -> None:
    copies(connection, call(connection, "scored"), "05-05 10:00", "05-06 14:00")


@planted("R-REPEAT-4", "第 5 次拨打，预算是 4 次")
def called_a_fifth_time(connection: Connection) -> None:
    row = waited_for(connection)
    one = first(connection, attempt, attempt.c.task_id == row.id, by=attempt.c.at)
    copies(connection, one, "05-27 09:01", "05-27 13:01", "05-28 09:01", "05-28 13:01")


# --- the month's clock ---------------------------------------------------------------------------


@planted("R-SMP-3", "不在抽查期内（")
def called_on_the_26th(connection: Connection) -> None:
    move_call(connection, call(connection, "scored"), "05-26 14:00")


@planted("R-SMP-3", "在 2025-05-31 20:00:00 拨打")
def called_at_the_close(connection: Connection) -> None:
    move_call(connection, call(connection, "scored"), "05-31 20:00")


@planted("R-SMP-3", "截止，任务")
def still_open_in_june(connection: Connection) -> None:
    row = closed(connection, "unfinished")
    change(connection, task, row, state="waiting", closed_at=None, ending=None)


@planted("R-SMP-3", "抽查还没有截止")
def unfinished_before_the_close(connection: Connection) -> None:
    change(connection, task, closed(connection, "unfinished"), closed_at=at("05-31 19:00"))


@planted("R-SMP-3", "的任务排在 2025-05-26")
def planned_for_the_26th(connection: Connection) -> None:
    campaign_id = approved(connection).campaign_id
    row = first(connection, batch, batch.c.campaign_id == campaign_id, by=batch.c.business_day)
    change(connection, batch, row, business_day=row.business_day - timedelta(days=1))


@planted("R-SMP-3", "在抽查截止之后发出")
def a_message_after_the_close(connection: Connection) -> None:
    row = first(connection, todo, todo.c.done_at.is_not(None))
    change(connection, todo, row, done_at=at("06-03 10:00"))
