from __future__ import annotations

import pytest

from adapters.store.models.customers import order
from adapters.store.models.imports import import_problem
from tests.scheduler.verify.conftest import One
from tests.scheduler.verify.story import Story


def test_r_imp_2_counts_that_do_not_add_up(story: Story) -> None:
    story.imported("05-12 08:30", rows=3, taken=1, unchanged=1)
    assert story.broken() == {"R-IMP-2"}


def test_r_imp_2_a_rejected_row_that_is_not_listed(story: Story) -> None:
    entry = story.imported("05-12 08:30", rows=2, taken=1, rejected=1)
    assert story.broken() == {"R-IMP-2"}
    for column in ("订单编号", "订单状态"):  # two reasons of one row
        story.row(
            import_problem,
            import_id=entry,
            severity="rejected",
            line=3,
            column_name=column,
            reason="坏了",
        )
    assert story.broken() == set()


@pytest.mark.parametrize(
    ("first", "then"),
    [
        ("paid", "awaiting_payment"),
        ("shipped", "paid"),
        ("completed", "closed"),
        ("closed", "completed"),
        ("closed", "awaiting_payment"),
    ],
)
def test_r_imp_3_a_state_that_moved_back(one: One, first: str, then: str) -> None:
    one.story.seen(one.order, "05-15 08:30", first)
    assert one.story.broken() == set()
    one.story.seen(one.order, "05-15 09:30", then)
    assert one.story.broken() == {"R-IMP-3"}


def test_r_imp_3_an_order_shows_the_state_last_seen(one: One) -> None:
    one.story.change(order, one.order, state="paid")
    assert one.story.broken() == {"R-IMP-3"}
    assert one.story.broken(as_of="05-16 00:00") == set()
