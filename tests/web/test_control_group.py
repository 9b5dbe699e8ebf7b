"""R-DUN-9 on the pages: what the calling adds stands beside the rate of success."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import Engine

from adapters.clock import FixedClock
from scheduler.flows.campaign_setup import Setup, save
from scheduler.flows.control_results import control_result
from tests.factories import at
from tests.shops import Shop
from tests.web import panel_shop
from tests.web.conftest import Visitor
from tests.web.test_language import Chinese, english
from tests.web.workspace import LEADER, Workspace
from web.app import create_app

DAYS = "from=2025-05-01&to=2025-05-16"
PAGES = (f"/desk/results?{DAYS}", f"/panel?{DAYS}", f"/panel/days?{DAYS}")


@pytest.fixture
def workspace(engine: Engine, database_url: str, tmp_path: Path) -> Iterator[Workspace]:
    """An empty shop; its clock stands still."""
    made = Workspace(database_url, tmp_path, FixedClock(panel_shop.MACHINE), ())
    yield made
    made.shop.close()


@pytest.fixture
def app(workspace: Workspace) -> Flask:
    return create_app(workspace.runtime, panel_shop.CHEAP)


def half(shop: Shop, buyers: int) -> None:
    """A day that is over with half of the customers kept uncalled; every fourth paid."""
    save(shop.runtime, 1, Setup("催款", control_percent=50), at("05-13 20:00"), "李组长")
    with shop.at_one_go():
        names = [shop.buyer(f"b{n:03d}", "05-13 15:00", seen="05-14 08:30") for n in range(buyers)]
    shop.plan("05-14")
    for key in names[::4]:
        shop.pays(key, "05-14 15:00", known="05-14 18:00")


def test_r_dun_9_nothing_is_said_without_a_control_group(
    workspace: Workspace, signed_in: Callable[[str], Visitor]
) -> None:
    workspace.move("05-16 15:00", ticks=False)
    boss = signed_in(LEADER)
    for page in PAGES:
        assert "拨打多收回多少" not in boss.get(page).text


@pytest.mark.parametrize("buyers", [24, 120], ids=["few", "enough"])
def test_r_dun_9_the_gain_stands_beside_the_rate_with_its_interval(
    workspace: Workspace, signed_in: Callable[[str], Visitor], buyers: int
) -> None:
    half(workspace.shop, buyers)
    workspace.move("05-16 15:00", ticks=False)
    found = control_result(workspace.runtime, 1, at("05-16 15:00"))
    assert found.called.payers + found.control.payers == buyers / 4
    boss = signed_in(LEADER)
    for page in PAGES:
        said = boss.get(page).text.split('aria-labelledby="control"')[1].split("</section>")[0]
        assert "截至 15:00" in said
        assert 'href="/desk/campaigns/1/control"' in said
        for group in (found.called, found.control):
            assert group.share is not None
            assert f"{group.share.mean:.1%}" in said
            assert f"{group.payers} / {group.customers} 位" in said
        assert found.gain is not None
        assert found.gain.low is not None
        gain = found.gain
        assert ("样本太少" in said) is found.is_too_few is (buyers == 24)
        assert (f"{found.gain.low:.1%} 至" in said) is not found.is_too_few
        assert Chinese.of(english(boss).get(page)) == []
        english(boss, "zh")
    assert f"{gain.mean:.1%}" in boss.get("/desk/campaigns/1/control").text
    elsewhere = boss.get(f"/panel/days?{DAYS}&campaign=2").text
    assert "拨打多收回多少" not in elsewhere
