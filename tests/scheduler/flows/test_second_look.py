"""R-DNC-2: an entry that was committed while the tasks were being made is seen right after it."""

from __future__ import annotations

import pytest

from adapters.store.models.customers import suppression
from scheduler.flows.second_look import look_again
from tests.factories import at
from tests.shops import Shop


@pytest.mark.parametrize("by", ["customer", "phone", "user_id"])
def test_r_dnc_2_a_task_made_beside_an_entry_is_ended(shop: Shop, by: str) -> None:
    listed = shop.buyer("tb_listed")
    shop.buyer("tb_other")
    shop.plan()
    (phone, _) = (row for row in shop.dump()["customer_phone"])
    entry = {
        "customer": {"scope": "customer", "customer_id": listed},
        "phone": {"scope": "phone", "phone_key": phone.phone_key},
        "user_id": {"scope": "customer", "user_id": "tb_listed"},
    }[by]
    shop._insert(  # the row alone, as a transaction leaves it that saw no task yet
        suppression,
        rule="R-DNC-2",
        reason="别再打来",
        source="desk",
        created_by="李组长",
        since=at("05-13 08:44"),
        **entry,
    )
    look_again(shop.runtime, at("05-13 08:46"), "引擎")
    assert {row.customer_id: row.ending for row in shop.tasks()}[listed] == "opted_out"
    assert sum(row.state != "closed" for row in shop.tasks()) == 1


def test_a_lifted_entry_or_one_of_another_kind_ends_nothing(shop: Shop) -> None:
    listed = shop.buyer()
    shop.plan()
    usual = {
        "scope": "customer",
        "customer_id": listed,
        "rule": "R-DNC-2",
        "reason": "别再打来",
        "source": "desk",
        "created_by": "李组长",
        "since": at("05-13 08:44"),
    }
    shop._insert(suppression, **usual, kind="callback")
    shop._insert(suppression, **usual, lifted_at=at("05-13 08:45"))
    look_again(shop.runtime, at("05-13 08:46"), "引擎")
    assert [row.state for row in shop.tasks()] != ["closed"]
