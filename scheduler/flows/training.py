"""The training shop: invented, seeded, with weeks of history that the real flows have written."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from random import Random
from typing import Any

from sqlalchemy import event, func, inspect, select

from adapters.clock import Clock
from adapters.importers.rows import FileKind
from adapters.official_calendar import OfficialCalendar
from adapters.settings import Settings
from adapters.store.models.shop import shop
from adapters.training_shop.exports import ExportDesk, ExportFile
from adapters.training_shop.marketplace import Marketplace
from adapters.training_shop.registers import registers
from campaigns.errors import ConflictError
from campaigns.values import SHOP_ZONE, Kind, LineName, Person, Role
from scheduler.flows import campaigns, line_choice, offers
from scheduler.flows.intake import Upload, take
from scheduler.flows.people import NewPerson, add_person
from scheduler.flows.shop import ShopForm, create_shop, set_clock
from scheduler.flows.training_history import JumpingClock, Team, TrainingHistory
from scheduler.flows.training_world import (
    DAYS,
    EXPORTED_DAYS,
    SEED,
    TODAY,
    WIDELY_EXPORTED_DAYS,
    open_marketplace,
    orders_on,
)
from scheduler.jobs import seal_trail
from scheduler.runtime import Runtime, open_runtime

SHOP_NAME = "半亩灯火家居"
STARTS_AT = datetime.combine(TODAY, time(9, 5), tzinfo=SHOP_ZONE).astimezone(UTC)
"""Where the training shop's clock stands at first."""
FILES_FROM = datetime.combine(TODAY, time(13, 30), tzinfo=SHOP_ZONE).astimezone(UTC)
"""The instant of the first export files that are left for people to take in by hand."""
FOUNDER = "training"

Progress = Callable[[str, float], None]
"""Called with what is being done, in Chinese, and with the share that is done."""


@dataclass(frozen=True, slots=True)
class TrainingLogin:
    """A person of the training shop, with the password that everybody may know."""

    name: str
    role: Role
    password: str


@dataclass(frozen=True, slots=True)
class TrainingLogins:
    """The shop stands. `files` are exports of `files_from`, left to be taken in by hand."""

    people: tuple[TrainingLogin, ...]
    starts_at: datetime
    files: tuple[Path, ...] = ()
    files_from: datetime | None = None


def training_logins() -> tuple[TrainingLogin, ...]:
    """Everybody who works in a training shop, named after the solar terms."""
    return (
        TrainingLogin("谷雨", Role.CALLER, "yutian-qingcai-3"),
        TrainingLogin("小满", Role.CALLER, "maisui-chenfeng-5"),
        TrainingLogin("白露", Role.CALLER, "luweixi-shuang-7"),
        TrainingLogin("立夏", Role.CALLER, "chanming-gua-9"),
        TrainingLogin("惊蛰", Role.LEADER, "chunlei-taohua-2"),
        TrainingLogin("春分", Role.SUPERVISOR, "yanzi-liutiao-4"),
        TrainingLogin("冬至", Role.ADMIN, "jiaozi-meihua-6"),
    )


def found_training_shop(
    settings: Settings,
    *,
    empty: bool = False,
    progress: Progress | None = None,
    machine_clock: Clock | None = None,
) -> TrainingLogins:
    """Found the training shop; unless `empty`, with weeks of history and today's export and plan.

    On SQLite it is built beside and put in place when it is whole, so that an interrupted start
    leaves nothing. On a database server it is built in place: an interrupted one must be dropped.
    Raises ConflictError when there is a shop already.
    """
    tell = progress or (lambda _what, _share: None)
    tell("建立店铺", 0.0)
    files: tuple[ExportFile, ...] = ()
    with _building_place(settings) as place:
        clock = JumpingClock(STARTS_AT if empty else _morning(TODAY - timedelta(days=DAYS)))
        lived = open_runtime(place, clock)
        _skip_syncing(lived)
        try:
            team = _found(lived, clock)
            if not empty:
                files = _live(lived, clock, team, tell)
        finally:
            lived.engine.dispose()
        opened = open_runtime(place, machine_clock)
        try:
            set_clock(opened, FOUNDER, to=STARTS_AT, ticks=True)
            seal_trail(opened)
        finally:
            opened.engine.dispose()
    paths = _leave(files, _files_folder(settings))
    tell("完成", 1.0)
    return TrainingLogins(training_logins(), STARTS_AT, paths, FILES_FROM if paths else None)


def _found(runtime: Runtime, clock: JumpingClock) -> Team:
    """Found the shop, its standing campaigns and its people."""
    create_shop(runtime, ShopForm(SHOP_NAME, training_starts=clock.instant))
    people = [
        add_person(runtime, NewPerson(one.name, one.role, one.password), clock.instant, FOUNDER)
        for one in training_logins()
    ]
    team = Team(_only(people, Role.LEADER)[0], _only(people, Role.CALLER))
    line_choice.set_choice(runtime, "call", "all", LineName.TWILIO, clock.instant, FOUNDER)
    # One of them calls back and does nothing else; the others do whatever comes.
    callback = [c.id for c in campaigns.campaigns(runtime).campaigns if c.kind is Kind.CALLBACK]
    last = team.callers[-1].id
    campaigns.give_campaigns(runtime, last, callback, clock.instant, team.leader.name)
    return team


def _only(people: list[Person], role: Role) -> list[Person]:
    return [person for person in people if person.role is role]


