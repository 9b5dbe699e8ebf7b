"""The month's draw, repeated from what is stored: R-SMP-1, R-SMP-2, and who drew and approved it."""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta

from sqlalchemy import Connection, select

from adapters.store.models.shop import person
from scheduler.verify.background import Background
from scheduler.verify.days import closing_of_month, first_call_of_month, local_day, midnight
from scheduler.verify.frames import Drawn, Member, Place, draws, noted, places
from scheduler.verify.report import Finding, shown

SCORED_AT_LEAST = 50
DRAWN_AT_LEAST = 60
"""R-SMP-2. What we hold ourselves to, and the smallest draw where there are so many."""

_PREPARES = frozenset({"leader", "supervisor"})
_APPROVES = frozenset({"supervisor"})


def check_draws(connection: Connection, background: Background) -> Iterator[Finding]:
    """R-SMP-1, R-SMP-2. The stored frame, seed and number give the stored ranks and reserves."""
    for drawn in draws(connection, background):
        row = drawn.row
        for rule, wrong in (*_wrong_size(drawn), *_wrong_order(drawn), *_wrong_quotas(drawn)):
            yield Finding(rule, f"{row.month} 的抽样 {row.id} {wrong}", None, row.drawn_at)


def _wrong_size(drawn: Drawn) -> Iterator[tuple[str, str]]:
    row, members = drawn.row, drawn.members
    if len(members) != row.frame_size or _frame_hash(members) != row.frame_hash:
        yield "R-SMP-1", "的总体与记下的人数或校验值不符"
    wanted = max(DRAWN_AT_LEAST, -(-SCORED_AT_LEAST * 1000 // max(row.scored_share, 1)))
    if row.wanted != wanted:
        yield "R-SMP-2", f"要抽 {row.wanted} 位，按评分率应是 {wanted} 位"
    primaries = sum(not m.is_reserve for m in members)
    if primaries != min(row.wanted, len(members)):
        yield "R-SMP-2", f"抽中 {primaries} 位，应是 {min(row.wanted, len(members))} 位"


def _wrong_order(drawn: Drawn) -> Iterator[tuple[str, str]]:
    """Within each stratum whoever is drawn comes first by hash; so does the whole list by rank."""
    by_hash = sorted(drawn.members, key=lambda m: _lot(drawn.row.seed, m.customer_id))
    ranked = sorted(by_hash, key=lambda m: m.is_reserve)
    if [m.id for m in ranked] != [m.id for m in sorted(drawn.members, key=lambda m: m.rank)]:
        yield "R-SMP-1", "的名次与种子重抽的不一样"
    elif [m.rank for m in ranked] != list(range(1, len(ranked) + 1)):
        yield "R-SMP-1", "的名次有空缺"
    for place, of_place in _by_place(by_hash).items():
        if [m.is_reserve for m in of_place] != sorted(m.is_reserve for m in of_place):
            yield "R-SMP-1", f"的 {'/'.join(place)} 层里抽中的不是种子排在前面的"


def _wrong_quotas(drawn: Drawn) -> Iterator[tuple[str, str]]:
    """R-SMP-1. Each stratum in proportion, rounded up or down; no handler left out for another."""
    total = len(drawn.members)
    primaries = sum(not m.is_reserve for m in drawn.members)
    taken: Counter[str] = Counter()
    spare: list[str] = []  # handlers of strata that were rounded up
    for place, of_place in _by_place(drawn.members).items():
        seats = sum(not m.is_reserve for m in of_place)
        exact, rest = divmod(primaries * len(of_place), total)
        if not exact <= seats <= exact + (rest > 0):
            what = f"的 {'/'.join(place)} 层抽中 {seats} 位，按比例应是 {exact} 位上下"
            yield "R-SMP-1", what
        taken[place[1]] += seats
        spare += [place[1]] * (seats > exact)
    for handler in sorted(taken):
        could = any(not other or taken[other] > 1 for other in spare if other != handler)
        if handler and not taken[handler] and could:
            yield "R-SMP-1", f"里没有处理人“{handler}”的客户，别人却多占了名额"


def _by_place(members: Iterable[Member]) -> dict[Place, list[Member]]:
    found: dict[Place, list[Member]] = defaultdict(list)
    for m in members:
        found[m.place].append(m)
    return found


def _lot(seed: int, customer_id: int) -> tuple[str, int]:
    return hashlib.sha256(f"{seed}:{customer_id}".encode()).hexdigest(), customer_id


def _frame_hash(members: Iterable[Member]) -> str:
    return _hash_of(sorted(f"{m.customer_id}|{m.source}|{m.handler}" for m in members))


def _list_hash(members: Iterable[Member]) -> str:
    return _hash_of(
        f"{m.rank}|{m.customer_id}|{m.source}/{m.handler}|{m.is_reserve:d}"
        for m in sorted(members, key=lambda m: m.rank)
    )


def _hash_of(lines: Iterable[str]) -> str:
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def check_frames(connection: Connection, background: Background) -> Iterator[Finding]:
    """R-SMP-1. The frame is who was in the month's registers, each once, in the list they belong to."""
    for drawn in draws(connection, background):
        after = local_day(closing_of_month(drawn.first_day)) + timedelta(days=1)
        known = noted(connection, drawn, after)
        members = {m.customer_id: m for m in drawn.members}
        wrong: list[str] = []
        for customer_id, m in members.items():
            possible = places(known[customer_id]) if customer_id in known else set()
            if possible is not None and not possible:
                wrong.append(f"里的客户 {customer_id} 当时不在本月的任何登记表里")
            elif possible is not None and m.place not in possible:
                wrong.append(f"里的客户 {customer_id} 归入了 {'/'.join(m.place)}，与登记表不符")
        for customer_id, rows in known.items():
            is_there = customer_id in members or customer_id in drawn.left_out
            if not is_there and any(row.is_sure for row in rows):
                wrong.append(f"漏掉了登记表里的客户 {customer_id}，也没有说明为什么")
        wrong += [f"里的客户 {c} 又被列为不可抽" for c in drawn.left_out if c in members]
        for what in wrong:
            text = f"{drawn.row.month} 的抽样 {drawn.row.id} {what}"
            yield Finding("R-SMP-1", text, None, drawn.row.drawn_at)


def check_approvals(connection: Connection, background: Background) -> Iterator[Finding]:
    """R-SMP-3. Submitted by a leader, approved by another person, in the month itself, and frozen."""
    rows = connection.execute(select(person.c.name, person.c.role))
    roles = dict(rows.tuples().all())
    for drawn in draws(connection, background):
        for wrong, at in _wrong_approval(drawn, roles):
            text = f"{drawn.row.month} 的抽样 {drawn.row.id} {wrong}"
            yield Finding("R-SMP-3", text, None, at)


def _wrong_approval(drawn: Drawn, roles: dict[str, str]) -> Iterator[tuple[str, datetime]]:
    row, submitted_at, approved_at = drawn.row, drawn.submitted_at, drawn.approved_at
    closes = closing_of_month(drawn.first_day)
    if roles.get(row.drawn_by) == "caller":
        yield f"由坐席 {row.drawn_by} 抽取", row.drawn_at
    if not midnight(drawn.first_day) <= row.drawn_at < closes:
        yield "不是在当月截止之前抽取的", row.drawn_at
    if submitted_at is not None:
        if roles.get(row.submitted_by) not in _PREPARES:
            yield f"由 {row.submitted_by} 提交，不是组长", submitted_at
        if submitted_at < row.drawn_at:
            yield "先提交后抽取", submitted_at
    if approved_at is None:
        return
    if roles.get(row.approved_by) not in _APPROVES:
        yield f"由 {row.approved_by} 批准，不是主管", approved_at
    if submitted_at is None or approved_at < submitted_at or row.approved_by == row.submitted_by:
        yield "没有先由另一个人提交就批准了", approved_at
    if approved_at >= closes:
        yield "在截止之后才批准", approved_at
    if row.list_hash != _list_hash(drawn.members):
        yield "的名单与批准时的校验值不符", approved_at


def late_plans(connection: Connection, background: Background) -> Iterator[Finding]:
    """R-SMP-3. Submitted after the 27th, or not approved when calls could have opened."""
    for drawn in draws(connection, background):
        limit = first_call_of_month(drawn.first_day) + timedelta(days=1)
        for done_at, what in ((drawn.submitted_at, "提交"), (drawn.approved_at, "批准")):
            is_late = done_at is None or done_at >= limit
            if drawn.row.state != "replaced" and is_late and background.is_over(limit):
                text = f"{drawn.row.month} 的名单到 {shown(limit)} 还没有{what}"
                yield Finding("R-SMP-3", text, None, limit)
