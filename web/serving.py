"""One process for a shop on one computer: the panel and the embedded engine."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace

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

TRIED_PORTS = 20
"""A port in use is common on a desk's computer; the next ones are tried."""
THREADS = 16
"""A request to a line may take half a minute (adapters.channels.base); others go on meanwhile."""


def serve_forever(
    runtime: Runtime, *, host: str | None, port: int | None, announce: Callable[[str], None]
) -> None:
    """Serve until interrupted. Announces the address, and in a training shop the logins."""
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
        waitress.serve(
            app,
            sockets=[listener],
            threads=THREADS,
            ident=None,
            # Behind the proxy that ends https its word on the visitor's address is needed, see
            # web.protection; without one nobody's word is taken.
            clear_untrusted_proxy_headers=not settings.is_https,
        )


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
