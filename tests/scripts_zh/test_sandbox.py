"""The allow-list: what a template may be made of, and twenty and more that are refused."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scripts_zh.errors import ScriptError
from scripts_zh.sandbox import SOURCE_MAX_CHARS, compile_source, facts_used, fill
from tests.scripts_zh.words import HOSTILE, USUAL

HOSTILE_SOURCES = {
    "loop": "{% for line in order.items_text %}x{% endfor %}",
    "work without end": "{{ lipsum(n=100000) }}",
    "memory": "{{ 'a' * 2000000000 }}",
    "power": "{{ 9 ** 9 ** 9 }}",
    "range": "{% if range(10) %}x{% endif %}",
    "dunder": "{{ customer.__class__ }}",
    "chain": "{{ customer.name.__class__.__mro__ }}",
    "subscript": "{{ customer['name'] }}",
    "method": "{{ customer.name.upper() }}",
    "format": "{{ '{0.__class__}'.format(customer) }}",
    "call": "{{ cycler('a') }}",
    "foreign root": "{{ self.name }}",
    "instant of speaking": "{{ now.year }}",
    "bare root": "{{ customer }}",
    "constant": "{{ 'text' }}",
    "unknown fact": "{{ customer.phone }}",
    "foreign filter": "{{ customer.name | upper }}",
    "attribute filter": "{{ customer | attr('name') }}",
    "filter with argument": "{{ customer.name | short(1) }}",
    "filter with keyword": "{{ customer.name | short(text='x') }}",
    "two filters": "{{ customer.name | short | short }}",
    "filter block": "{% filter short %}x{% endfilter %}",
    "macro": "{% macro m() %}x{% endmacro %}",
    "include": "{% include 'first_call.voice.j2' %}",
    "import": "{% import 'x' as y %}",
    "extends": "{% extends 'x' %}",
    "set": "{% set customer = 1 %}",
    "with": "{% with x = 1 %}x{% endwith %}",
    "call block": "{% call customer.name() %}x{% endcall %}",
    "ternary": "{{ customer.name if order.several else shop.name }}",
    "concatenation": "{{ customer.name ~ shop.name }}",
    "arithmetic": "{{ order.amount_fen + 1 }}",
    "arithmetic in a condition": "{% if order.amount_fen + 1 > 2 %}x{% endif %}",
    "membership": "{% if 'a' in customer.name %}x{% endif %}",
    "foreign test": "{% if customer.name is string %}x{% endif %}",
    "constant condition": "{% if true %}x{% endif %}",
    "list": "{% if order.orders_count == [1] %}x{% endif %}",
    "float": "{% if order.orders_count == 1e999999 %}x{% endif %}",
    "giant number": "{% if order.orders_count == 0x" + "f" * 3900 + " %}x{% endif %}",
    "long constant": "{% if customer.name == '" + "a" * 41 + "' %}x{% endif %}",
    "hidden in else": "{% if order.several %}{% else %}{{ lipsum() }}{% endif %}",
    "hidden in elif": "{% if order.several %}{% elif lipsum() %}{% endif %}",
    "hidden in not": "{% if not lipsum() %}x{% endif %}",
    "hidden in and": "{% if order.several and lipsum() %}x{% endif %}",
    "not closed": "{% if order.several %}",
    "deep": "{{ " + "(" * 1500 + "customer.name" + ")" * 1500 + " }}",
    "too long": "x" * (SOURCE_MAX_CHARS + 1),
    "too many nodes": "{{ shop.name }}" * 200,
}


@pytest.mark.parametrize("source", HOSTILE_SOURCES.values(), ids=HOSTILE_SOURCES.keys())
def test_hostile_templates_are_refused(source: str) -> None:
    with pytest.raises(ScriptError):
        compile_source(source, frozenset({"customer.name"}))


def test_what_a_sentence_needs_is_accepted() -> None:
    source = (
        "{% if customer.name is not none and (order.orders_count > 1 or not order.several) %}"
        "{{ customer.name | short }}"
        "{% elif shop.name == '某店' %}{{ shop.name }}{% else %}{{ order.orders_count }}{% endif %}"
    )
    needs = facts_used(source)
    assert needs == {
        "customer.name",
        "order.orders_count",
        "order.several",
        "shop.name",
    }
    assert fill(compile_source(source, needs), USUAL) == ("陈一二",)


def test_facts_that_are_used_must_be_the_facts_that_are_named() -> None:
    with pytest.raises(ScriptError, match=r"customer\.name"):
        compile_source("{{ customer.name }}", frozenset())
    with pytest.raises(ScriptError, match=r"shop\.name"):
        compile_source("x", frozenset({"shop.name"}))


@pytest.mark.parametrize(
    "source",
    [
        "{{ customer.name }}",
        "{{ order.closes_at | moment }}",
        "{{ order.placed_at }}",
        "{{ order.several }}",
        "{{ customer.user_id | money }}",
        "{{ order.amount_fen | moment }}",
        "{{ order.amount_fen | short }}",
        "{% if customer.user_id > 1 %}x{% endif %}",
        "{% if order.several %}x{% endif %}",
    ],
)
def test_a_missing_or_unfit_fact_is_an_error_and_never_spoken(source: str) -> None:
    words = replace(
        USUAL,
        customer=replace(USUAL.customer, name=None),
        order=replace(USUAL.order, closes_at=None),
    )
    with pytest.raises(ScriptError):
        fill(compile_source(source, facts_used(source)), words)


@pytest.mark.parametrize(
    "source",
    [
        "{{ parcel.last_state }}",
        "{% if parcel.carrier is none %}x{% endif %}",
        "{% if parcel.carrier is not none %}x{% endif %}",
        "{% if parcel.several %}{% else %}x{% endif %}",
    ],
)
def test_a_matter_that_is_not_there_cannot_even_be_asked_about(source: str) -> None:
    assert USUAL.parcel is None
    with pytest.raises(ScriptError):
        fill(compile_source(source, facts_used(source)), USUAL)


def test_r_repeat_2_further_matters_are_a_fact() -> None:
    source = "{% if call.others_text is none %}无{% else %}{{ call.others_text }}{% endif %}"
    template = compile_source(source, frozenset({"call.others_text"}))
    assert fill(template, USUAL) == ("无",)
    assert fill(template, replace(USUAL, callers_matters=("催款",))) == ("还没付款的订单",)


def test_a_fact_is_text_and_never_template_or_a_second_line() -> None:
    source = "说{{ customer.name }}。"
    template = compile_source(source, frozenset({"customer.name"}))
    hostile = replace(USUAL, customer=replace(USUAL.customer, name=HOSTILE))
    assert fill(template, hostile) == (f"说{HOSTILE}。",)
    broken = replace(USUAL, customer=replace(USUAL.customer, name="a\r\nb\u2028c\u202ed\x00e"))
    assert fill(template, broken) == ("说a b cde。",)


@settings(max_examples=300)
@given(
    st.lists(
        st.sampled_from(
            [
                *("{{", "}}", "{%", "%}", "{#", "#}", "if", "else", "endif", "for", "in", "not"),
                *("and", "(", ")", "**", "|", "[0]", "'a'", "1", ">", "is none", "short", "x"),
                *("customer.name", "customer.__init__", "lipsum", "您好", "\n"),
            ]
        ),
        max_size=14,
    ).map(" ".join)
)
def test_any_source_is_either_refused_or_reads_listed_facts(source: str) -> None:
    try:
        used = facts_used(source)
    except ScriptError:
        return
    assert used <= {"customer.name"}
