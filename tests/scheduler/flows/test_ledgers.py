"""The ledgers of a shop's history, as of any instant, on both databases."""

from __future__ import annotations

import io
import json
import random
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime, timedelta

import pytest
from sqlalchemy import Engine, select

from adapters.reports.csv_file import write_csv
from adapters.store.models.audit import audit
from campaigns.errors import UsageError
from campaigns.kinds.dunning_ledger import DetailRow
from campaigns.ledger import as_json_rows
from campaigns.values import SHOP_ZONE, AttemptState, Ending, OrderState
from scheduler.flows.ledgers import LEDGERS, dunning_detail, dunning_summary, record_export
from tests.scheduler.flows.ledger_rows import History, runtime_of

PLACED = datetime(2026, 3, 2, 20, 0, tzinfo=SHOP_ZONE)
CALLED = datetime(2026, 3, 3, 9, 30, tzinfo=SHOP_ZONE)
DAY = date(2026, 3, 3)
HOUR = timedelta(hours=1)
ONE_DAY = timedelta(days=1)


@contextmanager
def history(engine: Engine) -> Iterator[History]:
    with engine.begin() as connection:
        yield History(connection)


def details(
    engine: Engine, first: date = DAY, last: date = DAY, as_of: datetime | None = None
) -> list[DetailRow]:
    return list(dunning_detail(runtime_of(engine), first, last, as_of).rows)


def test_r_dun_7_a_called_and_paid_task(engine: Engine) -> None:
    with history(engine) as past:
        task_id = past.task(
            past.customer("山楂树下"), ending=Ending.PAID, closed_at=CALLED + 4 * HOUR
        )
        paid = past.order(task_id, PLACED, total_fen=12_000)
        past.order(task_id, PLACED + HOUR, total_fen=345)
        past.attempt(task_id, CALLED, owed_fen=12_345)
        past.attempt(task_id, CALLED + ONE_DAY, handler="阿青", owed_fen=345)
        past.seen(
            paid, OrderState.SHIPPED, CALLED + 4 * HOUR, paid_at=CALLED + 2 * HOUR, paid_fen=11_950
        )
    ledger = dunning_detail(runtime_of(engine), DAY, DAY, None)
    assert as_json_rows(ledger) == [
        {
            "催款日期": "2026-03-03",
            "处理人员": "小顾",
            "拍下日期": "2026-03-02",
            "用户ID": "山楂树下",
            "订单未付款额": "123.45",
            "联络结果": "等待付款",
            "是否付款": "是",
            "付款日期": "2026-03-03",
            "付款总额": "119.50",
        }
    ]
    assert ledger.total_cells == ("合计", None, None, None, 12_345, None, None, None, 11_950)


def test_r_dun_7_only_made_contacts_make_a_row(engine: Engine) -> None:
    with history(engine) as past:
        for state in AttemptState:
            task_id = past.task(past.customer(state.value))
            past.order(task_id, PLACED)
            past.attempt(task_id, CALLED, state=state, handler=f"坐席 {state}")
        late = past.task(past.customer("late"))
        past.order(late, PLACED)
        past.attempt(late, CALLED, state=AttemptState.SKIPPED)
        past.attempt(late, CALLED + ONE_DAY, handler="阿青")
    assert {row.buyer for row in details(engine)} == {"dialled", "closed"}
    (row,) = details(engine, DAY + ONE_DAY, DAY + ONE_DAY)
    assert (row.buyer, row.handler, row.dunned_on) == ("late", "阿青", DAY + ONE_DAY)


def test_r_dun_7_a_task_has_one_row_on_the_day_of_its_first_attempt(engine: Engine) -> None:
    with history(engine) as past:
        task_id = past.task(past.customer())
        past.order(task_id, PLACED)
        # Later ones by others, one at the same instant; the order of writing does not matter.
        past.attempt(task_id, CALLED + ONE_DAY, handler="阿青", owed_fen=3)
        past.attempt(task_id, CALLED, owed_fen=1)
        past.attempt(task_id, CALLED, handler="老陶", owed_fen=2)
    (row,) = details(engine, DAY - ONE_DAY, DAY + 2 * ONE_DAY)
    assert (row.dunned_on, row.handler, row.owed_fen) == (DAY, "小顾", 1)
    assert details(engine, DAY + ONE_DAY, DAY + ONE_DAY) == []


def test_r_dun_7_a_redial_is_no_attempt_of_its_own(engine: Engine) -> None:
    with history(engine) as past:
        task_id = past.task(past.customer())
        past.order(task_id, PLACED)
        before_midnight = datetime(2026, 3, 3, 23, 59, 59, tzinfo=SHOP_ZONE)
        first = past.attempt(task_id, before_midnight)
        past.attempt(task_id, before_midnight + timedelta(minutes=5), redial_of=first)
    assert len(details(engine)) == 1
    assert details(engine, DAY + ONE_DAY, DAY + ONE_DAY) == []


