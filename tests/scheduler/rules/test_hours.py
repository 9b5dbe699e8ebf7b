"""R-HOURS-1 to R-HOURS-7: when the windows are open, to the second."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given, reject
from hypothesis import strategies as st

from adapters.official_calendar import OfficialCalendar
from campaigns.decisions import Allow, Wait
from campaigns.errors import UsageError
from campaigns.policy import Policy, RegionShift, with_overrides
from campaigns.values import SHOP_ZONE, DayKind, Daypart
from scheduler.rules.hours import (
    check_hours,
    check_window,
    daypart_of,
    move_into_window,
    next_open,
    slot_at,
    slots_on,
)
from tests.factories import CALENDAR, MINUTE, SECOND, at, case, day, task

POLICY = Policy()
LATE_REGIONS = ("新疆", "西藏")
REGIONS = ("浙江", None, *LATE_REGIONS)

# The day, and whether the official calendar calls it a working day; None: no calendar yet.
DAYS: dict[str, bool | None] = {
    "2025-05-13": True,  # a Tuesday
    "2025-05-17": False,  # a Saturday
    "2025-05-18": False,  # a Sunday
    "2025-04-27": True,  # a Sunday on which people work (调休上班日)
    "2025-10-11": True,  # a Saturday on which people work
    "2026-02-14": True,  # a Saturday on which people work
    "2025-05-01": False,  # Labour Day, a Thursday
    "2025-10-08": False,  # the last day of the National Day week, a Wednesday
    "2025-10-09": True,  # the day after
    "2026-10-10": True,  # a Saturday on which people work
    "2027-01-04": None,  # a Monday of an unknown year
    "2027-10-01": None,
}


def sop_is_open(minute: int, works: bool | None, region: str | None) -> bool:
    """The SOP's table, written out for a minute of the day."""
    opens = 9 * 60 if works else 10 * 60
    afternoon = 13 * 60
    if region in LATE_REGIONS:
        opens, afternoon = opens + 120, afternoon + 120
    return opens <= minute < 12 * 60 or afternoon <= minute < 20 * 60


def is_open(instant: datetime, region: str | None = "浙江") -> bool:
    return isinstance(check_window(instant, region, POLICY, CALENDAR), Allow)


@pytest.mark.parametrize("region", REGIONS)
@pytest.mark.parametrize("text", DAYS)
def test_r_hours_1_2_4_6_every_minute_of_the_day_is_as_the_table_says(
    text: str, region: str | None
) -> None:
    midnight = at(f"{text} 00:00")
    wrong = [
        minute
        for minute in range(24 * 60)
        if is_open(midnight + minute * MINUTE, region)
        is not sop_is_open(minute, DAYS[text], region)
    ]
    assert wrong == []


@pytest.mark.parametrize(
    ("text", "works"),
    [
        ("05-13 08:59:59", False),
        ("05-13 09:00:00", True),
        ("05-13 11:59:59", True),
        ("05-13 12:00:00", False),
        ("05-13 12:59:59", False),
        ("05-13 13:00:00", True),
        ("05-13 16:59:59", True),
        ("05-13 17:00:00", True),
        ("05-13 19:59:59", True),
        ("05-13 20:00:00", False),
        ("05-17 09:59:59", False),
        ("05-17 10:00:00", True),
        ("05-17 12:00:00", False),
        ("05-17 20:00:00", False),
    ],
)
def test_r_hours_3_windows_are_half_open_to_the_second(text: str, works: bool) -> None:
    assert is_open(at(text)) is works


def test_r_hours_3_the_last_microsecond_is_still_inside() -> None:
    noon = at("05-13 12:00")
    assert is_open(noon - timedelta(microseconds=1))
    assert not is_open(noon)


def test_r_hours_4_xinjiang_has_no_morning_on_a_day_off() -> None:
    slots = slots_on(day("05-17"), DayKind.DAY_OFF, "新疆", POLICY)
    assert [s.daypart for s in slots] == [Daypart.AFTERNOON, Daypart.EVENING]
    assert slots[0].opens == at("05-17 15:00")


def test_r_hours_4_xinjiang_on_a_working_day_opens_at_eleven_and_fifteen() -> None:
    slots = slots_on(day("05-13"), DayKind.WORKING, "新疆", POLICY)
    assert [(s.opens, s.closes) for s in slots] == [
        (at("05-13 11:00"), at("05-13 12:00")),
        (at("05-13 15:00"), at("05-13 17:00")),
        (at("05-13 17:00"), at("05-13 20:00")),
    ]


