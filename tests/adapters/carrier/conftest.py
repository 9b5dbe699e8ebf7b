"""A carrier and a shop for each test."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.adapters.carrier.shop import Line, Shop, open_line, open_shop


@pytest.fixture
def shop() -> Iterator[Shop]:
    with open_shop() as opened:
        yield opened


@pytest.fixture
def line(shop: Shop) -> Iterator[Line]:
    with open_line(shop) as opened:
        yield opened
