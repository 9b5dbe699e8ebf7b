"""A ledger as CSV."""

from __future__ import annotations

import csv
import io
from dataclasses import replace

import pytest

from adapters.reports.csv_file import write_csv
from campaigns.kinds.dunning_ledger import detail_ledger
from campaigns.ledger import Ledger, LedgerRow, as_json_rows
from tests.adapters.reports.ledgers import DAY, HOSTILE, ROW, details, summary


def written(ledger: Ledger[LedgerRow]) -> bytes:
    stream = io.BytesIO()
    write_csv(ledger, stream)
    return stream.getvalue()


def read(ledger: Ledger[LedgerRow]) -> list[list[str]]:
    return list(csv.reader(io.StringIO(written(ledger).decode("utf-8-sig"), newline="")))


def test_r_dun_7_detail_ledger_byte_by_byte() -> None:
    assert written(details()) == (
        b"\xef\xbb\xbf"
        + (
            "催款日期,处理人员,拍下日期,用户ID,订单未付款额,联络结果,是否付款,付款日期,付款总额\r\n"
            "2026-03-03,小顾,2026-03-02,山楂树下,1234.50,已付款,是,2026-03-04,411.50\r\n"
            "2026-03-03,小顾,2026-03-02,00123,1234.50,等待付款,否,,0.00\r\n"
            "合计,,,,2469.00,,,,411.50\r\n"
        ).encode()
    )


def test_r_dun_8_summary_ledger_says_what_the_json_says() -> None:
    header, *rows, total = read(summary())
    expected = [{k: str(v) for k, v in row.items()} for row in as_json_rows(summary())]
    assert [dict(zip(header, row, strict=True)) for row in rows] == [
        {**row, "成功率": f"{float(row['成功率']):.4f}"} for row in expected
    ]
    assert total == ["合计", "", "2", "1", "2469.00", "411.50", "0.1667"]


@pytest.mark.parametrize("buyer", HOSTILE)
def test_a_hostile_name_stays_one_cell_of_text(buyer: str) -> None:
    rows = read(details(buyer))
    assert [len(row) for row in rows] == [9, 9, 9]
    assert rows[1][3].lstrip()[:1] not in tuple("=+-@\t\r＝＋－＠")
    assert written(details(buyer)).count(b"\r\n") == 3
    assert written(details(buyer)).count(b"\n") == 3


def test_figures_of_our_own_are_never_quoted_away() -> None:
    ledger = detail_ledger([replace(ROW, paid_fen=-500)], DAY, DAY, None)
    assert read(ledger)[1][8] == "-5.00"


def test_a_name_of_a_caller_is_guarded_too() -> None:
    ledger = detail_ledger([replace(ROW, handler="=1+1")], DAY, DAY, None)
    assert read(ledger)[1][1] == "'=1+1"


def test_the_stream_stays_open_for_its_owner() -> None:
    stream = io.BytesIO()
    write_csv(details(), stream)
    assert not stream.closed
