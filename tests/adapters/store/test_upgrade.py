"""A shop of an earlier schema, with its history, comes to the newest one whole and works on."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import (
    Column,
    Engine,
    MetaData,
    Table,
    create_engine,
    func,
    insert,
    inspect,
    select,
    text,
    update,
)
from sqlalchemy.exc import DBAPIError

import adapters.store.session
from adapters.clock import FixedClock
from adapters.store.models.base import METADATA
from adapters.store.models.campaigns import campaign, task
from adapters.store.models.customers import order
from adapters.store.models.shop import shop as shop_table
from adapters.store.session import migrate, open_engine
from campaigns.values import Kind, OrderState
from scheduler.flows.claim import HandOut, next_call
from scheduler.flows.dialling import dial
from scheduler.flows.outcome import OutcomeForm, record_outcome
from scheduler.flows.planning import plan
from scheduler.runtime import Runtime
from tests import databases
from tests.factories import at, day
from tests.shops import Shop

pytestmark = pytest.mark.filterwarnings("ignore:Skipped unsupported reflection")

KINDS_OF = {
    "0001": ("dunning",),
    "0002": ("dunning", "callback", "stock_out"),
    "0003": ("dunning", "callback", "stock_out", "sampling"),
}
"""The standing campaigns of each earlier schema."""


@pytest.fixture(params=sorted(KINDS_OF))
def version(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def earlier_schema(
    request: pytest.FixtureRequest, database_url: str, tmp_path: Path, version: str
) -> Iterator[str]:
    """An empty database of an earlier migration, of the kind that `database_url` is."""
    if database_url.startswith("sqlite"):
        url = databases.sqlite_url(tmp_path / "first.db")
        _to_earlier(url, version)
        yield url
        return
    server = request.getfixturevalue("postgres_server_url")
    made = databases.PostgresTemplate(server, f"waihu_first_{uuid.uuid4().hex[:8]}")
    made.create()
    try:
        _to_earlier(made.url, version)
        yield made.url
    finally:
        made.drop()


def _to_earlier(url: str, version: str) -> None:
    engine = open_engine(url)
    config = Config()
    folder = Path(adapters.store.session.__file__).parent / "migrations"
    config.set_main_option("script_location", str(folder))
    with engine.connect() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, version)
    engine.dispose()


@pytest.fixture
def old_shop(shop_at_work: Shop, earlier_schema: str, version: str) -> Iterator[Engine]:
    """What the release of that schema would hold of that shop: its tables and columns, nothing newer."""
    engine = open_engine(earlier_schema)
    try:
        _copy(shop_at_work, engine, KINDS_OF[version])
        yield engine
    finally:
        engine.dispose()


def _copy(shop_at_work: Shop, engine: Engine, kinds: tuple[str, ...]) -> None:
    known = MetaData()
    known.reflect(engine)
    with shop_at_work.runtime.snapshot() as reading, engine.begin() as writing:
        for table in METADATA.sorted_tables:
            if table.name not in known.tables:
                continue
            names = [c.name for c in table.columns if c.name in known.tables[table.name].c]
            query = select(*(table.c[name] for name in names)).order_by(*table.primary_key)
            if table is campaign:
                query = query.where(table.c.kind.in_(kinds))
            rows = [dict(row._mapping) for row in reading.execute(query)]
            if rows:
                older = Table(table.name, MetaData(), *(Column(n, table.c[n].type) for n in names))
                writing.execute(insert(older), rows)
            if writing.dialect.name == "postgresql" and rows and "id" in names:
                _raise_sequence(writing, table.name)


def _raise_sequence(connection: Any, table: str) -> None:
    sequence = connection.execute(select(func.pg_get_serial_sequence(table, "id"))).scalar()
    if sequence is not None:
        newest = text(f"SELECT setval('{sequence}', (SELECT max(id) FROM {table}))")  # noqa: S608
        connection.execute(newest)


@pytest.fixture
def shop_at_work(shop: Shop) -> Shop:
    """Payment reminders in every state, and parcels that nobody asked about yet."""
    caller = shop.person()
    for index in range(3):
        shop.buyer(f"b{index}", number=None)
    shipped = shop.customer("shipped")
    shop.phone(shipped)
    shop.bought(shipped, OrderState.SHIPPED, "05-07 09:00")
    shop.plan(kind=Kind.DUNNING)
    shop.call(caller, "05-13 09:30", "not_needed")
    shop.call(caller, "05-13 09:40", "no_answer")
    return shop


@pytest.fixture
def shop(database_url: str, tmp_path: Path) -> Iterator[Shop]:
    made = Shop(database_url, tmp_path)
    yield made
    made.close()


def _counts(engine: Engine, tables: list[str]) -> dict[str, int]:
    with engine.connect() as connection:
        return {
            name: connection.execute(text(f"SELECT count(*) FROM {name}")).scalar_one()  # noqa: S608
            for name in tables
        }


def test_an_old_shop_keeps_every_row_and_every_reference(old_shop: Engine) -> None:
    tables = [name for name in inspect(old_shop).get_table_names() if name != "alembic_version"]
    before = _counts(old_shop, tables)
    migrate(old_shop)
    assert _counts(old_shop, tables) == before | {"campaign": 4}
    migrate(old_shop)
    assert _counts(old_shop, tables) == before | {"campaign": 4}, "a second time changes nothing"
    if old_shop.dialect.name == "sqlite":
        with old_shop.connect() as connection:
            assert connection.exec_driver_sql("PRAGMA foreign_key_check").all() == []
            assert connection.exec_driver_sql("PRAGMA integrity_check").scalar() == "ok"


def test_an_old_shop_has_the_columns_and_constraints_of_a_new_one(
    old_shop: Engine, database_url: str
) -> None:
    migrate(old_shop)
    new = open_engine(database_url)
    try:
        assert _schema(old_shop) == _schema(new)
    finally:
        new.dispose()


def _schema(engine: Engine) -> dict[str, Any]:
    looked = inspect(engine)
    found: dict[str, Any] = {}
    for name in sorted(looked.get_table_names()):
        found[name] = {
            "columns": {
                c["name"]: (str(c["type"]), c["nullable"]) for c in looked.get_columns(name)
            },
            "checks": {c["name"]: c["sqltext"] for c in looked.get_check_constraints(name)},
            "indexes": sorted(str(i["name"]) for i in looked.get_indexes(name)),
            "keys": sorted(str(k["constrained_columns"]) for k in looked.get_foreign_keys(name)),
        }
    return found


def test_what_the_new_schema_allows_and_what_it_refuses(old_shop: Engine) -> None:
    migrate(old_shop)
    ended = update(task).where(task.c.state == "closed")
    for ending in ("agreed", "overtaken", "paid_uncalled", "scored", "control"):
        assert _takes(old_shop, ended.values(ending=ending))
    assert not _takes(old_shop, ended.values(ending="no_such_ending"))
    assert not _takes(old_shop, ended.values(ending=None)), "closed ⇔ an ending"
    assert _takes(old_shop, ended.values(topic="received"))
    assert not _takes(old_shop, ended.values(topic="no_such_topic"))
    assert _takes(old_shop, update(campaign).values(state="paused"))
    assert not _takes(old_shop, update(campaign).values(state="asleep"))


def test_a_constraint_holds_in_a_connection_that_was_open_before(earlier_schema: str) -> None:
    """SQLite reads a changed schema anew; an old connection must not go by the old one."""
    early = create_engine(earlier_schema)
    with early.connect() as connection:
        connection.execute(text("SELECT count(*) FROM task")).scalar()
        connection.commit()
        engine = open_engine(earlier_schema)
        migrate(engine)
        engine.dispose()
        found = connection.execute(text("SELECT topic, ending FROM task")).all()
    early.dispose()
    assert found == []


def _takes(engine: Engine, statement: Any) -> bool:
    try:
        with engine.begin() as connection:
            assert connection.execute(statement).rowcount > 0
    except DBAPIError:
        return False
    return True


@pytest.mark.parametrize("version", ["0001"])  # the second schema has it already
def test_r_cb_2_a_parcel_that_was_seen_on_its_way_has_its_first_sighting(old_shop: Engine) -> None:
    migrate(old_shop)
    with old_shop.connect() as connection:
        seen = dict(
            connection.execute(
                select(order.c.state, func.max(order.c.shipped_seen_at)).group_by("state")
            )
            .tuples()
            .all()
        )
    assert seen["awaiting_payment"] is None
    assert seen["shipped"] == at("05-07 09:00")


def test_the_new_campaigns_stand_beside_the_old_one(old_shop: Engine) -> None:
    migrate(old_shop)
    query = select(campaign.c.kind, campaign.c.state, campaign.c.started_at).order_by(campaign.c.id)
    with old_shop.connect() as connection:
        rows = connection.execute(query).all()
        running = connection.execute(select(shop_table.c.paused_at)).scalar()
    assert [(row.kind, row.state) for row in rows] == [
        ("dunning", "running"),
        ("callback", "running"),
        ("stock_out", "running"),
        ("sampling", "running"),
    ]
    assert len({row.started_at for row in rows}) == 1
    assert running is None


def test_an_empty_database_of_an_earlier_schema_gets_no_campaigns(earlier_schema: str) -> None:
    engine = open_engine(earlier_schema)
    migrate(engine)
    assert _counts(engine, ["campaign"]) == {"campaign": 0}
    engine.dispose()


@pytest.mark.parametrize("version", ["0001"])
def test_old_work_goes_on_and_new_work_begins(old_shop: Engine, shop_at_work: Shop) -> None:
    migrate(old_shop)
    settings = shop_at_work.runtime.settings
    clock = FixedClock(shop_at_work.runtime.machine_clock.now())
    runtime = Runtime(settings, old_shop, clock)
    now = at("05-13 13:30")
    made = plan(runtime, day("05-20"), at("05-20 08:45"), "张三", dry_run=True)
    topics = [found.topic for found in made.campaigns[1].tasks]
    assert topics == ["not_received"], "a week after it was first seen on its way"
    caller = shop_at_work.person("李四")
    with old_shop.begin() as connection:
        row = {"id": caller.id, "name": caller.name, "role": "caller"}
        person = METADATA.tables["person"]
        connection.execute(insert(person).values(**row, is_active=True, created_at=now))
    taken = []
    while isinstance(held := next_call(runtime, caller, now), HandOut):
        dial(runtime, held.attempt_id, now, caller)
        record_outcome(runtime, held.attempt_id, OutcomeForm("no_answer"), now, caller)
        taken.append(held.number)
    assert sorted(taken) == [1, 2]
