"""What is said of the lines without placing a call, and when a line is left alone."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from adapters.channels.in_memory import InMemoryVoice
from adapters.channels.registry import Lines
from adapters.line_settings import AliyunSettings, AsteriskSettings, LineSettings, TwilioSettings
from adapters.settings import Settings
from adapters.store.queries.line_health import is_in_trouble
from campaigns.values import LineName, Role
from scheduler.flows.line_choice import set_choice, set_phone
from scheduler.flows.line_report import LineState, report, troubles
from scheduler.flows.people import NewPerson, add_person
from scheduler.runtime import Runtime
from tests.databases import sqlite_only
from tests.factories import a_number, at
from tests.scheduler.flows.line_rows import NOW, given, given_event, given_texts
from tests.scheduler.flows.lines import real_shop
from tests.shops import Shop

TWILIO = TwilioSettings("AC0", "the token", "+15005550006")
SECRETS = ("the token", "the password", "the key secret", "the callback token")


@pytest.fixture
def line(shop: Shop) -> InMemoryVoice:
    """A telephone line that is set up and works."""
    made = InMemoryVoice(shop.runtime.machine_clock.now)
    shop.runtime.lines = Lines(voice={LineName.TWILIO: made})
    return made


def state(
    runtime: Runtime, line: LineName = LineName.TWILIO, medium: str = "call", **more: Any
) -> LineState:
    (found,) = [
        s for s in report(runtime, runtime.now(), **more) if (s.line, s.medium) == (line, medium)
    ]
    return found


def use(runtime: Runtime, line: LineName, medium: str = "call") -> None:
    set_choice(runtime, medium, "all", line, NOW, "周主管")


def troubled(shop: Shop, after: float = 0, line: LineName = LineName.TWILIO) -> bool:
    machine = shop.runtime.machine_clock.now() + timedelta(seconds=after)
    with shop.runtime.snapshot() as connection:
        return is_in_trouble(connection, line, machine)


# --- the circuit ----------------------------------------------------------------------------------


def test_five_answers_that_say_nothing_in_a_minute_leave_the_line_alone(shop: Shop) -> None:
    given(shop, 4)
    assert not troubled(shop)
    given(shop, 1)
    assert troubled(shop)
    assert not troubled(shop, line=LineName.ASTERISK)


def test_a_line_is_free_again_a_minute_after_the_answers_failed_to_come(shop: Shop) -> None:
    given(shop, 5)
    assert troubled(shop, after=54)
    assert not troubled(shop, after=56)
    assert not troubled(shop, after=-6), "a clock that was set back does not hold it shut"


def test_what_settles_later_still_counts_and_what_was_refused_does_not(shop: Shop) -> None:
    given(shop, 3)
    given(shop, 1, "ended")
    given(shop, 1, "placed", reason=None)
    for state in ("not_sent", "refused", "stopped"):
        given(shop, 1, state)
    given(shop, 1, answered_machine=None)  # our crash, not the line's
    assert not troubled(shop)
    given(shop, 1, "unconfirmed")
    assert troubled(shop)


def test_texts_of_which_nothing_is_known_count_with_the_calls(shop: Shop) -> None:
    given(shop, 3)
    given_texts(shop, 1)
    given_texts(shop, 3, "delivered")
    given_texts(shop, 3, "queued")
    assert not troubled(shop)
    given_texts(shop, 1)
    assert troubled(shop)
    assert not troubled(shop, after=31)
    texts, calls = (state(shop.runtime, LineName.TWILIO, it).last_hour for it in ("sms", "call"))
    assert (texts.asked, texts.failed) == (5, 2), "each card counts its own"
    assert (calls.asked, calls.failed) == (3, 3)


def test_a_line_in_trouble_is_not_ready(shop: Shop, line: InMemoryVoice) -> None:
    use(shop.runtime, LineName.TWILIO)
    assert state(shop.runtime).is_ready
    given(shop, 5)
    now = state(shop.runtime)
    assert now.is_in_trouble
    assert not now.is_ready
    assert now.unknown == 5
    assert (now.last_hour.asked, now.last_hour.failed_percent) == (5, 100)


def test_as_many_are_counted_as_unsuccessful_as_are_listed(shop: Shop) -> None:
    given(shop, 4, "ended", reason=None)
    given(shop, 2)  # forced timeouts
    given(shop, 1, "refused")
    given(shop, 1, "stopped", reason="您的话机没有接通，客户没有被拨打")
    given(shop, 1, "stopped", reason="已付款", rule="R-DUN-4")  # the gate did its work
    given_texts(shop, 3, "delivered")
    given_texts(shop, 1, "failed", provider_id="SM1", error_code="30003")  # not delivered
    given_texts(shop, 1, "failed", error_code="not_sent", reason="人工核对：没有发出")
    calls, texts = (state(shop.runtime, LineName.TWILIO, it).last_hour for it in ("call", "sms"))
    assert (calls.asked, calls.unsuccessful, calls.failed) == (9, 4, 2)
    assert (texts.asked, texts.unsuccessful, texts.unsuccessful_percent) == (5, 2, 40)
    listed = troubles(shop.runtime)
    assert len(listed) == calls.unsuccessful + texts.unsuccessful
    assert {t.code for t in listed if t.medium == "sms"} == {"30003", "not_sent"}


# --- the report -----------------------------------------------------------------------------------


def test_each_line_is_listed_with_each_medium_it_carries(shop: Shop) -> None:
    listed = [(s.line, s.medium) for s in report(shop.runtime, NOW)]
    assert listed == [
        (LineName.MANUAL, "call"),
        (LineName.TWILIO, "call"),
        (LineName.ASTERISK, "call"),
        (LineName.TWILIO, "sms"),
        (LineName.ALIYUN, "sms"),
    ]


def test_a_shop_without_lines_calls_by_hand_and_that_is_ready(shop: Shop) -> None:
    by_hand, *others = report(shop.runtime, NOW)
    assert by_hand.is_ready
    assert by_hand.is_default
    assert not any(other.is_chosen or other.is_ready or other.is_set_up for other in others)
    named = ["serve", "WAIHU_ASTERISK_", "serve", "WAIHU_ALIYUN_"]
    assert [n in other.problems[0] for n, other in zip(named, others, strict=True)] == [True] * 4
    assert [other.comes_with_serve for other in others] == [True, False, True, False]


def test_a_line_that_is_chosen_but_not_set_up_is_not_ready(shop: Shop) -> None:
    use(shop.runtime, LineName.ASTERISK)
    chosen = state(shop.runtime, LineName.ASTERISK)
    assert chosen.is_chosen
    assert not chosen.is_ready
    assert not state(shop.runtime, LineName.MANUAL).is_chosen


def test_a_line_is_asked_only_when_it_may_be(shop: Shop, line: InMemoryVoice) -> None:
    line.is_ready = False
    quiet = state(shop.runtime, reaches_out=False)
    assert quiet.reach is None
    assert quiet.is_ready
    asked = state(shop.runtime)
    assert asked.reach is not None
    assert asked.problems == asked.reach.details
    assert "place" not in line.asked


def test_events_that_wait_too_long_are_said(shop: Shop, line: InMemoryVoice) -> None:
    given_event(shop, timedelta(seconds=30))
    assert state(shop.runtime).warnings == ()
    given_event(shop, timedelta(minutes=5))
    assert state(shop.runtime).unapplied == timedelta(minutes=5)
    assert len(state(shop.runtime).warnings) == 1


def test_troubles_are_listed_newest_first_without_numbers(shop: Shop) -> None:
    machine = shop.runtime.machine_clock.now()
    given(shop, 1, "refused", reason="号码不存在", submitted_at=at("05-13 09:30"))
    given(shop, 1, reason="没有回音", submitted_at=at("05-13 09:35"))
    given(shop, 1, "ended")
    given(shop, 1, "refused", submitted_machine=machine - timedelta(days=2))
    given_texts(shop, 1, "failed", reason="客户已退订", at=at("05-13 09:33"))
    given_texts(shop, 1, "sent")
    told = [(t.medium, t.reason) for t in troubles(shop.runtime)]
    assert told == [("call", "没有回音"), ("sms", "客户已退订"), ("call", "号码不存在")]


# --- real shops -----------------------------------------------------------------------------------


def with_a_line(folder: Path, public_url: str | None, lines: LineSettings) -> Runtime:
    runtime = real_shop(folder, public_url=public_url, lines=lines)
    line = InMemoryVoice(runtime.machine_clock.now, is_training=False)
    runtime.lines = Lines(voice={LineName.TWILIO: line})
    return runtime


@pytest.mark.parametrize(
    ("public_url", "ready"),
    [(None, False), ("http://waihu.example.cn", False), ("https://waihu.example.cn", True)],
)
def test_a_provider_outside_needs_a_public_address_with_https(
    tmp_path: Path, public_url: str | None, ready: bool
) -> None:
    runtime = with_a_line(tmp_path, public_url, LineSettings(twilio=TWILIO))
    assert state(runtime).is_ready is ready
    assert any("WAIHU_PUBLIC_URL" in problem for problem in state(runtime).problems) is not ready
    runtime.engine.dispose()


def test_callers_whom_a_chosen_line_could_not_ring_are_named(tmp_path: Path) -> None:
    runtime = with_a_line(tmp_path, "https://waihu.example.cn", LineSettings(twilio=TWILIO))
    one = add_person(runtime, NewPerson("张三", Role.CALLER), NOW, "test")
    add_person(runtime, NewPerson("李四", Role.CALLER), NOW, "test")
    add_person(runtime, NewPerson("管理员", Role.ADMIN), NOW, "test")
    assert state(runtime).without_phone == ()
    use(runtime, LineName.TWILIO)
    set_phone(runtime, one, LineName.TWILIO, a_number().e164, NOW, "test")
    assert state(runtime).without_phone == ("李四",)
    assert state(runtime).is_ready
    runtime.engine.dispose()


def test_no_secret_is_in_what_is_said_of_the_lines(tmp_path: Path) -> None:
    runtime = with_a_line(
        tmp_path,
        "https://waihu.example.cn",
        LineSettings(
            twilio=TWILIO,
            asterisk=AsteriskSettings("http://pbx.example.cn:8088", "waihu", "the password"),
            aliyun=AliyunSettings("id", "the key secret", "花坊", {}, "the callback token"),
        ),
    )
    told = repr(report(runtime, NOW)) + repr(runtime.settings)
    assert not any(secret in told for secret in SECRETS)
    runtime.engine.dispose()


@sqlite_only
def test_a_training_shop_says_why_it_opens_no_line_to_the_outside(shop: Shop) -> None:
    outside = LineSettings(twilio=TWILIO)
    settings = Settings(
        shop.runtime.settings.database_url, shop.runtime.settings.secret_file, lines=outside
    )
    runtime = Runtime(settings, shop.runtime.engine, shop.runtime.machine_clock)
    told = state(runtime)
    assert not told.is_set_up
    assert not told.comes_with_serve
    assert "本机" in told.problems[0]
