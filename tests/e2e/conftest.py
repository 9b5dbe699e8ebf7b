"""A real Chromium of the system, Chinese locale, Shanghai time, and the accessibility checker.

page           a page of a fresh context; a script error or a breach of the content security
               policy fails the test, a failed test leaves a picture in test-results/
new_context    makes further contexts, for tests with two people or a small screen
axe            `assert axe(page) == []`
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Generator, Iterator
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Page,
    expect,
    sync_playwright,
)

from tests import services

CHROMIUM_ARGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
]
CONTEXT = {"locale": "zh-CN", "timezone_id": "Asia/Shanghai"}
BROWSERS = ("chromium-headless-shell", "chromium")
"""The first that is there. The shell draws the same pages without a window around each: measured,
a fresh context costs 0.16 s of CPU instead of 1.2."""
PATIENCE_MS = 40_000
"""How long a page may take to show what it should. Only a test that fails waits so long, and a
machine that does three other things besides must not make one fail."""
PICTURES = Path(__file__).parents[2] / "test-results"
FAILED = pytest.StashKey[bool]()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    item.stash[FAILED] = item.stash.get(FAILED, False) or report.failed
    return report


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    found = (path for name in BROWSERS if (path := shutil.which(name)))
    chromium = os.environ.get("CHROMIUM") or next(found, None)
    if chromium is None:
        services.missing("Chromium", "chromium fonts-noto-cjk")
    expect.set_options(timeout=PATIENCE_MS)
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=chromium, args=CHROMIUM_ARGS)
        yield launched
        launched.close()


@pytest.fixture
def new_context(browser: Browser) -> Iterator[Callable[..., BrowserContext]]:
    """Makes a context; keyword arguments are those of the browser's own `new_context`."""
    opened: list[BrowserContext] = []

    def make(**options: Any) -> BrowserContext:
        opened.append(browser.new_context(**{**CONTEXT, **options}))
        return opened[-1]

    yield make
    for context in opened:
        context.close()


@pytest.fixture
def context(new_context: Callable[..., BrowserContext]) -> BrowserContext:
    return new_context()


@pytest.fixture
def page_errors() -> list[str]:
    """What went wrong inside the page; a test that expects it clears the list."""
    return []


@pytest.fixture
def page(
    context: BrowserContext, page_errors: list[str], request: pytest.FixtureRequest
) -> Iterator[Page]:
    def note(message: ConsoleMessage) -> None:
        if message.type == "error" and "Content Security Policy" in message.text:
            page_errors.append(message.text)

    opened = context.new_page()
    opened.on("pageerror", lambda error: page_errors.append(str(error)))
    opened.on("console", note)
    yield opened
    if request.node.stash.get(FAILED, False) and not opened.is_closed():
        opened.screenshot(path=PICTURES / f"{request.node.name}.png", full_page=True)
    assert page_errors == []


@pytest.fixture
def axe() -> Callable[[Page], list[str]]:
    """Lists serious and critical findings, one a line.

    The checker is injected by evaluation, which a strict content security policy permits.
    """

    def run(page: Page) -> list[str]:
        findings = Axe().run(page).response["violations"]
        return [
            f"{finding['id']}: {finding['help']} at {node['target']}"
            for finding in findings
            if finding["impact"] in {"serious", "critical"}
            for node in finding["nodes"]
        ]

    return run
