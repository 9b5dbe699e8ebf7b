"""R-IMP-3: overlapping exports end the same, whatever the order of the imports."""

from __future__ import annotations

from itertools import permutations
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.settings import Settings
from adapters.store.session import open_engine
from scheduler.runtime import Runtime
from tests.databases import copy_sqlite, sqlite_url
from tests.factories_exports import Cells
from tests.scheduler.flows.intake_shop import (
    NOW,
    hours,
    number,
    open_shop,
    take_orders,
    what_is_known,
)

STATES = [
    "等待买家付款",
    "买家已付款，等待卖家发货",
    "卖家已发货，等待买家确认",
    "交易成功",
    "交易关闭",
]
BUYERS = ["培训买家01", "培训买家02"]


def _order(draw: st.DrawFn, last: int) -> Cells:
    masked = draw(st.booleans())
    return {
        "order_no": number(last),
        "buyer": "培***" if masked else BUYERS[last % 2],
        # An order ends in one of two ways; contradicting ends are tried on the merge itself.
        "state": draw(st.sampled_from([*STATES[:3], STATES[3 + last % 2]])),
        "total": draw(st.sampled_from(["100.00", "200.00"])),
        "paid": draw(st.sampled_from(["0.00", "100.00"])),
        "placed_at": f"2026-11-{19 + last % 2} 09:0{last}:00",
        "paid_at": draw(st.sampled_from(["", "2026-11-20 10:00:00", "2026-11-20 11:00:00"])),
        "received_at": draw(st.sampled_from(["", "2026-11-20 20:00:00"])),
        "receiver": draw(st.sampled_from(["", "测试甲", "测试乙"])),
        "address": draw(st.sampled_from(["", "浙江省 杭州市", "新疆 乌鲁木齐市"])),
        "mobile": draw(st.sampled_from(["", "18412345678-1234", "13900000001"])),
        "usable_until": draw(st.sampled_from(["", "2026-12-20 00:00:00"])),
    }


@st.composite
def exports(draw: st.DrawFn) -> list[list[Cells]]:
    """Two or three exports, each listing some of five orders."""
    files = draw(st.integers(2, 3))
    return [
        [_order(draw, n) for n in sorted(draw(st.sets(st.integers(1, 5), min_size=1)))]
        for _ in range(files)
    ]


@pytest.fixture(scope="module")
def founded(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a founded shop and its key."""
    folder = tmp_path_factory.mktemp("founded")
    copy_sqlite(sqlite_template, folder / "shop.db")
    open_shop(sqlite_url(folder / "shop.db"), folder).engine.dispose()
    return folder


def _taken(runtime: Runtime, listed: list[list[Cells]], order: tuple[int, ...]) -> dict[str, Any]:
    for turn, index in enumerate(order):
        take_orders(runtime, *listed[index], at=NOW - hours(9 - index), now=NOW + hours(turn))
    return what_is_known(runtime)


@settings(max_examples=25)
@given(exports())
def test_r_imp_3_every_order_of_two_or_three_imports_ends_the_same(
    founded: Path, listed: list[list[Cells]]
) -> None:
    results = []
    for order in permutations(range(len(listed))):
        with TemporaryDirectory() as folder:
            results.append(_in_copy(founded, Path(folder), listed, order))
    assert all(result == results[0] for result in results[1:])


def _in_copy(
    founded: Path, folder: Path, listed: list[list[Cells]], order: tuple[int, ...]
) -> dict[str, Any]:
    copy_sqlite(founded / "shop.db", folder / "shop.db")
    (folder / "shop.key").write_bytes((founded / "shop.key").read_bytes())
    runtime = _opened(folder)
    try:
        return _taken(runtime, listed, order)
    finally:
        runtime.engine.dispose()


def _opened(folder: Path) -> Runtime:

    url = sqlite_url(folder / "shop.db")
    return Runtime(Settings(url, folder / "shop.key"), open_engine(url))


def test_r_imp_3_both_databases_know_the_same_after_overlapping_imports(
    database_url: str, tmp_path: Path
) -> None:
    first: list[Cells] = [
        {"order_no": number(n), "buyer": BUYERS[n % 2], "mobile": f"139000000{n:02d}"}
        for n in range(1, 40)
    ]
    second: list[Cells] = [
        {**o, "state": STATES[n % 5], "paid": "201.12", "receiver": "测试乙"}
        for n, o in enumerate(first[20:])
    ]
    runtime = open_shop(database_url, tmp_path)
    try:
        known = _taken(runtime, [first, second, first[:30]], (1, 2, 0))
    finally:
        runtime.engine.dispose()
    states = [row["state"] for row in known["orders"].values()]
    assert {state: states.count(state) for state in set(states)} == {
        "awaiting_payment": 24,
        "paid": 4,
        "shipped": 4,
        "completed": 4,
        "closed": 3,
    }
    assert sum(row["missing_since"] is not None for row in known["orders"].values()) == 2
    assert len(known["phones"]) == 39
    assert set(known["customers"].values()) == {("测试乙", "浙江")}
