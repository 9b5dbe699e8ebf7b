"""R-DUN-7, R-DUN-8: what is kept with each outcome and payment is what calls and ledgers say."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from random import Random

import pytest
from sqlalchemy import Engine, select, update

from adapters.store.models.figures import contact_figure, money_figure, task_money
from adapters.store.models.shop import person
from campaigns.errors import WaihuError
from campaigns.values import SHOP_ZONE, Kind, Person
from scheduler.flows import figures
from scheduler.flows.claim import HandOut, next_call
from scheduler.flows.dialling import dial
from scheduler.flows.intake import Upload, take
from scheduler.flows.ledgers import dunning_summary
from scheduler.flows.outcome import OutcomeForm, record_outcome
from scheduler.flows.people import caller_named
from scheduler.runtime import Runtime
from tests.databases import sqlite_only
from tests.factories import at, day
from tests.scheduler.flows.test_claim_races import at_once
from tests.scheduler.flows.three_matters import also, dialled_for, three_matters
from tests.shops import Shop
from tests.web import panel_shop

CODES = (
    "no_answer",
    "no_answer",
    "will_pay",
    "relay",
    "says_paid",
    "not_needed",
    "cut_off",
    "busy",
)
FIRST, LAST = day("05-01"), day("05-30")


def kept_contacts(shop: Shop) -> dict[tuple[object, ...], tuple[int, ...]]:
    rows = shop.rows(contact_figure)
    return {tuple(row[:4]): tuple(row[4:]) for row in rows if any(row[4:])}


def counted(shop: Shop) -> dict[tuple[object, ...], tuple[int, ...]]:
    """The same by looking at every call."""
    found: dict[tuple[object, ...], list[int]] = {}
    for row in shop.attempts():
        if row.state != "closed":
            continue
        local = row.at.astimezone(SHOP_ZONE)
        key = (local.date(), local.hour, row.campaign_id, row.caller_id)
        promised = row.outcome in ("will_pay", "says_paid", "relay") and row.rides_on is None
        is_call = row.rides_on is None and row.redial_of is None
        added = (row.redial_of is None, is_call, is_call and row.is_reached, promised)
        kept = found.setdefault(key, [0, 0, 0, 0])
        found[key] = [a + b for a, b in zip(kept, added, strict=True)]
    return {key: tuple(value) for key, value in found.items() if any(value)}


def kept_money(shop: Shop) -> dict[tuple[object, str], tuple[int, ...]]:
    names = {row.id: row.name for row in shop.rows(person)}
    return {
        (row.business_day, names[row.handler_id]): tuple(row[3:])
        for row in shop.rows(money_figure)
        if any(row[3:])
    }


def in_the_ledger(runtime: Runtime) -> dict[tuple[object, str], tuple[int, ...]]:
    return {
        (row.dunned_on, row.handler): (
            row.totals.customers,
            row.totals.paid_customers,
            row.totals.owed_fen,
            row.totals.recovered_fen,
        )
        for row in dunning_summary(runtime, FIRST, LAST, None).rows
    }


def check(shop: Shop) -> None:
    assert kept_contacts(shop) == counted(shop)
    assert kept_money(shop) == in_the_ledger(shop.runtime)
    assert figures.rebuild(shop.runtime, at("05-20 12:00"), "cli").is_clean


def live(shop: Shop, chance: Random) -> None:
    """Some days of calls, payments before and after them, dialled calls nobody has entered yet."""
    callers = [shop.person(name) for name in ("张三", "李四", "王五")]
    for number in range(12):
        name = f"tb_{number:02d}"
        if number % 4 == 0:
            three_matters(shop, name)
        else:
            shop.buyer(name, f"05-12 {9 + number:02d}:00", fen=1_000 + number)
    for of in ("05-13", "05-14"):
        shop.see(f"{of} 08:30")
        shop.plan(of)
        for hour in range(9, 19):
            now = f"{of} {hour:02d}:{chance.randrange(60):02d}"
            step(shop, chance, callers, now)


def step(shop: Shop, chance: Random, callers: list[Person], now: str) -> None:
    if chance.random() < 0.3:
        customer = chance.randrange(1, 13)
        paid = at(now) - timedelta(minutes=chance.randrange(600))
        shop.pays(customer, f"{paid.astimezone(SHOP_ZONE):%m-%d %H:%M}", known=now)
    for caller in callers:
        held = next_call(shop.runtime, caller, at(now))
        if not isinstance(held, HandOut):
            continue
        try:
            if chance.random() < 0.9:
                dial(shop.runtime, held.attempt_id, at(now), caller)
        except WaihuError:
            continue
        if chance.random() < 0.2:
            continue
        code = chance.choice(CODES if held.kind is Kind.DUNNING else CODES[:1])
        shop.outcome(held.attempt_id, code, now, caller)


@pytest.mark.parametrize("seed", range(3))
def test_r_dun_8_figures_are_the_ledgers_after_any_history(shop: Shop, seed: int) -> None:
    chance = Random(seed)
    live(shop, chance)
    assert len(kept_money(shop)) > 2
    check(shop)


def test_r_dun_7_a_dialled_call_counts_before_its_outcome(shop: Shop) -> None:
    shop.buyer()
    shop.plan()
    caller = shop.person()
    held = shop.take(caller, "05-13 09:30")
    assert kept_money(shop) == {}
    dial(shop.runtime, held.attempt_id, at("05-13 09:30"), caller)
    assert kept_money(shop) == {(day("05-13"), "张三"): (1, 0, 5_000, 0)}
    assert kept_contacts(shop) == {}
    check(shop)


def test_r_dun_4_a_payment_before_the_call_takes_it_out_again(shop: Shop) -> None:
    customer = shop.buyer()
    shop.plan()
    shop.call(shop.person(), "05-13 09:30", "will_pay")
    assert kept_money(shop) != {}
    shop.pays(customer, "05-13 09:10", known="05-13 10:00")
    assert (kept_money(shop), shop.rows(task_money)) == ({}, [])
    check(shop)


def test_r_repeat_5_a_redial_is_no_call_of_its_own_but_its_promise_counts(shop: Shop) -> None:
    shop.buyer()
    shop.plan()
    caller = shop.person()
    shop.call(caller, "05-13 09:30", "cut_off")
    shop.call(caller, "05-13 09:32", "will_pay")
    (counts,) = kept_contacts(shop).values()
    assert counts == (1, 1, 1, 1)
    check(shop)


def test_r_repeat_2_a_further_matter_is_no_call_of_its_own(shop: Shop) -> None:
    three_matters(shop)
    shop.plan()
    held = dialled_for(shop, shop.person(), Kind.CALLBACK)
    said = also(held, dunning="will_pay")
    shop.outcome(held.attempt_id, "satisfied", "05-13 09:35", also=said)
    assert sorted(kept_contacts(shop).values()) == [(1, 0, 0, 0), (1, 1, 1, 0)]
    assert kept_money(shop) == {(day("05-13"), "张三"): (1, 0, 5_000, 0)}
    check(shop)


def test_the_hour_is_that_of_the_shop(shop: Shop) -> None:
    shop.buyer()
    shop.plan()
    shop.call(shop.person(), "05-13 19:30", "will_pay", ended="05-13 20:05")
    (key,) = kept_contacts(shop)
    assert key[:2] == (day("05-13"), 19)


def test_two_outcomes_at_once_are_both_counted(shop: Shop) -> None:
    for number in range(16):
        shop.buyer(f"b{number}")
    shop.plan()
    callers = [shop.person(f"坐席{number}") for number in range(4)]

    def work(runtime: Runtime, index: int) -> None:
        for _ in range(4):
            held = next_call(runtime, callers[index], at("05-13 10:00"))
            assert isinstance(held, HandOut)
            form = OutcomeForm("will_pay")
            record_outcome(runtime, held.attempt_id, form, at("05-13 10:00"), callers[index])

    assert at_once(shop, 4, work) == [None] * 4
    assert sum(row.attempts for row in shop.rows(contact_figure)) == 16
    check(shop)


def test_r_dun_7_an_outcome_and_a_payment_at_once_lose_nothing(shop: Shop) -> None:
    """The same handler's sums are added to by both."""
    customers = [shop.buyer(f"b{number}") for number in range(8)]
    shop.plan()
    caller = shop.person()
    for number in range(4):
        shop.call(caller, f"05-13 10:0{number}", "will_pay")
    held = shop.take(caller, "05-13 10:10")
    orders = [order for customer in customers for order in shop.orders_of(customer)]

    def work(runtime: Runtime, index: int) -> None:
        if index == 0:
            record_outcome(
                runtime, held.attempt_id, OutcomeForm("will_pay"), at("05-13 10:12"), caller
            )
            return
        with runtime.transaction() as connection:
            called = figures.called_of(connection, orders)
            figures.hold(connection, called)
            from adapters.store.models.customers import order  # noqa: PLC0415

            connection.execute(
                update(order)
                .where(order.c.id.in_(orders[:4]))
                .values(state="paid", paid_fen=5_000, paid_at=at("05-13 10:11"))
            )
            figures.settle(connection, called)

    assert at_once(shop, 2, work) == [None, None]
    check(shop)


