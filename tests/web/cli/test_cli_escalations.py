"""waihu escalation: the list, and each way on (R-SMP-5)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from campaigns.values import Person, Role
from scheduler.flows.outcome_forms import CaseForm
from tests.databases import sqlite_only
from tests.shops import Shop
from tests.web.cli.shell import Shell

pytestmark = sqlite_only

DAY = "2025-05-27"


class Told:
    """A shop in which one complaint was escalated at 09:40, and its command line."""

    def __init__(self, url: str, folder: Path) -> None:
        self.shop = Shop(url, folder)
        self.caller = self.shop.person("张三")
        self.other = self.shop.person("孙悦")
        self.leader = self.shop.person("李组长", Role.LEADER)
        customer = self.shop.customer("抽到一")
        self.shop.phone(customer)
        self.shop.sampled(customer)
        self.shop.call(
            self.caller,
            "05-27 09:40",
            "complaint_escalated",
            note="少发一株",
            case=CaseForm(),
        )
        self.shell = Shell(url, folder, DAY)
        self.shell.environment["WAIHU_SECRET_FILE"] = str(folder / "shop.key")

    def one(self, at: str) -> dict[str, object]:
        (found,) = self.shell.ok("escalation", "list", at=at)
        return dict(found)

    def next_of(self, person: Person, now: str) -> str:
        return self.shop.take(person, now).buyer


@pytest.fixture
def told(database_url: str, tmp_path: Path) -> Iterator[Told]:
    made = Told(database_url, tmp_path)
    yield made
    made.shop.close()


def test_the_list_says_whose_until_when_and_how_urgent(told: Told) -> None:
    found = told.one("09:50")
    assert found["buyer"] == "抽到一"
    assert found["owner"] == "张三"
    assert found["complaint"] == "少发一株"
    assert str(found["due_at"]) > f"{DAY}T10:09"
    assert (found["near"], found["breached"], found["taken_at"]) == (False, False, None)
    assert told.one("10:05")["near"] is True
    assert told.one("10:20")["breached"] is True


def test_ready_makes_it_the_owners_next_call(told: Told) -> None:
    assert told.shell.ok("escalation", "take", 1, at="09:45")["owner"] == "张三"
    assert told.shell.ok("escalation", "ready", 1, at="09:50")["owner"] == "张三"
    assert told.one("09:50")["ready_at"] == f"{DAY}T09:50:00+08:00"
    assert told.next_of(told.caller, "05-27 09:51") == "抽到一"


def test_an_answer_needs_words_and_closes_it(told: Told) -> None:
    empty = told.shell.ask("escalation", "answer", 1, "--words", " ", at="09:55")
    assert (empty.code, empty.error["field"]) == (2, "answer")
    told.shell.ok("escalation", "answer", 1, "--words", "今天补发", at="09:55")
    assert told.shell.ok("escalation", "list", at="09:56") == []


def test_only_a_leader_hands_over(told: Told) -> None:
    words = ("escalation", "hand-over", 1, "--to", "孙悦")
    assert told.shell.ask(*words, "--by", "张三", at="09:50").rules == ["R-SMP-5"]
    assert told.shell.ok(*words, at="09:50")["owner"] == "孙悦"
    assert told.one("09:51")["owner"] == "孙悦"
    taken = told.shell.ask("escalation", "take", 1, "--by", "张三", at="09:52")
    assert taken.code == 4


def test_an_unknown_name_and_number_are_said(told: Told) -> None:
    assert (
        told.shell.ask("escalation", "take", 1, "--by", "没有人", at="09:50").error["field"] == "by"
    )
    assert told.shell.ask("escalation", "take", 9, at="09:50").code == 2
