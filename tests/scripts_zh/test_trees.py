"""What holds for every dialogue but dunning's, each file of them (R-ETQ-1)."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from campaigns.kinds import callback, sampling, stock_out
from campaigns.values import Kind, Topic
from scripts_zh.context import Occasion, Words
from scripts_zh.front_matter import Medium, Script
from scripts_zh.library import standard_library
from scripts_zh.sandbox import facts_used
from tests.scripts_zh.words import (
    CALLBACK_SETS,
    NOT_RECEIVED,
    RECEIVED,
    SAMPLED,
    SAMPLING_SETS,
    STOCK_OUT,
    STOCK_OUT_SETS,
)

SENTENCE_MAX_CHARS = 40
NODE_MAX_LINES = 6
MESSAGE_MAX_LINES = 10
MESSAGE_LINE_MAX_CHARS = 80
LABEL_MAX_CHARS = 12
HINT_MAX_CHARS = 32

NEVER_SAID = [
    *("必须", "赶紧", "立刻", "最后一次", "怎么还", "怎么不", "为什么", "凭什么", "不讲"),
    *("都怪", "快递的责任", "仓库的责任", "您用错", "嫌", "骗", "后果", "好评", "返现"),
    *("肯定", "保证", "百分之百", "你", "客户", "亲"),
]
"""Blame, pressure, promises nobody can keep, bought praise; and nobody is addressed as 你."""

ADVERTISING = ["优惠", "打折", "活动", "新品", "特价", "满减", "推荐", "评价", "欢迎", "抢"]

LIBRARY = standard_library()
OUTCOMES = {
    Kind.CALLBACK: callback.OUTCOMES,
    Kind.STOCK_OUT: stock_out.OUTCOMES,
    Kind.SAMPLING: sampling.OUTCOMES,
}
SETS = {
    Kind.CALLBACK: CALLBACK_SETS,
    Kind.STOCK_OUT: STOCK_OUT_SETS,
    Kind.SAMPLING: SAMPLING_SETS,
}
SHARING = [Kind.CALLBACK, Kind.STOCK_OUT]
"""The kinds whose matters may share one call (R-REPEAT-2)."""

AGREED = {
    Kind.CALLBACK: ("received, time agreed", "我记好了：今天晚上7点30分打给您，对吗？"),
    Kind.STOCK_OUT: ("missing, time agreed", "我记好了：今天晚上7点30分打给您，对吗？"),
    Kind.SAMPLING: ("sampled, time agreed", "那就今天晚上7点30分，我打给您，对吧？"),
}
OPENINGS = {
    Kind.CALLBACK: {
        Occasion.FIRST: "first_call",
        Occasion.WISH: "agreed_time",
        Occasion.REDIAL: "redial",
    },
    Kind.STOCK_OUT: {
        Occasion.FIRST: "first_call",
        Occasion.RELAYED: "after_relay",
        Occasion.WISH: "agreed_time",
        Occasion.REDIAL: "redial",
    },
    Kind.SAMPLING: {
        Occasion.FIRST: "first_call",
        Occasion.WISH: "agreed_time",
        Occasion.REDIAL: "redial",
        Occasion.ANSWER: "answer_call",
    },
}
CALLS = [
    *(
        (Kind.CALLBACK, occasion, words)
        for occasion in OPENINGS[Kind.CALLBACK]
        for words in (RECEIVED, NOT_RECEIVED)
    ),
    *((Kind.STOCK_OUT, occasion, STOCK_OUT) for occasion in OPENINGS[Kind.STOCK_OUT]),
    *((Kind.SAMPLING, occasion, SAMPLED) for occasion in OPENINGS[Kind.SAMPLING]),
]
SCRIPTS = {
    script.id: script
    for script in LIBRARY.scripts
    if script.kind in SETS and script.medium is not Medium.SMS
}

each_sharing = pytest.mark.parametrize("kind", SHARING)
each_kind = pytest.mark.parametrize("kind", SETS)
each_script = pytest.mark.parametrize("script", SCRIPTS.values(), ids=SCRIPTS.keys())
each_call = pytest.mark.parametrize(
    ("kind", "occasion", "words"),
    CALLS,
    ids=[f"{kind}-{occasion}-{words.topic or 'any'}" for kind, occasion, words in CALLS],
)


def sentences(line: str) -> list[str]:
    return re.findall(r"[^。？！]+[。？！]?", line)


@each_script
def test_needs_are_the_variables_used(script: Script) -> None:
    assert script.needs == facts_used(script.source)


@each_script
def test_every_button_is_an_outcome_of_the_kind(script: Script) -> None:
    assert set(script.buttons) <= {o.code for o in OUTCOMES[Kind(script.kind)]}
    assert len(set(script.buttons)) == len(script.buttons)


@each_script
def test_rules_are_sop_ids(script: Script) -> None:
    assert script.rules
    assert all(re.fullmatch(r"R-[A-Z]+-\d+", rule) for rule in script.rules)


@each_script
def test_labels_and_hints_are_read_at_a_glance(script: Script) -> None:
    assert len(script.title) <= LABEL_MAX_CHARS + 3
    assert [b.label for b in script.branches if len(b.label) > LABEL_MAX_CHARS] == []
    assert [hint for hint in script.manners if len(hint) > HINT_MAX_CHARS] == []
    ways = [(b.label, b.occasion, b.topic) for b in script.branches]
    assert len(set(ways)) == len(ways)


@each_kind
def test_every_outcome_is_offered_somewhere(kind: Kind) -> None:
    offered = {code for node in LIBRARY.tree(kind).nodes.values() for code in node.buttons}
    assert offered == {o.code for o in OUTCOMES[kind] if not o.by_system}


@each_kind
def test_every_outcome_but_a_failed_contact_is_preselected_by_a_branch(kind: Kind) -> None:
    first = {node.buttons[0] for node in LIBRARY.tree(kind).nodes.values() if node.buttons}
    assert first >= {o.code for o in OUTCOMES[kind] if o.is_reached}


@each_kind
def test_every_moment_is_reachable_and_none_leads_to_itself(kind: Kind) -> None:
    tree = LIBRARY.tree(kind)
    assert {node.moment for node in tree.walk()} == set(tree.nodes)
    assert all(b.to != moment for moment, node in tree.nodes.items() for b in node.branches)


@each_kind
def test_r_etq_1_only_a_goodbye_or_an_unanswered_call_is_an_end(kind: Kind) -> None:
    nodes = LIBRARY.tree(kind).nodes
    ends = {moment for moment, node in nodes.items() if not node.branches}
    assert ends == {"closing", "closing_short", "closing_sorry", "not_through"}
    for goodbye in ends - {"not_through"}:
        hints = " ".join(nodes[goodbye].manners)
        assert "让客户先挂" in hints
        assert "5 秒" in hints


@each_call
def test_each_call_has_one_opening_and_every_way_on_is_shown(
    kind: Kind, occasion: Occasion, words: Words
) -> None:
    rendered = LIBRARY.render_tree(kind, replace(words, occasion=occasion))
    assert rendered[0].moment == "dial"
    assert [(b.label, b.to) for b in rendered[0].branches] == [
        ("接通了", OPENINGS[kind][occasion]),
        ("没接通", "not_through"),
    ]
    met = {it.moment for it in rendered}
    assert {branch.to for it in rendered for branch in it.branches} == met - {"dial"}
    for it in rendered:
        assert len({branch.label for branch in it.branches}) == len(it.branches)


@each_call
def test_every_moment_has_a_way_to_a_goodbye(kind: Kind, occasion: Occasion, words: Words) -> None:
    rendered = LIBRARY.render_tree(kind, replace(words, occasion=occasion))
    ends = {"closing", "closing_short", "closing_sorry", "not_through"}
    while more := {
        it.moment for it in rendered if it.moment not in ends and ends & {b.to for b in it.branches}
    }:
        ends |= more
    assert ends == {it.moment for it in rendered}


@each_script
def test_renders_with_all_kinds_of_facts_within_the_limits(script: Script) -> None:
    for name, words in SETS[Kind(script.kind)].items():
        lines = LIBRARY.render(script.id, words).text
        assert lines, name
        assert not any("None" in line for line in lines), name
        if script.medium is Medium.WANGWANG:
            assert len(lines) <= MESSAGE_MAX_LINES, name
            assert [line for line in lines if len(line) > MESSAGE_LINE_MAX_CHARS] == [], name
            continue
        said = [sentence for line in lines for sentence in sentences(line)]
        assert [s for s in said if len(s) > SENTENCE_MAX_CHARS] == [], name
        assert len(lines) <= NODE_MAX_LINES, name
        assert all(line[-1] in "。？" for line in lines), name


@each_script
def test_r_etq_1_nobody_is_blamed_pressed_or_promised_too_much(script: Script) -> None:
    if script.medium is Medium.NOTE:
        return
    body = script.source
    for name, words in SETS[Kind(script.kind)].items():
        if not name.endswith(("overlong", "hostile")):
            body += "".join(LIBRARY.render(script.id, words).text)
    assert [word for word in NEVER_SAID if word in body] == []


@each_script
def test_r_msg_1_what_is_written_is_no_advertisement(script: Script) -> None:
    if script.medium is not Medium.WANGWANG:
        return
    for words in SETS[Kind(script.kind)].values():
        body = LIBRARY.render(script.id, words).message
        assert [word for word in ADVERTISING if word in body] == []


@each_kind
@pytest.mark.parametrize("moment", ["angry", "listen"])
def test_r_etq_1_manners_come_at_the_sore_points(kind: Kind, moment: str) -> None:
    node = LIBRARY.tree(kind).nodes[moment]
    assert any("不责怪、不批评、不取笑" in hint for hint in node.manners)
    assert any("应对卡" in hint for hint in node.manners)
    assert any("不开免提" in hint for hint in LIBRARY.tree(kind).nodes["dial"].manners)


@each_kind
def test_nothing_of_the_order_is_told_before_it_is_the_customer(kind: Kind) -> None:
    nodes = LIBRARY.tree(kind).nodes
    before = {
        *OPENINGS[kind].values(),
        *("who_are_you", "verify_first", "not_customer", "wrong_number", "may_i"),
        *({"relay", "gave_number"} & set(nodes)),
        *("busy", "busy_closed", "closing_short", "closing_sorry"),
    }
    for moment in before:
        roots = {fact.partition(".")[0] for fact in nodes[moment].needs}
        assert not roots & {"order", "parcel", "stock", "sample", "call"}, moment


@each_kind
def test_no_stranger_hears_of_the_customers_other_matters(kind: Kind) -> None:
    """R-REPEAT-2. The long goodbye, which names them, follows a talk with the customer only."""
    nodes = LIBRARY.tree(kind).nodes
    for moment in {"not_customer", "relay", "gave_number", "wrong_number", "verify_first"} & set(
        nodes
    ):
        assert "closing" not in {branch.to for branch in nodes[moment].branches}


@each_sharing
def test_r_repeat_2_another_matter_is_handed_over_before_the_goodbye(kind: Kind) -> None:
    closing = LIBRARY.tree(kind).nodes["closing"].id
    alone = next(iter(SETS[kind].values()))
    before = len(LIBRARY.render(closing, alone).text)
    one = LIBRARY.render(closing, replace(alone, callers_matters=("催款",))).text
    assert one[0] == "另外还有一件事，关于还没付款的订单，一起说好吗？"
    assert len(one) == before + 1
    two = LIBRARY.render(closing, replace(alone, callers_matters=("催款", "缺货通知"))).text
    assert two[0] == "另外还有2件事，关于还没付款的订单和缺货的商品，一起说好吗？"


@each_kind
def test_r_cb_5_both_goodbyes_wish_the_day_and_give_the_service_number(kind: Kind) -> None:
    words = next(iter(SETS[kind].values()))
    for moment in ("closing", "closing_short"):
        text = LIBRARY.render(LIBRARY.tree(kind).nodes[moment].id, words).text
        assert "0571-88888888" in text[-2]
        assert text[-1] == "祝您周末愉快，再见。"
        extended = replace(words, shop=replace(words.shop, service_phone="0571-88888888转80001"))
        text = LIBRARY.render(LIBRARY.tree(kind).nodes[moment].id, extended).text
        assert "0571-88888888转80001" in text[-2]


@each_kind
def test_r_dnc_2_being_left_alone_is_granted_at_once(kind: Kind) -> None:
    node = LIBRARY.tree(kind).nodes["leave_alone"]
    assert node.buttons == ("opt_out",)
    assert [branch.to for branch in node.branches] == ["closing_sorry"]


@each_kind
def test_r_hours_7_the_agreed_time_is_repeated_back(kind: Kind) -> None:
    name, said = AGREED[kind]
    assert said in LIBRARY.render(f"{kind}.busy.voice", SETS[kind][name]).text


@each_sharing
def test_a_case_is_promised_an_answer_within_the_hours_set(kind: Kind) -> None:
    """Whoever opens a case says by when it is answered, as the setting has it."""
    tree = LIBRARY.tree(kind)
    base = next(iter(SETS[kind].values()))
    words = replace(base, promise=replace(base.promise, answer_hours=36))
    promising = [n for n in tree.nodes.values() if "promise.answer_hours" in n.needs]
    assert promising
    for node in promising:
        assert "36小时" in "".join(LIBRARY.render(node.id, words).text)
    for node in tree.nodes.values():
        assert "24" not in node.source


@each_kind
def test_r_smp_4_only_sampling_stands_for_scores(kind: Kind) -> None:
    said = {n.moment: n.score for n in LIBRARY.tree(kind).nodes.values() if n.score is not None}
    scores = {f"score_{value}": value for value in range(1, 6)} if kind is Kind.SAMPLING else {}
    assert said == scores


@each_kind
def test_topic_none_walks_everything(kind: Kind) -> None:
    tree = LIBRARY.tree(kind)
    assert [n.moment for n in tree.walk(None, Topic.NONE)] == [n.moment for n in tree.walk()]


@pytest.mark.parametrize("kind", [Kind.DUNNING, *SETS])
@pytest.mark.parametrize("topic", [Topic.RECEIVED, Topic.NOT_RECEIVED])
def test_a_topic_changes_nothing_for_kinds_without_topics(kind: Kind, topic: Topic) -> None:
    tree = LIBRARY.tree(kind)
    same = [n.id for n in tree.walk(Occasion.FIRST, topic)] == [
        n.id for n in tree.walk(Occasion.FIRST)
    ]
    assert same is (kind is not Kind.CALLBACK)