def test_rebuild_says_what_differed_and_puts_it_right(shop: Shop) -> None:
    live(shop, Random(5))
    with shop.runtime.transaction() as connection:
        connection.execute(update(money_figure).values(paid_fen=money_figure.c.paid_fen + 1))
        row = connection.execute(select(contact_figure)).first()
        assert row is not None
        connection.execute(
            contact_figure.delete().where(
                contact_figure.c.business_day == row.business_day,
                contact_figure.c.hour == row.hour,
            )
        )
    found = figures.rebuild(shop.runtime, at("05-20 12:00"), "cli")
    assert found.differing["money"] == len(shop.rows(money_figure))
    assert found.differing["contacts"] >= 1
    assert found.differing["tasks"] == 0
    check(shop)


def test_an_upgraded_shop_gets_its_figures_once(shop: Shop) -> None:
    assert figures.fill_when_behind(shop.runtime, at("05-13 08:00"), "cli") is None
    live(shop, Random(7))
    with shop.runtime.transaction() as connection:
        for table in (contact_figure, task_money, money_figure):
            connection.execute(table.delete())
    filled = figures.fill_when_behind(shop.runtime, at("05-20 12:00"), "cli")
    assert filled is not None
    assert filled.rows["contacts"] > 0
    assert figures.fill_when_behind(shop.runtime, at("05-20 12:00"), "cli") is None
    check(shop)


