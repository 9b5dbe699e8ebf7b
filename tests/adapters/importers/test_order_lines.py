from __future__ import annotations

import tracemalloc

import pytest

from adapters.importers.recognise import open_file
from adapters.importers.rows import Rejected, Taken
from campaigns.values import PhoneNumber
from tests.adapters.importers.reading import is_taken, read, taken
from tests.factories_exports import ORDER_HEADERS, as_csv, as_xlsx, order_file


def test_r_imp_2_lines_are_physical_lines_and_blank_rows_do_not_count():
    content = (
        "\n订单编号,状态,总金额,下单时间,买家留言\n"
        '1001,待付款,5,2026-11-20 09:15,"两行\n留言"\n'
        "\n ,,\t,,\n"
        "1002,待付款,5,2026-11-20 09:15,\n"
        "1003,?,5,2026-11-20 09:15,\n"
    )
    for line_end in ("\n", "\r\n", "\r"):
        answers = read(content.replace("\n", line_end).encode())
        lines = [a.row.line if is_taken(a) else a.line for a in answers]
        assert lines == [3, 7, 8]
        assert isinstance(answers[2], Rejected)


def test_r_imp_2_sheet_rows_are_counted_as_a_person_sees_them():
    header = ["订单编号", "状态", "总金额", "下单时间"]
    order = ["1001", "待付款", "5", "2026-11-20 09:15"]
    answers = read(as_xlsx([[], [], header, [], order]))
    assert [answer.row.line for answer in answers] == [5]


def test_r_imp_2_short_rows_are_fine_while_nothing_required_is_missing():
    content = "订单编号,状态,总金额,下单时间,手机\n1001,待付款,5,2026-11-20 09:15\n1002,待付款,5\n"
    first, second = read(content.encode())
    assert is_taken(first)
    assert isinstance(second, Rejected)
    assert [problem.column for problem in second.problems] == ["下单时间"]


def test_r_imp_2_a_row_longer_than_its_header_is_rejected_unless_the_surplus_is_empty():
    line = "1001,待付款,5,2026-11-20 09:15"
    content = f"订单编号,状态,总金额,下单时间\n{line},\n{line},,\n{line},x\n{line}, ,x\n"
    kinds = [type(answer) for answer in read(content.encode())]
    assert kinds == [Taken, Taken, Rejected, Rejected]


def test_r_imp_1_aliases_of_a_plain_table():
    content = (
        "下单时间（必填）,订单号,买家昵称,手机号码,交易状态, 订单金额(元) ,收件人,地址\n"
        "2026/11/20 9:15,1001,甲,139 0000 0001,待付款,5.5,测试乙,浙江省 杭州市\n"
    )
    for delimiter in (",", "\t"):
        (answer,) = read(content.replace(",", delimiter).encode("gb18030"))
        assert is_taken(answer)
        row = answer.row
        assert (row.order_no, row.user_id, row.total_fen) == ("1001", "甲", 550)
        assert (row.receiver, row.region) == ("测试乙", "浙江")
        assert row.phones[0].number == PhoneNumber("+8613900000001")


@pytest.mark.parametrize(
    ("state", "paid_fen"), [("待付款", 0), ("待发货", 500), ("交易成功", 500), ("交易关闭", 0)]
)
def test_r_imp_4_without_a_paid_column_the_state_tells(state, paid_fen):
    content = f"订单编号,状态,总金额,下单时间\n1001,{state},5,2026-11-20 09:15\n"
    (answer,) = read(content.encode())
    assert is_taken(answer)
    assert answer.row.paid_fen == paid_fen


def test_r_imp_4_without_a_total_an_unpaid_order_is_not_guessed():
    header = "订单编号,买家会员名,订单状态,买家实付金额,买家下单时间\n"
    rows = "1001,甲,待付款,0,2026-11-20 09:15\n1002,甲,待发货,5,2026-11-20 09:15\n"
    unpaid, paid = read((header + rows).encode())
    assert isinstance(unpaid, Rejected)
    assert unpaid.problems[0].column == "总金额"
    assert is_taken(paid)
    assert (paid.row.total_fen, paid.row.paid_fen) == (500, 500)


def test_r_imp_2_the_same_order_twice_stays_twice_in_order():
    answers = read(order_file("2022", [{"buyer": "甲"}, {"buyer": "乙"}]))
    assert [answer.row.user_id for answer in answers] == ["甲", "乙"]


def test_the_apostrophe_of_our_own_export_goes_and_others_stay():
    row = taken(title="'=HYPERLINK(1)", receiver="'80年代", buyer_message="'@甲", memo="'＋1")
    assert row.title == "=HYPERLINK(1)"
    assert row.receiver == "'80年代"
    assert row.buyer_message == "@甲"
    assert row.memo == "＋1"


def test_rare_characters_survive_every_encoding():
    for encoding in ("gb18030", "utf-8", "utf-16"):
        (answer,) = read(order_file("2022", [{"receiver": "𠮷㐂䶮€"}], encoding=encoding))
        assert answer.row.receiver == "𠮷㐂䶮€"


def test_r_imp_2_bytes_that_are_no_text_reject_only_their_row():
    content = order_file("2022", [{"receiver": "AAAA"}, {}])
    first, second = read(content.replace(b"AAAA", b"A\xff\xff A"))
    assert isinstance(first, Rejected)
    assert is_taken(second)


def test_r_imp_2_a_quote_in_the_wrong_place_rejects_only_its_line():
    lines = order_file("2022", [{}, {"title": "Q"}, {}]).replace(b'"Q"', b'"a"b"').split(b"\r\n")
    answers = read(b"\r\n".join(lines))
    assert [type(answer) for answer in answers] == [Taken, Rejected, Taken]
    assert [a.row.line if is_taken(a) else a.line for a in answers] == [2, 3, 4]
    swallowing = read(order_file("2022", [{}, {"title": "Q"}, {}]).replace(b'"Q"', b'"a'))
    assert [type(answer) for answer in swallowing] == [Taken, Rejected, Taken]


def test_r_imp_2_rows_can_be_read_again():
    opened = open_file("a.csv", order_file("2022", [{}, {"order_no": "x"}]))
    assert list(opened.rows()) == list(opened.rows())


def test_r_imp_1_an_empty_order_export_has_no_rows():
    assert read(order_file("2022", [])) == []
    assert read(as_csv(ORDER_HEADERS["plain"], [])) == []


def test_r_imp_2_a_long_file_is_streamed(tmp_path):
    path = tmp_path / "long.csv"
    content = order_file("2022", [{"order_no": str(10**9 + n)} for n in range(2_000)])
    header, rows = content.split(b"\r\n", 1)
    peaks = []
    for times in (1, 1, 6):  # the first fills the caches
        path.write_bytes(header + b"\r\n" + rows * times)
        tracemalloc.start()
        try:
            assert sum(1 for _ in open_file(path.name, path).rows()) == 2_000 * times
            peaks.append(tracemalloc.get_traced_memory()[1])
        finally:
            tracemalloc.stop()
    assert peaks[2] < 1.2 * peaks[1]
