"""A campaign of the shop's own: draft, trial, a second person's yes, cloned for the next month."""

from __future__ import annotations

from threading import Barrier, Thread

import pytest

from adapters.store.models.audit import audit
from adapters.store.models.campaigns import campaign
from adapters.store.queries import campaigns as queries
from campaigns.errors import ConflictError, NotFoundError, RefusedError, UsageError
from campaigns.population import Population
from campaigns.values import CampaignState, Kind, Person, Role
from scheduler.flows import campaign_setup as flow
from scheduler.flows.campaign_setup import Setup
from scheduler.flows.campaign_trial import compare, dry_run
from scheduler.flows.campaigns import change_state, give_campaigns
from scheduler.flows.offers import NewOffer
from scheduler.flows.planning import plan
from tests.factories import at, day
from tests.shops import Shop

LEADER = Person(1, "李组长", Role.LEADER)
SUPERVISOR = Person(2, "周主管", Role.SUPERVISOR)
CALLER = Person(3, "张三", Role.CALLER)
DEAR = Population(amount_from_fen=6_000)


def draft(shop: Shop, population: Population = DEAR, **more: object) -> int:
    campaign_id = flow.add(shop.runtime, Kind.DUNNING, "大促催款", at("05-12 09:00"), "李组长")
    setup = Setup("大促催款", population, **more)  # type: ignore[arg-type]
    flow.save(shop.runtime, campaign_id, setup, at("05-12 09:10"), "李组长")
    return campaign_id


def state_of(shop: Shop, campaign_id: int) -> str:
    return str(next(row.state for row in shop.rows(campaign) if row.id == campaign_id))


def test_a_draft_runs_after_somebody_elses_yes_and_everything_is_in_the_trail(shop: Shop) -> None:
    made = draft(shop)
    flow.submit(shop.runtime, made, at("05-12 09:20"), LEADER)
    with pytest.raises(RefusedError):
        flow.approve(shop.runtime, made, at("05-12 09:21"), LEADER)
    other_leader = Person(8, "孙组长", Role.LEADER)
    for person in (CALLER, other_leader):
        with pytest.raises(RefusedError, match="由主管批准"):
            flow.approve(shop.runtime, made, at("05-12 09:21"), person)
    flow.approve(shop.runtime, made, at("05-12 09:30"), SUPERVISOR)
    seen = flow.seen(shop.runtime, made)
    assert (seen.state, seen.submitted_by, seen.approved_by) == (
        CampaignState.RUNNING,
        "李组长",
        "周主管",
    )
    shop.buyer("dear", fen=7_000)
    shop.buyer("cheap")
    made_plan = plan(shop.runtime, day("05-13"), at("05-13 08:45"), "张三")
    taken = {one.campaign_id: [t.buyer for t in one.tasks] for one in made_plan.campaigns}
    assert (taken[made], taken[shop.campaign_id]) == (["dear"], ["cheap"])
    assert [row.what for row in shop.rows(audit) if row.what.startswith("campaign.")] == [
        "campaign.added",
        "campaign.changed",
        "campaign.submitted",
        "campaign.approved",
    ]


@pytest.mark.parametrize("submitted", [False, True])
def test_what_nobody_approved_neither_plans_nor_starts(shop: Shop, submitted: bool) -> None:
    made = draft(shop)
    if submitted:
        flow.submit(shop.runtime, made, at("05-12 09:20"), LEADER)
    shop.buyer("dear", fen=7_000)
    assert [task.buyer for task in shop.plan().tasks] == ["dear"]
    assert {row.campaign_id for row in shop.tasks()} == {shop.campaign_id}
    for state in (CampaignState.RUNNING, CampaignState.PAUSED):
        with pytest.raises(ConflictError):
            change_state(shop.runtime, made, state, "试试", at("05-12 10:00"), "李组长")
    change_state(shop.runtime, made, CampaignState.STOPPED, "不要了", at("05-12 10:01"), "李组长")
    with pytest.raises(ConflictError):
        change_state(shop.runtime, made, CampaignState.RUNNING, "", at("05-12 10:02"), "李组长")


def test_what_was_submitted_stays_as_it_is_until_it_is_sent_back(shop: Shop) -> None:
    made = draft(shop)
    flow.submit(shop.runtime, made, at("05-12 09:20"), LEADER)
    with pytest.raises(ConflictError):
        flow.save(shop.runtime, made, Setup("换名字", DEAR), at("05-12 09:21"), "李组长")
    with pytest.raises(UsageError):
        flow.send_back(shop.runtime, made, "", at("05-12 09:22"), SUPERVISOR)
    flow.send_back(shop.runtime, made, "金额太低", at("05-12 09:23"), SUPERVISOR)
    assert (state_of(shop, made), flow.seen(shop.runtime, made).reason) == ("draft", "金额太低")
    flow.save(shop.runtime, made, Setup("换名字", DEAR), at("05-12 09:24"), "李组长")
    assert flow.seen(shop.runtime, made).setup.name == "换名字"


