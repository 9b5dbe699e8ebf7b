"""R-OOS-1: the list of goods out of stock, whose expected date is required."""

from __future__ import annotations

from datetime import date, datetime

import pytest

from adapters.importers.recognise import open_file
from adapters.importers.rows import FileKind, RefusedFile, Rejected, StockOutRow
from tests.adapters.importers.reading import is_taken, read
from tests.factories_exports import as_csv, as_xlsx

HEADER = ("商品", "商家编码", "预计到货日期", "缺货原因", "赠品", "已到货")
ROW = ("样例面霜", "A-1", "2026-12-01", "原料晚到", "样例小样", "否")


def one(**cells: str) -> object:
    values = dict(zip(HEADER, ROW, strict=True)) | cells
    (answer,) = read(as_csv(HEADER, [tuple(values.values())], encoding="utf-8"))
    return answer


@pytest.mark.parametrize("encoding", ["gb18030", "utf-8", "utf-8-sig"])
def test_r_oos_1_a_row_of_the_list(encoding: str) -> None:
    opened = open_file("缺货.csv", as_csv(HEADER, [ROW], encoding=encoding))
    assert opened.recognised.kind is FileKind.STOCK_OUT
    (answer,) = opened.rows()
    assert is_taken(answer)
    assert answer.row == StockOutRow(  # type: ignore[union-attr]
        2, "样例面霜", "A-1", date(2026, 12, 1), "原料晚到", "样例小样"
    )


def test_r_oos_1_a_workbook_with_real_dates() -> None:
    rows = [HEADER[:3], ["样例面霜", 6901, date(2026, 12, 1)], ["甲", "", datetime(2026, 12, 2)]]
    first, second = read(as_xlsx(rows))
    assert (first.row.code, first.row.expected_on) == ("6901", date(2026, 12, 1))
    assert (second.row.code, second.row.expected_on) == (None, date(2026, 12, 2))


@pytest.mark.parametrize(
    "name", ["预计到货日期", "预计到货", "预计到货时间", "到货日期", "到货时间"]
)
@pytest.mark.parametrize("goods", ["商品", "商品名称", "宝贝", "品名", "货品名称", "编码", "货号"])
def test_r_oos_1_aliases(name: str, goods: str) -> None:
    (answer,) = read(f"{goods},{name}\n样例面霜,2026/12/1\n".encode())
    assert answer.row.expected_on == date(2026, 12, 1)
    assert "样例面霜" in (answer.row.goods, answer.row.code)


@pytest.mark.parametrize("text", ["2026-12-01", "2026/12/1", "2026.12.1", "2026年12月1日"])
def test_r_oos_1_dates_as_people_write_them(text: str) -> None:
    assert one(预计到货日期=text).row.expected_on == date(2026, 12, 1)  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "没有预计到货日期"),
        ("null", "没有预计到货日期"),
        ("6月1日", "没有年份"),
        ("12-1", "没有年份"),
        ("6/1", "没有年份"),
        ("下周", "不是时间"),
        ("2026-02-30", "没有这个时间"),
        ("2026-12-01 10:00", "不带时间"),
    ],
)
def test_r_oos_1_without_a_whole_date_the_row_is_rejected(text: str, reason: str) -> None:
    answer = one(预计到货日期=text)
    assert isinstance(answer, Rejected)
    assert [problem.column for problem in answer.problems] == ["预计到货日期"]
    assert reason in answer.problems[0].reason


def test_r_oos_1_name_or_code_must_be_there() -> None:
    assert is_taken(one(商品=""))
    assert is_taken(one(商家编码=""))
    answer = one(商品="", 商家编码="")
    assert isinstance(answer, Rejected)
    assert [problem.column for problem in answer.problems] == ["商品"]


@pytest.mark.parametrize(
    ("text", "is_arrived", "day"),
    [
        ("是", True, None),
        ("已到货", True, None),
        ("否", False, None),
        ("", False, None),
        ("2026-11-20", True, date(2026, 11, 20)),
    ],
)
def test_r_oos_2_whether_the_goods_are_here(text: str, is_arrived: bool, day: date | None) -> None:
    row = one(已到货=text).row  # type: ignore[attr-defined]
    assert (row.is_arrived, row.arrived_on) == (is_arrived, day)


def test_r_oos_2_an_unclear_arrival_rejects_the_row() -> None:
    answer = one(已到货="快了")
    assert isinstance(answer, Rejected)
    assert [problem.column for problem in answer.problems] == ["已到货"]


def test_r_oos_1_a_list_without_a_column_for_the_date_is_refused() -> None:
    with pytest.raises(RefusedFile) as caught:
        open_file("a.csv", "商品,缺货原因\n样例面霜,原料晚到\n".encode())
    assert caught.value.refusal.code == "missing_column"
    assert "预计到货日期" in caught.value.refusal.reason
