"""One day, from the empty shop to the table of what happened."""

from __future__ import annotations

import time
from collections import Counter
from random import Random
from typing import Any

from sqlalchemy import func, select, text, update

from adapters.store.models.calls import attempt
from adapters.store.models.lines import line_call, line_event, sms
from adapters.store.queries import calls
from scheduler.flows.line_events import apply_waiting
from scheduler.flows.line_reconcile import reconcile
from scheduler.flows.text_events import apply_waiting_texts
from scheduler.flows.text_pace import LinePace
from scheduler.flows.text_reconcile import reconcile_texts, settle_unknown
from scheduler.flows.text_sending import send_due
from scheduler.runtime import Runtime
from tests.shops import Shop
from tests.soak.caller import PATIENCE, CallerDesk
from tests.soak.faults import calm, script
from tests.soak.ground import Board, FastClock, Journal, Plan, journals
from tests.soak.processes import CarrierProcess, Crew, ServerProcess
from tests.soak.truth import Truth, check
from tests.soak.world import World, an_account

RESTS_WITHIN_S = 120.0
QUIET_S = 0.5


class Day:
    """What is started for one run, and what it saw."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self._began = time.monotonic()
        self._clock = FastClock(self._began, plan.speed)
        account = an_account()
        self._carrier = CarrierProcess(plan, account, self._clock)
        shop = Shop(plan.database_url, plan.folder, now="05-13 08:00")
        self._world = World(plan, shop, self._carrier.url, account)
        self._server: ServerProcess | None = None
        self._rows: list[tuple[str, object]] = []

    def close(self) -> None:
        if self._server is not None:
            self._server.close()
        self._carrier.close()
        self._world.close()

    def table(self) -> str:
        """What happened, a line each."""
        return "\n".join(f"{name:<44}{value:>8}" for name, value in self._rows)

    def run(self, within_s: float) -> list[str]:
        """Everything that does not hold in the end."""
        world, plan = self._world, self.plan
        world.fill()
        world.rehearse()
        numbers = [number.e164 for number in world.numbers]
        held_s = plan.read_s * 1.5
        self._carrier.follow(script(plan.seed, numbers, world.desk_phones, held_s))
        world.write_to_all()
        ground = world.begin(self._clock)
        board = Board(plan.workers)
        self._server = ServerProcess(ground, world.port.getsockname()[1])
        self._say("seconds to set it up", round(time.monotonic() - self._began, 1))
        working = time.monotonic()
        crew = Crew(ground, board, self._server)
        in_time = crew.run(within_s)
        crew.dismiss()
        self._say("seconds of work", round(time.monotonic() - working, 1))
        faults = self._carrier.get()
        self._carrier.follow(calm(plan.seed, numbers, world.desk_phones))
        resting = time.monotonic()
        runtime = ground.open()
        wrong = self._rest(runtime, ground.callers)
        self._say("seconds until all was at rest", round(time.monotonic() - resting, 1))
        legs, messages = self._carrier.get("calls"), self._carrier.get("messages")
        told = journals(plan.folder)
        wrong += [] if in_time else ["the day was not done in time"]
        wrong += [f"a worker broke: {one}\n{self._words(one)}" for one in crew.crashed]
        wrong += check(runtime, legs, messages, told)
        self._tell(crew, faults, legs, messages, told)
        self._tell_ledger(runtime)
        runtime.engine.dispose()
        return wrong

    def _rest(self, runtime: Runtime, callers: tuple[Any, ...]) -> list[str]:
        """Nobody new is called; what is open comes to its end."""
        journal = Journal(self.plan.folder / "rest.journal")
        desks = [CallerDesk(runtime, c, journal, Random(f"rest {c.id}")) for c in callers]
        self._ask_of_texts_now(runtime)
        until = time.monotonic() + RESTS_WITHIN_S
        quiet_since = None
        while time.monotonic() < until:
            apply_waiting(runtime)
            apply_waiting_texts(runtime)
            reconcile(runtime)
            reconcile_texts(runtime)
            send_due(runtime, limit=20, pace=LinePace(runtime, PATIENCE))
            for desk in desks:
                desk.finish()
            open_things = self._still_open(runtime)
            if open_things:
                quiet_since = None
            elif quiet_since is None:
                quiet_since = time.monotonic()
            elif time.monotonic() - quiet_since > QUIET_S:
                self._settle_texts(runtime)
                return []
            time.sleep(0.03)
        return [f"not at rest: {open_things}"]

    def _still_open(self, runtime: Runtime) -> dict[str, int]:
        state = self._carrier.get()
        queries = {
            "calls": "SELECT count(*) FROM line_call WHERE settled_at IS NULL",
            "events": "SELECT count(*) FROM line_event WHERE applied_at IS NULL",
            "dialled": "SELECT count(*) FROM attempt WHERE state = 'dialled'",
            "sending": "SELECT count(*) FROM sms WHERE state = 'sending'",
            "unknown texts": "SELECT count(*) FROM sms WHERE state = 'unknown' AND checks < 2",
        }
        with runtime.snapshot() as connection:
            found = {
                name: int(connection.execute(text(q)).scalar_one()) for name, q in queries.items()
            }
        found |= {name: int(state[name]) for name in ("live", "callbacks_pending")}
        return {name: count for name, count in found.items() if count}

    def _ask_of_texts_now(self, runtime: Runtime) -> None:
        """What is not known is asked for anew from here on; its next time may be an hour away."""
        with runtime.transaction() as connection:
            connection.execute(
                update(sms)
                .where(sms.c.state.in_(("sending", "unknown")))
                .values(checks=0, next_check_machine=self._clock.now())
            )

    def _settle_texts(self, runtime: Runtime) -> None:
        """What the carrier was asked about and never had: a person looks, and says that it is so."""
        sent = {(m["to"], m["body"]) for m in self._carrier.get("messages")}
        with runtime.snapshot() as connection:
            unknown = connection.execute(select(sms).where(sms.c.state == "unknown")).all()
            found = [
                row
                for row in unknown
                if (
                    runtime.vault.open(calls.phone_row(connection, row.phone_id).sealed).e164,
                    row.wording,
                )
                in sent
            ]
        self._say("texts that the look-up did not find", len(found))
        for row in set(unknown) - set(found):
            settle_unknown(runtime, row.id, runtime.now(), "周主管", was_sent=False)
        self._say("texts that a person settled: not sent", len(unknown) - len(found))

    # --- the table -------------------------------------------------------------------------------

    def _say(self, name: str, value: object) -> None:
        self._rows.append((name, value))

    def _tell(
        self,
        crew: Crew,
        faults: dict[str, Any],
        legs: Truth,
        messages: Truth,
        told: list[dict[str, str]],
    ) -> None:
        assert self._server is not None, "it ran"
        words = Counter(entry["what"] for entry in told)
        refused = Counter(entry["why"] for entry in told if entry["what"] == "refused")
        self._say("workers killed", crew.kills)
        self._say("  of them beside a request", crew.aimed)
        self._say("callback servers killed", self._server.kills)
        self._say("dialled, as workers were told", words["dialled"])
        self._say("outcomes, as workers were told", words["outcome"])
        for why, count in refused.most_common(8):
            self._say(f"refused: {why[:30]}", count)
        struck = faults["faults"] | faults["callback_faults"]
        self._say("faults struck", sum(struck.values()))
        for fault, count in sorted(struck.items()):
            self._say(f"  {fault}", count)
        self._say("carrier: calls to callers", sum(1 for leg in legs if not leg["parent"]))
        self._say("carrier: customers rung", sum(1 for leg in legs if leg["parent"]))
        outbound = [m for m in messages if str(m["direction"]).startswith("outbound")]
        self._say("carrier: messages", len(outbound))
        self._say("carrier: mistakes of its own", faults["own_mistakes"])
        self._tell_callbacks([c for c in self._carrier.get("callbacks") if c["kind"] != "document"])

    def _tell_callbacks(self, tried: Truth) -> None:
        heard = Counter(
            (c["url"], *sorted(c["fields"].items())) for c in tried if 200 <= c["status"] < 300
        )
        self._say("callbacks heard", sum(heard.values()))
        self._say("  of them told again, and kept once", sum(heard.values()) - len(heard))
        unheard = sum(1 for c in tried if c["status"] == 0 or c["status"] >= 300)
        self._say("callbacks refused or unanswered", unheard)

    def _tell_ledger(self, runtime: Runtime) -> None:
        with runtime.snapshot() as connection:
            for what, column in (
                ("line call", line_call.c.state),
                ("text", sms.c.state),
                ("attempt", attempt.c.state),
                ("event", line_event.c.verdict),
            ):
                rows = connection.execute(select(column, func.count()).group_by(column)).all()
                for state, count in sorted(rows, key=str):
                    self._say(f"{what}: {state}", count)
            why = select(line_call.c.rule, line_call.c.reason, func.count()).where(
                line_call.c.state.in_(("not_sent", "refused", "stopped"))
            )
            for row in connection.execute(why.group_by(line_call.c.rule, line_call.c.reason)):
                self._say(f"none, because: {row.rule or ''} {(row.reason or '')[:24]}", row[2])
            late = select(func.count()).where(
                line_call.c.state == "unconfirmed", line_call.c.provider_id.is_not(None)
            )
            self._say("unconfirmed that turned up late", connection.execute(late).scalar_one())
            unknown = text("SELECT count(DISTINCT subject) FROM line_step WHERE state = 'unknown'")
            self._say("calls and texts once unknown", connection.execute(unknown).scalar_one())

    def _words(self, crashed: str) -> str:
        """The last of what a worker said."""
        path = self.plan.folder / f"{crashed.partition(':')[0]}.log"
        return path.read_text()[-3_000:] if path.exists() else ""
