from __future__ import annotations

import pytest

from campaigns.values import Topic
from scripts_zh.context import Occasion
from scripts_zh.errors import ScriptError
from scripts_zh.front_matter import Branch, Medium, parse_script

GOOD_HEAD = """\
id = "dunning.dial.note"
version = 3
title = "拨号前"
rules = ["R-ETQ-1"]
needs = ["shop.name"]
buttons = ["busy"]
manners = ["不开免提"]

[[next]]
label = "接通了"
to = "first_call"
occasion = "redial"
"""


def parse(head: str, *, file_name: str = "dial.note.j2"):
    return parse_script("dunning", file_name, f"+++\n{head}+++\n{{{{ shop.name }}}}\n")


def test_a_file_becomes_a_script() -> None:
    script = parse(GOOD_HEAD)
    assert (script.id, script.version, script.title) == ("dunning.dial.note", 3, "拨号前")
    assert (script.kind, script.moment, script.medium) == ("dunning", "dial", Medium.NOTE)
    assert script.needs == {"shop.name"}
    assert script.branches == (Branch("接通了", "first_call", Occasion.REDIAL),)
    assert (script.rules, script.buttons, script.manners) == (
        ("R-ETQ-1",),
        ("busy",),
        ("不开免提",),
    )
    assert script.source == "{{ shop.name }}\n"


@pytest.mark.parametrize(
    ("good", "bad"),
    [
        ('id = "dunning.dial.note"', 'id = "dunning.other.note"'),
        ("version = 3", "version = 0"),
        ("version = 3", "version = true"),
        ("version = 3", 'version = "3"'),
        ("version = 3\n", ""),
        ("version = 3", "version = 3\ncolour = 1"),
        ('title = "拨号前"', "title = 7"),
        ('title = "拨号前"', 'title = " "'),
        ('rules = ["R-ETQ-1"]', 'rules = "R-ETQ-1"'),
        ('buttons = ["busy"]', "buttons = [1]"),
        ('occasion = "redial"', 'occasion = "never"'),
        ('occasion = "redial"', 'topic = "never"'),
        ('occasion = "redial"', 'topic = ""'),
        ('to = "first_call"\n', ""),
        ('to = "first_call"', 'to = "first_call"\nif = "x"'),
        ('buttons = ["busy"]', "score = 0"),
        ('buttons = ["busy"]', "score = 6"),
        ('buttons = ["busy"]', "score = true"),
        ('buttons = ["busy"]', "score = 4.5"),
        ('buttons = ["busy"]', 'score = "5"'),
        ("[[next]]", "[[next"),
        ('manners = ["不开免提"]', f'manners = ["{"长" * 4000}"]'),
    ],
)
def test_a_bad_head_is_refused_by_name(good: str, bad: str) -> None:
    assert good in GOOD_HEAD
    with pytest.raises(ScriptError) as refusal:
        parse(GOOD_HEAD.replace(good, bad))
    assert refusal.value.script_id == "dunning.dial.note"


@pytest.mark.parametrize("score", [1, 2, 3, 4, 5])
def test_r_smp_4_a_moment_may_stand_for_a_score(score: int) -> None:
    assert parse(GOOD_HEAD).score is None
    assert parse(GOOD_HEAD.replace("version = 3", f"version = 3\nscore = {score}")).score == score


def test_r_cb_2_a_branch_may_be_of_one_topic() -> None:
    script = parse(GOOD_HEAD.replace('occasion = "redial"', 'topic = "received"'))
    assert script.branches == (Branch("接通了", "first_call", topic=Topic.RECEIVED),)


@pytest.mark.parametrize(
    ("occasion", "topic", "is_offered"),
    [
        (Occasion.REDIAL, Topic.RECEIVED, True),
        (Occasion.FIRST, Topic.RECEIVED, False),
        (Occasion.REDIAL, Topic.NOT_RECEIVED, False),
        (Occasion.REDIAL, Topic.NONE, True),
        (None, Topic.RECEIVED, True),
        (None, Topic.NOT_RECEIVED, False),
        (None, Topic.NONE, True),
    ],
)
def test_r_cb_2_a_branch_is_offered_when_occasion_and_topic_fit(
    occasion: Occasion | None, topic: Topic, *, is_offered: bool
) -> None:
    bound = Branch("接通了", "first_call", Occasion.REDIAL, Topic.RECEIVED)
    assert bound.is_offered(occasion, topic) is is_offered
    assert Branch("接通了", "first_call").is_offered(occasion, topic)


def test_a_moment_may_be_numbered() -> None:
    head = GOOD_HEAD.replace("dunning.dial", "dunning.score_5")
    assert parse(head, file_name="score_5.note.j2").moment == "score_5"


@pytest.mark.parametrize(
    "file_name", ["dial.j2", "5.note.j2", "dial.song.j2", "../dial.note.j2", "Dial.note.j2"]
)
def test_a_file_name_says_moment_and_medium(file_name: str) -> None:
    with pytest.raises(ScriptError):
        parse(GOOD_HEAD, file_name=file_name)


@pytest.mark.parametrize("text", ["", "您好", "+++\nid = 1\n", "+++\nid = 1 +++\n"])
def test_a_file_without_a_head_is_refused(text: str) -> None:
    with pytest.raises(ScriptError):
        parse_script("dunning", "dial.note.j2", text)
