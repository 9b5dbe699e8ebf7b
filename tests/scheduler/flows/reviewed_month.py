"""An approved sample of May with its customers, as the approval leaves it, for what comes after."""

from __future__ import annotations

from sqlalchemy import insert, select

from adapters.store.models.campaigns import campaign
from adapters.store.models.sampling import sample, sample_member
from campaigns.values import Kind, SampleState, Source
from tests.factories import at, day
from tests.shops import Shop

APPROVED = "05-26 10:00"
MONTH = "2025-05"


def approved_sample(shop: Shop, *buyers: str) -> list[int]:
    """Their tasks, one of each, in the order of the list; every second one is of 李四."""
    opened = at(APPROVED)
    with shop.runtime.transaction() as connection:
        of_kind = select(campaign.c.id).where(campaign.c.kind == Kind.SAMPLING)
        sample_id = connection.execute(
            insert(sample)
            .values(
                month=MONTH,
                campaign_id=connection.execute(of_kind).scalar_one(),
                state=SampleState.APPROVED,
                seed=7,
                wanted=60,
                scored_share=700,
                frame_size=len(buyers),
                frame_hash="f" * 64,
                list_hash="e" * 64,
                drawn_at=opened,
                drawn_by="王组长",
                submitted_at=opened,
                submitted_by="王组长",
                approved_at=opened,
                approved_by="赵主管",
            )
            .returning(sample.c.id)
        ).scalar_one()
    tasks = []
    for rank, buyer in enumerate(buyers, start=1):
        customer_id = shop.customer(buyer)
        shop.phone(customer_id)
        tasks.append(shop.sampled(customer_id))
        with shop.runtime.transaction() as connection:
            connection.execute(
                insert(sample_member).values(
                    sample_id=sample_id,
                    customer_id=customer_id,
                    source=Source.AFTER_SALES,
                    handler="李四" if rank % 2 == 0 else "张三",
                    order_no="1000000000000001",
                    entered_on=day("05-08"),
                    detail="盆碎了",
                    rank=rank,
                    is_reserve=False,
                    task_id=tasks[-1],
                    called_in_at=opened,
                )
            )
    return tasks