def test_r_hours_4_a_shop_may_give_a_region_other_windows() -> None:
    policy = Policy(region_shifts={"青海": RegionShift(1)})
    assert isinstance(check_window(at("05-13 09:30"), "青海", policy, CALENDAR), Wait)
    assert isinstance(check_window(at("05-13 09:30"), "新疆", policy, CALENDAR), Allow)


def test_r_hours_4_the_widest_shift_that_is_a_setting_leaves_an_evening() -> None:
    policy = Policy(region_shifts={"青海": RegionShift(6)})
    assert next_open(at("05-13 08:00"), "青海", policy, CALENDAR) == at("05-13 19:00")


@pytest.mark.parametrize(
    ("text", "rule"),
    [("05-13 08:00", "R-HOURS-1"), ("05-17 08:00", "R-HOURS-2"), ("2027-05-13 08:00", "R-HOURS-6")],
)
def test_r_hours_the_answer_names_the_kind_of_day(text: str, rule: str) -> None:
    answer = check_window(at(text), "浙江", POLICY, CALENDAR)
    assert isinstance(answer, Wait)
    assert (answer.rule, answer.also) == ("R-HOURS-3", (rule,))


def test_r_hours_4_the_answer_names_the_region_too() -> None:
    answer = check_window(at("05-13 10:00"), "西藏", POLICY, CALENDAR)
    assert isinstance(answer, Wait)
    assert "R-HOURS-4" in answer.also
    assert answer.until == at("05-13 11:00")


def test_r_hours_6_a_day_entered_by_hand_is_known() -> None:
    entered = OfficialCalendar(2, 2004, 2026, {date(2027, 1, 4): True})
    assert isinstance(check_window(at("2027-01-04 09:30"), "浙江", POLICY, entered), Allow)
    assert isinstance(check_window(at("2027-01-05 09:30"), "浙江", POLICY, entered), Wait)


def test_r_hours_2_the_administrator_overrules_the_library() -> None:
    entered = OfficialCalendar(2, 2004, 2026, {date(2025, 5, 13): False})
    assert isinstance(check_window(at("05-13 09:30"), "浙江", POLICY, entered), Wait)


instants = st.datetimes(datetime(2025, 1, 1), datetime(2027, 2, 1), timezones=st.just(UTC))
regions = st.sampled_from(REGIONS)


@given(instants, regions)
def test_r_hours_3_a_wait_ends_at_the_first_open_instant(now: datetime, region: str | None) -> None:
    answer = check_window(now, region, POLICY, CALENDAR)
    if isinstance(answer, Allow):
        assert next_open(now, region, POLICY, CALENDAR) == now
        return
    assert answer.until is not None
    assert answer.until > now
    assert is_open(answer.until, region)
    assert not is_open(answer.until - timedelta(microseconds=1), region)
    probe = now
    while probe < answer.until:  # by brute force: nothing between is open
        assert not is_open(probe, region)
        probe += 7 * MINUTE


@given(instants, regions)
def test_r_hours_6_an_unknown_day_is_never_wider_than_a_known_one(
    now: datetime, region: str | None
) -> None:
    nothing_known = OfficialCalendar(1, 1, 1)
    unknown = check_window(now, region, POLICY, nothing_known)
    if isinstance(unknown, Allow):
        assert is_open(now, region)


@given(instants, regions)
def test_r_slot_1_the_daypart_of_an_open_instant_is_that_of_its_window(
    now: datetime, region: str | None
) -> None:
    slot = slot_at(now, region, POLICY, CALENDAR)
    if slot is not None:
        assert daypart_of(now, POLICY) is slot.daypart


@pytest.mark.parametrize(
    ("clock", "part"),
    [
        (time(9), Daypart.MORNING),
        (time(11, 59, 59), Daypart.MORNING),
        (time(13), Daypart.AFTERNOON),
        (time(16, 59, 59), Daypart.AFTERNOON),
        (time(17), Daypart.EVENING),
        (time(19, 59, 59), Daypart.EVENING),
    ],
)
def test_r_slot_1_the_day_has_three_parts(clock: time, part: Daypart) -> None:
    instant = datetime.combine(day("05-13"), clock, tzinfo=SHOP_ZONE)
    assert daypart_of(instant, POLICY) is part


