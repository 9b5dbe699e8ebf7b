"""The pace of a line: whoever asks it reserves a slot first, so that many processes keep one pace."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import Connection, select, update

from adapters.store.models.lines import line_pace
from adapters.store.upsert import insert_into


def reserve(
    connection: Connection, name: str, now_machine: datetime, interval: timedelta
) -> datetime:
    """The instant from which the line may be asked once; the next one is `interval` later.

    `name` is a line with its medium (`twilio:call`); instants go by the machine's clock. The row is
    held until the transaction ends, so it should be a short one. A slot that is not used is gone.
    """
    connection.execute(
        insert_into(connection, line_pace)
        .values(name=name, free_at=now_machine)
        .on_conflict_do_nothing()
    )
    free_at = connection.execute(
        select(line_pace.c.free_at).where(line_pace.c.name == name).with_for_update()
    ).scalar_one()
    slot: datetime = max(free_at, now_machine)
    connection.execute(
        update(line_pace).where(line_pace.c.name == name).values(free_at=slot + interval)
    )
    return slot


def free_at(connection: Connection, name: str) -> datetime | None:
    """From when on the line may be asked; None when nobody asked it yet. Reserves nothing."""
    return connection.execute(select(line_pace.c.free_at).where(line_pace.c.name == name)).scalar()


def hold_until(connection: Connection, name: str, until: datetime) -> None:
    """Ask the line nothing before this instant: it said so, or it is in trouble."""
    connection.execute(
        insert_into(connection, line_pace)
        .values(name=name, free_at=until)
        .on_conflict_do_update(
            index_elements=[line_pace.c.name],
            set_={"free_at": until},
            where=line_pace.c.free_at < until,
        )
    )
