"""R-DUN-7, R-DUN-8: what a called task came to, and the sums."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from campaigns.kinds.dunning_ledger import (
    DETAIL_FORM,
    SUMMARY_FORM,
    CalledTask,
    ContactResult,
    DetailRow,
    LedgerOrder,
    detail_ledger,
    detail_row,
    summary_ledger,
)
from campaigns.ledger import as_json_rows
from campaigns.values import SHOP_ZONE, Ending, OrderState

CALLED_AT = datetime(2026, 3, 3, 9, 30, tzinfo=SHOP_ZONE)
PLACED_AT = datetime(2026, 3, 2, 20, 15, tzinfo=SHOP_ZONE)
JOINED_AT = datetime(2026, 3, 3, 8, 45, tzinfo=SHOP_ZONE)
DAY = date(2026, 3, 3)

UNPAID = LedgerOrder(PLACED_AT, JOINED_AT, OrderState.AWAITING_PAYMENT)
CLOSED = replace(UNPAID, state=OrderState.CLOSED)


def paid(minutes: int, fen: int = 12_300, state: OrderState = OrderState.PAID) -> LedgerOrder:
    """An order paid so many minutes after the first attempt."""
    at = CALLED_AT + timedelta(minutes=minutes)
    return replace(UNPAID, state=state, paid_fen=fen, paid_at=at)


def called(
    *orders: LedgerOrder, owed_fen: int = 12_300, ending: Ending | None = None
) -> CalledTask:
    return CalledTask(7, "山楂树下", "小顾", CALLED_AT, owed_fen, ending, orders)


def row_of(*orders: LedgerOrder, ending: Ending | None = None) -> DetailRow:
    row = detail_row(called(*orders, ending=ending))
    assert row is not None
    return row


def test_r_dun_7_the_columns_in_their_order() -> None:
    cells = row_of(paid(minutes=45)).cells()
    assert dict(zip([c.name for c in DETAIL_FORM.columns], cells, strict=True)) == {
        "催款日期": date(2026, 3, 3),
        "处理人员": "小顾",
        "拍下日期": date(2026, 3, 2),
        "用户ID": "山楂树下",
        "订单未付款额": 12_300,
        "联络结果": "已付款",
        "是否付款": "是",
        "付款日期": date(2026, 3, 3),
        "付款总额": 12_300,
    }


@pytest.mark.parametrize(
    ("orders", "ending", "result"),
    [
        ([UNPAID], None, ContactResult.AWAITING_PAYMENT),
        ([paid(0)], None, ContactResult.PAID),
        ([paid(5, state=OrderState.COMPLETED)], Ending.PAID, ContactResult.PAID),
        ([paid(5), UNPAID], None, ContactResult.AWAITING_PAYMENT),
        ([paid(5), CLOSED], None, ContactResult.PAID),
        ([CLOSED], Ending.CLOSED_BY_MARKETPLACE, ContactResult.CLOSED_BY_MARKETPLACE),
        ([CLOSED, paid(-30)], None, ContactResult.CLOSED_BY_MARKETPLACE),
        ([UNPAID], Ending.CLOSED_BY_US, ContactResult.CLOSED_BY_US),
        ([CLOSED], Ending.CLOSED_BY_US, ContactResult.CLOSED_BY_US),
        ([paid(90)], Ending.CLOSED_BY_US, ContactResult.PAID),
        ([paid(90), UNPAID], Ending.CLOSED_BY_US, ContactResult.CLOSED_BY_US),
        ([UNPAID], Ending.ATTEMPTS_USED, ContactResult.AWAITING_PAYMENT),
        ([UNPAID], Ending.DEADLINE, ContactResult.AWAITING_PAYMENT),
        ([UNPAID], Ending.OPTED_OUT, ContactResult.AWAITING_PAYMENT),
        ([CLOSED], Ending.ANGRY, ContactResult.CLOSED_BY_MARKETPLACE),
        ([paid(5, fen=0, state=OrderState.CLOSED)], None, ContactResult.CLOSED_BY_MARKETPLACE),
    ],
)
def test_r_dun_7_contact_result(
    orders: list[LedgerOrder], ending: Ending | None, result: ContactResult
) -> None:
    assert row_of(*orders, ending=ending).result is result


def test_r_dun_4_paid_before_the_first_attempt_counts_nowhere() -> None:
    assert detail_row(called(paid(-1), paid(-90), ending=Ending.PAID_UNCALLED)) is None


def test_r_dun_4_paid_at_the_very_instant_of_the_first_attempt_counts() -> None:
    row = row_of(paid(0))
    assert (row.paid_fen, row.is_paid) == (12_300, True)


def test_r_dun_7_only_what_was_paid_since_the_first_attempt_is_summed() -> None:
    row = row_of(paid(-1, fen=5_000), paid(10, fen=700), paid(2_000, fen=80), UNPAID)
    assert row.paid_fen == 780
    assert row.paid_on == date(2026, 3, 4)  # of the latest payment
    assert row.result is ContactResult.AWAITING_PAYMENT


def test_r_dun_7_nothing_paid_leaves_the_day_of_payment_empty() -> None:
    row = row_of(UNPAID)
    assert (row.paid_on, row.paid_fen, row.is_paid) == (None, 0, False)


def test_r_dun_7_an_order_that_joined_later_does_not_move_the_day_of_ordering() -> None:
    early = LedgerOrder(
        PLACED_AT - timedelta(days=1), CALLED_AT + timedelta(hours=1), OrderState.AWAITING_PAYMENT
    )
    assert row_of(early, UNPAID).placed_on == PLACED_AT.date()


def test_r_dun_7_days_are_the_shops() -> None:
    late = datetime(2026, 3, 2, 23, 59, 59, tzinfo=SHOP_ZONE).astimezone(UTC)
    assert row_of(replace(UNPAID, placed_at=late)).placed_on == date(2026, 3, 2)


def test_r_dun_8_a_row_for_each_day_and_handler() -> None:
    first = row_of(paid(5, fen=10_000))
    rows = [
        replace(first, owed_fen=10_000),
        replace(first, owed_fen=30_000, paid_fen=0),
        replace(first, handler="阿青", owed_fen=4_000, paid_fen=4_000),
        replace(first, dunned_on=date(2026, 3, 2), owed_fen=0, paid_fen=0),
    ]
    ledger = summary_ledger(rows, date(2026, 3, 2), DAY, None)
    assert [row.cells() for row in ledger.rows] == [
        (date(2026, 3, 2), "小顾", 1, 0, 0, 0, None),
        (DAY, "小顾", 2, 1, 40_000, 10_000, 0.25),
        (DAY, "阿青", 1, 1, 4_000, 4_000, 1.0),
    ]
    assert ledger.total_cells == ("合计", None, 4, 2, 44_000, 14_000, 14_000 / 44_000)


def test_r_dun_8_json_has_the_columns_names_and_plain_values() -> None:
    row = replace(row_of(paid(5)), owed_fen=123_450, paid_fen=41_150)
    ledger = summary_ledger([row], DAY, DAY, None)
    assert as_json_rows(ledger) == [
        {
            "催款日期": "2026-03-03",
            "处理人员": "小顾",
            "催款数": 1,
            "回单数": 1,
            "未付款总金额": "1234.50",
            "追回金额": "411.50",
            "成功率": 0.3333,
        }
    ]
    unpaid_row = as_json_rows(detail_ledger([row_of(UNPAID)], DAY, DAY, None))[0]
    assert (unpaid_row["付款日期"], unpaid_row["付款总额"]) == (None, "0.00")


instants = st.datetimes(datetime(2026, 3, 1), datetime(2026, 3, 6)).map(
    lambda naive: naive.replace(tzinfo=SHOP_ZONE)
)


@st.composite
def orders(draw: st.DrawFn) -> LedgerOrder:
    state = draw(st.sampled_from(OrderState))
    is_paid = state is not OrderState.AWAITING_PAYMENT and draw(st.booleans())
    return LedgerOrder(
        placed_at=draw(instants),
        joined_at=draw(instants),
        state=state,
        paid_fen=draw(st.integers(0, 500_000)) if is_paid else 0,
        paid_at=draw(instants) if is_paid else None,
    )


@st.composite
def tasks(draw: st.DrawFn) -> CalledTask:
    return CalledTask(
        task_id=draw(st.integers(1, 99)),
        buyer=draw(st.text(max_size=5)),
        handler=draw(st.sampled_from(["小顾", "阿青", "老陶"])),
        first_attempt_at=draw(instants),
        owed_fen=draw(st.integers(0, 500_000)),
        ending=draw(st.none() | st.sampled_from(Ending)),
        orders=tuple(draw(st.lists(orders(), min_size=1, max_size=3))),
    )


def rows_of(history: Sequence[CalledTask]) -> list[DetailRow]:
    return [row for row in map(detail_row, history) if row is not None]


@given(st.lists(tasks(), max_size=12))
def test_r_dun_8_the_summary_adds_up_to_the_detail(history: list[CalledTask]) -> None:
    rows = rows_of(history)
    detail = detail_ledger(rows, DAY, DAY, None)
    summary = summary_ledger(reversed(rows), DAY, DAY, None)
    assert (detail.total_cells[4], detail.total_cells[8]) == summary.total_cells[4:6]
    assert summary.total_cells[2] == len(detail.rows)
    assert sum(row.totals.customers for row in summary.rows) == len(rows)
    assert sum(row.totals.paid_customers for row in summary.rows) == sum(r.is_paid for r in rows)
    assert sum(row.totals.owed_fen for row in summary.rows) == sum(r.owed_fen for r in rows)
    assert sum(row.totals.recovered_fen for row in summary.rows) == sum(r.paid_fen for r in rows)
    days = [(row.dunned_on, row.handler) for row in summary.rows]
    assert days == sorted(set(days))


@given(tasks())
def test_r_dun_7_a_row_does_not_contradict_itself(task: CalledTask) -> None:
    row = detail_row(task)
    if row is None:
        assert all(o.paid_at is not None and o.paid_at < task.first_attempt_at for o in task.orders)
        return
    assert (row.paid_on is not None) == row.is_paid == (row.paid_fen > 0)
    is_open = any(o.is_unpaid for o in task.orders)
    assert is_open or row.result is not ContactResult.AWAITING_PAYMENT
    assert not (is_open and row.result is ContactResult.PAID)
    assert row.is_paid or row.result is not ContactResult.PAID or _was_free_of_charge(task)


def _was_free_of_charge(task: CalledTask) -> bool:
    return any(o.is_paid and o.paid_fen == 0 for o in task.orders)


@given(tasks())
def test_every_row_has_a_cell_for_each_column(task: CalledTask) -> None:
    rows = rows_of([task])
    for ledger in (detail_ledger(rows, DAY, DAY, None), summary_ledger(rows, DAY, DAY, None)):
        assert len(ledger.total_cells) == len(ledger.form.columns)
        for row in ledger.rows:
            assert len(row.cells()) == len(ledger.form.columns)


def test_the_forms_say_what_the_command_line_calls_them() -> None:
    assert (DETAIL_FORM.code, SUMMARY_FORM.code) == ("dunning-detail", "dunning-summary")
