from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from campaigns.values import SHOP_ZONE
from scripts_zh.context import items_in_words, matters_in_words
from scripts_zh.errors import ScriptError
from scripts_zh.filters import SHORT_MAX_CHARS, clause, money, one_line, short, written
from scripts_zh.sandbox import compile_source, fill
from tests.scripts_zh.words import LONG, MISSING, NOW, STOCK_OUT, TODAY, USUAL


def spoken(at: datetime, filter_name: str) -> str:
    source = f"{{{{ order.placed_at | {filter_name} }}}}"
    words = replace(USUAL, order=replace(USUAL.order, placed_at=at))
    return fill(compile_source(source, frozenset({"order.placed_at"})), words)[0]


def local(day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2025, 11, day, hour, minute, tzinfo=SHOP_ZONE)


@pytest.mark.parametrize(
    ("at", "words"),
    [
        (local(21, 15, 20), "今天下午3点20分"),
        (local(21, 0, 5), "今天凌晨0点5分"),
        (local(21, 8), "今天早上8点"),
        (local(21, 9), "今天上午9点"),
        (local(21, 12, 30), "今天中午12点30分"),
        (local(21, 13), "今天下午1点"),
        (local(21, 18), "今天晚上6点"),
        (local(20, 23, 59), "昨天晚上11点59分"),
        (local(19, 10), "前天上午10点"),
        (local(22, 10), "明天上午10点"),
        (local(23, 10), "后天上午10点"),
        (local(24, 10), "11月24日上午10点"),
        (local(18, 10), "11月18日上午10点"),
        (datetime(2026, 1, 2, 2, 0, tzinfo=UTC), "2026年1月2日上午10点"),
    ],
)
def test_moment_is_said_as_people_say_it(at: datetime, words: str) -> None:
    assert spoken(at, "moment") == words
    assert spoken(at.astimezone(UTC), "moment") == words


@pytest.mark.parametrize(
    ("left", "words"),
    [
        (timedelta(0), "不到1小时"),
        (timedelta(minutes=59, seconds=59), "不到1小时"),
        (timedelta(minutes=-5), "不到1小时"),
        (timedelta(hours=1), "1个多小时"),
        (timedelta(hours=23, minutes=59), "23个多小时"),
        (timedelta(days=1, minutes=30), "1天多"),
        (timedelta(days=2, hours=23), "2天零23个小时"),
    ],
)
def test_r_dun_3_time_left_is_never_said_too_long(left: timedelta, words: str) -> None:
    assert spoken(NOW + left, "time_left") == words


@pytest.mark.parametrize("filter_name", ["moment", "written"])
def test_an_instant_without_a_zone_is_refused(filter_name: str) -> None:
    with pytest.raises(ScriptError):
        spoken(datetime(2025, 11, 21, 9, 0), filter_name)


def test_written_names_the_day() -> None:
    assert written(local(23, 9, 5)) == "11月23日09:05"


def day_spoken(day: date, filter_name: str, now: datetime = NOW) -> str:
    source = f"{{{{ stock.expected_on | {filter_name} }}}}"
    words = replace(STOCK_OUT, stock=replace(MISSING, expected_on=day), now=now)
    return fill(compile_source(source, frozenset({"stock.expected_on"})), words)[0]


@pytest.mark.parametrize(
    ("days", "words"),
    [
        (-3, "11月18日"),
        (-2, "前天"),
        (-1, "昨天"),
        (0, "今天"),
        (1, "明天"),
        (2, "后天"),
        (3, "周一11月24日"),
        (6, "周四11月27日"),
        (7, "11月28日"),
        (60, "2026年1月20日"),
    ],
)
def test_r_oos_1_a_day_is_said_as_people_say_it(days: int, words: str) -> None:
    assert day_spoken(TODAY + timedelta(days=days), "day_said") == words


def test_a_day_is_counted_from_the_shops_midnight() -> None:
    before_midnight = datetime(2025, 11, 21, 15, 59, tzinfo=UTC)
    assert day_spoken(TODAY, "day_said", before_midnight) == "今天"
    assert day_spoken(TODAY, "day_said", before_midnight + timedelta(minutes=1)) == "昨天"


def test_a_day_within_the_week_needs_no_year() -> None:
    late = datetime(2025, 12, 30, 4, 0, tzinfo=UTC)
    assert day_spoken(date(2026, 1, 3), "day_said", late) == "周六1月3日"


def test_a_day_is_written_without_regard_to_today() -> None:
    assert day_spoken(TODAY, "day_written") == "11月21日"
    assert day_spoken(date(2026, 6, 3), "day_written") == "6月3日"


@pytest.mark.parametrize(
    ("fen", "words"),
    [(0, "0元"), (1, "0.01元"), (12_800, "128元"), (12_850, "128.50元"), (10_005, "100.05元")],
)
def test_r_imp_4_money_is_exact_to_the_fen(fen: int, words: str) -> None:
    assert money(fen) == words


def test_a_negative_amount_is_refused() -> None:
    with pytest.raises(ValueError, match="negative"):
        money(-1)


@given(st.text(max_size=60))
def test_short_is_one_bounded_line(text: str) -> None:
    line = short(text)
    assert len(line) <= SHORT_MAX_CHARS
    assert line.splitlines() in ([], [line])
    assert one_line(line) == line


def test_clause_leaves_the_full_stop_to_our_sentence() -> None:
    assert clause(" 满200减20，今晚有效。！ ") == "满200减20，今晚有效"


def test_items_in_words() -> None:
    assert items_in_words([]) == "订单里的商品"
    assert items_in_words(["保温杯"]) == "保温杯"
    assert items_in_words([LONG]) == "加绒保暖家居棉靴女冬…"
    assert items_in_words(["保温杯 ", "围巾"]) == "保温杯等2样"


@pytest.mark.parametrize(
    ("labels", "words"),
    [
        ((), None),
        (("催款",), "还没付款的订单"),
        (("缺货通知", "回访"), "缺货的商品和您前面买的东西"),
        (("催款", "回访", "缺货通知"), "还没付款的订单、您前面买的东西和缺货的商品"),
        (("催款", "催款"), "还没付款的订单"),
        (("新的一类",), "店里的订单"),
    ],
)
def test_r_repeat_2_further_matters_are_not_called_by_our_own_labels(
    labels: tuple[str, ...], words: str | None
) -> None:
    assert matters_in_words(labels) == words
