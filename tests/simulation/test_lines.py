"""Days on a line that fails in every way: nobody rings twice, and nothing is forgotten.

Decision 0027, R-REPEAT-2, R-HOURS-3, R-AUD-2. A failing seed is printed with the command that plays it
again. What the product must not do is done on purpose at the end, to see that it would be found.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Iterable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from adapters.channels.base import Answer, CallOrder, Refused, Unknown
from campaigns.decisions import Allow
from campaigns.lines import CallEvent, CallPicture, picture_of
from scheduler.flows import line_calls, line_events, line_gate, line_reconcile
from tests.databases import postgres_only, sqlite_only
from tests.simulation.line_callers import LineCaller
from tests.simulation.line_days import FailingLine, LineDay

CLOSINGS = (("11:57:00", "12:00:30"), ("19:57:00", "20:00:30"))
ORDINARY = (("09:05:00", "09:08:00"), ("13:25:00", "13:28:00"), ("16:58:00", "17:01:00"))
SETTLES = timedelta(minutes=40)
DAYS = int(os.environ.get("TEST_LINE_DAYS", "4"))
"""How many days the suite lives; a longer run says so itself."""


def live_a_day(database_url: str, folder: Path, seed: int) -> Counter[str]:
    """An ordinary sitting and one to the end of a window; each is checked, the day is judged."""
    test = f"{Path(__file__).name}::test_r_repeat_2_a_day_on_a_failing_line[{seed}-sqlite]"
    print(f'seed {seed}; to see it again: pytest "tests/simulation/{test}"')  # noqa: T201
    day = LineDay(database_url, folder, seed)
    try:
        callers = [LineCaller(day, day.shop.person(f"坐席{n}")) for n in range(3)]
        sittings = sorted((day.draw.choice(CLOSINGS), day.draw.choice(ORDINARY)))
        for begins, ends in sittings:
            day.wakes(day.machine(begins))
            for caller in callers:
                caller.comes(day.seconds(0, 40), day.machine(ends))
            day.go_on_until(day.machine(ends))
            day.check()
            day.settles(day.machine(ends) + SETTLES)
            day.check(is_settled=True)
        day.judge()
    finally:
        day.close()
    return day.seen


@sqlite_only
@pytest.mark.parametrize("seed", range(DAYS))
def test_r_repeat_2_a_day_on_a_failing_line(database_url: str, tmp_path: Path, seed: int) -> None:
    live_a_day(database_url, tmp_path, seed)


@postgres_only
@pytest.mark.parametrize("seed", [101])
def test_r_repeat_2_a_day_on_a_failing_line_and_a_database_server(
    database_url: str, tmp_path: Path, seed: int
) -> None:
    live_a_day(database_url, tmp_path, seed)


# --- what must not be done -----------------------------------------------------------------------


def _asks_again(patch: pytest.MonkeyPatch) -> None:
    place = FailingLine.place

    def twice(self: FailingLine, order: CallOrder) -> Answer:
        answer = place(self, order)
        return place(self, order) if isinstance(answer, Unknown) else answer

    patch.setattr(FailingLine, "place", twice)


def _skips_the_gate(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(line_gate, "_ask", lambda *_: Allow())


def _takes_unknown_for_refused(patch: pytest.MonkeyPatch) -> None:
    keep = line_calls.keep_answer

    def kept(runtime: Any, call_id: str, answer: Answer, now: Any) -> Any:
        if isinstance(answer, Unknown):
            answer = Refused("unknown", answer.reason, is_permanent=False)
        return keep(runtime, call_id, answer, now)

    patch.setattr(line_calls, "keep_answer", kept)


def _believes_the_last_event(patch: pytest.MonkeyPatch) -> None:
    def newest(events: Iterable[CallEvent]) -> CallPicture:
        return picture_of(list(events)[-1:])

    patch.setattr(line_events, "picture_of", newest)


def _gives_up_after_45_seconds(patch: pytest.MonkeyPatch) -> None:
    is_over = line_reconcile._is_over

    def soon(connection: Any, row: Any, machine: Any, _settle: timedelta, **more: Any) -> bool:
        return is_over(connection, row, machine, timedelta(seconds=45), **more)

    patch.setattr(line_reconcile, "_is_over", soon)


@sqlite_only
@pytest.mark.parametrize(
    "spoils",
    [
        _asks_again,
        _skips_the_gate,
        _takes_unknown_for_refused,
        _believes_the_last_event,
        _gives_up_after_45_seconds,
    ],
)
def test_a_day_finds_what_must_not_be_done(
    database_url: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    spoils: Callable[[pytest.MonkeyPatch], None],
) -> None:
    spoils(monkeypatch)
    with pytest.raises(AssertionError, match="seed 3 at "):
        live_a_day(database_url, tmp_path, 3)
