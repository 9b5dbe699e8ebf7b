"""A caller's page on a shop whose line is the training carrier, a process beside the test."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import requests
from playwright.sync_api import Page
from sqlalchemy import select

from adapters.carrier.process import carrier_process
from adapters.clock import SystemClock
from adapters.line_settings import LineSettings
from adapters.store.models.customers import customer, customer_phone
from adapters.store.models.lines import line_call
from campaigns.values import LineName
from scheduler.flows.line_choice import set_choice
from scheduler.jobs import tick_lines, tick_told
from tests.e2e.served import Panel, served
from tests.e2e.test_caller_workspace import Desk
from tests.e2e.test_sampling_calls import MORNING, sampled
from tests.factories import at
from tests.web.workspace import LEADER, NOW, Workspace

EVERY_S = 0.25
"""How often what the carrier told is worked off."""


class LineDesk(Desk):
    """The caller's page, and the carrier that does as it is told."""

    def __init__(self, workspace: Workspace, panel: Panel, page: Page, carrier: str) -> None:
        super().__init__(workspace, panel, page)
        self.carrier = carrier

    def number_of(self, buyer: str) -> str:
        query = select(customer_phone.c.sealed).join(customer).where(customer.c.buyer == buyer)
        with self.workspace.runtime.snapshot() as connection:
            sealed = connection.execute(query).scalar_one()
        return self.workspace.runtime.vault.open(sealed).e164

    def script(self, people: dict[str, dict[str, Any]], **more: Any) -> None:
        """How these buyers behave when called, and what else goes wrong."""
        known = {self.number_of(buyer): person for buyer, person in people.items()}
        said = {"seed": 1, "cps": None, "own": {"after_s": 0.5, "talks_s": 86_400.0}}
        self.told(requests.post, "script", json=said | {"people": known} | more)

    def customer_hangs_up(self) -> None:
        """Whoever answered puts the phone down."""
        legs = self.told(requests.get, "calls").json()
        (talking,) = [leg for leg in legs if leg["parent"] and leg["status"] == "in-progress"]
        self.told(requests.post, "hangup", json={"sid": talking["sid"]})

    def told(
        self, ask: Callable[..., requests.Response], name: str, **more: Any
    ) -> requests.Response:
        answer = ask(f"{self.carrier}/_carrier/{name}", timeout=5, **more)
        answer.raise_for_status()
        return answer

    def states(self) -> list[str]:
        with self.workspace.runtime.snapshot() as connection:
            return list(connection.execute(select(line_call.c.state)).scalars())


@contextmanager
def open_line_desk(
    database_url: str, folder: Path, page: Page, buyers: tuple[str, ...]
) -> Iterator[LineDesk]:
    """Serve the shop, run the carrier, and work off what it tells, until the test is done."""
    is_sampling = buyers[0] == "抽到一"
    workspace = Workspace(database_url, folder, SystemClock(), () if is_sampling else buyers)
    if is_sampling:
        sampled(workspace, *buyers)
        workspace.move(MORNING)
    runtime = workspace.runtime
    set_choice(runtime, "call", "all", LineName.TWILIO, at(MORNING if is_sampling else NOW), LEADER)
    is_over = threading.Event()

    def work_off() -> None:
        while not is_over.wait(EVERY_S):
            tick_told(runtime)
            tick_lines(runtime)

    speed = 4.0 if is_sampling else 1.0  # the keypad question is read aloud at leisure
    with served(runtime) as panel, carrier_process(f"{panel.url}/", speed=speed) as twilio:
        runtime.settings = replace(
            runtime.settings, training_url=f"{panel.url}/", lines=LineSettings(twilio=twilio)
        )
        thread = threading.Thread(target=work_off)
        thread.start()
        try:
            assert twilio.base_url is not None
            yield LineDesk(workspace, panel, page, twilio.base_url.rstrip("/"))
        finally:
            is_over.set()
            thread.join()
    workspace.shop.close()
