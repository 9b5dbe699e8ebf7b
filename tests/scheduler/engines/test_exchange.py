"""A whole call of the shop through a real Asterisk: dialled, let through, talked, recorded, scored."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import Row

from adapters.channels.asterisk_switch import AsteriskSwitch
from adapters.clock import SystemClock
from adapters.line_settings import AsteriskSettings, LineSettings
from adapters.store.models.lines import line_call, line_event, recording
from adapters.store.models.sampling import score
from campaigns.lines import Leg
from campaigns.values import LineCallState, LineName, Role, ScoreOrigin
from scheduler.engines.exchange import ExchangeListener
from scheduler.flows.line_calls import dial, hang_up
from scheduler.flows.line_choice import set_choice, set_phone
from scheduler.flows.line_keypad import ask_score
from scheduler.flows.recordings import listen
from scheduler.flows.shop import change_policy, set_clock
from tests.databases import PostgresTemplate, copy_sqlite, sqlite_url
from tests.exchange import Exchange
from tests.factories import a_number, at
from tests.shops import Shop

WAIT_SECONDS = 60.0
NOW = "05-27 09:30"
ROOT = Path(__file__).parents[3]
pytestmark = [
    pytest.mark.side_by_side,
    pytest.mark.parametrize("kind", ["sqlite", "postgresql"]),
]


class ExchangeShop:
    """A shop whose calls go through the exchange, with one sampled customer."""

    def __init__(self, shop: Shop, exchange: Exchange) -> None:
        self.shop, self.exchange, self.runtime = shop, exchange, shop.runtime
        self.number = a_number()
        self.settings = AsteriskSettings(
            url=exchange.ari_url,
            user=exchange.ari_user,
            password=exchange.ari_password,
            app=f"shop-{self.number.national}",
            phones="PJSIP/phone-{extension}",
            caller_id="02888888888",
            is_for_training=True,
        )
        self.runtime.settings = replace(
            self.runtime.settings, lines=LineSettings(asterisk=self.settings)
        )
        self.runtime.machine_clock = SystemClock()
        set_clock(self.runtime, "张三", to=at(NOW), ticks=True)
        shop.sampled(shop.buyer(number=self.number))
        self.caller = shop.person()
        set_choice(self.runtime, "call", "all", LineName.ASTERISK, at(NOW), "李组长")
        set_phone(self.runtime, self.caller, LineName.ASTERISK, "801", at(NOW), "李组长")

    @contextmanager
    def listening(self) -> Iterator[None]:
        """Listen as the panel's process does."""
        listener = ExchangeListener(self.runtime)
        listener.start()
        try:
            self.wait(lambda: self.runtime.lines.voice[LineName.ASTERISK].check().is_ready)
            yield
        finally:
            listener.stop()

    def dial(self) -> str:
        """The customer is handed out and dialled; the attempt's id."""
        held = self.shop.take(self.caller, NOW)
        answer = dial(self.runtime, held.attempt_id, self.runtime.now(), self.caller)
        assert (answer.line, answer.state) == (LineName.ASTERISK, LineCallState.PLACED)
        return held.attempt_id

    def customer(self, act: str) -> None:
        self.exchange.customer(self.number.national, act)

    @property
    def call(self) -> Row:
        (row,) = self.shop.rows(line_call)
        return row

    def rings(self) -> int:
        return len([r for r in self.exchange.rung() if r.number == self.number.national])

    def wait(self, until: Callable[[], object]) -> None:
        deadline = time.monotonic() + WAIT_SECONDS
        while not until():
            told = [(e.key, e.at_machine) for e in self.shop.rows(line_event)]
            assert time.monotonic() < deadline, (self.shop.rows(line_call), told)
            time.sleep(0.05)

    def wait_until_ended(self) -> Row:
        self.wait(lambda: self.call.settled_at is not None)
        return self.call

    def close(self) -> None:
        switch = AsteriskSwitch(self.settings)
        for call_id in switch.calls():
            for leg in Leg:
                switch.hang_up(call_id, leg)
            switch.clear(call_id)


class Shops:
    """Opens a shop on a database of its own, for one test among others."""

    def __init__(self, exchange: Exchange, sqlite: Path, folders: pytest.TempPathFactory) -> None:
        self.exchange, self.sqlite, self.folders = exchange, sqlite, folders
        self.postgres: PostgresTemplate | None = None
        self._making = threading.Lock()

    @contextmanager
    def open(self, kind: str) -> Iterator[ExchangeShop]:
        with ExitStack() as until:
            with self._making:
                folder = self.folders.mktemp("shop")
                url = sqlite_url(folder / "waihu.db")
                if kind == "sqlite":
                    copy_sqlite(self.sqlite, folder / "waihu.db")
                elif self.postgres is None:
                    pytest.skip("PostgreSQL is not there")
                else:
                    url = until.enter_context(self.postgres.copy())
                made = Shop(url, folder)
            until.callback(made.close)
            shop = ExchangeShop(made, self.exchange)
            until.callback(shop.close)
            yield shop


@pytest.fixture(scope="module")
def shops(
    request: pytest.FixtureRequest,
    exchange: Exchange,
    sqlite_template: Path,
    tmp_path_factory: pytest.TempPathFactory,
) -> Shops:
    found = Shops(exchange, sqlite_template, tmp_path_factory)
    with suppress(pytest.skip.Exception):  # those on SQLite still run
        found.postgres = request.getfixturevalue("postgres_template")
    return found


