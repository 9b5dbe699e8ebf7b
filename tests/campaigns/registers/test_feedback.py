"""R-CB-6: feedback counted by product and ISO week."""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from campaigns.registers.feedback import (
    COUNTS_FORM,
    DayCount,
    FeedbackRow,
    by_week,
    counts_ledger,
    feedback_ledger,
)
from campaigns.values import Effect

SUNDAY, MONDAY = date(2027, 1, 3), date(2027, 1, 4)


def test_r_cb_6_a_week_begins_on_monday_and_has_the_name_of_its_iso_year() -> None:
    weeks = by_week(
        [
            DayCount(SUNDAY, "杯刷", Effect.GOOD, 1),
            DayCount(MONDAY, "杯刷", Effect.BAD, 2),
            DayCount(MONDAY + timedelta(days=6), "杯刷", None, 1),
            DayCount(MONDAY, "保温杯", Effect.NONE, 5),
        ]
    )
    assert [week.cells() for week in weeks] == [
        ("保温杯", "2027-W01", MONDAY, 5, 0, 0, 5, 0, 0),
        ("杯刷", "2026-W53", date(2026, 12, 28), 1, 1, 0, 0, 0, 0),
        ("杯刷", "2027-W01", MONDAY, 3, 0, 0, 0, 2, 1),
    ]
    ledger = counts_ledger(weeks, SUNDAY, MONDAY, None)
    assert ledger.total_cells == ("合计", None, None, 9, 1, 0, 5, 2, 1)
    assert [c.name for c in COUNTS_FORM.columns][3:] == [
        *("反馈数", "效果好", "一般", "没效果", "有问题", "没说效果")
    ]


@given(
    st.lists(
        st.builds(
            DayCount,
            st.dates(date(2025, 12, 1), date(2026, 2, 1)),
            st.sampled_from(["甲", "乙", "丙"]),
            st.sampled_from([*Effect, None]),
            st.integers(1, 9),
        )
    )
)
def test_r_cb_6_no_entry_is_lost_or_counted_twice(counts: list[DayCount]) -> None:
    weeks = by_week(counts)
    assert len({(week.product, week.monday) for week in weeks}) == len(weeks)
    assert all(week.monday.weekday() == 0 for week in weeks)
    for effect in (*Effect, None):
        expected = Counter[str]()
        for one in counts:
            expected[one.product] += one.count if one.effect is effect else 0
        found = Counter[str]()
        for week in weeks:
            found[week.product] += week.of(effect)
        assert +found == +expected


def test_r_cb_6_the_entries_in_the_customers_words() -> None:
    row = FeedbackRow(SUNDAY, "小顾", "山楂树下", "杯刷", Effect.FAIR, "毛有点硬", "软一点", None)
    silent = FeedbackRow(MONDAY, "小顾", "云上牧羊", "杯刷", None, None, "出个小号", None)
    ledger = feedback_ledger([row, silent], SUNDAY, MONDAY, None)
    assert ledger.rows[0].cells() == (
        *(SUNDAY, "小顾", "山楂树下", "杯刷", "一般", "毛有点硬", "软一点", None),
    )
    assert ledger.total_cells[:5] == ("合计", None, "2 条", None, "一般 1")
