"""A ledger's plain values and headings."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from campaigns.ledger import (
    Cell,
    Column,
    ColumnKind,
    Ledger,
    LedgerForm,
    LedgerRow,
    as_text,
    yuan,
)

FORM = LedgerForm("sums", "示例表", (Column("金额", ColumnKind.MONEY, 10),))


def ledger(first: date, last: date, as_of: datetime | None = None) -> Ledger[LedgerRow]:
    total: tuple[Cell, ...] = ("合计",)
    return Ledger(FORM, first, last, as_of, (), total)


@pytest.mark.parametrize(
    ("fen", "text"), [(0, "0.00"), (5, "0.05"), (123_450, "1234.50"), (-105, "-1.05")]
)
def test_money_is_a_decimal_string(fen: int, text: str) -> None:
    assert yuan(fen) == text


@pytest.mark.parametrize(
    ("kind", "cell", "text"),
    [
        (ColumnKind.MONEY, 123_450, "1234.50"),
        (ColumnKind.DECIMAL, 4.0, "4.00"),
        (ColumnKind.DECIMAL, None, ""),
        (ColumnKind.RATIO, 0.25, "0.2500"),
        (ColumnKind.COUNT, 7, "7"),
        (ColumnKind.DATE, date(2026, 3, 2), "2026-03-02"),
        (ColumnKind.MONEY, "合计", "合计"),
    ],
)
def test_a_cell_as_text(kind: ColumnKind, cell: Cell, text: str) -> None:
    assert as_text(Column("列", kind, 10), cell) == text


@given(st.integers(-(10**15), 10**15))
def test_money_loses_no_fen(fen: int) -> None:
    whole, _, part = yuan(fen).partition(".")
    assert len(part) == 2
    assert int(whole + part) == fen


def test_a_title_names_the_days_and_the_instant() -> None:
    assert ledger(date(2026, 3, 2), date(2026, 3, 2)).title == "示例表　2026-03-02"
    as_of = datetime(2026, 3, 8, 10, 0, tzinfo=UTC)
    assert (
        ledger(date(2026, 3, 2), date(2026, 3, 8), as_of).title
        == "示例表　2026-03-02 至 2026-03-08（截至 2026-03-08 18:00）"
    )


def test_a_file_is_named_for_its_days() -> None:
    assert ledger(date(2026, 3, 2), date(2026, 3, 8)).file_stem == "示例表_2026-03-02_2026-03-08"
