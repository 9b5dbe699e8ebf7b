"""Loading, compiling once, and never leaving a caller without a page."""

from __future__ import annotations

from dataclasses import replace
from importlib.resources import files
from pathlib import Path

import pytest

from campaigns.errors import WaihuError
from campaigns.values import Kind, Topic
from scripts_zh.context import Occasion
from scripts_zh.errors import ScriptError
from scripts_zh.front_matter import Medium
from scripts_zh.library import FALLBACK_VERSION, ScriptLibrary, standard_library
from tests.scripts_zh.words import USUAL


def write(root: Path, moment: str, body: str, *, medium: str = "voice", head: str = "") -> None:
    folder = root / "dunning"
    folder.mkdir(exist_ok=True)
    first = f'id = "dunning.{moment}.{medium}"\nversion = 2\ntitle = "{moment}"\n'
    text = f"+++\n{first}{head}\n+++\n{body}\n"
    (folder / f"{moment}.{medium}.j2").write_text(text, encoding="utf-8")


NEXT = '[[next]]\nlabel = "好"\nto = "matter"\n'


def test_every_file_next_to_the_library_is_loaded() -> None:
    names = {
        f"{kind.value}.{file.name.removesuffix('.j2')}"
        for kind in Kind
        for file in (files("scripts_zh") / kind.value).iterdir()
    }
    assert {script.id for script in standard_library().scripts} == names


def test_each_template_is_compiled_once_in_a_process() -> None:
    library = standard_library()
    assert standard_library() is library
    for script in library.scripts:
        assert library.compiled(script.id) is library.compiled(script.id)


def test_a_tree_begins_before_dialling_and_has_no_messages(tmp_path: Path) -> None:
    write(tmp_path, "dial", "拨号。", medium="note", head=NEXT)
    write(tmp_path, "matter", "说事。")
    write(tmp_path, "unreached", "您好。", medium="wangwang")
    library = ScriptLibrary(tmp_path)
    tree = library.tree(Kind.DUNNING)
    assert tree.root == "dial"
    assert [node.moment for node in tree.walk()] == ["dial", "matter"]
    assert library.render("dunning.unreached.wangwang", USUAL).medium is Medium.WANGWANG


def test_r_cb_2_a_call_meets_only_what_its_topic_leads_to(tmp_path: Path) -> None:
    of_topic = NEXT + 'topic = "received"\n' + NEXT.replace("matter", "parcel")
    write(tmp_path, "dial", "拨号。", medium="note", head=of_topic + 'topic = "not_received"\n')
    write(tmp_path, "matter", "说事。")
    write(tmp_path, "parcel", "说包裹。")
    library = ScriptLibrary(tmp_path)
    tree = library.tree(Kind.DUNNING)

    def walked(topic: Topic) -> list[str]:
        return [node.moment for node in tree.walk(Occasion.FIRST, topic)]

    assert walked(Topic.RECEIVED) == ["dial", "matter"]
    assert walked(Topic.NOT_RECEIVED) == ["dial", "parcel"]
    assert walked(Topic.NONE) == ["dial", "matter", "parcel"]
    shown = library.render_tree(Kind.DUNNING, replace(USUAL, topic=Topic.NOT_RECEIVED))
    assert [(it.moment, [b.to for b in it.branches]) for it in shown] == [
        ("dial", ["parcel"]),
        ("parcel", []),
    ]


def test_a_branch_to_nowhere_is_refused(tmp_path: Path) -> None:
    write(tmp_path, "dial", "拨号。", medium="note", head=NEXT)
    with pytest.raises(ScriptError, match="matter") as refusal:
        ScriptLibrary(tmp_path)
    assert refusal.value.script_id == "dunning.dial.note"


def test_a_dialogue_without_a_beginning_is_refused(tmp_path: Path) -> None:
    write(tmp_path, "matter", "说事。")
    with pytest.raises(ScriptError, match="dial"):
        ScriptLibrary(tmp_path)


def test_one_moment_has_one_script(tmp_path: Path) -> None:
    write(tmp_path, "dial", "拨号。", medium="note")
    write(tmp_path, "dial", "拨号。", medium="voice")
    with pytest.raises(ScriptError, match="两个"):
        ScriptLibrary(tmp_path)


def test_what_is_not_there_is_named(tmp_path: Path) -> None:
    library = ScriptLibrary(tmp_path)
    with pytest.raises(ScriptError, match="没有话术"):
        library.tree(Kind.DUNNING)
    with pytest.raises(WaihuError, match=r"dunning\.dial\.note"):
        library.render("dunning.dial.note", USUAL)


def test_a_failing_script_becomes_a_note_with_the_same_ways_on(tmp_path: Path) -> None:
    head = f'needs = ["customer.name"]\nbuttons = ["busy"]\nmanners = ["慢慢说"]\n{NEXT}'
    write(tmp_path, "dial", "{{ customer.name }}，您好。", head=head)
    write(tmp_path, "matter", "说事。")
    library = ScriptLibrary(tmp_path)
    nameless = replace(USUAL, customer=replace(USUAL.customer, name=None))
    with pytest.raises(ScriptError) as failure:
        library.render_tree(Kind.DUNNING, nameless)
    assert failure.value.script_id == "dunning.dial.voice"

    failed, fine = library.render_tree(Kind.DUNNING, nameless, fallback=True)
    assert failed.is_fallback
    assert (failed.id, failed.version) == ("dunning.dial.voice", FALLBACK_VERSION)
    assert (failed.medium, failed.title) == (Medium.NOTE, "dial")
    assert failed.text
    assert (failed.buttons, failed.manners) == (("busy",), ("慢慢说",))
    assert [branch.to for branch in failed.branches] == ["matter"]
    assert (fine.is_fallback, fine.version, fine.text) == (False, 2, ("说事。",))


def test_a_refused_template_falls_back_too(tmp_path: Path) -> None:
    write(tmp_path, "dial", "{{ lipsum(n=100000) }}", medium="note")
    library = ScriptLibrary(tmp_path)
    assert [
        node.is_fallback for node in library.render_tree(Kind.DUNNING, USUAL, fallback=True)
    ] == [True]
    with pytest.raises(ScriptError):
        library.render("dunning.dial.note", USUAL)


def test_a_kind_without_scripts_still_has_a_page(tmp_path: Path) -> None:
    library = ScriptLibrary(tmp_path)
    (node,) = library.render_tree(Kind.DUNNING, USUAL, fallback=True)
    assert node.is_fallback
    assert node.text
    with pytest.raises(ScriptError):
        library.render_tree(Kind.DUNNING, USUAL)