def test_a_campaign_without_a_condition_is_not_submitted(shop: Shop) -> None:
    made = draft(shop, Population())
    with pytest.raises(UsageError, match="条件"):
        flow.submit(shop.runtime, made, at("05-12 09:20"), LEADER)


@pytest.mark.parametrize(
    ("field", "setup"),
    [
        ("name", Setup("")),
        ("provinces", Setup("x", Population(provinces=("火星",)))),
        ("amount_to", Setup("x", Population(amount_from_fen=2, amount_to_fen=1))),
        ("placed_to", Setup("x", Population(placed_from=day("05-02"), placed_to=day("05-01")))),
        ("goods", Setup("x", Population(goods=("字" * 31,)))),
        ("attempts_per_day", Setup("x", DEAR, {"attempts_per_day": 9})),
        ("calls_from", Setup("x", DEAR, {"calls_from": "08:00"})),
        ("marketplace_closes_hours", Setup("x", DEAR, {"marketplace_closes_hours": 24})),
        ("attempts_per_task", Setup("x", DEAR, {"attempts_per_task": {"callback": 9}})),
        ("signed_to_days", Setup("x", DEAR, {"signed_to_days": 9})),
        ("control_percent", Setup("x", DEAR, {}, 51)),
    ],
)
def test_what_cannot_be_is_refused_by_its_field(shop: Shop, field: str, setup: Setup) -> None:
    made = draft(shop)
    with pytest.raises(UsageError) as caught:
        flow.save(shop.runtime, made, setup, at("05-12 09:30"), "李组长")
    assert caught.value.field == field


def test_r_repeat_3_a_shared_budget_is_refused_with_its_reason(shop: Shop) -> None:
    made = draft(shop)
    with pytest.raises(UsageError, match="R-REPEAT-3"):
        flow.save(
            shop.runtime,
            made,
            Setup("x", DEAR, {"attempts_per_30_days": 99}),
            at("05-12 09:30"),
            "李组长",
        )


def test_names_are_unique_and_sampling_has_its_month(shop: Shop) -> None:
    with pytest.raises(ConflictError):
        flow.add(shop.runtime, Kind.DUNNING, "催款", at("05-12 09:00"), "李组长")
    with pytest.raises(UsageError):
        flow.add(shop.runtime, Kind.SAMPLING, "再抽一次", at("05-12 09:00"), "李组长")
    with pytest.raises(NotFoundError):
        flow.seen(shop.runtime, 99)


def test_last_months_campaign_is_cloned_into_this_month(shop: Shop) -> None:
    wanted = Population(goods=("多肉",), placed_from=day("04-28"), placed_to=day("05-03"))
    made = draft(shop, wanted, numbers={"calls_from": "10:00"}, control_percent=10)
    copy = flow.clone(shop.runtime, made, at("06-02 09:00"), "李组长", day=day("06-02"))
    again = flow.clone(shop.runtime, made, at("06-02 09:00"), "李组长", day=day("06-02"))
    found = flow.seen(shop.runtime, copy)
    assert found.state is CampaignState.DRAFT
    assert found.setup.population == Population(
        goods=("多肉",), placed_from=day("06-28"), placed_to=day("07-03")
    )
    assert (found.setup.control_percent, found.policy.calls_from.hour) == (10, 10)
    assert found.setup.name != flow.seen(shop.runtime, again).setup.name
    seeds = {row.id: row.control_seed for row in shop.rows(campaign)}
    assert seeds[copy] not in (0, seeds[made]), "a draw of its own"


# --- trying it out -------------------------------------------------------------------------------


