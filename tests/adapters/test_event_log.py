"""What is written about an event, and what never is."""

from __future__ import annotations

import io
import json
import re
import subprocess
import sys
from collections.abc import Iterator

import pytest
import structlog
from hypothesis import example, given, settings
from hypothesis import strategies as st

from adapters.event_log import configure_log, get_logger, without_numbers


@pytest.fixture
def written() -> Iterator[io.StringIO]:
    before = structlog.get_config() if structlog.is_configured() else None
    structlog.reset_defaults()
    stream = io.StringIO()
    configure_log(stream)
    yield stream
    structlog.reset_defaults()
    if before is not None:
        structlog.configure(**before)


def test_an_event_is_one_line_of_json_in_utc(written: io.StringIO) -> None:
    get_logger("x").info("attempt.closed", attempt="a-1", outcome="无人接听")
    event = json.loads(written.getvalue())
    assert event.pop("timestamp").endswith("Z")
    assert event == {
        "event": "attempt.closed",
        "level": "info",
        "attempt": "a-1",
        "outcome": "无人接听",
    }


def test_r_pii_1_an_error_is_told_without_what_it_was_about(written: io.StringIO) -> None:
    def fail(receiver: str) -> None:
        raise ValueError(f"cannot read {receiver}")

    try:
        fail("张女士 18412345678")
    except ValueError:
        get_logger("x").exception("request.failed")
    event = json.loads(written.getvalue())
    assert event["error"] == "builtins.ValueError"
    assert event["places"][-1].endswith(" fail")
    assert "张女士" not in written.getvalue()
    assert "5678" not in written.getvalue()


def test_events_leave_standard_output_to_the_documents() -> None:
    """In a process where nothing was set up: a module that logs is all there is."""
    event = "import web.errors; web.errors.log.warning('sms.not_accepted')"
    said = subprocess.run([sys.executable, "-c", event], capture_output=True, text=True, check=True)
    assert said.stdout == ""
    assert json.loads(said.stderr)["event"] == "sms.not_accepted"


def test_events_follow_standard_error_where_it_is_led(
    written: io.StringIO, monkeypatch: pytest.MonkeyPatch
) -> None:
    structlog.reset_defaults()
    configure_log()
    log = get_logger("x")
    for _ in range(2):  # each command of the tests has a standard error of its own
        here = io.StringIO()
        monkeypatch.setattr(sys, "stderr", here)
        log.info("ping")
        assert "ping" in here.getvalue()
    assert written.getvalue() == ""


def test_configuring_again_changes_nothing(written: io.StringIO) -> None:
    other = io.StringIO()
    configure_log(other)
    get_logger("x").info("ping")
    assert other.getvalue() == ""
    assert "ping" in written.getvalue()


NUMBERS = st.builds(
    "{}{}".format, st.sampled_from(["", "86", "+86"]), st.integers(13_000_000_000, 19_999_999_999)
) | st.builds("0{}".format, st.integers(1_000_000_000, 99_999_999_999))
WORDS = st.text(st.characters(exclude_categories=["Nd", "Cs"]), max_size=20)


@settings(max_examples=1000)
@given(WORDS, NUMBERS, WORDS)
@example("phone=", "18412345678", "")
def test_r_pii_1_no_number_is_left_in_a_line(before: str, number: str, after: str) -> None:
    line = without_numbers(f"{before}{number}{after}")
    assert re.search(r"\d{11}", line) is None
    assert number not in line


@pytest.mark.parametrize(
    "text", ["184 1234 5678", "184-1234-5678", "+86 18412345678", "0571-87654321", "010 87654321"]
)
def test_r_pii_1_written_in_groups_it_is_covered_too(text: str) -> None:
    assert re.sub(r"\D", "", without_numbers(text)) == text[-2:]


def test_order_numbers_and_times_stay() -> None:
    line = "order 3515313147329357901 at 2026-03-04T09:05:00Z, attempt 019cb660-743e-781b-8fec"
    assert without_numbers(line) == line
