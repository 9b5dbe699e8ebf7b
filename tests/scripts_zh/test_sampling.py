"""What is said to a sampled customer, and written to one who was not reached (R-SMP-4 to R-SMP-9)."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta

import pytest

from campaigns.kinds import sampling
from campaigns.values import Kind, Source
from scripts_zh.context import Occasion, Words
from scripts_zh.library import FALLBACK_VERSION, Rendered, standard_library
from tests.scripts_zh.words import ANSWERING, NOW, OVERNIGHT, SAMPLED, sampled, sparse

LIBRARY = standard_library()
TREE = LIBRARY.tree(Kind.SAMPLING)
SCORES = [1, 2, 3, 4, 5]
CALLS = [Occasion.FIRST, Occasion.WISH, Occasion.REDIAL, Occasion.ANSWER]
WRITTEN = ["unreached", "no_contact"]


def shown(moment: str, words: Words = SAMPLED) -> Rendered:
    return LIBRARY.render(TREE.nodes[moment].id, words)


def said(moment: str, words: Words = SAMPLED) -> str:
    return "".join(shown(moment, words).text)


def ways(moment: str) -> set[str]:
    return {branch.to for branch in TREE.nodes[moment].branches}


@pytest.mark.parametrize("source", Source)
@pytest.mark.parametrize("occasion", CALLS)
@pytest.mark.parametrize("is_known", [True, False], ids=["known", "sparse"])
def test_every_occasion_and_source_can_be_spoken(
    source: Source, occasion: Occasion, *, is_known: bool
) -> None:
    words = replace(sampled(source=source), occasion=occasion)
    nodes = LIBRARY.render_tree(Kind.SAMPLING, words if is_known else sparse(words))
    assert {it.moment for it in nodes} >= {"matter", *(f"score_{value}" for value in SCORES)}
    assert all(it.text and it.version != FALLBACK_VERSION for it in nodes)


@pytest.mark.parametrize(
    ("source", "lines"),
    [
        (
            Source.AFTER_SALES,
            ("想问问您这个月的售后问题。", "我们办得及时吗，态度好不好？", "经手的同事是张三。"),
        ),
        (
            Source.PARCELS,
            ("想问问您这个月快递的事。", "我们查得及时吗，话说清楚了吗？", "经手的同事是张三。"),
        ),
        (
            Source.REVIEWS,
            (
                "您写的评价我们看了，谢谢您费心写。",
                "您提到的事，我们后来办得怎么样？",
                "经手的同事是张三。",
            ),
        ),
        (Source.VIP, ("您常来我们店，先谢谢您。", "平时找我们办事，顺不顺心？")),
    ],
)
def test_r_smp_1_the_question_is_about_what_the_customer_came_with(
    source: Source, lines: tuple[str, ...]
) -> None:
    handler = None if source is Source.VIP else "张三"
    asked = shown("matter", sampled(source=source, handler=handler)).text
    assert asked == (*lines, "好的坏的，您都照直说。")


def test_r_smp_4_all_five_scores_are_read_out_and_each_has_its_way() -> None:
    for value, word in [(5, "很满意"), (4, "满意"), (3, "一般"), (2, "不满意"), (1, "很不满意")]:
        assert f"{value}分{word}" in said("ask_score")
        assert f"score_{value}" in ways("ask_score")
        assert f"{value}分" in said(f"score_{value}")
        assert shown(f"score_{value}").score == value
    assert shown("ask_score").score is None


@pytest.mark.parametrize("value", SCORES)
def test_r_smp_4_a_score_is_entered_where_it_is_given(value: int) -> None:
    node = shown(f"score_{value}")
    assert node.buttons == ("scored", "complaint_solved", "complaint_escalated")
    taking = {o.code for o in sampling.OUTCOMES if o.takes_score}
    assert set(node.buttons) == taking


def test_r_smp_4_a_score_in_words_is_asked_for_as_a_number() -> None:
    for moment in ("which_number", "which_low"):
        assert moment in ways("ask_score")
        assert ways(moment) >= {f"score_{value}" for value in SCORES}
        assert TREE.nodes[moment].buttons == ()


def test_r_smp_4_a_low_score_asks_the_reason_word_for_word() -> None:
    for value in (1, 2):
        node = shown(f"score_{value}")
        assert "对不起" in said(f"score_{value}")
        assert any("原因必填" in hint for hint in node.manners)
        assert any("不解释" in hint for hint in node.manners)
        assert "closing" not in ways(f"score_{value}")
        assert ways(f"score_{value}") >= {"reason", "no_reason"}
    for value in (3, 4, 5):
        assert "closing" in ways(f"score_{value}")


def test_r_smp_4_praise_goes_to_the_handler() -> None:
    assert "张三哪一点做得好，您说说看？" in shown("score_5").text
    assert "是哪一点让您觉得好，您说说看？" in shown("score_5", sparse(SAMPLED)).text
    assert any("记给处理人" in hint for hint in shown("score_5").manners)


def test_r_smp_4_no_score_is_bought_or_prompted() -> None:
    assert "没有奖励" in said("no_reward")
    assert {"may_i", "matter", "ask_score"} <= {
        moment for moment in TREE.nodes if "no_reward" in ways(moment)
    }
    for moment in TREE.nodes:
        assert not re.search(r"送您|红包|礼品|优惠|打5分吧|给个5分", said(moment))


def test_who_will_know_is_answered() -> None:
    assert "只交给主管" in said("confidential")
    assert "confidential" in ways("matter") & ways("ask_score")


@pytest.mark.parametrize(
    "moment", ["escalate", "compensation", "unwell", "answer_unsettled", "cannot_wait"]
)
def test_r_smp_5_an_escalated_complaint_hears_when_it_is_answered(moment: str) -> None:
    assert shown(moment).buttons == ("complaint_escalated",)
    assert "30分钟内" in said(moment)
    assert "明天上午9点30分之前" in said(moment, OVERNIGHT)
    assert "30分钟" not in said(moment, OVERNIGHT)
    assert "分钟" not in said(moment, sparse(SAMPLED))


@pytest.mark.parametrize("moment", ["escalate", "compensation", "unwell", "answer_unsettled"])
def test_r_smp_5_that_the_phones_rest_meanwhile_is_said(moment: str) -> None:
    rest = "中间有一段时间，我们不能往外打电话。"
    assert rest in shown(moment, OVERNIGHT).text
    assert rest not in shown(moment).text


def test_r_smp_5_a_complaint_is_solved_on_the_line_or_escalated() -> None:
    assert ways("complaint") >= {"solve_now", "escalate"}
    assert shown("solve_now").buttons == ("complaint_solved",)
    assert "escalate" in ways("solve_now")
    assert "ask_score" in ways("solved") & ways("escalate")


def test_r_smp_5_the_answer_call_says_what_was_done_and_asks_whether_it_is_settled() -> None:
    assert [b.to for b in shown("dial", ANSWERING).branches] == ["answer_call", "not_through"]
    dial = shown("dial", ANSWERING).text
    assert "这通是答复投诉：盆碎了没人理。" in dial
    assert "登记的处理结果：重发一盆，今天发出。" in dial
    assert "答复" not in said("dial")
    assert "answer" in ways("answer_call")
    assert shown("answer").text[-1] == "这样处理，您看算办妥了吗？"
    assert ways("answer") >= {"answer_settled", "answer_unsettled", "waived"}


def test_r_smp_5_only_an_answer_call_brings_who_it_is_for_to_the_answer() -> None:
    for moment in ("who_are_you", "not_customer"):
        assert "answer" in {b.to for b in shown(moment, ANSWERING).branches}
        assert "answer" not in {b.to for b in shown(moment).branches}


def test_r_smp_5_after_the_answer_the_score_is_asked_only_if_none_was_given() -> None:
    assert "打个分" in said("answer_settled", ANSWERING)
    given = said("answer_settled", sampled(ANSWERING, has_score=2))
    assert "打个分" not in given
    assert "上次您打的2分" in given


@pytest.mark.parametrize("moment", ["refuses", "hung_up"])
def test_r_smp_8_who_refuses_or_hangs_up_is_let_go(moment: str) -> None:
    assert shown(moment).buttons[0] == {"refuses": "refused"}.get(moment, "hung_up")
    assert len(shown("refuses").text) == 1
    assert "ask_score" not in ways("hung_up")
    for asking in ("first_call", "may_i", "matter", "ask_score"):
        assert moment in ways(asking)


def test_r_smp_9_a_product_problem_is_explained_then_suggestions_or_a_complaint() -> None:
    assert "product_problem" in ways("matter")
    assert "explain" in ways("product_problem")
    assert ways("explain") >= {"suggestions", "complaint"}
    assert "ask_score" in ways("suggestions")


def test_a_customer_who_feels_unwell_is_asked_after_first_and_not_for_a_score() -> None:
    assert shown("unwell").text[0] == "您身体要紧，现在难受得厉害吗？"
    assert "ask_score" not in ways("unwell")
    assert "unwell" in ways("product_problem") & ways("explain") & ways("complaint")


def test_the_registers_own_words_are_never_read_to_the_customer() -> None:
    reading = {
        m for m, n in TREE.nodes.items() if {"sample.answer_text", "sample.done_text"} & n.needs
    }
    assert reading == {"dial"}


def test_a_stranger_is_neither_asked_for_a_score_nor_told_the_matter() -> None:
    for moment in ("not_customer", "wrong_number"):
        assert not ways(moment) & {"ask_score", "matter", "closing"}


def test_r_smp_6_the_dialler_is_told_what_counts_as_what() -> None:
    note = said("not_through")
    assert "拒接" in note
    assert "三次没打通" in note


@pytest.mark.parametrize("moment", WRITTEN)
def test_r_smp_6_the_score_can_be_written(moment: str) -> None:
    sent = LIBRARY.render(f"sampling.{moment}.wangwang", SAMPLED)
    assert "暖屋家居" in sent.text[0]
    assert "5是很满意，4是满意，3是一般，2是不满意，1是很不满意。" in sent.text
    assert "回复一个数字" in sent.message
    assert "我们就不再发" in sent.message
    later = replace(SAMPLED, now=NOW + timedelta(days=2))
    assert LIBRARY.render(f"sampling.{moment}.wangwang", later) == sent


def test_a_score_moment_that_cannot_be_shown_keeps_its_score() -> None:
    nodes = LIBRARY.render_tree(Kind.SAMPLING, replace(SAMPLED, sample=None), fallback=True)
    five = next(it for it in nodes if it.moment == "score_5")
    assert (five.is_fallback, five.score) == (True, 5)
