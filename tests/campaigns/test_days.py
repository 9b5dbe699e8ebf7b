"""The shop's day and its instants."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from campaigns.days import business_day, day_bounds, midnight_after, midnight_of
from tests.factories import at, day


@pytest.mark.parametrize(
    ("instant", "expected"),
    [("05-13 00:00", "05-13"), ("05-12 23:59:59", "05-12"), ("05-13 07:59", "05-13")],
)
def test_the_shops_day_begins_at_its_own_midnight(instant: str, expected: str) -> None:
    assert business_day(at(instant)) == day(expected)


def test_midnight_after_is_never_the_instant_itself() -> None:
    assert midnight_after(at("05-13 00:00")) == at("05-14 00:00")
    assert midnight_after(at("05-13 23:59:59")) == at("05-14 00:00")


def test_a_day_of_summer_time_had_23_or_25_hours() -> None:
    for text, hours in (("1986-05-04", 23), ("1986-09-14", 25), ("2025-05-13", 24)):
        start, end = day_bounds(date.fromisoformat(text))
        assert (business_day(start), end - start) == (
            date.fromisoformat(text),
            timedelta(hours=hours),
        )
        assert end == midnight_of(date.fromisoformat(text) + timedelta(days=1))
