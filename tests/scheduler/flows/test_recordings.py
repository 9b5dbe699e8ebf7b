"""R-SMP-12: a supervisor listens to a call; that they did is on record before the sound is there."""

from __future__ import annotations

import pytest

from adapters.channels.base import Sound
from adapters.channels.registry import Lines
from adapters.store.models.audit import audit
from adapters.store.models.lines import recording
from campaigns.errors import NotFoundError, NotReadyError, RefusedError
from campaigns.lines import Leg, What
from campaigns.values import Person, Role
from scheduler.flows.recordings import listen
from tests.scheduler.flows.lines import LineShop
from tests.shops import Shop


@pytest.fixture
def recorded(shop: Shop) -> tuple[LineShop, int]:
    shop.buyer()
    shop.plan()
    lines = LineShop(shop)
    _, call = lines.dialled(shop.person())
    lines.talks(call)
    lines.tell(call, Leg.CALLER, What.RECORDED, recording="RE1", seconds=42)
    lines.line.recordings["RE1"] = Sound("audio/wav", b"RIFF")
    return lines, shop.rows(recording)[0].id


def _played(shop: Shop) -> list[str]:
    return [row.who for row in shop.rows(audit) if row.what == "recording.played"]


def test_r_smp_12_a_supervisor_hears_the_call_and_that_is_kept(
    recorded: tuple[LineShop, int],
) -> None:
    lines, recording_id = recorded
    who = lines.shop.person("周主管", Role.SUPERVISOR)
    assert listen(lines.runtime, recording_id, lines.now, who).content == b"RIFF"
    assert _played(lines.shop) == ["周主管"]


@pytest.mark.parametrize("role", [Role.CALLER, Role.LEADER, Role.ADMIN])
def test_r_smp_12_nobody_else_hears_it(recorded: tuple[LineShop, int], role: Role) -> None:
    lines, recording_id = recorded
    with pytest.raises(RefusedError):
        listen(lines.runtime, recording_id, lines.now, Person(99, "别人", role))
    assert (_played(lines.shop), lines.line.asked.count("fetch_recording")) == ([], 0)


def test_a_recording_that_cannot_be_had_says_so(recorded: tuple[LineShop, int]) -> None:
    lines, recording_id = recorded
    who = lines.shop.person("周主管", Role.SUPERVISOR)
    lines.line.recordings.clear()
    with pytest.raises(NotFoundError, match="已经没有"):
        listen(lines.runtime, recording_id, lines.now, who)
    lines.runtime.lines = Lines()
    with pytest.raises(NotReadyError):
        listen(lines.runtime, recording_id, lines.now, who)
    with pytest.raises(NotFoundError, match="没有这段"):
        listen(lines.runtime, recording_id + 1, lines.now, who)
