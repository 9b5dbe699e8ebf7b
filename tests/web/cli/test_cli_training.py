"""`waihu training`: a faster clock and simulated colleagues, in training shops only."""

from __future__ import annotations

import pytest

from tests.web.cli.shell import Shell

KEYS = ["now", "ticking", "speed", "colleagues"]


def test_the_state_of_a_training_shop(shell: Shell) -> None:
    document = shell.ok("training", "show")
    assert list(document) == KEYS
    assert (document["ticking"], document["speed"], document["colleagues"]) == (True, 1, 0)


def test_colleagues_and_speed_are_kept(shell: Shell) -> None:
    assert shell.ok("training", "colleagues", "3")["colleagues"] == 3
    assert shell.ok("training", "speed", "60")["speed"] == 60
    document = shell.ok("training", "show")
    assert (document["speed"], document["colleagues"]) == (60, 3)
    assert shell.ok("training", "colleagues", "0")["colleagues"] == 0


@pytest.mark.parametrize("words", [("colleagues", "7"), ("speed", "2")])
def test_what_there_is_not_is_refused(shell: Shell, words: tuple[str, str]) -> None:
    answer = shell.run("training", *words, "--json")
    assert answer.code == 2, answer


@pytest.mark.parametrize("words", [("colleagues", "2"), ("speed", "10")])
def test_a_real_shop_has_neither(real_shell: Shell, words: tuple[str, str]) -> None:
    assert real_shell.run("training", *words, "--json").code == 2
    assert real_shell.ok("training", "show")["colleagues"] == 0