def test_r_dun_7_a_day_is_the_shops_day(engine: Engine) -> None:
    midnight = datetime(2026, 3, 3, tzinfo=SHOP_ZONE)
    with history(engine) as past:
        for offset in (-1, 0, 86_399, 86_400):
            task_id = past.task(past.customer(f"{offset}"))
            past.order(task_id, PLACED)
            past.attempt(task_id, midnight + timedelta(seconds=offset))
    assert [row.buyer for row in details(engine)] == ["0", "86399"]
    assert len(details(engine, DAY - ONE_DAY, DAY + ONE_DAY)) == 4


def test_r_dun_4_paid_before_the_call_is_in_neither_ledger(engine: Engine) -> None:
    with history(engine) as past:
        task_id = past.task(
            past.customer(), ending=Ending.PAID_UNCALLED, closed_at=CALLED + 2 * HOUR
        )
        order_id = past.order(task_id, PLACED)
        past.attempt(task_id, CALLED)
        past.seen(
            order_id,
            OrderState.PAID,
            CALLED + 2 * HOUR,
            paid_at=CALLED - timedelta(seconds=1),
            paid_fen=10_000,
        )
    assert details(engine) == []
    assert dunning_summary(runtime_of(engine), DAY, DAY, None).rows == ()
    # Before the import that told of it nobody could know.
    assert [row.buyer for row in details(engine, as_of=CALLED + HOUR)] != []


def test_r_dun_7_an_import_dated_before_an_earlier_one_still_adds_to_what_is_known(
    engine: Engine,
) -> None:
    """In a training shop `--at` may be any instant, so known_at need not grow."""
    with history(engine) as past:
        task_id = past.task(past.customer())
        order_id = past.order(task_id, PLACED)
        past.attempt(task_id, CALLED)
        past.seen(order_id, OrderState.AWAITING_PAYMENT, CALLED + HOUR, known_at=CALLED + 3 * HOUR)
        past.seen(
            order_id,
            OrderState.PAID,
            CALLED + HOUR,
            known_at=CALLED + 2 * HOUR,
            paid_at=CALLED,
            paid_fen=500,
        )
    (row,) = details(engine, as_of=CALLED + 4 * HOUR)
    assert row.paid_fen == 500
    assert details(engine) == [row]


def test_r_dun_7_as_of_an_instant_only_what_was_known_then_counts(engine: Engine) -> None:
    known_at = CALLED + 5 * HOUR
    with history(engine) as past:
        task_id = past.task(past.customer(), ending=Ending.CLOSED_BY_US, closed_at=CALLED + HOUR)
        order_id = past.order(task_id, PLACED)
        past.attempt(task_id, CALLED)
        past.seen(
            order_id,
            OrderState.PAID,
            CALLED + 3 * HOUR,
            known_at=known_at,
            paid_at=CALLED + 2 * HOUR,
            paid_fen=10_000,
        )
        # An older export that comes in late shows the order unpaid again: states move forward only.
        past.seen(
            order_id, OrderState.AWAITING_PAYMENT, CALLED - HOUR, known_at=known_at + 2 * HOUR
        )
    second = timedelta(seconds=1)
    assert details(engine, as_of=CALLED - second) == []
    results = [
        [row.cells()[5] for row in details(engine, as_of=as_of)]
        for as_of in (CALLED, CALLED + HOUR, known_at - second, known_at, known_at + ONE_DAY, None)
    ]
    assert results == [["等待付款"], ["关闭交易"], ["关闭交易"], ["已付款"], ["已付款"], ["已付款"]]


def test_r_dun_2_an_order_that_joined_later_counts_from_then_on(engine: Engine) -> None:
    with history(engine) as past:
        task_id = past.task(past.customer())
        past.order(task_id, PLACED)
        joined_at = CALLED + ONE_DAY
        later = past.order(task_id, CALLED + HOUR, joined_at=joined_at)
        past.attempt(task_id, CALLED)
        paid_at = CALLED + 2 * HOUR
        past.seen(later, OrderState.PAID, CALLED + 3 * HOUR, paid_at=paid_at, paid_fen=700)
    (before,) = details(engine, as_of=joined_at - HOUR)
    (after,) = details(engine, as_of=joined_at)
    assert (before.paid_fen, after.paid_fen) == (0, 700)
    assert details(engine) == [after]


def test_r_dun_8_summary_by_day_and_handler(engine: Engine) -> None:
    with history(engine) as past:
        for handler, owed, paid in (("小顾", 30_000, 0), ("小顾", 10_000, 10_000), ("阿青", 5, 0)):
            task_id = past.task(past.customer())
            order_id = past.order(task_id, PLACED)
            past.attempt(task_id, CALLED, handler=handler, owed_fen=owed)
            if paid:
                past.seen(order_id, OrderState.PAID, CALLED + HOUR, paid_at=CALLED, paid_fen=paid)
    ledger = dunning_summary(runtime_of(engine), DAY, DAY, None)
    assert [row.cells() for row in ledger.rows] == [
        (DAY, "小顾", 2, 1, 40_000, 10_000, 0.25),
        (DAY, "阿青", 1, 0, 5, 0, 0.0),
    ]
    assert ledger.total_cells[2:6] == (3, 1, 40_005, 10_000)


