"""The leader's page of one campaign: a draft, tried, submitted, approved by somebody else."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable

import pytest
from sqlalchemy import select

from adapters.store.models.audit import audit
from campaigns.values import CampaignState, Role
from scheduler.flows import campaign_setup as flow
from scheduler.runtime import Runtime
from tests.web import panel_shop
from tests.web.conftest import Visitor


@pytest.fixture
def leader(signed_in: Callable[[Role], Visitor]) -> Visitor:
    return signed_in(Role.LEADER)


def draft(leader: Visitor, name: str = "大促催款", kind: str = "dunning") -> int:
    answer = leader.post("/desk/campaigns/new", {"kind": kind, "name": name})
    found = re.search(r"/desk/campaigns/(\d+)/setup", answer.headers["Location"])
    assert found is not None
    return int(found[1])


def test_a_leader_sets_a_campaign_up_and_a_supervisor_approves_it(
    runtime: Runtime, leader: Visitor, signed_in: Callable[[Role], Visitor]
) -> None:
    panel_shop.fill(runtime)
    number = draft(leader)
    page = f"/desk/campaigns/{number}/setup"
    shown = leader.get(page).text
    assert "草稿" in shown
    assert "每秒 4 个字" in shown
    fields = {
        "name": "大促催款",
        "amount_from": "1",
        "calls_from": "10:00",
        "control_percent": "10",
    }
    tried = leader.post(page, fields | {"do": "try"})
    assert tried.status_code == 200
    assert "还没有保存：改动会影响" in tried.text
    assert flow.seen(runtime, number).setup.population.is_everybody
    assert leader.post(page, fields | {"do": "save", "provinces": "浙江"}).status_code == 303
    setup = flow.seen(runtime, number).setup
    assert (setup.population.provinces, setup.numbers, setup.control_percent) == (
        ("浙江",),
        {"calls_from": "10:00"},
        10,
    )
    leader.post(f"/desk/campaigns/{number}/step", {"do": "submit"})
    assert "要由另一位主管批准" in leader.get(page).text
    own = leader.post(f"/desk/campaigns/{number}/step", {"do": "approve"})
    assert own.status_code in {400, 403, 409}
    boss = signed_in(Role.SUPERVISOR)
    boss.post(f"/desk/campaigns/{number}/step", {"do": "back", "reason": "金额太低"})
    assert "金额太低" in leader.get(page).text
    leader.post(f"/desk/campaigns/{number}/step", {"do": "submit"})
    boss.post(f"/desk/campaigns/{number}/step", {"do": "approve"})
    assert flow.seen(runtime, number).state is CampaignState.RUNNING
    assert "大促催款" in leader.get("/desk/campaigns").text


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"calls_from": "08:00"}, "不能早于"),
        ({"amount_from": "abc"}, "金额看不懂"),
        ({"control_percent": "60"}, "对照组比例"),
        ({"placed_from": "2026-03-09", "placed_to": "2026-03-01"}, "开始日期晚于结束日期"),
        ({"name": ""}, "名称要有"),
    ],
)
def test_what_is_wrong_is_said_beside_the_form_and_nothing_is_saved(
    runtime: Runtime, leader: Visitor, fields: dict[str, str], said: str
) -> None:
    panel_shop.fill(runtime)
    number = draft(leader)
    page = f"/desk/campaigns/{number}/setup"
    answer = leader.post(page, {"name": "大促催款", "do": "save"} | fields)
    assert answer.status_code == 400
    assert said in answer.text
    assert flow.seen(runtime, number).setup == flow.Setup("大促催款")


def test_the_trial_goes_out_as_a_file(runtime: Runtime, leader: Visitor) -> None:
    panel_shop.fill(runtime)
    answer = leader.get("/desk/campaigns/1/trial.csv")
    lines = list(csv.reader(io.StringIO(answer.get_data().decode("utf-8-sig"))))
    assert lines[0][:3] == ["用户ID", "首次拨打", "截止"]
    assert len(lines) > 1
    with runtime.snapshot() as connection:
        kept = connection.execute(
            select(audit).where(audit.c.what == "campaign.trial_exported")
        ).all()
    assert [row.subject for row in kept] == ["campaign:1"], "R-AUD-1"


@pytest.mark.parametrize("kind", ["callback", "stock_out"])
def test_every_kind_has_its_page(runtime: Runtime, leader: Visitor, kind: str) -> None:
    number = draft(leader, f"新的 {kind}", kind)
    assert leader.get(f"/desk/campaigns/{number}/setup").status_code == 200
    copied = leader.post(f"/desk/campaigns/{number}/clone", {})
    assert copied.status_code == 303


def test_the_standing_campaigns_have_their_page_too(runtime: Runtime, leader: Visitor) -> None:
    panel_shop.fill(runtime)
    for number in (1, 2, 3, 4):
        assert leader.get(f"/desk/campaigns/{number}/setup").status_code == 200
    assert leader.get("/desk/campaigns/99/setup").status_code == 404
    assert leader.get("/desk/campaigns/1/setup?day=2020-01-01").status_code == 400
    assert "还没有可以比较的订单" in leader.get("/desk/campaigns/1/control").text


def test_a_taken_name_is_said_on_the_first_page(runtime: Runtime, leader: Visitor) -> None:
    draft(leader)
    again = leader.post("/desk/campaigns/new", {"kind": "dunning", "name": "大促催款"})
    assert "已经有活动叫" in again.text
    assert leader.post("/desk/campaigns/new", {"kind": "x", "name": "y"}).status_code == 400


def test_c4_people_and_an_offer_are_set_on_the_same_page(runtime: Runtime, leader: Visitor) -> None:
    panel_shop.fill(runtime)
    number = draft(leader)
    page = f"/desk/campaigns/{number}/setup"
    everybody = flow.seen(runtime, number).people
    assert len(everybody) > 1
    fields = {
        "name": "大促催款",
        "amount_from": "1",
        "callers": str(everybody[0].id),
        "offer": "满两百减二十",
        "offer_from": "2026-03-01",
        "offer_to": "2026-03-31",
    }
    tried = leader.post(page, fields | {"do": "try"}).text
    summary = tried.split('id="s-summary"')[1]
    assert "还没有保存" in summary
    assert "满两百减二十" in summary
    assert everybody[0].name in summary
    assert everybody[1].name not in summary
    assert flow.seen(runtime, number).offers == ()
    wrong = leader.post(page, fields | {"do": "save", "offer_to": "2026-02-01"})
    assert wrong.status_code == 400
    assert "开始日期晚于结束日期" in wrong.text
    assert "满两百减二十" in wrong.text
    assert leader.post(page, fields | {"do": "save"}).status_code == 303
    found = flow.seen(runtime, number)
    assert found.callers == everybody[:1]
    assert [one.wording for one in found.offers] == ["满两百减二十"]
    assert "满两百减二十" in leader.get(page).text
