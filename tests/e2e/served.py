"""A real shop behind a real server on a port of its own, for a real browser."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from playwright.sync_api import Page
from werkzeug.serving import make_server

from scheduler.runtime import Runtime
from tests.web import panel_shop
from web.app import create_app


@dataclass(frozen=True, slots=True)
class Panel:
    """Where the panel answers, and the shop behind it."""

    url: str
    runtime: Runtime

    def sign_in(self, page: Page, name: str) -> None:
        """Sign in as a person would."""
        page.goto(f"{self.url}/sign-in")
        page.get_by_label("用户名").fill(name)
        page.get_by_label("密码").fill(panel_shop.PASSWORD)
        page.get_by_role("button", name="登录").click()
        page.wait_for_url(lambda url: "/sign-in" not in url)


@contextmanager
def served(runtime: Runtime) -> Iterator[Panel]:
    """Serve the shop until the test is done."""
    server = make_server("127.0.0.1", 0, create_app(runtime, panel_shop.CHEAP), threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield Panel(f"http://127.0.0.1:{server.server_port}", runtime)
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
