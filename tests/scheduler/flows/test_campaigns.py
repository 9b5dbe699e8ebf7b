"""Starting, pausing and stopping: what is handed out, what is planned, what comes back."""

from __future__ import annotations

import pytest

from adapters.store.models.audit import audit
from adapters.store.models.campaigns import campaign
from campaigns.errors import ConflictError, NotFoundError, RefusedError, UsageError
from campaigns.values import CampaignState, Kind, Role, TaskState
from scheduler.flows.campaigns import (
    NAME_MAX_CHARS,
    Changed,
    callers,
    campaigns,
    change_state,
    give_campaigns,
    pause_all,
    rename,
    resume_all,
)
from scheduler.flows.claim import next_call
from scheduler.flows.dialling import dial
from scheduler.flows.outlook import NobodyNow
from scheduler.flows.planning import plan
from tests.factories import at, day
from tests.scheduler.flows.calling import dialled, nobody
from tests.shops import Shop

RUNNING, PAUSED, STOPPED = CampaignState.RUNNING, CampaignState.PAUSED, CampaignState.STOPPED


def trail(shop: Shop, prefix: str) -> list[str]:
    return [line.what for line in shop.rows(audit) if line.what.startswith(prefix)]


def set_state(shop: Shop, state: CampaignState, now: str = "05-13 09:40") -> Changed:
    reason = "" if state is RUNNING else "客服系统升级"
    return change_state(shop.runtime, shop.campaign_id, state, reason, at(now), "李组长")


@pytest.mark.parametrize("state", [PAUSED, STOPPED])
def test_r_claim_1_a_pause_takes_what_is_not_dialled_off_the_screen(
    shop: Shop, state: CampaignState
) -> None:
    for name in ("one", "two", "three"):
        shop.buyer(name)
    shop.plan()
    idle, busy = shop.person("甲"), shop.person("乙")
    held = shop.take(idle, "05-13 09:30")
    talking = dialled(shop, busy)
    assert set_state(shop, state) == Changed(withdrawn=1)
    by_id = {row.id: row for row in shop.attempts()}
    assert (by_id[held.attempt_id].state, by_id[held.attempt_id].end_reason) == (
        "withdrawn",
        "R-CLAIM-1",
    )
    assert by_id[talking.attempt_id].state == "dialled"
    assert nobody(shop, idle, "05-13 09:41")
    with pytest.raises(RefusedError):
        dial(shop.runtime, held.attempt_id, at("05-13 09:41"), idle)
    shop.outcome(talking.attempt_id, "will_pay", "05-13 09:45", busy)
    assert trail(shop, "campaign.") == [f"campaign.{state}"]
    assert trail(shop, "attempt.withdrawn") == ["attempt.withdrawn"]


def test_r_claim_1_after_the_start_the_work_goes_on_where_it_stood(shop: Shop) -> None:
    shop.buyer()
    shop.plan()
    caller = shop.person()
    shop.take(caller, "05-13 09:30")
    set_state(shop, PAUSED)
    assert shop.tasks()[0].due_at is None
    assert set_state(shop, RUNNING, "05-13 10:10") == Changed(judged=1)
    assert shop.tasks()[0].due_at == at("05-13 10:10")
    assert shop.take(caller, "05-13 10:11").number == 1
    listed = campaigns(shop.runtime).campaigns[0]
    assert (listed.state, listed.since, listed.by) == (RUNNING, at("05-13 10:10"), "李组长")
    assert listed.open_tasks == {TaskState.CLAIMED: 1}


def test_r_claim_1_what_an_import_judges_during_a_pause_waits_for_the_start(shop: Shop) -> None:
    shop.buyer()
    shop.plan()
    set_state(shop, PAUSED)
    shop.see("05-13 11:00")
    assert (shop.tasks()[0].state, shop.tasks()[0].due_at) == ("waiting", None)
    set_state(shop, RUNNING, "05-13 13:30")
    assert shop.take(shop.person(), "05-13 13:31").buyer == "tb_hua01"


def test_r_dun_1_a_paused_campaign_is_planned_and_a_stopped_one_is_not(shop: Shop) -> None:
    shop.buyer()
    set_state(shop, STOPPED, "05-13 08:00")
    made = plan(shop.runtime, day("05-13"), at("05-13 08:45"), "张三")
    assert Kind.DUNNING not in [one.kind for one in made.campaigns]
    assert shop.tasks() == []
    set_state(shop, RUNNING, "05-13 08:50")
    set_state(shop, PAUSED, "05-13 08:51")
    plan(shop.runtime, day("05-13"), at("05-13 08:52"), "张三")
    assert len(shop.tasks()) == 1
    assert nobody(shop, shop.person(), "05-13 09:30")


