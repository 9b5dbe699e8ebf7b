from __future__ import annotations

import pytest

from adapters.importers import confined
from adapters.importers.confined import ConfinedFile, open_confined
from adapters.importers.limits import Limits
from adapters.importers.recognise import open_file
from adapters.importers.refusals import RefusalCode
from adapters.importers.rows import FileKind, RefusedFile
from tests.adapters.importers.test_recognise import cell, sheet
from tests.factories_exports import order_file, order_sheet

ORDERS = [{"order_no": str(1000 + number)} for number in range(2_500)]
NAME = "ExportOrderList202611210915.csv"


@pytest.mark.parametrize("make", [order_file, order_sheet])
def test_r_imp_2_a_child_reads_what_we_would_read(make, tmp_path):
    content = make("plain", ORDERS)
    here = open_file(NAME, content)
    path = tmp_path / "订单"
    path.write_bytes(content)
    for given in (content, path):
        there = open_confined(NAME, given)
        assert (there.recognised, there.size_bytes) == (here.recognised, here.size_bytes)
        assert list(there.rows()) == list(here.rows())


def test_r_imp_2_a_child_refuses_as_we_would_refuse():
    for content, kind, code in (
        (b"", None, RefusalCode.EMPTY),
        ("用户ID,联系手机\n".encode(), None, RefusalCode.KIND_NEEDED),
        (order_file("2022", []), FileKind.ITEMS, RefusalCode.KIND_MISMATCH),
    ):
        with pytest.raises(RefusedFile) as caught:
            open_confined("a.csv", content, kind=kind)
        assert caught.value.refusal.code == code


def test_r_imp_2_a_limit_broken_on_the_way_refuses_the_file():
    opened = open_confined(NAME, order_file("plain", ORDERS), limits=Limits(rows=2_400))
    with pytest.raises(RefusedFile) as caught:
        list(opened.rows())
    assert caught.value.refusal.code == RefusalCode.TOO_MANY_ROWS


def test_r_imp_2_a_file_that_wants_more_memory_than_the_child_may_have():
    far = sheet(f'<row r="1">{cell("A1")}</row><row r="1048576">{cell("IV1048576")}</row>')
    with pytest.raises(RefusedFile) as caught:
        open_confined("a.xlsx", far, limits=Limits(grid_cells=10**12))
    assert caught.value.refusal.code == RefusalCode.FILE_TOO_COSTLY


def test_r_imp_2_a_child_that_dies_is_an_unreadable_file(monkeypatch):
    monkeypatch.setattr(confined, "_CHILD_MODULE", "adapters.importers.no_such_module")
    with pytest.raises(RefusedFile) as caught:
        open_confined("a.csv", order_file("plain", ORDERS) * 50)
    assert caught.value.refusal.code == RefusalCode.UNREADABLE


def test_only_workbooks_need_a_child_when_asked_so():
    text = open_confined("a.csv", order_file("plain", []), only_workbooks=True)
    book = open_confined("a.xlsx", order_sheet("plain", []), only_workbooks=True)
    assert not isinstance(text, ConfinedFile)
    assert isinstance(book, ConfinedFile)


def test_reading_may_stop_half_way():
    rows = open_confined(NAME, order_file("plain", ORDERS)).rows()
    assert next(rows).__class__.__name__ == "Taken"
    rows.close()  # type: ignore[attr-defined]
