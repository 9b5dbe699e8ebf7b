"""R-DNC-2: whoever asked not to be contacted in the very moment in which their task was being made.

Making tasks reads who is on the list, then stores them. An entry that is committed in between is not
seen by the one and finds no task for the other. So after the commit it is looked at once more. An entry
that is not even committed by then is seen at the latest by the gate, which lets nobody be called.
"""

from __future__ import annotations

from datetime import datetime

from adapters.store.queries import suppressions
from scheduler.flows.refresh import refresh_tasks
from scheduler.flows.sampling_places import replace_lost
from scheduler.runtime import Runtime


def look_again(runtime: Runtime, now: datetime, who: str) -> None:
    """End the open tasks of listed customers; who of a sample is lost with it is replaced (R-SMP-2)."""
    with runtime.transaction() as connection:
        listed = suppressions.open_tasks_listed(connection)
        if listed:
            refresh_tasks(connection, runtime, now, listed, who)
            replace_lost(connection, runtime, now, who)
