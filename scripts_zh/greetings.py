"""How the day is wished at the end of a call."""

from __future__ import annotations

from campaigns.values import DayKind

_SATURDAY = 5
_EVERYDAY = "祝您生活愉快"

# Days on which nobody is wished a merry time.
_QUIET_FESTIVALS = {"清明": "祝您和家人平安健康", "端午": "祝您端午安康"}


def day_greeting(day_kind: DayKind, festival: str | None, weekday: int) -> str:
    """R-CB-5. Wish by the festival's name, else the weekend, else plainly; without a full stop.

    `festival` is the Chinese name of the day's festival (春节, 国庆节), `weekday` is 0 for Monday.
    A make-up working Saturday is no weekend; a day of an unknown year is not guessed (R-HOURS-6).
    """
    if festival:
        for name, wish in _QUIET_FESTIVALS.items():
            if festival.startswith(name):
                return wish
        return f"祝您{festival}快乐"
    if day_kind is DayKind.DAY_OFF:
        return "祝您周末愉快" if weekday >= _SATURDAY else "祝您假期愉快"
    return _EVERYDAY
