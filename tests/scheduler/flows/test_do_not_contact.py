"""R-DNC-2, R-DNC-3: entering somebody on the list, and lifting an entry."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import update

from adapters.store.models.audit import audit
from adapters.store.models.customers import customer
from campaigns.errors import ConflictError, NotFoundError, RefusedError, UsageError
from campaigns.values import ENGINE, Ending, Kind, Role, Scope
from scheduler.flows.claim import next_call
from scheduler.flows.dialling import dial
from scheduler.flows.do_not_contact import EntryForm, add_entry, entries, lift_entry, refuse_number
from scheduler.flows.outlook import NobodyNow
from tests.factories import a_number, at
from tests.shops import Shop


def add(shop: Shop, now: str = "05-13 09:00", **form: object) -> int:
    return add_entry(shop.runtime, EntryForm("客户来电要求", **form), at(now), "组长")  # type: ignore[arg-type]


def test_r_dnc_2_queued_work_is_withdrawn_at_once(shop: Shop) -> None:
    shop.buyer("here")
    shop.buyer("other")
    shop.plan()
    add(shop, user_id="here")
    assert [t.ending for t in shop.tasks()] == [Ending.OPTED_OUT, None]
    assert shop.tasks()[0].closed_at == at("05-13 09:00")


def test_r_dnc_2_a_masked_name_that_only_one_customer_has_withdraws_their_work(shop: Shop) -> None:
    stands_alone(shop, "t**b")
    shop.plan()
    held = shop.take(shop.person(), "05-13 09:00")
    add(shop, user_id="t**b", now="05-13 09:01")
    assert [t.ending for t in shop.tasks()] == [Ending.OPTED_OUT]
    with pytest.raises(ConflictError):
        dial(shop.runtime, held.attempt_id, at("05-13 09:02"), None)


def test_r_dnc_2_a_masked_name_that_names_nobody_for_certain_is_refused(shop: Shop) -> None:
    for _ in range(2):
        stands_alone(shop, "t**b")
    for masked in ("t**b", "x**y", "x＊＊y"):
        with pytest.raises(UsageError):
            add(shop, user_id=masked)
    assert entries(shop.runtime) == []


def stands_alone(shop: Shop, masked: str) -> None:
    """R-IMP-4. A customer whose user ID the export masked; nobody else is merged with them."""
    customer_id = shop.buyer(masked)
    with shop.runtime.transaction() as connection:
        connection.execute(
            update(customer)
            .where(customer.c.id == customer_id)
            .values(identity=f"order:{customer_id}")
        )


def test_r_dnc_3_an_entry_for_a_phone_binds_whoever_has_it(shop: Shop) -> None:
    number = a_number()
    for name in ("mother", "daughter"):
        shop.buyer(name, number=number)
    shop.plan()
    add(shop, phone=number.national)
    assert {t.ending for t in shop.tasks()} == {Ending.OPTED_OUT}


def test_r_dnc_3_an_entry_for_a_number_names_whose_it_is(shop: Shop) -> None:
    number = a_number()
    for name in ("mother", "daughter"):
        shop.buyer(name, number=number)
    shop.phone(shop.customer("stranger"), number, wrong_since=at("05-12 09:00"))
    add(shop, phone=number.national)
    (entry,) = entries(shop.runtime)
    assert (entry.buyer, entry.holder, entry.holders) == (None, "daughter", 2)
    add(shop, user_id="mother")
    by_name = entries(shop.runtime)[0]
    assert (by_name.buyer, by_name.holder, by_name.holders) == ("mother", None, 0)


def test_r_dnc_2_a_number_that_opted_out_frees_no_other_number_of_its_owner(shop: Shop) -> None:
    """Decision 0007: whoever wrote back is the person, on whatever number."""
    number = a_number()
    customer_id = shop.buyer("two-numbers", number=number)
    shop.phone(customer_id)
    shop.plan()
    with shop.runtime.transaction() as connection:
        refuse_number(
            connection, shop.runtime, number, at("05-13 09:00"), ENGINE, reason="R", source="sms"
        )
    assert {t.ending for t in shop.tasks()} == {Ending.OPTED_OUT}
    assert entries(shop.runtime)[0].is_by_text
    shop.order(customer_id, placed="05-13 10:00", seen="05-14 08:00")
    made = shop.plan(of="05-14")
    assert (made.tasks, [left.rules for left in made.left_out]) == ((), [("R-DNC-2", "R-DNC-3")])


def test_r_dnc_2_somebody_not_known_yet_is_bound_from_the_first_order_on(shop: Shop) -> None:
    add(shop, user_id="later", now="05-12 09:00")
    shop.buyer("later")
    (left,) = shop.plan().left_out
    assert left.rules[0] == "R-DNC-2"


def test_r_dnc_3_an_entry_for_one_kind(shop: Shop) -> None:
    shop.buyer("here")
    shop.plan()
    add(shop, user_id="here", kind=Kind.DUNNING)
    (entry,) = entries(shop.runtime)
    assert (entry.kind, entry.scope, entry.rule) == (Kind.DUNNING, Scope.CUSTOMER, "R-DNC-2")
    assert shop.tasks()[0].ending == Ending.OPTED_OUT


def test_r_dnc_3_an_entry_has_reason_source_who_and_when(shop: Shop) -> None:
    number = a_number()
    add(shop, phone=number.national)
    (entry,) = entries(shop.runtime)
    assert (entry.reason, entry.source, entry.created_by) == ("客户来电要求", "panel", "组长")
    assert entry.since == at("05-13 09:00")
    assert entry.phone_masked == number.masked  # R-PII-1
    assert number.national not in str(shop.rows(audit))


def test_the_same_entry_twice_is_one(shop: Shop) -> None:
    first = add(shop, user_id="here")
    before = shop.dump()
    assert add(shop, user_id=" here ", now="05-13 10:00") == first
    assert shop.dump() == before
    assert add(shop, user_id="here", kind=Kind.DUNNING) != first


@pytest.mark.parametrize(
    ("form", "field"),
    [
        ({"reason": " ", "user_id": "here"}, "reason"),
        ({"reason": "长" * 501, "user_id": "here"}, "reason"),
        ({"reason": "要求"}, "user_id"),
        ({"reason": "要求", "user_id": "here", "phone": "18400000001"}, "user_id"),
        ({"reason": "要求", "phone": "184****0001"}, "phone"),
        ({"reason": "要求", "phone": "95588"}, "phone"),
    ],
)
def test_what_is_wrong_with_a_form_is_named(shop: Shop, form: dict[str, Any], field: str) -> None:
    before = shop.dump()
    with pytest.raises(UsageError) as refused:
        add_entry(shop.runtime, EntryForm(**form), at("05-13 09:00"), "组长")
    assert refused.value.field == field
    assert shop.dump() == before


@pytest.mark.parametrize("role", [Role.CALLER, Role.LEADER])
def test_r_dnc_3_lifting_needs_a_supervisor(shop: Shop, role: Role) -> None:
    entry = add(shop, user_id="here")
    with pytest.raises(RefusedError) as refused:
        lift_entry(shop.runtime, entry, "误登记", at("05-13 10:00"), shop.person("某人", role))
    assert refused.value.rules == ("R-DNC-3",)
    assert entries(shop.runtime)


def test_r_dnc_3_lifting_needs_a_reason_and_an_entry(shop: Shop) -> None:
    entry, boss = add(shop, user_id="here"), shop.person("主管", Role.SUPERVISOR)
    with pytest.raises(UsageError):
        lift_entry(shop.runtime, entry, "  ", at("05-13 10:00"), boss)
    with pytest.raises(NotFoundError):
        lift_entry(shop.runtime, entry + 1, "误登记", at("05-13 10:00"), boss)


def test_r_dnc_3_a_lifted_entry_stays_on_record_and_binds_no_more(shop: Shop) -> None:
    shop.buyer("here")
    entry, boss = add(shop, user_id="here", now="05-13 08:00"), shop.person("主管", Role.SUPERVISOR)
    assert shop.plan(dry_run=True).tasks == ()
    lift_entry(shop.runtime, entry, "误登记", at("05-13 08:30"), boss)
    before = shop.dump()
    lift_entry(shop.runtime, entry, "又一次", at("05-13 08:40"), boss)
    assert shop.dump() == before
    assert entries(shop.runtime) == []
    (kept,) = entries(shop.runtime, with_lifted=True)
    assert (kept.lifted_by, kept.lift_reason) == ("主管", "误登记")
    assert len(shop.plan().tasks) == 1


def test_r_dnc_3_lifting_one_of_two_entries_frees_nobody(shop: Shop) -> None:
    number = a_number()
    shop.buyer("here", number=number)
    first = add(shop, user_id="here", now="05-13 08:00")
    add(shop, phone=number.national, now="05-13 08:00")
    lift_entry(
        shop.runtime, first, "误登记", at("05-13 08:30"), shop.person("主管", Role.SUPERVISOR)
    )
    assert shop.plan().tasks == ()


def test_r_dnc_3_an_ended_task_stays_ended_when_its_entry_is_lifted(shop: Shop) -> None:
    shop.buyer("here")
    shop.plan()
    entry, boss = add(shop, user_id="here"), shop.person("主管", Role.SUPERVISOR)
    lift_entry(shop.runtime, entry, "误登记", at("05-13 09:30"), boss)
    answer = next_call(shop.runtime, boss, at("05-13 10:00"))
    assert isinstance(answer, NobodyNow)
    assert shop.tasks()[0].ending == Ending.OPTED_OUT


def test_searching_the_list(shop: Shop) -> None:
    shop.buyer("here")
    add(shop, user_id="here")
    add(shop, user_id="100%_any")
    assert [e.buyer for e in entries(shop.runtime, words="here")] == ["here"]
    assert [e.buyer for e in entries(shop.runtime, words="%_")] == ["100%_any"]
    assert len(entries(shop.runtime, words="来电")) == 2