def _live(
    runtime: Runtime, clock: JumpingClock, team: Team, tell: Progress
) -> tuple[ExportFile, ...]:
    """Weeks of work up to this morning; returns the files of today's second export."""
    first = TODAY - timedelta(days=DAYS)
    for one in offers.campaigns(runtime):
        offer = offers.OfferForm(one.id, "满二百减二十", first, TODAY)
        offers.add_offer(runtime, offer, clock.instant, team.leader.name)
    marketplace = open_marketplace()
    desk = ExportDesk(marketplace, SHOP_NAME)
    draw = Random(SEED)  # noqa: S311 - the same shop every time
    history = TrainingHistory(runtime, clock, marketplace, desk, team, draw)
    with runtime.snapshot() as connection:
        calendar = runtime.law(connection).calendar
    for number in range(DAYS):
        day = first + timedelta(days=number)
        tell(f"经历 {day.month} 月 {day.day} 日", number / (DAYS + 1))
        history.live(day, orders=orders_on(day, calendar))
    _take_registers(runtime, clock, marketplace, team)
    history.leave_unfinished(TODAY - timedelta(days=1), time(19, 52), team.callers[1])
    tell("今天早上", DAYS / (DAYS + 1))
    history.live(TODAY, orders=orders_on(TODAY, calendar), until=time(9))
    return _left_to_visitors(marketplace, desk, calendar)


def _take_registers(
    runtime: Runtime, clock: JumpingClock, marketplace: Marketplace, team: Team
) -> None:
    """R-SMP-1. The month's registers so far: what the sample will be drawn from."""
    last = TODAY - timedelta(days=1)
    handlers = [caller.name for caller in team.callers]
    for one in registers(marketplace, TODAY - timedelta(days=DAYS), last, handlers):
        upload = Upload(one.name, one.content)
        kind = FileKind(one.source.replace("_", "-"))
        take(runtime, upload, clock.instant, team.leader.name, kind=kind)


def _left_to_visitors(
    marketplace: Marketplace, desk: ExportDesk, calendar: OfficialCalendar
) -> tuple[ExportFile, ...]:
    """Write the export of this afternoon, and what tomorrow brings: a moved list, the orders of the day."""
    afternoon = (desk.orders(FILES_FROM, EXPORTED_DAYS), desk.items(FILES_FROM, 2))
    tomorrow = TODAY + timedelta(days=1)
    marketplace.open_day(tomorrow, orders_on(tomorrow, calendar))
    morning = datetime.combine(tomorrow, time(8, 30), tzinfo=SHOP_ZONE).astimezone(UTC)
    return (
        *afternoon,
        desk.stock_out(morning, as_workbook=True),
        desk.orders(morning, WIDELY_EXPORTED_DAYS),
        desk.items(morning, 2),
    )


def _morning(day: date) -> datetime:
    return datetime.combine(day, time(8), tzinfo=SHOP_ZONE).astimezone(UTC)


# --- where it is built ---------------------------------------------------------------------------


@contextmanager
def _building_place(settings: Settings) -> Iterator[Settings]:
    """Give the settings to build with; what is whole at the end takes the database's place."""
    target = _sqlite_file(settings)
    if target is None:
        yield settings
        return
    if target.exists() and _has_shop(settings):
        raise ConflictError("这个数据库里已经有一家店铺", rules=())
    target.parent.mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix=f".{target.name}-", dir=target.parent))
    try:
        built = folder / target.name
        yield replace(settings, database_url=f"sqlite:///{built}")
        _write_through(built)
        for leftover in ("-wal", "-shm"):
            target.with_name(target.name + leftover).unlink(missing_ok=True)
        built.replace(target)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _sqlite_file(settings: Settings) -> Path | None:
    """Find the database's file; None where it lives on a server."""
    found = settings.database_url.startswith("sqlite:///")
    return Path(settings.database_url.removeprefix("sqlite:///")) if found else None


def _has_shop(settings: Settings) -> bool:
    """Whether any shop is there, also one of an older schema."""
    runtime = open_runtime(settings)
    try:
        if not inspect(runtime.engine).has_table(shop.name):
            return False
        with runtime.snapshot() as connection:
            return bool(connection.execute(select(func.count()).select_from(shop)).scalar_one())
    finally:
        runtime.engine.dispose()


def _skip_syncing(runtime: Runtime) -> None:
    """Build without waiting for the disk; the file is written through when it is whole."""
    if runtime.engine.dialect.name == "sqlite":
        event.listen(runtime.engine, "connect", _without_syncing)


def _without_syncing(connection: Any, _record: object) -> None:
    connection.execute("PRAGMA synchronous=OFF")


def _write_through(path: Path) -> None:
    with path.open("rb+") as file:
        os.fsync(file.fileno())


def _files_folder(settings: Settings) -> Path:
    """Beside the database's file; for a server beside the key."""
    return (_sqlite_file(settings) or settings.secret_file).parent / "training"


def files_left(settings: Settings) -> tuple[Path, ...]:
    """The export files that a training shop left to be taken in by hand, by name; at most ten."""
    folder = _files_folder(settings)
    return tuple(sorted(path for path in folder.glob("*") if path.is_file())[:10])


def _leave(files: tuple[ExportFile, ...], folder: Path) -> tuple[Path, ...]:
    if files:
        folder.mkdir(parents=True, exist_ok=True)
    for file in files:
        (folder / file.name).write_bytes(file.content)
    return tuple(folder / file.name for file in files)
