"""What every flow needs, put together once: the database, the clock, the vault, the scripts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cached_property

from sqlalchemy import Connection, Engine

from adapters.channels.registry import Lines, open_lines
from adapters.clock import Clock, SystemClock
from adapters.official_calendar import OfficialCalendar
from adapters.settings import Settings
from adapters.store import session
from adapters.store.queries import shop as shop_queries
from adapters.store.queries.shop import Versions
from adapters.vault import Vault, open_vault
from campaigns.errors import NotReadyError, UsageError
from campaigns.policy import Policy
from scheduler.refused_callbacks import RefusedCallbacks


@dataclass(frozen=True, slots=True)
class Law:
    """The numbers and the calendar in force in one transaction.

    `policy` are the shop's numbers; `own` those of the campaigns that have some of their own, the
    shop's included. Whatever judges a task asks `of` its campaign.
    """

    policy: Policy
    calendar: OfficialCalendar
    own: Mapping[int, Policy] = field(default_factory=dict)

    def policy_for(self, campaign_id: int) -> Policy:
        """The numbers by which this campaign's tasks are judged."""
        return self.own.get(campaign_id, self.policy)

    def of(self, campaign_id: int) -> Law:
        """The same law with the campaign's numbers in place of the shop's."""
        own = self.own.get(campaign_id)
        return self if own is None else replace(self, policy=own)


class Runtime:
    """One shop, opened. Flows take it as their first argument; it holds no state of the work."""

    def __init__(
        self, settings: Settings, engine: Engine, machine_clock: Clock | None = None
    ) -> None:
        self.settings = settings
        self.engine = engine
        self.machine_clock = machine_clock or SystemClock()
        self.refused_callbacks = RefusedCallbacks()
        self._policies: dict[int, Policy] = {}
        self._calendars: dict[int, OfficialCalendar] = {}

    @contextmanager
    def transaction(self) -> Iterator[Connection]:
        """A writing transaction: committed at the end, rolled back on any exception."""
        try:
            with session.transaction(self.engine) as connection:
                yield connection
        except BaseException:
            # A version made in here is gone, and its number will be given again.
            self._policies.clear()
            self._calendars.clear()
            raise

    def snapshot(self) -> AbstractContextManager[Connection]:
        """A consistent view for reading."""
        return session.snapshot(self.engine)

    @cached_property
    def vault(self) -> Vault:
        """Opened on first use: commands that touch no number need no key."""
        return open_vault(self.settings.secret_file)

    @cached_property
    def lines(self) -> Lines:
        """The telephone and SMS lines that are set up; opened on first use."""
        return open_lines(self.settings, is_training=self.is_training)

    @cached_property
    def is_training(self) -> bool:
        """Whether the shop was made for training. Raises NotReadyError before `waihu init`."""
        return self._shop[1]

    def check_ready(self) -> None:
        """Raise NotReadyError unless there is a shop in a database of the right schema."""
        _ = self._shop

    @property
    def shop_name(self) -> str:
        """The shop's name as customers hear it."""
        return self._shop[0]

    @property
    def service_phone(self) -> str | None:
        """The shop's own number, said at the end of a call."""
        return self._shop[2]

    @cached_property
    def _shop(self) -> tuple[str, bool, str | None]:
        session.check_schema(self.engine)
        with self.snapshot() as connection:
            row = shop_queries.shop_row(connection)
        if row is None:
            raise NotReadyError("店铺还没有建立，请先运行 waihu init")
        return row

    def now(self) -> datetime:
        """What time it is in the shop: the machine's clock, or the training clock."""
        machine_now = self.machine_clock.now()
        if not self.is_training:
            return machine_now
        with self.snapshot() as connection:
            time = shop_queries.training_time(connection)
        assert time is not None, "a training shop has a clock"
        return time.at(machine_now)

    def instant(self, at: datetime | None) -> datetime:
        """`--at`, or now. Raises UsageError for `--at` in a real shop: its clock is the real one."""
        if at is None:
            return self.now()
        if not self.is_training:
            raise UsageError("正式店铺不能指定时间，--at 只用于培训店铺", field="at")
        return at

    def law(self, connection: Connection) -> Law:
        """The newest numbers and calendar, each loaded once for its version."""
        return self._law_of(connection, shop_queries.newest_versions(connection))

    def law_at(self, connection: Connection, at: datetime) -> Law:
        """The numbers and calendar that were in force at an instant (R-HOURS-6)."""
        return self._law_of(connection, shop_queries.versions_at(connection, at))

    def _law_of(self, connection: Connection, versions: Versions) -> Law:
        """Numbers and calendar of given versions. A version never changes, so it is kept."""
        calendar = self._calendars.get(versions.calendar)
        if calendar is None:
            calendar = shop_queries.calendar_of(connection, versions.calendar)
            self._calendars[versions.calendar] = calendar
        own = {campaign: self._policy(connection, version) for campaign, version in versions.own}
        return Law(self._policy(connection, versions.policy), calendar, own)

    def _policy(self, connection: Connection, version: int) -> Policy:
        policy = self._policies.get(version)
        if policy is None:
            policy = shop_queries.policy_of(connection, version)
            self._policies[version] = policy
        return policy


def open_runtime(settings: Settings, machine_clock: Clock | None = None) -> Runtime:
    """Open the database that the settings name; nothing is read from it yet."""
    return Runtime(settings, session.open_engine(settings.database_url), machine_clock)
