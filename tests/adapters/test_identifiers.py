"""Ids made before any effect."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from adapters.identifiers import new_attempt_id

instants = st.datetimes(datetime(2020, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC))


@given(instants)
def test_an_attempts_id_is_a_uuid_of_version_seven(now: datetime) -> None:
    made = uuid.UUID(new_attempt_id(now))
    assert (made.version, made.variant) == (7, uuid.RFC_4122)
    assert str(made) == new_attempt_id(now)[:13] + str(made)[13:]
    told = datetime.fromtimestamp((made.int >> 80) / 1000, UTC)
    assert abs(told - now) <= timedelta(milliseconds=1)


@given(instants, st.integers(2, 10**9))
def test_ids_sort_by_time(now: datetime, later_ms: int) -> None:
    assert new_attempt_id(now) < new_attempt_id(now + timedelta(milliseconds=later_ms))


def test_two_ids_of_one_instant_differ() -> None:
    now = datetime(2025, 5, 13, tzinfo=UTC)
    assert len({new_attempt_id(now) for _ in range(1_000)}) == 1_000
