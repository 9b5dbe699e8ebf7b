"""Tests that wait most of their time wait together: marked ones of a module run in threads.

A marked test takes parameters and fixtures of the session or module only, and shares nothing else
with its neighbours. It passes and fails in its own place. A folder's conftest imports the fixtures.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import pytest

AT_A_TIME = 6
Running = dict[str, Future[None]]


@pytest.fixture(scope="module")
def running(request: pytest.FixtureRequest) -> Iterator[Running]:
    """The marked tests of this module that were asked for, a few at a time."""
    found = [
        item
        for item in request.session.items
        if isinstance(item, pytest.Function)
        and item.path == request.path
        and item.get_closest_marker("side_by_side")
    ]
    given = {item.nodeid: _arguments(request, item) for item in found}
    with ThreadPoolExecutor(AT_A_TIME) as pool:
        yield {item.nodeid: pool.submit(item.function, **given[item.nodeid]) for item in found}
        pool.shutdown(cancel_futures=True)


@pytest.fixture(autouse=True)
def waits_among_others(request: pytest.FixtureRequest) -> None:
    """What a marked test raises in its thread is raised where it stands."""
    if request.node.get_closest_marker("side_by_side"):
        futures: Running = request.getfixturevalue("running")
        request.node.obj = lambda **_: futures[request.node.nodeid].result()


def _arguments(request: pytest.FixtureRequest, item: pytest.Function) -> dict[str, Any]:
    given: dict[str, Any] = dict(item.callspec.params) if hasattr(item, "callspec") else {}
    names = inspect.signature(item.function).parameters
    return given | {name: request.getfixturevalue(name) for name in names if name not in given}
