"""The second opinion on SMS: a clean mass message is clean, each planted breach is found (R-AUD-2)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, delete, insert, select, update

from adapters.store.models.calls import attempt
from adapters.store.models.campaigns import task
from adapters.store.models.customers import customer_phone, order_sighting, suppression
from adapters.store.models.lines import blast, line_step, sms
from campaigns.values import Kind, OrderState
from scheduler.flows.shortages import move
from scheduler.flows.text_pace import ToldPace
from scheduler.flows.text_sending import send_due
from scheduler.verify import verify
from tests import databases
from tests.factories import at, day
from tests.scheduler.flows.texting import Texting
from tests.shops import Shop

Change = Callable[[Connection, list[str]], None]
PLANTED: dict[str, tuple[str, Change]] = {}


def planted(rule: str) -> Callable[[Change], Change]:
    def keep(change: Change) -> Change:
        PLANTED[change.__name__] = (rule, change)
        return change

    return keep


def lived(shop: Shop) -> Texting:
    """Four texts of a mass message, one of them withdrawn, one unknown; and a follow-up."""
    texting = Texting(shop)
    waits = shop.customer("tb_waits")
    shop.phone(waits)
    shop.bought(waits, OrderState.PAID)
    article = shop.lacking()
    shop.plan(kind=Kind.STOCK_OUT)
    shop.call(texting.caller, "05-13 09:05", "agrees")
    texting.unreached("tb_01", "tb_02", "tb_03", "tb_04")
    made = texting.approved()
    shop.pays(3, "05-13 10:01", known="05-13 10:02")
    texting.send(made, "05-13 10:05")
    move(shop.runtime, article, day("05-25"), at("05-13 10:10"), "李组长")
    send_due(shop.runtime, pace=ToldPace(at("05-13 10:11")), start=at("05-13 10:11"))
    assert sorted(texting.states()) == ["sent"] * 4 + ["withdrawn"]
    return texting


@pytest.fixture
def shop(sqlite_template: Path, tmp_path: Path) -> Iterator[Shop]:
    path = tmp_path / "waihu.db"
    databases.copy_sqlite(sqlite_template, path)
    made = Shop(databases.sqlite_url(path), tmp_path)
    lived(made)
    yield made
    made.close()


def found(shop: Shop) -> set[str]:
    return {finding.rule for finding in verify(shop.runtime).violations}


def test_r_aud_2_a_clean_mass_message_prints_zero(shop: Shop) -> None:
    report = verify(shop.runtime)
    assert report.violations == ()
    assert report.checked["texts"] == 5


def test_r_aud_2_it_is_clean_on_either_database(engine: Engine, tmp_path: Path) -> None:
    made = Shop(engine.url.render_as_string(hide_password=False), tmp_path)
    lived(made)
    assert verify(made.runtime).violations == ()
    for minute in range(0, 20, 3):
        assert verify(made.runtime, at(f"05-13 10:{minute:02}")).violations == ()
    with made.runtime.transaction() as connection:
        query = select(sms.c.id).where(sms.c.state == "sent").order_by(sms.c.at)
        ids = list(connection.execute(query).scalars())
        sent_to_another_phone_of_a_listed_owner(connection, ids)
    (what,) = (f.what for f in verify(made.runtime).violations if f.rule == "R-DNC-2")
    assert "另一个号码" in what
    made.close()


def change(connection: Connection, sms_id: str, **values: Any) -> None:
    assert connection.execute(update(sms).where(sms.c.id == sms_id).values(**values)).rowcount == 1


def shift(connection: Connection, sms_id: str, instant: str) -> None:
    """A text went out at another time, and its steps say so too."""
    change(connection, sms_id, at=at(instant))
    of_text = line_step.c.subject == f"sms:{sms_id}"
    connection.execute(update(line_step).where(of_text).values(at=at(instant)))


@planted("R-HOURS-5")
def sent_at_noon(connection: Connection, ids: list[str]) -> None:
    shift(connection, ids[0], "05-13 12:00")


@planted("R-HOURS-5")
def sent_before_the_regions_morning(connection: Connection, ids: list[str]) -> None:
    change(connection, ids[0], region="西藏")


@planted("R-HOURS-6")
def kept_no_version(connection: Connection, ids: list[str]) -> None:
    change(connection, ids[0], calendar_version=None)


@planted("R-HOURS-6")
def kept_another_kind_of_day(connection: Connection, ids: list[str]) -> None:
    change(connection, ids[0], day_kind="day_off")


@planted("R-MSG-3")
def sent_unsigned(connection: Connection, ids: list[str]) -> None:
    change(connection, ids[0], wording="您好。拒收请回复R")


@planted("R-MSG-3")
def sent_without_the_hint(connection: Connection, ids: list[str]) -> None:
    change(connection, ids[0], wording="【四季花坊】您好。")


@planted("R-REPEAT-3")
def three_on_one_phone(connection: Connection, ids: list[str]) -> None:
    for sms_id in ids[:3]:
        change(connection, sms_id, phone_key="one")


@planted("R-REPEAT-3")
def three_to_one_customer(connection: Connection, ids: list[str]) -> None:
    for sms_id in ids[:3]:
        change(connection, sms_id, customer_id=2)


@planted("R-REPEAT-3")
def the_same_text_twice(connection: Connection, ids: list[str]) -> None:
    for sms_id in ids[:2]:
        change(connection, sms_id, phone_key="one", text_hash="same")


def listed(connection: Connection, **values: Any) -> None:
    usual = {"rule": "R-DNC-2", "reason": "不要", "source": "panel", "created_by": "李组长"}
    connection.execute(insert(suppression).values(since=at("05-13 10:04"), **(usual | values)))


@planted("R-DNC-2")
def sent_to_a_listed_customer(connection: Connection, ids: list[str]) -> None:
    row = connection.execute(select(sms).where(sms.c.id == ids[0])).one()
    listed(connection, scope="customer", customer_id=row.customer_id)


@planted("R-DNC-2")
def sent_to_a_listed_phone(connection: Connection, ids: list[str]) -> None:
    row = connection.execute(select(sms).where(sms.c.id == ids[0])).one()
    listed(connection, scope="phone", phone_key=row.phone_key)


@planted("R-DNC-2")
def sent_to_another_phone_of_a_listed_owner(connection: Connection, ids: list[str]) -> None:
    row = connection.execute(select(sms).where(sms.c.id == ids[0])).one()
    query = select(customer_phone).where(customer_phone.c.id == row.phone_id)
    dialled = connection.execute(query).one()
    kept = {c.name: getattr(dialled, c.name) for c in customer_phone.c if c.name != "id"}
    connection.execute(insert(customer_phone).values(**kept | {"phone_key": "another"}))
    listed(connection, scope="phone", phone_key="another")


@planted("R-DNC-1")
def sent_to_somebody_angry(connection: Connection, ids: list[str]) -> None:
    row = connection.execute(select(sms).where(sms.c.id == ids[0])).one()
    listed(connection, scope="customer", customer_id=row.customer_id, rule="R-DNC-1", kind=row.kind)


@planted("R-DUN-9")
def sent_to_the_control_group(connection: Connection, ids: list[str]) -> None:
    row = connection.execute(select(sms).where(sms.c.id == ids[0])).one()
    connection.execute(
        update(task)
        .where(task.c.id == row.task_id)
        .values(state="closed", closed_at=at("05-13 09:00"), ending="control")
    )


@planted("R-MSG-2")
def sent_to_somebody_reached(connection: Connection, ids: list[str]) -> None:
    row = connection.execute(select(sms).where(sms.c.id == ids[0])).one()
    connection.execute(
        update(attempt)
        .where(attempt.c.task_id == row.task_id)
        .values(outcome="will_pay", is_reached=True)
    )


@planted("R-DUN-4")
def sent_after_the_payment(connection: Connection, ids: list[str]) -> None:
    connection.execute(
        update(order_sighting)
        .where(order_sighting.c.state == "awaiting_payment")
        .values(state="paid")
    )


@planted("R-DUN-4")
def sent_on_old_data(connection: Connection, ids: list[str]) -> None:
    connection.execute(
        update(order_sighting)
        .where(order_sighting.c.state == "awaiting_payment")
        .values(seen_at=at("05-12 10:00"))
    )


@planted("R-DUN-3")
def sent_after_the_closing(connection: Connection, ids: list[str]) -> None:
    connection.execute(update(order_sighting).values(seen_at=at("05-16 09:00")))
    shift(connection, ids[0], "05-16 10:00")


@planted("R-OOS-2")
def told_although_it_was_shipped(connection: Connection, ids: list[str]) -> None:
    connection.execute(
        update(order_sighting).where(order_sighting.c.state == "paid").values(state="shipped")
    )


def steps(connection: Connection, sms_id: str) -> list[Any]:
    of_text = line_step.c.subject == f"sms:{sms_id}"
    return list(connection.execute(select(line_step).where(of_text).order_by(line_step.c.number)))


def restep(connection: Connection, sms_id: str, *states: str) -> None:
    """Write the steps of a text anew."""
    kept = steps(connection, sms_id)
    connection.execute(delete(line_step).where(line_step.c.subject == f"sms:{sms_id}"))
    for number, state in enumerate(states, start=1):
        connection.execute(
            insert(line_step).values(
                subject=f"sms:{sms_id}", number=number, state=state, at=kept[-1].at, cause="x"
            )
        )


@planted("R-MSG-2")
def sent_without_intent(connection: Connection, ids: list[str]) -> None:
    restep(connection, ids[0], "queued", "sent")


@planted("R-MSG-2")
def sent_again_although_unknown(connection: Connection, ids: list[str]) -> None:
    restep(connection, ids[0], "queued", "sending", "unknown", "sending", "sent")


@planted("R-AUD-1")
def a_step_is_missing(connection: Connection, ids: list[str]) -> None:
    last = steps(connection, ids[0])[-1]
    connection.execute(update(line_step).where(line_step.c.id == last.id).values(number=7))


@planted("R-AUD-1")
def it_stands_otherwise(connection: Connection, ids: list[str]) -> None:
    change(connection, ids[0], state="delivered")


@planted("R-AUD-1")
def no_steps_at_all(connection: Connection, ids: list[str]) -> None:
    restep(connection, ids[0])


@planted("R-AUD-1")
def steps_of_nothing(connection: Connection, ids: list[str]) -> None:
    connection.execute(
        insert(line_step).values(
            subject="sms:gone", number=1, state="queued", at=at("05-13 10:00"), cause="x"
        )
    )


@planted("R-MSG-2")
def approved_by_its_maker(connection: Connection, ids: list[str]) -> None:
    connection.execute(update(blast).values(approved_by="李组长"))


@planted("R-MSG-2")
def sent_before_the_approval(connection: Connection, ids: list[str]) -> None:
    connection.execute(update(blast).values(approved_at=at("05-13 10:05:01")))


@planted("R-MSG-2")
def sent_after_the_stop(connection: Connection, ids: list[str]) -> None:
    connection.execute(
        update(blast).values(state="stopped", ended_at=at("05-13 10:05") + timedelta(seconds=1))
    )


@pytest.mark.parametrize("name", PLANTED)
def test_r_aud_2_each_planted_breach_is_found(shop: Shop, name: str) -> None:
    rule, plant = PLANTED[name]
    with shop.runtime.transaction() as connection:
        for trigger in (
            connection.exec_driver_sql("SELECT name FROM sqlite_master WHERE type = 'trigger'")
            .scalars()
            .all()
        ):
            connection.exec_driver_sql(f"DROP TRIGGER {trigger}")
        query = select(sms.c.id).where(sms.c.state == "sent", sms.c.blast_id.is_not(None))
        plant(connection, list(connection.execute(query.order_by(sms.c.at)).scalars()))
    assert rule in found(shop)
