"""Which line serves whom, and where callers are rung."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from adapters.store.models.audit import audit
from adapters.store.models.lines import line_choice, person_phone
from adapters.store.queries.people import add_person
from campaigns.errors import NotFoundError, UsageError
from campaigns.values import Kind, LineName, Person, PhoneNumber, Role
from scheduler.flows.line_choice import (
    Medium,
    choices,
    choose,
    drop_phone,
    phone_of,
    phones,
    phones_of,
    set_choice,
    set_phone,
)
from scheduler.runtime import Runtime
from tests.databases import sqlite_only
from tests.factories import a_number, at
from tests.scheduler.flows.lines import real_shop
from tests.shops import Shop

NOW = at("05-13 09:40")
HONG_KONG = PhoneNumber("+85261234567")


def chosen(
    shop: Shop,
    medium: Medium = "call",
    number: PhoneNumber | None = None,
    kind: Kind = Kind.DUNNING,
) -> LineName | None:
    with shop.runtime.snapshot() as connection:
        return choose(connection, medium, kind, shop.campaign_id, number)


def choice(shop: Shop, scope: str, line: LineName | None, medium: str = "call") -> None:
    set_choice(shop.runtime, medium, scope, line, NOW, "周主管")


def test_a_shop_that_chose_nothing_calls_by_hand_and_sends_no_texts(shop: Shop) -> None:
    assert chosen(shop) is LineName.MANUAL
    assert chosen(shop, "sms") is None
    assert choices(shop.runtime) == []


def test_the_most_exact_choice_decides(shop: Shop) -> None:
    number = a_number()
    choice(shop, "all", LineName.ASTERISK)
    assert chosen(shop, number=number) is LineName.ASTERISK
    choice(shop, "kind:dunning", LineName.MANUAL)
    assert chosen(shop, number=number) is LineName.MANUAL
    assert chosen(shop, number=number, kind=Kind.CALLBACK) is LineName.ASTERISK
    choice(shop, f"campaign:{shop.campaign_id}", LineName.TWILIO)
    assert chosen(shop, number=number, kind=Kind.CALLBACK) is LineName.TWILIO
    choice(shop, "number:+86", LineName.MANUAL)
    assert chosen(shop, number=number) is LineName.MANUAL
    assert chosen(shop, number=HONG_KONG) is LineName.TWILIO
    assert chosen(shop) is LineName.TWILIO


def test_of_several_prefixes_the_longest_decides(shop: Shop) -> None:
    choice(shop, "number:+8526", LineName.ASTERISK)
    choice(shop, "number:+852", LineName.TWILIO)
    choice(shop, "number:+85", LineName.MANUAL)
    assert chosen(shop, number=HONG_KONG) is LineName.ASTERISK
    assert chosen(shop, number=PhoneNumber("+85291234567")) is LineName.TWILIO


def test_calls_and_texts_are_chosen_apart(shop: Shop) -> None:
    choice(shop, "all", LineName.ALIYUN, "sms")
    assert chosen(shop, "sms") is LineName.ALIYUN
    assert chosen(shop) is LineName.MANUAL


def test_a_choice_taken_back_lets_the_wider_one_decide(shop: Shop) -> None:
    choice(shop, "all", LineName.TWILIO)
    choice(shop, "kind:dunning", LineName.MANUAL)
    choice(shop, "kind:dunning", None)
    assert chosen(shop) is LineName.TWILIO
    assert [c.scope for c in choices(shop.runtime)] == ["all"]


def test_choices_are_listed_from_the_widest_on_in_words(shop: Shop) -> None:
    choice(shop, "number:+852", LineName.TWILIO)
    choice(shop, f"campaign:{shop.campaign_id}", LineName.MANUAL)
    choice(shop, "kind:sampling", LineName.ASTERISK)
    choice(shop, "all", LineName.TWILIO)
    choice(shop, "all", LineName.TWILIO, "sms")
    listed = choices(shop.runtime)
    assert [c.words for c in listed] == ["全部", "回访抽查", "催款", "+852 开头的号码", "全部"]
    assert (listed[0].set_by, listed[0].set_at) == ("周主管", NOW)


@sqlite_only
@pytest.mark.parametrize(
    "scope",
    [
        *("", "everybody", "ALL", "all:x", "kind:", "kind:gift"),
        *("campaign:", "campaign:x", "campaign:٣", "campaign:999", f"campaign:{'9' * 20}"),
        *("number:852", "number:+", "number:+0", "number:+852 6", "number:+٨"),
        f"number:+{'1' * 16}",
    ],
)
def test_an_unknown_scope_is_refused(shop: Shop, scope: str) -> None:
    with pytest.raises(UsageError) as refused:
        choice(shop, scope, LineName.TWILIO)
    assert refused.value.field == "scope"
    assert choices(shop.runtime) == []


@sqlite_only
@pytest.mark.parametrize(
    ("medium", "line"),
    [
        ("call", LineName.ALIYUN),
        ("sms", LineName.MANUAL),
        ("sms", LineName.ASTERISK),
        ("fax", LineName.TWILIO),
    ],
)
def test_a_line_that_cannot_carry_it_is_refused(shop: Shop, medium: str, line: LineName) -> None:
    with pytest.raises(UsageError):
        choice(shop, "all", line, medium)
    assert choices(shop.runtime) == []


def test_each_change_of_a_choice_is_audited_once(shop: Shop) -> None:
    choice(shop, "all", LineName.TWILIO)
    choice(shop, "all", LineName.TWILIO)
    choice(shop, "all", LineName.MANUAL)
    choice(shop, "all", None)
    rows = trail(shop.runtime, "line.chosen")
    assert [(row.before, row.after) for row in rows] == [
        ('{"line": null}', '{"line": "twilio"}'),
        ('{"line": "twilio"}', '{"line": "manual"}'),
        ('{"line": "manual"}', '{"line": null}'),
    ]
    assert {row.who for row in rows} == {"周主管"}
    assert shop.rows(line_choice) == []


@sqlite_only
def test_choices_are_bounded(shop: Shop) -> None:
    for prefix in range(200):
        choice(shop, f"number:+{1000 + prefix}", LineName.TWILIO)
    with pytest.raises(UsageError):
        choice(shop, "all", LineName.TWILIO)
    choice(shop, "number:+1000", LineName.MANUAL)


# --- phones ---------------------------------------------------------------------------------------


def rung(runtime: Runtime, person: Person, line: LineName = LineName.TWILIO) -> str | None:
    with runtime.snapshot() as connection:
        return phone_of(connection, runtime, person.id, line)


def trail(runtime: Runtime, what: str) -> list[Any]:
    with runtime.snapshot() as connection:
        query = select(audit).where(audit.c.what == what).order_by(audit.c.id)
        return list(connection.execute(query).all())


def test_a_callers_telephone_is_sealed_and_read_back(shop: Shop) -> None:
    caller, number = shop.person(), a_number()
    set_phone(shop.runtime, caller, LineName.TWILIO, f" {number.national} ", NOW, "周主管")
    assert rung(shop.runtime, caller) == number.e164
    (row,) = shop.rows(person_phone)
    assert number.national not in str(row)
    assert (row.shown, row.extension) == (number.masked, None)
    assert phones_of(shop.runtime, caller).shown == {LineName.TWILIO: number.masked}


def test_an_exchange_rings_an_extension(shop: Shop) -> None:
    caller = shop.person()
    for typed in ("801", "desk7"):
        set_phone(shop.runtime, caller, LineName.ASTERISK, typed, NOW, "周主管")
        assert rung(shop.runtime, caller, LineName.ASTERISK) == typed


@sqlite_only
@pytest.mark.parametrize(
    ("line", "typed"),
    [
        (LineName.TWILIO, "801"),
        (LineName.TWILIO, "138****0000"),
        (LineName.TWILIO, "没有"),
        (LineName.TWILIO, "18412345678转1234"),
        (LineName.ASTERISK, "18412345678"),
        (LineName.ASTERISK, "8 01"),
        (LineName.ASTERISK, "80/1"),
        (LineName.ASTERISK, "分机1"),
        (LineName.MANUAL, "18412345678"),
        (LineName.ALIYUN, "18412345678"),
    ],
)
def test_what_a_line_cannot_ring_is_refused(shop: Shop, line: LineName, typed: str) -> None:
    with pytest.raises(UsageError):
        set_phone(shop.runtime, shop.person(), line, typed, NOW, "周主管")
    assert shop.rows(person_phone) == []


def test_nothing_typed_takes_no_phone_back(shop: Shop) -> None:
    caller, number = shop.person(), a_number()
    set_phone(shop.runtime, caller, LineName.TWILIO, number.e164, NOW, "周主管")
    for typed in ("", "  "):
        with pytest.raises(UsageError, match="取消登记"):
            set_phone(shop.runtime, caller, LineName.TWILIO, typed, NOW, "周主管")
    assert rung(shop.runtime, caller) == number.e164
    drop_phone(shop.runtime, caller, LineName.TWILIO, NOW, "周主管")
    assert shop.rows(person_phone) == []


def test_r_pii_1_the_trail_of_phones_names_no_number(shop: Shop) -> None:
    caller, number = shop.person(), a_number()
    set_phone(shop.runtime, caller, LineName.TWILIO, number.e164, NOW, "周主管")
    set_phone(shop.runtime, caller, LineName.ASTERISK, "desk7", NOW, "周主管")
    drop_phone(shop.runtime, caller, LineName.TWILIO, NOW, "周主管")
    drop_phone(shop.runtime, caller, LineName.TWILIO, NOW, "周主管")
    rows = trail(shop.runtime, "line.phone_set")
    assert len(rows) == 3
    told = str(rows)
    assert number.national not in told
    assert "desk7" not in told
    assert number.masked not in told


def test_a_training_shops_callers_have_made_up_phones_at_once(shop: Shop) -> None:
    one, other = shop.person("一"), shop.person("二")
    numbers = {rung(shop.runtime, person) for person in (one, other)}
    assert len(numbers) == 2
    assert all(number is not None and number.startswith("+86571") for number in numbers)
    assert rung(shop.runtime, one, LineName.ASTERISK) == str(800 + one.id)
    assert rung(shop.runtime, one, LineName.MANUAL) is None
    mine = phones_of(shop.runtime, one)
    assert mine.shown == {}
    assert set(mine.made_up) == {LineName.TWILIO, LineName.ASTERISK}


def test_a_real_shops_caller_has_no_phone_until_it_is_set(tmp_path: Path) -> None:
    runtime = real_shop(tmp_path)
    with runtime.transaction() as connection:
        caller = add_person(connection, "张三", Role.CALLER, None, NOW)
    assert rung(runtime, caller) is None
    assert phones(runtime)[0].made_up == {}
    number = a_number()
    set_phone(runtime, caller, LineName.TWILIO, number.e164, NOW, "周主管")
    assert rung(runtime, caller) == number.e164
    runtime.engine.dispose()


@sqlite_only
def test_only_those_who_may_call_have_phones(shop: Shop) -> None:
    admin = shop.person("管理员", Role.ADMIN)
    with pytest.raises(UsageError):
        set_phone(shop.runtime, admin, LineName.TWILIO, a_number().e164, NOW, "周主管")
    with pytest.raises(NotFoundError):
        nobody = Person(999, "无", Role.CALLER)
        set_phone(shop.runtime, nobody, LineName.TWILIO, a_number().e164, NOW, "周主管")
    shop.person("李四")
    assert [p.person.name for p in phones(shop.runtime)] == ["李四"]
