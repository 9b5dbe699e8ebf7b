"""What a call's page tells of the line, in words and in order (R-AUD-1)."""

from __future__ import annotations

from adapters.channels.base import Unknown
from campaigns.lines import Cause, Leg, What
from campaigns.values import Person
from scheduler.flows.call_page import call_page
from scheduler.flows.line_moments import LineMoment
from tests.scheduler.flows.lines import LineShop


def told(lines: LineShop, attempt_id: str) -> tuple[LineMoment, ...]:
    (story,) = call_page(lines.runtime, attempt_id, lines.now).line.stories
    return story.moments


def words(lines: LineShop, attempt_id: str) -> list[str]:
    return [one.words for one in told(lines, attempt_id)]


def test_r_aud_1_a_talk_is_told_step_by_step(lines: LineShop, caller: Person) -> None:
    attempt_id, call = lines.dialled(caller)
    lines.clock.move(seconds=1)
    lines.tell(call, Leg.CALLER, What.RINGING)
    lines.clock.move(seconds=3)
    lines.talks(call)
    lines.clock.move(seconds=10)
    lines.tell(call, Leg.CUSTOMER, What.DIGITS, digits="4")
    lines.ends(call)
    lines.clock.move(seconds=2)
    lines.tell(call, Leg.CUSTOMER, What.RECORDED, recording="RE1", seconds=31)
    story = told(lines, attempt_id)
    assert [(one.words, one.detail) for one in story] == [
        ("请线路拨打", None),
        ("坐席的话机响了", None),
        ("坐席接起", None),
        ("核对规则，可以拨打客户", None),
        ("客户的电话响了", None),
        ("客户接起", None),
        ("客户按键", "4"),
        ("客户的电话挂断", "通过话"),
        ("坐席的话机挂断", None),
        ("通话结束", None),
        ("录音已存", "31 秒"),
    ]
    assert [one.at for one in story] == sorted(one.at for one in story)


def test_r_aud_1_events_told_late_and_twice_change_no_order(
    lines: LineShop, caller: Person
) -> None:
    attempt_id, call = lines.dialled(caller)
    lines.clock.move(seconds=4)
    lines.gate(call)
    lines.clock.move(seconds=9)
    for leg, what in (
        (Leg.CUSTOMER, What.ANSWERED),
        (Leg.CUSTOMER, What.RINGING),
        (Leg.CUSTOMER, What.RINGING),
        (Leg.CALLER, What.ANSWERED),
    ):
        lines.tell(call, leg, what)
    assert words(lines, attempt_id) == [
        "请线路拨打",
        "坐席接起",
        "核对规则，可以拨打客户",
        "客户的电话响了",
        "客户接起",
    ]


def test_r_aud_1_a_call_that_rang_nobody_says_so(lines: LineShop, caller: Person) -> None:
    attempt_id, call = lines.dialled(caller)
    lines.tell(call, Leg.CALLER, What.RINGING)
    lines.clock.move(seconds=30)
    lines.tell(call, Leg.CALLER, What.ENDED, cause=Cause.NO_ANSWER)
    assert words(lines, attempt_id) == [
        "请线路拨打",
        "坐席的话机响了",
        "坐席的话机挂断",
        "客户没有被拨打",
    ]


def test_r_aud_1_an_answer_that_never_came_is_part_of_the_story(
    lines: LineShop, caller: Person
) -> None:
    lines.line.answer_next(Unknown("超时"), happens=False)
    attempt_id = lines.dials(caller)
    assert words(lines, attempt_id) == ["请线路拨打", "线路没有回音，开始核对"]


def test_r_aud_1_a_call_found_again_goes_on_after_the_silence(
    lines: LineShop, caller: Person
) -> None:
    lines.line.answer_next(Unknown("超时"), happens=True)
    attempt_id = lines.dials(caller)
    lines.clock.move(seconds=5)
    lines.tell(lines.line.calls[-1], Leg.CALLER, What.RINGING)
    assert words(lines, attempt_id)[1:] == ["线路没有回音，开始核对", "坐席的话机响了"]
