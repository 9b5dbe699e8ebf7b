"""Tests of a telephone exchange wait most of their time, so those of a module wait together."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import pytest

from tests.exchange import Exchange

AT_A_TIME = 6
Running = dict[str, Future[None]]


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line(
        "markers", "side_by_side: needs the exchange and its parameters only; runs among others"
    )


@pytest.fixture(scope="module")
def running(request: pytest.FixtureRequest, exchange: Exchange) -> Iterator[Running]:
    """All marked tests of this module that were asked for, a few at a time on one exchange."""
    with ThreadPoolExecutor(AT_A_TIME) as pool:
        yield {
            item.nodeid: pool.submit(item.function, exchange=exchange, **_parameters(item))
            for item in request.session.items
            if isinstance(item, pytest.Function)
            and item.path == request.path
            and item.get_closest_marker("side_by_side")
        }
        pool.shutdown(cancel_futures=True)


@pytest.fixture(autouse=True)
def waits_among_others(request: pytest.FixtureRequest) -> None:
    """A marked test runs in a thread; what it raises there is raised in its own place."""
    if request.node.get_closest_marker("side_by_side"):
        futures: Running = request.getfixturevalue("running")
        request.node.obj = lambda **_: futures[request.node.nodeid].result()


def _parameters(item: pytest.Function) -> dict[str, Any]:
    return item.callspec.params if hasattr(item, "callspec") else {}