def test_r_smp_4_a_call_is_answered_recorded_scored_by_keypad_and_hung_up(shops: Shops, kind: str):
    with shops.open(kind) as shop:
        change_policy(shop.runtime, {"records_calls": 1}, at(NOW), "李组长")
        shop.customer("presses/wwwwwwwwww4")  # five seconds, then the key
        with shop.listening():
            attempt_id = shop.dial()
            shop.wait(lambda: shop.call.answered_by_customer_machine)
            time.sleep(2.5)  # the notice, and some talk
            ask_score(shop.runtime, attempt_id, shop.caller)
            row = shop.wait_until_ended()
            shop.wait(lambda: shop.shop.rows(recording))

        assert (row.state, row.cause, row.digits) == ("ended", "talked", "4")
        assert row.caller_answered_machine < row.rang_machine < row.answered_by_customer_machine
        assert shop.rings() == 1
        answered = shop.runtime.now()
        shop.shop.outcome(attempt_id, "scored", f"{answered:05-27 09:40}", shop.caller, score=3)
        assert [(s.value, s.origin) for s in shop.shop.rows(score)] == [(4, ScoreOrigin.KEYPAD)]
        (kept,) = shop.shop.rows(recording)
        supervisor = shop.shop.person("王主管", Role.SUPERVISOR)
        sound = listen(shop.runtime, kept.id, shop.runtime.now(), supervisor)
        assert (sound.media_type, sound.content[:4]) == ("audio/wav", b"RIFF")
        assert (kept.attempt_id, kept.seconds) in {(attempt_id, s) for s in range(1, 5)}


def test_r_claim_1_what_was_closed_meanwhile_rings_nobody(shops: Shops, kind: str):
    """The last gate is the shop's own: a caller's phone that rings long may outlive its reason."""
    with shops.open(kind) as shop:
        shop.exchange.customer("803", "answers")
        set_phone(shop.runtime, shop.caller, LineName.ASTERISK, "803", at(NOW), "李组长")
        with shop.listening():
            shop.dial()
            set_clock(shop.runtime, "张三", to=at("05-27 22:00"), ticks=True)  # R-HOURS-3
            row = shop.wait_until_ended()

        assert (row.state, row.rule) == ("stopped", "R-HOURS-3")
        assert shop.rings() == 0


def test_a_training_shop_uses_no_exchange_that_may_lead_to_telephones(shops: Shops, kind: str):
    with shops.open(kind) as shop:
        own = replace(shop.settings, is_for_training=False)
        runtime = shop.shop.another_runtime()
        runtime.settings = replace(runtime.settings, lines=LineSettings(asterisk=own))
        listener = ExchangeListener(runtime)
        listener.start()

        assert LineName.ASTERISK not in runtime.lines.voice
        assert not listener.is_running
        runtime.engine.dispose()


def test_hanging_up_from_the_callers_page_ends_both_legs(shops: Shops, kind: str):
    with shops.open(kind) as shop:
        with shop.listening():
            attempt_id = shop.dial()
            shop.wait(lambda: shop.call.answered_by_customer_machine)
            hang_up(shop.runtime, attempt_id, shop.runtime.now(), shop.caller)
            row = shop.wait_until_ended()

        assert (row.state, row.cause) == ("ended", "talked")


LISTEN = """
import os
from datetime import datetime
from pathlib import Path
from adapters.line_settings import AsteriskSettings, LineSettings
from adapters.settings import Settings
from scheduler.engines.exchange import ExchangeListener
from scheduler.runtime import open_runtime

given = os.environ
own = AsteriskSettings(
    given["URL"], given["USER_NAME"], given["PASSWORD"], app=given["APP"],
    phones="PJSIP/phone-{extension}", is_for_training=True,
)
settings = Settings(given["DATABASE"], Path(given["KEY"]), lines=LineSettings(asterisk=own))
ExchangeListener(open_runtime(settings)).run()
"""


@contextmanager
def listening_process(shop: ExchangeShop) -> Iterator[subprocess.Popen[bytes]]:
    own, settings = shop.settings, shop.runtime.settings
    environ = {
        **os.environ,
        "URL": own.url,
        "USER_NAME": own.user,
        "PASSWORD": own.password,
        "APP": own.app,
        "DATABASE": settings.database_url,
        "KEY": str(settings.secret_file),
    }
    process = subprocess.Popen(
        [sys.executable, "-u", "-c", LISTEN],
        cwd=ROOT,
        env=environ,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    assert process.stdout is not None
    try:
        # While calls are under way the exchange does not notice that the last listener has gone.
        assert any(b"exchange.connected" in line for line in process.stdout)
        yield process
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


@pytest.mark.parametrize("later", [0.0, 0.4])
def test_r_repeat_2_a_listener_killed_after_the_gate_rings_once_at_most(
    shops: Shops, kind: str, later: float
):
    with shops.open(kind) as shop:
        with listening_process(shop) as process:
            shop.dial()
            shop.wait(lambda: shop.call.gate_at)
            time.sleep(later)
            process.kill()
            process.wait()
        with listening_process(shop):
            patience = time.monotonic() + 3
            shop.wait(lambda: shop.call.rang_machine or time.monotonic() > patience)
            # Where it was killed just before it rang, nobody is rung, ever.
            hang_up(shop.runtime, shop.call.attempt_id, shop.runtime.now(), shop.caller)
            row = shop.wait_until_ended()

        assert row.state == "ended"
        assert shop.rings() <= 1
        assert (row.rang_machine is not None) == (shop.rings() == 1)
