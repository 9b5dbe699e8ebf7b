"""Many rows at once say the same as one at a time, on both databases."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

from sqlalchemy import Connection, Engine, insert, select

from adapters.store import bulk
from adapters.store.models.customers import customer, customer_phone

AT = datetime(2026, 11, 21, 2, 0, 0, 123456, tzinfo=UTC)
COLUMNS = ("id", "identity", "buyer", "region", "created_at")
ROWS = [(n, f"买家{n}", '引号"逗号,\t制表\\反斜杠', None, AT) for n in range(1, 4)]


def everyone(connection: Connection) -> list[tuple[object, ...]]:
    found = connection.execute(select(*(customer.c[name] for name in COLUMNS)))
    return sorted(tuple(row) for row in found)


def test_rows_read_back_as_they_were_given(engine: Engine) -> None:
    with engine.begin() as connection:
        bulk.insert_rows(connection, customer, COLUMNS, ROWS)
        assert everyone(connection) == ROWS


def test_an_instant_of_another_offset_is_the_same_instant(engine: Engine) -> None:
    local = AT.astimezone(timezone(timedelta(hours=8)))
    with engine.begin() as connection:
        bulk.insert_rows(connection, customer, COLUMNS, [(1, "甲", "甲", None, local)])
        connection.execute(insert(customer).values(id=2, identity="乙", buyer="乙", created_at=AT))
        assert connection.execute(select(customer.c.created_at).distinct()).scalars().all() == [AT]


def test_each_row_is_updated_by_its_id(engine: Engine) -> None:
    with engine.begin() as connection:
        bulk.insert_rows(connection, customer, COLUMNS, ROWS)
        changed = [(3, "新疆", AT + timedelta(1)), (1, None, AT)]
        bulk.update_rows(connection, customer, ("id", "region", "created_at"), changed)
        assert [(row[0], row[3], row[4]) for row in everyone(connection)] == [
            (1, None, AT),
            (2, None, AT),
            (3, "新疆", AT + timedelta(1)),
        ]


def test_what_is_known_may_be_skipped(engine: Engine) -> None:
    names = ("customer_id", "phone_key", "sealed", "masked", "source", "added_at")
    with engine.begin() as connection:
        bulk.insert_rows(connection, customer, COLUMNS, ROWS)
        one, other = (1, "a", b"\x00\xff", "1", "import", AT), (1, "b", b"", "2", "import", AT)
        bulk.insert_rows(connection, customer_phone, names, [one])
        again = (*one[:3], "changed", *one[4:])
        bulk.insert_rows(connection, customer_phone, names, [again, other], skip_known=True)
        found = connection.execute(
            select(*(customer_phone.c[name] for name in names)).order_by(customer_phone.c.id)
        )
        assert [tuple(row) for row in found] == [one, other]


def test_reserved_ids_are_free_and_so_is_the_next_one(engine: Engine) -> None:
    with engine.begin() as connection:
        first = list(bulk.reserve_ids(connection, customer, 3))
        bulk.insert_rows(
            connection, customer, COLUMNS, [(n, f"{n}", "甲", None, AT) for n in first]
        )
        values = {"identity": "乙", "buyer": "乙", "created_at": AT}
        added = connection.execute(insert(customer).values(values).returning(customer.c.id))
        assert added.scalar_one() not in first
        assert len(set(first) | set(bulk.reserve_ids(connection, customer, 2))) == 5


def test_a_list_of_any_length_is_one_condition(engine: Engine) -> None:
    with engine.begin() as connection:
        bulk.insert_rows(connection, customer, COLUMNS, ROWS)
        names = [f"买家{n}" for n in range(2, 60_000)]
        for column, values in ((customer.c.identity, names), (customer.c.id, range(2, 60_000))):
            condition = bulk.is_among(connection, column, values)
            found = connection.execute(select(customer.c.id).where(condition)).scalars()
            assert sorted(found) == [2, 3]
