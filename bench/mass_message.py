"""Choosing whom a mass message goes to: how much longer it takes than filling in its texts alone.

The limit is the text itself: it is filled in for each customer whatever else there is to be asked.
Asked of the database customer by customer, the facts took ten times as long as the words.
"""

from __future__ import annotations

import statistics
import time

from bench.claim import databases, folder_of_our_own
from bench.stored_shop import NOW, found
from campaigns.values import ENGINE, Kind
from scheduler.flows.blast_choice import NewBlast, checked, choose_recipients
from scheduler.flows.text_cases import filled_in
from scheduler.flows.words import words_for
from scheduler.runtime import Runtime

CUSTOMERS = 10_000
ROUNDS = 3
WANTED = NewBlast(Kind.DUNNING, include_uncalled=True)


def measure() -> None:
    """Print the time of the whole choice over that of its words, paired."""
    for name, url_of in databases():
        with folder_of_our_own() as place:
            runtime = found(url_of(place, "mass"), place, due=CUSTOMERS, future=0, workers=1)
            pairs = [_seconds(runtime) for _ in range(ROUNDS)]
            ratio = statistics.median(whole / words for whole, words in pairs)
            print(
                f"(f) {name}, choosing {CUSTOMERS:,} for a mass message / filling in their texts: "
                f"{ratio:.2f} (aim 4 at most), {statistics.median(w for w, _ in pairs):.1f} s"
            )
            runtime.engine.dispose()


def _seconds(runtime: Runtime) -> tuple[float, float]:
    with runtime.snapshot() as connection:
        _, script_id = checked(connection, WANTED)
        started = time.perf_counter()
        choice = choose_recipients(connection, runtime, WANTED, script_id, NOW)
        whole = time.perf_counter() - started
        assert len(choice.chosen) == CUSTOMERS, choice.left_out[:1]
        law, task = runtime.law(connection), choice.chosen[0].text.case.task
        words = words_for(connection, runtime, law, task, NOW, caller=ENGINE)
    started = time.perf_counter()
    for _ in range(CUSTOMERS):
        filled_in(script_id, words)
    return whole, time.perf_counter() - started