@pytest.mark.parametrize(
    ("wish", "kept"),
    [
        ("05-13 19:30", "05-13 19:30"),
        ("05-13 19:59:59", "05-13 19:59:59"),
        ("05-13 20:00", "05-14 09:00"),
        ("05-13 12:00", "05-13 13:00"),
        ("05-13 12:30:20", "05-13 13:00"),
        ("05-13 03:00", "05-13 09:00"),
        ("05-16 21:00", "05-17 10:00"),
    ],
)
def test_r_hours_7_a_wish_is_kept_inside_a_window_else_moved(wish: str, kept: str) -> None:
    moved_to, was_moved = move_into_window(at(wish), "浙江", POLICY, CALENDAR)
    assert moved_to == at(kept)
    assert was_moved is (wish != kept)


def test_r_hours_7_a_wish_from_xinjiang_moves_by_its_own_windows() -> None:
    assert move_into_window(at("05-17 10:30"), "新疆", POLICY, CALENDAR) == (
        at("05-17 15:00"),
        True,
    )


def test_r_hours_3_the_gate_asks_for_the_region_of_the_customer() -> None:
    assert isinstance(check_hours(case(task(region="浙江"), "05-13 10:00")), Allow)
    assert isinstance(check_hours(case(task(region="新疆"), "05-13 10:00")), Wait)
    assert isinstance(check_hours(case(task(region="新疆"), at("05-13 11:00") - SECOND)), Wait)
    assert isinstance(check_hours(case(task(region="新疆"), "05-13 11:00")), Allow)


# --- hours of the shop's own ---------------------------------------------------------------------

CLOCKS = st.integers(9 * 60, 20 * 60).map(lambda minute: time(minute // 60, minute % 60))


@st.composite
def narrowed(draw: st.DrawFn) -> Policy:
    """A shop that calls within hours of its own."""
    shifts = draw(st.dictionaries(st.sampled_from(LATE_REGIONS), st.integers(0, 6)))
    overrides = {
        "calls_from": f"{draw(CLOCKS):%H:%M}",
        "calls_until": f"{draw(CLOCKS):%H:%M}",
        "region_shifts": shifts,
    }
    try:
        return with_overrides(overrides, 1)
    except UsageError:
        reject()


@given(
    policy=narrowed(),
    text=st.sampled_from(list(DAYS)),
    minute=st.integers(0, 24 * 60 - 1),
    region=st.sampled_from(REGIONS),
)
def test_r_hours_1_2_4_a_shop_with_hours_of_its_own_never_opens_outside_the_laws(
    policy: Policy, text: str, minute: int, region: str | None
) -> None:
    instant = at(f"{text} 00:00") + minute * MINUTE
    law = Policy(region_shifts=policy.region_shifts)
    slot = slot_at(instant, region, policy, CALENDAR)
    assert slot is None or slot_at(instant, region, law, CALENDAR) is not None
    clock = instant.astimezone(SHOP_ZONE).time()
    inside = policy.calls_from <= clock < policy.calls_until
    is_lawful = slot_at(instant, region, law, CALENDAR) is not None
    assert (slot is not None) is (is_lawful and inside)
    answer = check_window(instant, region, policy, CALENDAR)
    if isinstance(answer, Wait):
        assert answer.until is not None
        assert slot_at(answer.until, region, policy, CALENDAR) is not None
        assert slot_at(answer.until - SECOND, region, policy, CALENDAR) is None


@given(policy=narrowed(), text=st.sampled_from(list(DAYS)), region=st.sampled_from(REGIONS))
def test_r_hours_2_hours_of_its_own_leave_a_window_on_every_day(
    policy: Policy, text: str, region: str | None
) -> None:
    assert slots_on(day(text), CALENDAR.kind_of(day(text)), region, policy)


@pytest.mark.parametrize(
    ("text", "rule", "reason"),
    [
        ("05-13 09:15", "R-HOURS-1", "本店设定只在 09:30–18:30 联系"),  # the law would allow it
        ("05-17 19:00", "R-HOURS-2", "本店设定只在 09:30–18:30 联系"),
        ("05-17 09:45", "R-HOURS-3", "现在不在可拨打时段"),  # a day off: closed anyway
        ("05-13 12:30", "R-HOURS-3", "现在不在可拨打时段"),
        ("05-13 21:00", "R-HOURS-3", "现在不在可拨打时段"),
    ],
)
def test_r_hours_1_2_the_answer_says_whose_hours_they_are(
    text: str, rule: str, reason: str
) -> None:
    policy = Policy(calls_from=time(9, 30), calls_until=time(18, 30))
    answer = check_window(at(text), "浙江", policy, CALENDAR)
    assert isinstance(answer, Wait)
    assert (answer.rule, answer.reason) == (rule, reason)
    assert {"R-HOURS-3", "R-HOURS-1", "R-HOURS-2"} & {answer.rule, *answer.also}
