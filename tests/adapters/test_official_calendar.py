"""R-HOURS-2, R-HOURS-6: official days off, make-up working days, years nobody has published."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.official_calendar import OfficialCalendar, library_source, library_years
from campaigns.values import DayKind

FIRST, LAST = library_years()
CALENDAR = OfficialCalendar(1, FIRST, LAST)


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("2025-05-13", DayKind.WORKING),
        ("2025-05-17", DayKind.DAY_OFF),
        ("2025-04-27", DayKind.WORKING),
        ("2025-05-01", DayKind.DAY_OFF),
        ("2025-10-08", DayKind.DAY_OFF),
        ("2026-02-14", DayKind.WORKING),
        ("2026-02-17", DayKind.DAY_OFF),
    ],
)
def test_r_hours_2_the_official_days(text: str, kind: DayKind) -> None:
    assert CALENDAR.kind_of(date.fromisoformat(text)) is kind


def test_r_hours_6_a_year_without_a_calendar_is_unknown_on_every_day() -> None:
    day = date(LAST + 1, 1, 1)
    while day.year == LAST + 1:
        assert CALENDAR.kind_of(day) is DayKind.UNKNOWN
        assert CALENDAR.festival_on(day) is None
        day += timedelta(days=1)
    assert not CALENDAR.is_known(LAST + 1)
    assert CALENDAR.is_known(LAST)
    assert not CALENDAR.is_known(FIRST - 1)


@given(st.dates(date(FIRST - 2, 1, 1), date(LAST + 2, 12, 31)))
def test_r_hours_6_only_the_years_of_its_version_are_known(day: date) -> None:
    assert (CALENDAR.kind_of(day) is DayKind.UNKNOWN) is not (FIRST <= day.year <= LAST)
    older = OfficialCalendar(1, FIRST, 2024)
    assert (older.kind_of(day) is DayKind.UNKNOWN) is (not FIRST <= day.year <= 2024)


def test_r_hours_6_the_administrators_days_come_before_all() -> None:
    entered = {date(2025, 5, 13): False, date(2027, 1, 9): True}
    calendar = OfficialCalendar(2, FIRST, LAST, entered, {date(2025, 5, 13): "店庆"})
    assert calendar.kind_of(date(2025, 5, 13)) is DayKind.DAY_OFF
    assert calendar.kind_of(date(2027, 1, 9)) is DayKind.WORKING
    assert calendar.kind_of(date(2027, 1, 10)) is DayKind.UNKNOWN
    assert calendar.festival_on(date(2025, 5, 13)) == "店庆"
    assert calendar.festival_on(date(2027, 1, 9)) is None


def test_r_cb_5_a_festival_has_its_chinese_name() -> None:
    assert CALENDAR.festival_on(date(2025, 10, 1)) == "国庆节"
    assert CALENDAR.festival_on(date(2025, 5, 17)) is None


def test_the_library_says_which_it_is() -> None:
    assert library_source().startswith("chinesecalendar ")
    assert FIRST < 2025 <= LAST
