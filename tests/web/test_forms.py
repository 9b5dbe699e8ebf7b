"""What people type becomes values, or a clear refusal."""

from __future__ import annotations

from datetime import date, datetime

import pytest

from campaigns.errors import UsageError
from campaigns.values import SHOP_ZONE
from web import cli_output
from web.forms import local_path, read_day, read_instant


@pytest.mark.parametrize(
    "text", ["9999-12-31T23:30", "9999-12-31T23:30+00:00", "0001-01-01T00:00", "1969-12-31T23:59"]
)
def test_an_instant_outside_the_years_of_the_calendar_is_refused(text: str) -> None:
    for read in (lambda: read_instant(text, "at"), lambda: cli_output.instant(text)):
        with pytest.raises(UsageError):
            read()


@pytest.mark.parametrize("text", ["9999-12-31", "0001-01-01"])
def test_a_day_outside_the_years_of_the_calendar_is_refused(text: str) -> None:
    for read in (read_day, cli_output.day):
        with pytest.raises(UsageError) as refused:
            read(text, "date")
        assert refused.value.field == "date"


def test_an_instant_without_an_offset_is_the_shops_own() -> None:
    meant = datetime(2026, 3, 4, 14, 30, tzinfo=SHOP_ZONE)
    assert read_instant("2026-03-04T14:30", "at") == meant
    assert read_instant("2026-03-04T06:30+00:00", "at") == meant
    assert cli_output.instant("2026-03-04T14:30") == meant
    assert read_instant("", "at") is None


def test_an_empty_day_is_the_default_where_there_is_one() -> None:
    assert read_day("", "from", date(2026, 3, 4)) == date(2026, 3, 4)
    with pytest.raises(UsageError):
        read_day("", "from")


@pytest.mark.parametrize(
    "text",
    [
        *("https://elsewhere.example/", "//elsewhere.example", "/\\elsewhere.example"),
        *("/\t/elsewhere.example", "desk", "", None, "/" + "x" * 500),
    ],
)
def test_only_a_page_of_ours_is_gone_on_to(text: str | None) -> None:
    assert local_path(text) is None
    assert local_path("/desk?day=1") == "/desk?day=1"
