"""Rows of an official calendar: a table, or the JSON form in which such calendars are published."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date

from adapters.importers.cells import BadCell, clean, clean_text, read_day
from adapters.importers.headers import Header
from adapters.importers.refusals import RefusalCode, refusal
from adapters.importers.rows import CalendarRow, Problem, Rejected, Taken
from adapters.importers.table import Columns, RowProblems

_ROLES = ("day", "is_working", "name")

_WORKING_WORDS = "上班 调休 调休上班 工作日 补班 班 是 working"
_OFF_WORDS = "休息 节假日 放假 法定节假日 假日 休 休息日 否 day_off"
_KINDS_OF_DAY = {
    **dict.fromkeys(_WORKING_WORDS.split(), True),
    **dict.fromkeys(_OFF_WORDS.split(), False),
}

JSON_HEADERS = ("date", "isOffDay", "name")


class CalendarParser:
    """R-HOURS-6. Days that an administrator enters; a day must not be both."""

    def __init__(self, header: Header) -> None:
        self._columns = Columns(header, _ROLES)
        self._seen: dict[date, bool] = {}

    def __call__(self, line: int, cells: list[str]) -> Taken | Rejected:
        """See RowParser."""
        picked = self._columns.pick(cells)
        if picked is None:
            return self._columns.too_long(line)
        day_text, kind_text, name = picked
        row = RowProblems(self._columns, line)
        day = row.required("day", read_day, clean(day_text))
        is_working = row.required("is_working", _read_kind_of_day, clean(kind_text).casefold())
        if day is not None and is_working is not None:
            if self._seen.setdefault(day, is_working) is not is_working:
                row.fault("day", "同一天既是上班又是休息")
            if not row.faults:
                return Taken(CalendarRow(line, day, is_working, clean_text(name)))
        return Rejected(line, tuple(row.faults))


def _read_kind_of_day(text: str) -> bool:
    if text not in _KINDS_OF_DAY:
        raise BadCell("类型应是 上班 或 休息")
    return _KINDS_OF_DAY[text]


def read_json_days(text: str) -> Iterator[Taken | Rejected]:
    """R-HOURS-6. The days of `{"year": …, "days": [{"name", "date", "isOffDay"}]}`.

    A day's `line` is its position in the list, from 1. Raises RefusedFile when the whole has
    another form.
    """
    try:
        whole = json.loads(text)
    except (ValueError, RecursionError):
        raise refusal(RefusalCode.BAD_JSON, detail="不是完整的 JSON") from None
    days = whole.get("days") if isinstance(whole, dict) else None
    if not isinstance(days, list):
        raise refusal(RefusalCode.BAD_JSON, detail="没有 days 列表")
    seen: dict[date, bool] = {}
    for position, entry in enumerate(days, start=1):
        yield _json_day(position, entry, seen)


def _json_day(position: int, entry: object, seen: dict[date, bool]) -> Taken | Rejected:
    if not isinstance(entry, dict):
        return _rejected(position, "days", "应是一个对象")
    day_text, is_off, name = entry.get("date"), entry.get("isOffDay"), entry.get("name", "")
    if not isinstance(day_text, str) or not isinstance(name, str):
        return _rejected(position, "date", "没有日期")
    if not isinstance(is_off, bool):
        return _rejected(position, "isOffDay", "应是 true 或 false")
    try:
        day = read_day(day_text)
    except BadCell as bad:
        return _rejected(position, "date", f"{bad}：{day_text[:30]}")
    if seen.setdefault(day, is_off) is not is_off:
        return _rejected(position, "date", "同一天既是上班又是休息")
    return Taken(CalendarRow(position, day, not is_off, clean_text(name)))


def _rejected(position: int, column: str, reason: str) -> Rejected:
    return Rejected(position, (Problem(position, column, reason),))