@pytest.mark.parametrize(
    ("first", "last"),
    [
        (date(2026, 3, 4), date(2026, 3, 3)),
        (date.min, DAY),
        (DAY, date.max),
    ],
)
def test_days_that_make_no_sense_are_refused(engine: Engine, first: date, last: date) -> None:
    with pytest.raises(UsageError):
        dunning_detail(runtime_of(engine), first, last, None)


def test_a_ledger_has_a_bound(engine: Engine) -> None:
    with history(engine) as past:
        for number in range(3):
            task_id = past.task(past.customer())
            past.order(task_id, PLACED)
            past.order(task_id, PLACED)
            past.attempt(task_id, CALLED + timedelta(minutes=number))
    runtime = runtime_of(engine)
    assert len(dunning_detail(runtime, DAY, DAY, None, max_rows=3).rows) == 3
    for ledger in (dunning_detail, dunning_summary):
        with pytest.raises(UsageError, match="超过 2 条"):
            ledger(runtime, DAY, DAY, None, max_rows=2)


def test_r_aud_1_an_export_leaves_a_line_in_the_trail(engine: Engine) -> None:
    with history(engine) as past:
        task_id = past.task(past.customer("山楂树下"))
        past.order(task_id, PLACED)
        past.attempt(task_id, CALLED)
    runtime = runtime_of(engine)
    for code, flow in LEDGERS.items():
        ledger = flow(runtime, DAY, DAY, None)
        write_csv(ledger, io.BytesIO())
        record_export(runtime, ledger, "csv", CALLED, "组长")
        with engine.connect() as connection:
            line = connection.execute(select(audit).order_by(audit.c.id.desc())).first()
        assert line is not None
        assert (line.who, line.what, line.subject) == ("组长", "ledger.exported", f"ledger:{code}")
        assert json.loads(line.after)["rows"] == (1 if code.startswith("dunning") else 0)
        assert "山楂树下" not in line.after


@pytest.mark.parametrize("seed", [20260303, 7])
def test_r_dun_8_totals_agree_in_a_random_history_at_every_instant(
    engine: Engine, seed: int
) -> None:
    chance = random.Random(seed)
    with history(engine) as past:
        for _ in range(60):
            _random_task(past, chance)
    runtime, first, last = runtime_of(engine), DAY, DAY + 6 * ONE_DAY
    end = CALLED + 30 * ONE_DAY
    assert (
        dunning_detail(runtime, first, last, None).rows
        == dunning_detail(runtime, first, last, end).rows
    )
    for as_of in (None, *(CALLED + chance.random() * 12 * ONE_DAY for _ in range(6))):
        detail = dunning_detail(runtime, first, last, as_of)
        summary = dunning_summary(runtime, first, last, as_of)
        assert summary.total_cells[2] == len(detail.rows)
        assert summary.total_cells[3] == sum(row.is_paid for row in detail.rows)
        assert summary.total_cells[4:6] == (detail.total_cells[4], detail.total_cells[8])
        days = (first + number * ONE_DAY for number in range(7))
        by_day = [row for day in days for row in dunning_detail(runtime, day, day, as_of).rows]
        assert by_day == list(detail.rows)


def _random_task(past: History, chance: random.Random) -> None:
    """A task with a few orders and hand-outs, and imports that arrive in any order."""
    first = CALLED + chance.randrange(7) * ONE_DAY + chance.randrange(600) * timedelta(minutes=1)
    ending = chance.choice([None, None, Ending.CLOSED_BY_US, Ending.ATTEMPTS_USED])
    closed_at = first + chance.randrange(1, 90) * HOUR if ending else None
    task_id = past.task(past.customer(), ending=ending, closed_at=closed_at)
    for _ in range(chance.randrange(1, 4)):
        placed_at = first - chance.randrange(10, 40) * HOUR
        joined_at = chance.choice([None, first + chance.randrange(1, 60) * HOUR])
        order_id = past.order(task_id, placed_at, joined_at=joined_at)
        paid_at = first + chance.randrange(-9, 50) * HOUR
        shown = chance.sample(
            [OrderState.AWAITING_PAYMENT, OrderState.PAID, OrderState.SHIPPED], chance.randrange(4)
        ) or [OrderState.CLOSED]
        for state in shown:
            is_paid = state in (OrderState.PAID, OrderState.SHIPPED)
            seen_at = max(paid_at, placed_at + HOUR) + chance.randrange(1, 40) * HOUR
            past.seen(
                order_id,
                state,
                seen_at,
                known_at=seen_at + chance.randrange(48) * HOUR,
                paid_at=paid_at if is_paid else None,
                paid_fen=9_900 if is_paid else 0,
            )
    for number in range(chance.randrange(1, 4)):
        past.attempt(
            task_id,
            first + number * 5 * HOUR,
            handler=chance.choice(["小顾", "阿青", "老陶"]),
            owed_fen=chance.randrange(1, 90_000),
            state=chance.choice([AttemptState.CLOSED, AttemptState.SKIPPED]),
        )
