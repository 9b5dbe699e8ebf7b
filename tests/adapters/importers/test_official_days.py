from __future__ import annotations

import json
from datetime import date
from typing import Any

import pytest

from adapters.importers.recognise import open_file
from adapters.importers.rows import CalendarRow, FileKind, Rejected


def read(content: str) -> list[Any]:
    opened = open_file("days", content.encode())
    assert opened.recognised.kind is FileKind.CALENDAR
    return list(opened.rows())


@pytest.mark.parametrize(
    ("word", "is_working"),
    [
        ("上班", True),
        ("调休", True),
        ("工作日", True),
        ("休息", False),
        ("节假日", False),
        ("放假", False),
    ],
)
def test_r_hours_6_days_entered_by_hand(word, is_working):
    (answer,) = read(f"日期,类型,名称\n2027/1/1,{word},元旦\n")
    assert answer.row == CalendarRow(2, date(2027, 1, 1), is_working, "元旦")


@pytest.mark.parametrize(
    ("line", "column"),
    [
        ("2027-02-30,休息,", "日期"),
        ("2027-01-01 09:00,休息,", "日期"),
        ("元旦,休息,", "日期"),
        (",休息,", "日期"),
        ("2027-01-01,也许,", "类型"),
        ("2027-01-01,,", "类型"),
    ],
)
def test_r_imp_2_a_day_that_cannot_be_read_is_rejected(line, column):
    (answer,) = read(f"日期,类型,名称\n{line}\n")
    assert isinstance(answer, Rejected)
    assert [problem.column for problem in answer.problems] == [column]


def test_r_imp_2_a_day_cannot_be_both():
    same, again, other = read("日期,类型\n2027-01-01,休息\n2027-01-01,休息\n2027-01-01,上班\n")
    assert same.row.day == again.row.day
    assert isinstance(other, Rejected)


def test_r_hours_6_the_published_json_form():
    days = [
        {"name": "元旦", "date": "2027-01-01", "isOffDay": True},
        {"name": "元旦", "date": "2027-01-03", "isOffDay": False},
        {"name": "元旦", "date": "2027-13-03", "isOffDay": False},
        {"name": "元旦", "date": "2027-01-04"},
        {"name": "元旦", "date": "2027-01-01", "isOffDay": False},
        7,
    ]
    answers = read(json.dumps({"year": 2027, "days": days}))
    assert [answer.row for answer in answers[:2]] == [
        CalendarRow(1, date(2027, 1, 1), is_working=False, name="元旦"),
        CalendarRow(2, date(2027, 1, 3), is_working=True, name="元旦"),
    ]
    assert all(isinstance(answer, Rejected) for answer in answers[2:])
    assert len(answers) == len(days)


def test_r_hours_6_a_year_without_a_notice_has_no_rows():
    assert read('{"year": 2027, "papers": [], "days": []}') == []