def test_c4_the_trial_is_what_the_plan_then_does(shop: Shop) -> None:
    made = draft(shop, DEAR, numbers={"calls_from": "10:00"}, control_percent=50)
    shop.person("甲")
    with shop.at_one_go():
        for n in range(10):
            shop.buyer(f"dear{n}", fen=7_000)
    shop.buyer("cheap")
    before = shop.dump()
    tried = dry_run(shop.runtime, made, at("05-13 08:00"))
    assert shop.dump() == before, "nothing is stored"
    flow.submit(shop.runtime, made, at("05-13 08:10"), LEADER)
    flow.approve(shop.runtime, made, at("05-13 08:20"), SUPERVISOR)
    done = plan(shop.runtime, day("05-13"), at("05-13 08:45"), "张三")
    own = next(one for one in done.campaigns if one.campaign_id == made)
    assert {(c.buyer, c.due_at) for c in tried.calls} == {(t.buyer, t.due_at) for t in own.tasks}
    assert {left.buyer for left in tried.left_out} == {left.buyer for left in own.left_out}
    assert sum(count for *_, count in tried.by_rule) == len(own.left_out) > 0
    assert tried.days[0].first_calls == len(own.tasks)
    assert sum(d.calls for d in tried.days) > len(own.tasks), "who is not reached is called again"


def test_c4_too_few_people_are_told_by_the_day(shop: Shop) -> None:
    made = draft(shop, DEAR, numbers={"calls_from": "19:00"})
    with shop.at_one_go():
        for n in range(30):
            shop.buyer(f"dear{n:02d}", fen=7_000)
    nobody = dry_run(shop.runtime, made, at("05-13 08:00"))
    assert (nobody.rates.people, nobody.days[0].capacity, nobody.is_enough) == (0, 0, False)
    shop.person("甲")
    one = dry_run(shop.runtime, made, at("05-13 08:00"))
    assert (one.days[0].first_calls, one.days[0].capacity, one.is_enough) == (30, 12, False)
    for name in ("乙", "丙", "丁"):
        shop.person(name)
    assert dry_run(shop.runtime, made, at("05-13 08:00")).is_enough
    assert not one.rates.is_measured


def test_c4_orders_with_a_task_elsewhere_are_counted_as_staying(shop: Shop) -> None:
    made = draft(shop)
    shop.buyer("dear", fen=7_000)
    shop.plan()
    tried = dry_run(shop.runtime, made, at("05-13 09:00"), day=day("05-13"))
    assert (tried.calls, tried.staying) == ((), 1)
    assert dry_run(shop.runtime, made, at("05-13 09:00")).day == day("05-14")
    with pytest.raises(UsageError):
        dry_run(shop.runtime, made, at("05-13 09:00"), day=day("05-12"))


def test_c4_a_changed_rule_shows_who_moves_before_it_is_saved(shop: Shop) -> None:
    made = draft(shop)
    shop.buyer("a", fen=7_000)
    shop.buyer("b", fen=8_000)
    before = shop.dump()
    wanted = Setup("大促催款", Population(amount_from_fen=7_500), {"calls_from": "11:00"})
    change = compare(shop.runtime, made, wanted, at("05-13 08:00"))
    assert shop.dump() == before
    moved = {m.buyer: (m.was_in, m.is_in, m.before, m.after) for m in change.moved}
    assert moved == {
        "a": (True, False, at("05-13 09:00"), None),
        "b": (True, True, at("05-13 09:00"), at("05-13 11:00")),
    }


def test_c4_open_tasks_move_too(shop: Shop) -> None:
    shop.buyer()
    shop.plan()
    wanted = Setup("催款", numbers={"calls_from": "11:00"})
    change = compare(shop.runtime, 1, wanted, at("05-13 09:30"), day=day("05-13"))
    (moved,) = change.moved
    assert (moved.before, moved.after) == (at("05-13 09:30"), at("05-13 11:00"))


# --- at the same moment --------------------------------------------------------------------------


