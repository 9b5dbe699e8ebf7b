"""One process for a shop on one computer: the panel and the embedded engine."""

from __future__ import annotations

import os
import signal
import socket
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import replace
from types import FrameType
from typing import TYPE_CHECKING

import waitress

from adapters.carrier.process import carrier_process
from adapters.line_settings import LineSettings
from campaigns.errors import NotReadyError
from campaigns.labels_zh import ROLE_LABELS
from scheduler.engines.embedded import EmbeddedEngine
from scheduler.engines.exchange import ExchangeListener
from scheduler.flows.training import training_logins
from scheduler.runtime import Runtime
from web.app import create_app

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

TRIED_PORTS = 20
"""A port in use is common on a desk's computer; the next ones are tried."""
THREADS = 16
"""A request to a line may take half a minute (adapters.channels.base); others go on meanwhile."""

ENDS_WITHIN_S = 1.5
"""So long a training shop may finish what is under way once it is told to end."""
REQUESTS_END_WITHIN_S = 80
"""A call that a line takes too late is called off as well: two requests to it, after its turn came."""
INTERRUPTED = 130
"""The exit code of what was not finished."""


def serve_forever(
    runtime: Runtime, *, host: str | None, port: int | None, announce: Callable[[str], None]
) -> None:
    """Serve until SIGINT or SIGTERM. Announces the address, and in a training shop the logins.

    For a process's main thread, which ends afterwards.
    """
    with suppress(KeyboardInterrupt):
        listen_to_signals(is_training=runtime.is_training)
        _serve(runtime, host, port, announce)
    signal.setitimer(signal.ITIMER_REAL, 0)  # all is done; what Python itself does last is quick


def _serve(
    runtime: Runtime, host: str | None, port: int | None, announce: Callable[[str], None]
) -> None:
    settings = runtime.settings
    address = host or settings.host
    listener = _listen(address, settings.port if port is None else port)
    bound = listener.getsockname()[1]
    runtime.settings = replace(settings, port=bound)
    shown = "127.0.0.1" if address in ("0.0.0.0", "::") else address  # noqa: S104 - compared only
    with ExitStack() as stack:
        stack.callback(listener.close)
        stack.enter_context(_training_line(runtime, f"http://127.0.0.1:{bound}/"))
        app = create_app(runtime)
        engine = EmbeddedEngine(runtime)
        engine.start()
        stack.callback(engine.stop)
        exchange = ExchangeListener(runtime)
        exchange.start()
        stack.callback(exchange.stop)
        announce(f"http://{shown}:{bound}")
        if runtime.is_training:
            for login in training_logins():
                announce(f"    {login.name}（{ROLE_LABELS[login.role]}）  {login.password}")
        announce("按 Ctrl+C 结束")
        answer_requests(app, listener, is_https=settings.is_https)


def answer_requests(app: WSGIApplication, listener: socket.socket, *, is_https: bool) -> None:
    """Answer until the first signal, and then finish what has been begun."""
    server = waitress.create_server(
        app,
        sockets=[listener],
        threads=THREADS,
        ident=None,
        # Behind the proxy that ends https its word on the visitor's address is needed, see
        # web.protection; without one nobody's word is taken.
        clear_untrusted_proxy_headers=not is_https,
    )
    server.run()
    # By itself it waits five seconds. What a line says later than that would be lost (safety F3).
    server.task_dispatcher.shutdown(timeout=REQUESTS_END_WITHIN_S)


def listen_to_signals(*, is_training: bool) -> None:
    """End at the first one; what is under way is finished, for a line it may be half a minute.

    A training shop rings nobody and does not wait so long. In a real one a further signal ends it
    as a power cut would. A group may be told twice at once, so that comes only after a while.
    """

    def end(_signal: int, _frame: FrameType | None) -> None:
        _on_signals(signal.SIG_IGN)
        signal.setitimer(signal.ITIMER_REAL, ENDS_WITHIN_S)
        raise KeyboardInterrupt

    def leave(_signal: int, _frame: FrameType | None) -> None:
        os._exit(INTERRUPTED)

    def wait_no_longer(_signal: int, _frame: FrameType | None) -> None:
        if is_training:
            os._exit(INTERRUPTED)
        _on_signals(leave)

    signal.signal(signal.SIGALRM, wait_no_longer)
    _on_signals(end)


def _on_signals(handler: Callable[[int, FrameType | None], None] | signal.Handlers) -> None:
    for one in (signal.SIGINT, signal.SIGTERM):
        signal.signal(one, handler)


@contextmanager
def _training_line(runtime: Runtime, here: str) -> Iterator[None]:
    """A training shop without a line of its own gets one that leads to no telephone."""
    settings = runtime.settings
    if not runtime.is_training or settings.lines != LineSettings():
        yield
        return
    with carrier_process(here) as twilio:
        runtime.settings = replace(settings, training_url=here, lines=LineSettings(twilio=twilio))
        yield


def _listen(host: str, port: int) -> socket.socket:
    last: OSError | None = None
    for candidate in range(port, port + (TRIED_PORTS if port else 1)):
        listener = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((host, candidate))
        except OSError as error:
            listener.close()
            last = error
        else:
            return listener
    raise NotReadyError(f"{host}:{port} 起的端口都被占用（{last}）")
