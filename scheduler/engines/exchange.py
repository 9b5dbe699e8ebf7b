"""The listener on the shop's own exchange: a thread that lives as long as the panel's process."""

from __future__ import annotations

import threading

from adapters import event_log
from adapters.channels.asterisk_events import listen
from adapters.channels.asterisk_switch import AsteriskSwitch
from adapters.line_settings import AsteriskSettings
from campaigns.lines import CallEvent
from campaigns.values import LineName
from scheduler.flows.exchange_calls import ExchangeCalls
from scheduler.flows.line_calls import token_of
from scheduler.flows.line_events import apply_call, take_call_events
from scheduler.flows.line_gate import Connect, NotNow, let_through
from scheduler.runtime import Runtime

log = event_log.get_logger(__name__)

_STOP_S = 10.0


class ExchangeListener:
    """Listens until it is stopped. Where the shop has no exchange, starting it does nothing."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None

    @property
    def is_running(self) -> bool:
        """Whether there is an exchange to listen to, and the thread lives."""
        return self._thread is not None and self._thread.is_alive()

    def start(self) -> None:
        """Begin to listen in a thread of its own."""
        settings = self._runtime.settings.lines.asterisk
        if settings is None or LineName.ASTERISK not in self._runtime.lines.voice:
            return
        self._thread = threading.Thread(
            target=self._run, args=(settings,), name="exchange", daemon=True
        )
        self._thread.start()

    def stop(self) -> None:
        """Finish the event under way, then stop. Calls go on; whoever starts next takes them up."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join(_STOP_S)

    def run(self) -> None:
        """Listen in this thread until `stop` is called from another."""
        self.start()
        while self.is_running and not self._stop.wait(1):
            pass

    def _run(self, settings: AsteriskSettings) -> None:
        calls = ExchangeCalls(
            AsteriskSwitch(settings),
            self._gate,
            self._take,
            notice=settings.notice,
            score_prompt=settings.score_prompt,
        )
        for event in listen(settings, self._stop):
            try:
                calls.handle(event, self._runtime.machine_clock.now())
            except Exception:  # one call's trouble does not silence all others
                log.exception("exchange.event_failed", sign=event.sign, call=event.call_id)

    def _gate(self, call_id: str, provider_id: str) -> Connect | NotNow | None:
        token = token_of(self._runtime, call_id)
        return let_through(self._runtime, LineName.ASTERISK, token, provider_id)

    def _take(self, call_id: str, events: list[CallEvent]) -> None:
        """Store first; then at once, so that the caller's page shows it while it happens."""
        token = token_of(self._runtime, call_id)
        if take_call_events(self._runtime, LineName.ASTERISK, token, events):
            apply_call(self._runtime, call_id)
