"""Official working days and days off (R-HOURS-2, R-HOURS-6): the library's years, corrected by hand."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cache

from campaigns.values import DayKind


@dataclass(frozen=True)
class OfficialCalendar:
    """The calendar of one version. `entered` are the administrator's days, True for working.

    A day that neither the administrator entered nor the library's years contain is unknown, never
    guessed (R-HOURS-6).
    """

    version: int
    first_year: int
    last_year: int
    entered: Mapping[date, bool] = field(default_factory=dict)
    names: Mapping[date, str] = field(default_factory=dict)

    def kind_of(self, day: date) -> DayKind:
        """Working day, day off, or unknown."""
        if day in self.entered:
            return DayKind.WORKING if self.entered[day] else DayKind.DAY_OFF
        if not self.first_year <= day.year <= self.last_year:
            return DayKind.UNKNOWN
        holidays, workdays, _ = _library_days()
        if day in holidays or (day.weekday() >= 5 and day not in workdays):
            return DayKind.DAY_OFF
        return DayKind.WORKING

    def festival_on(self, day: date) -> str | None:
        """The festival's Chinese name on a statutory day off, None on any other day."""
        if day in self.entered:
            return self.names.get(day) or None if not self.entered[day] else None
        holidays, _, names = _library_days()
        return (
            names.get(holidays.get(day, ""))
            if self.first_year <= day.year <= self.last_year
            else None
        )

    def is_known(self, year: int) -> bool:
        """The official days of this year are published and loaded."""
        return self.first_year <= year <= self.last_year


def library_years() -> tuple[int, int]:
    """First and last year that the installed library knows."""
    holidays, workdays, _ = _library_days()
    years = {day.year for day in holidays} | {day.year for day in workdays}
    return min(years), max(years)


def library_source() -> str:
    """The library and its version, as recorded with a calendar version."""
    from importlib.metadata import version

    return f"chinesecalendar {version('chinesecalendar')}"


@cache
def _library_days() -> tuple[dict[date, str], dict[date, str], dict[str, str]]:
    from chinese_calendar import constants

    names = {holiday.value: holiday.chinese for holiday in constants.Holiday}
    return constants.holidays, constants.workdays, names