def test_two_approvals_at_once_are_one(shop: Shop) -> None:
    made = draft(shop)
    flow.submit(shop.runtime, made, at("05-12 09:20"), LEADER)
    barrier, answers = Barrier(2), []

    def approve(name: str) -> None:
        runtime = shop.another_runtime()
        barrier.wait()
        try:
            flow.approve(runtime, made, at("05-12 09:30"), Person(9, name, Role.SUPERVISOR))
            answers.append("yes")
        except ConflictError:
            answers.append("late")
        finally:
            runtime.engine.dispose()

    threads = [Thread(target=approve, args=(name,)) for name in ("周主管", "吴主管")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert sorted(answers) == ["late", "yes"]
    assert [row.what for row in shop.rows(audit)].count("campaign.approved") == 1


@pytest.mark.parametrize("turn", range(3))
def test_r_repeat_2_a_plan_during_the_approval_plans_every_order_once(
    shop: Shop, turn: int
) -> None:
    made = draft(shop)
    flow.submit(shop.runtime, made, at("05-13 08:40"), LEADER)
    with shop.at_one_go():
        for n in range(8):
            shop.buyer(f"b{n}", fen=5_000 + 500 * n)
    barrier = Barrier(2)

    def approve() -> None:
        runtime = shop.another_runtime()
        barrier.wait()
        flow.approve(runtime, made, at("05-13 08:45"), SUPERVISOR)
        runtime.engine.dispose()

    thread = Thread(target=approve)
    thread.start()
    barrier.wait()
    plan(shop.runtime, day("05-13"), at("05-13 08:45"), "张三")
    thread.join(30)
    plan(shop.runtime, day("05-13"), at("05-13 09:00"), "张三")
    assert len(shop.tasks()) == 8, turn
    assert state_of(shop, made) == "running"


def people_of(shop: Shop, campaign_id: int) -> list[str]:
    return [person.name for person in flow.seen(shop.runtime, campaign_id).callers]


def test_c4_who_calls_is_chosen_with_the_setup_and_nobody_is_everybody(shop: Shop) -> None:
    ann, bob = shop.person("甲坐席"), shop.person("乙坐席")
    made = draft(shop)
    assert set(people_of(shop, made)) == {"甲坐席", "乙坐席"}
    flow.save(
        shop.runtime, made, Setup("大促催款", DEAR, callers=(ann.id,)), at("05-12 09:20"), "李"
    )
    assert people_of(shop, made) == ["甲坐席"]
    assert "乙坐席" in people_of(shop, shop.campaign_id), "who is not chosen keeps the others"
    with shop.runtime.snapshot() as connection:
        assert made not in queries.of_people(connection)[bob.id]
        assert ann.id not in queries.of_people(connection), "who calls for all goes on to do so"
    flow.save(shop.runtime, made, Setup("大促催款", DEAR), at("05-12 09:30"), "李")
    assert people_of(shop, made) == ["甲坐席"], "who was not asked about stays"
    flow.save(shop.runtime, made, Setup("大促催款", DEAR, callers=()), at("05-12 09:40"), "李")
    assert set(people_of(shop, made)) == {"甲坐席", "乙坐席"}
    kept = [row.subject for row in shop.rows(audit) if row.what == "person.campaigns_set"]
    assert kept == [f"person:{bob.id}"] * 2
    with pytest.raises(UsageError):
        flow.save(shop.runtime, made, Setup("x", DEAR, callers=(999,)), at("05-12 09:50"), "李")


def test_c4_nobody_is_left_without_a_campaign_for_they_would_call_for_all(shop: Shop) -> None:
    ann, bob = shop.person("甲坐席"), shop.person("乙坐席")
    made = draft(shop)
    give_campaigns(shop.runtime, ann.id, [made], at("05-12 09:15"), "李组长")
    with pytest.raises(ConflictError, match="甲坐席"):
        chosen = Setup("大促催款", DEAR, callers=(bob.id,))
        flow.save(shop.runtime, made, chosen, at("05-12 09:20"), "李")
    assert set(people_of(shop, made)) == {"甲坐席", "乙坐席"}


def test_c4_the_trial_counts_the_people_who_are_chosen(shop: Shop) -> None:
    ann, _ = shop.person("甲坐席"), shop.person("乙坐席")
    made = draft(shop)
    shop.buyer("dear", fen=7_000)
    chosen = Setup("大促催款", DEAR, callers=(ann.id,))
    change = compare(shop.runtime, made, chosen, at("05-13 08:00"), day=day("05-13"))
    assert (change.before.rates.people, change.after.rates.people) == (2, 1)
    assert change.after.days[0].capacity * 2 == change.before.days[0].capacity


def test_r_dun_6_an_offer_is_entered_with_the_setup_and_moves_with_the_clone(shop: Shop) -> None:
    ann, _ = shop.person("甲坐席"), shop.person("乙坐席")
    offer = NewOffer(" 满两百  减二十 ", day("05-10"), day("05-20"))
    made = draft(shop, callers=(ann.id,), offer=offer)
    saved = NewOffer("满两百 减二十", day("05-10"), day("05-20"))
    assert flow.seen(shop.runtime, made).offers == (saved,)
    again = flow.clone(shop.runtime, made, at("06-02 09:00"), "李组长", day=day("06-02"))
    moved = NewOffer("满两百 减二十", day("06-10"), day("06-20"))
    assert flow.seen(shop.runtime, again).offers == (moved,)
    assert people_of(shop, again) == ["甲坐席"]
    wrong = (NewOffer("", day("05-10"), day("05-20")), NewOffer("x", day("05-21"), day("05-20")))
    for one in wrong:
        with pytest.raises(UsageError):
            flow.save(shop.runtime, made, Setup("x", DEAR, offer=one), at("05-12 09:50"), "李")
