from __future__ import annotations

from typing import Any

import pytest

from adapters.importers.recognise import open_file
from adapters.importers.rows import ItemRow, Rejected
from tests.factories_exports import ITEM_HEADERS, item_file


def read(content: bytes) -> list[Any]:
    return list(open_file("items.csv", content).rows())


@pytest.mark.parametrize("generation", ITEM_HEADERS)
@pytest.mark.parametrize("encoding", ["gb18030", "utf-8-sig"])
def test_r_imp_1_item_files_of_every_generation(generation, encoding):
    (answer,) = read(item_file(generation, [{}], encoding=encoding))
    has_sub_order = "子订单编号" in ITEM_HEADERS[generation]
    assert answer.row == ItemRow(
        line=2,
        order_no="3515313147329357901",
        line_no=1,
        title="样例宝贝",
        price_fen=10056,
        quantity=2,
        sku="A-1",
        properties="颜色:红色",
        sub_order_no="3515313147329357902" if has_sub_order else None,
    )


def test_r_imp_1_the_older_rows_have_a_field_more_than_the_header():
    content = item_file("2017", [{}])
    header, row = content.decode("gb18030").splitlines()
    assert (header.count(",") + 1, row.count(",") + 1) == (10, 11)
    assert len(read(content)) == 1
    surplus = read(content.replace(b',""\r\n', b',"x"\r\n'))
    assert isinstance(surplus[0], Rejected)


def test_r_imp_1_items_are_numbered_within_their_order():
    items = [{"order_no": "1001"}, {"order_no": "1002"}, {"order_no": "1001"}]
    answers = read(item_file("2022", items))
    assert [(answer.row.order_no, answer.row.line_no) for answer in answers] == [
        ("1001", 1),
        ("1002", 1),
        ("1001", 2),
    ]


@pytest.mark.parametrize(
    ("key", "text", "column"),
    [
        ("order_no", "3.5E+18", "主订单编号"),
        ("title", "", "标题"),
        ("price", "-1", "价格"),
        ("price", "NaN", "价格"),
        ("quantity", "", "购买数量"),
        ("quantity", "1.5", "购买数量"),
        ("quantity", "-1", "购买数量"),
        ("quantity", "9999999", "购买数量"),
    ],
)
def test_r_imp_2_what_rejects_an_item(key, text, column):
    (answer,) = read(item_file("2022", [{key: text}]))
    assert isinstance(answer, Rejected)
    assert [problem.column for problem in answer.problems] == [column]


def test_r_imp_2_an_item_without_price_is_taken():
    (answer,) = read(item_file("2022", [{"price": "", "sku": "null"}]))
    assert (answer.row.price_fen, answer.row.sku) == (None, None)