@sqlite_only
def test_r_dun_7_an_export_settles_reminders_that_have_ended(
    engine: Engine, database_url: str, tmp_path: Path
) -> None:
    runtime = panel_shop.open_shop(engine, database_url, tmp_path)
    panel_shop.fill(runtime)
    caller = caller_named(runtime, "陈晨")
    assert isinstance(caller, Person)
    for minute in range(4):
        now = panel_shop.MORNING + timedelta(minutes=minute)
        held = next_call(runtime, caller, now)
        assert isinstance(held, HandOut)
        record_outcome(runtime, held.attempt_id, OutcomeForm("not_needed"), now, caller)
    paid = panel_shop.Buyer("青柠小站", "18412345671", "268.00", state="买家已付款，等待卖家发货")
    content = panel_shop.orders_csv([paid]).replace(b"2026-03-04 09:00:00", b"2026-03-04 09:30:00")
    report = take(
        runtime,
        Upload("ExportOrderList202603041000.csv", content),
        panel_shop.MORNING + timedelta(hours=1),
        "init",
    )
    assert report.taken == 1
    with runtime.snapshot() as connection:
        (row,) = connection.execute(select(money_figure)).all()
    assert (row.customers, row.payers, row.paid_fen) == (4, 1, 26_800)
    assert figures.rebuild(runtime, panel_shop.MORNING, "cli").is_clean
