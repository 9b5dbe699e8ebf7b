from __future__ import annotations

from typing import Any

import pytest

from adapters.importers.do_not_contact import NO_REASON
from adapters.importers.recognise import open_file
from adapters.importers.rows import DoNotContactRow, FileKind, Rejected
from campaigns.values import Kind, PhoneNumber, Scope

HEADER = "用户ID,手机号,原因,范围,业务"
PHONE = PhoneNumber("+8613900000001")


def read(*lines: str, header: str = HEADER, kind: FileKind | None = None) -> list[Any]:
    content = "\n".join([header, *lines]).encode("gb18030")
    return list(open_file("list.csv", content, kind=kind).rows())


@pytest.mark.parametrize(
    ("line", "row"),
    [
        (
            "甲,13900000001,要求不再联系,客户,全部",
            DoNotContactRow(2, Scope.CUSTOMER, "甲", PHONE, None, "要求不再联系"),
        ),
        (
            "甲,'13900000001,投诉,号码,催款",
            DoNotContactRow(2, Scope.PHONE, "甲", PHONE, Kind.DUNNING, "投诉"),
        ),
        ("甲,,x,,回访", DoNotContactRow(2, Scope.CUSTOMER, "甲", None, Kind.CALLBACK, "x")),
        ("甲,,x,,缺货通知", DoNotContactRow(2, Scope.CUSTOMER, "甲", None, Kind.STOCK_OUT, "x")),
        (",139 0000 0001,,,", DoNotContactRow(2, Scope.PHONE, None, PHONE, None, NO_REASON)),
        ("甲,,,,", DoNotContactRow(2, Scope.CUSTOMER, "甲", None, None, NO_REASON)),
        (
            ",18412345678-1234,退订,电话,催款",
            DoNotContactRow(
                2, Scope.PHONE, None, PhoneNumber("+8618412345678", "1234"), Kind.DUNNING, "退订"
            ),
        ),
    ],
)
def test_r_dnc_3_entries_have_scope_kind_and_reason(line, row):
    (answer,) = read(line)
    assert answer.row == row
    assert answer.warnings == ()


@pytest.mark.parametrize(
    ("line", "column"),
    [
        ("甲,13900000001,x,全家,全部", "范围"),
        ("甲,13900000001,x,客户,卖货", "业务"),
        (",13900000001,x,客户,", "用户ID"),
        ("tb***1,,x,客户,", "用户ID"),
        ("甲,,x,号码,", "手机号"),
        ("甲,139****0001,x,号码,", "手机号"),
        (",95588,x,,", "手机号"),
        (",,只有原因,,", "手机号"),
    ],
)
def test_r_dnc_3_an_entry_that_covers_nobody_is_rejected(line, column):
    (answer,) = read(line)
    assert isinstance(answer, Rejected)
    assert column in {problem.column for problem in answer.problems}


def test_r_dnc_3_a_customer_with_a_masked_phone_is_taken_with_a_warning():
    (answer,) = read("甲,139****0001,x,客户,")
    assert answer.row.phone is None
    assert [problem.column for problem in answer.warnings] == ["手机号"]


@pytest.mark.parametrize(
    "header",
    ["谢绝来电的手机号,用户ID", "用户ID,免打扰原因", "会员名,退订原因", "电话,原因,范围"],
)
def test_r_imp_1_a_clear_header_tells_the_table(header):
    opened = open_file("a.csv", header.encode())
    assert opened.recognised.kind is FileKind.DO_NOT_CONTACT


def test_r_imp_1_with_its_kind_said_a_bare_list_is_read():
    answers = read("甲,13900000001", header="用户ID,联系手机", kind=FileKind.DO_NOT_CONTACT)
    assert [answer.row.user_id for answer in answers] == ["甲"]
