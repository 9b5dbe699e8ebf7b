from __future__ import annotations

import pytest

from campaigns.values import DayKind
from scripts_zh.greetings import day_greeting

FRIDAY, SATURDAY, SUNDAY, TUESDAY = 4, 5, 6, 1


@pytest.mark.parametrize(
    ("day_kind", "festival", "weekday", "wish"),
    [
        (DayKind.WORKING, None, FRIDAY, "祝您生活愉快"),
        (DayKind.DAY_OFF, None, SATURDAY, "祝您周末愉快"),
        (DayKind.DAY_OFF, None, SUNDAY, "祝您周末愉快"),
        (DayKind.DAY_OFF, None, TUESDAY, "祝您假期愉快"),
        (DayKind.WORKING, None, SUNDAY, "祝您生活愉快"),
        (DayKind.UNKNOWN, None, SATURDAY, "祝您生活愉快"),
        (DayKind.DAY_OFF, "国庆节", SATURDAY, "祝您国庆节快乐"),
        (DayKind.DAY_OFF, "春节", TUESDAY, "祝您春节快乐"),
        (DayKind.DAY_OFF, "清明节", TUESDAY, "祝您和家人平安健康"),
        (DayKind.DAY_OFF, "端午节", TUESDAY, "祝您端午安康"),
        (DayKind.WORKING, "", FRIDAY, "祝您生活愉快"),
    ],
)
def test_r_cb_5_the_day_is_wished_by_its_name(
    day_kind: DayKind, festival: str | None, weekday: int, wish: str
) -> None:
    assert day_greeting(day_kind, festival, weekday) == wish