def test_r_claim_1_everything_is_paused_and_goes_on_by_one_button(shop: Shop) -> None:
    shop.buyer("one")
    shop.buyer("two")
    shop.plan()
    caller = shop.person()
    shop.take(caller, "05-13 09:30")
    assert pause_all(shop.runtime, " 店主 要求 ", at("05-13 09:40"), "李组长") == Changed(1)
    assert pause_all(shop.runtime, "再按一次", at("05-13 09:41"), "周主管") == Changed()
    pause = campaigns(shop.runtime).pause
    assert pause is not None
    assert (pause.since, pause.by, pause.reason) == (at("05-13 09:40"), "李组长", "店主 要求")
    assert nobody(shop, caller, "05-13 09:41")
    resumed = resume_all(shop.runtime, at("05-13 10:00"), "周主管")
    assert resumed == Changed(judged=1), "only what the pause held back is judged anew"
    assert resume_all(shop.runtime, at("05-13 10:01"), "周主管") == Changed()
    assert campaigns(shop.runtime).pause is None
    shop.take(caller, "05-13 10:02")
    assert trail(shop, "shop.")[1:] == ["shop.paused", "shop.resumed"]


def test_r_claim_1_a_campaign_paused_by_itself_stays_so_when_everything_goes_on(
    shop: Shop,
) -> None:
    shop.buyer()
    shop.plan()
    set_state(shop, PAUSED)
    pause_all(shop.runtime, "停电", at("05-13 09:50"), "李组长")
    resume_all(shop.runtime, at("05-13 10:00"), "李组长")
    assert nobody(shop, shop.person(), "05-13 10:01")


def test_r_aud_3_the_empty_queue_says_who_paused_it_for_what(shop: Shop) -> None:
    shop.buyer()
    shop.plan()
    pause_all(shop.runtime, "停电", at("05-13 09:10"), "李组长")
    answer = next_call(shop.runtime, shop.person(), at("05-13 09:30"))
    assert isinstance(answer, NobodyNow)
    assert [(r.rule, r.reason) for r in answer.reasons] == [("R-CLAIM-1", "全部外呼已暂停：停电")]


@pytest.mark.parametrize("reason", ["", "  ", "长" * 201])
def test_a_pause_without_a_reason_changes_nothing(shop: Shop, reason: str) -> None:
    before = shop.dump()
    for state in (PAUSED, STOPPED):
        with pytest.raises(UsageError) as refused:
            change_state(shop.runtime, 1, state, reason, at("05-13 09:40"), "李组长")
        assert refused.value.field == "reason"
    with pytest.raises(UsageError):
        pause_all(shop.runtime, reason, at("05-13 09:40"), "李组长")
    assert shop.dump() == before


def test_a_state_that_stands_already_is_left_and_a_stopped_campaign_is_not_paused(
    shop: Shop,
) -> None:
    before = shop.dump()
    assert set_state(shop, RUNNING) == Changed()
    assert shop.dump() == before
    set_state(shop, STOPPED)
    with pytest.raises(ConflictError):
        set_state(shop, PAUSED)
    with pytest.raises(NotFoundError):
        change_state(shop.runtime, 99, PAUSED, "x", at("05-13 09:40"), "李组长")


def test_a_campaign_is_renamed(shop: Shop) -> None:
    rename(shop.runtime, shop.campaign_id, " 催付  组 ", at("05-13 09:40"), "李组长")
    assert shop.rows(campaign)[0].name == "催付 组"
    for name, error in (("", UsageError), ("字" * (NAME_MAX_CHARS + 1), UsageError)):
        with pytest.raises(error):
            rename(shop.runtime, shop.campaign_id, name, at("05-13 09:41"), "李组长")
    with pytest.raises(ConflictError):
        rename(shop.runtime, shop.campaign_id, "回访", at("05-13 09:41"), "李组长")
    assert trail(shop, "campaign.") == ["campaign.renamed"]


def test_r_claim_1_somebody_calls_only_for_the_campaigns_they_were_given(shop: Shop) -> None:
    shop.buyer()
    shop.plan()
    caller = shop.person()
    shop.person("管理员", Role.ADMIN)
    give_campaigns(shop.runtime, caller.id, [2, 3], at("05-13 09:00"), "李组长")
    assert [(c.person.name, c.campaign_ids) for c in callers(shop.runtime)] == [("张三", (2, 3))]
    assert nobody(shop, caller, "05-13 09:30")
    give_campaigns(shop.runtime, caller.id, [1], at("05-13 09:31"), "李组长")
    assert shop.take(caller, "05-13 09:32").buyer == "tb_hua01"
    give_campaigns(shop.runtime, caller.id, [1, 2, 3, 4], at("05-13 09:33"), "李组长")
    assert callers(shop.runtime)[0].campaign_ids == (), "all of them is no limit"
    for person_id, ids in ((99, [1]), (caller.id, [77])):
        with pytest.raises(NotFoundError):
            give_campaigns(shop.runtime, person_id, ids, at("05-13 09:34"), "李组长")
    assert trail(shop, "person.") == ["person.campaigns_set"] * 3
