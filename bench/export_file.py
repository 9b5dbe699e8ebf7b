"""A big order export of the 2022+ generation in GB18030, seeded, quoted as the real ones are."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

from tests.factories_exports import ORDER_HEADERS

HEADERS = ORDER_HEADERS["2022"]
_PREFIXES = ("134", "135", "136", "137", "138", "139", "150", "151", "152", "157", "158", "159",
             "182", "183", "187", "188", "130", "131", "132", "155", "156", "185", "186", "133",
             "153", "180", "181", "189", "177", "199")  # fmt: skip
_PLACES = (
    "浙江省 杭州市 西湖区", "江苏省 南京市 鼓楼区", "广东省 广州市 天河区", "上海 上海市 闵行区",
    "四川省 成都市 武侯区", "山东省 济南市 历下区", "河南省 郑州市 金水区", "北京 北京市 朝阳区",
    "新疆维吾尔自治区 乌鲁木齐市 天山区", "湖北省 武汉市 洪山区",
)  # fmt: skip
_TITLES = ("样例保湿面霜 50ml", "样例电热水壶 1.7L", "样例棉麻衬衫 春秋款", "样例无线鼠标 静音")
_STATES = {
    "等待买家付款": 14,
    "买家已付款，等待卖家发货": 10,
    "卖家已发货，等待买家确认": 26,
    "交易成功": 45,
    "交易关闭": 5,
}
"""How many of a hundred orders are in each state."""
_SHIPPED = ("卖家已发货，等待买家确认", "交易成功")
_SHIPPED_AFTER = timedelta(hours=20)
_SIGNED_AFTER = timedelta(days=4)


def write_export(path: Path, rows: int, last_day: datetime, *, seed: int = 20261121) -> None:
    """Write `rows` orders of the 30 days up to `last_day`; about one customer for 1.4 orders."""
    chance = random.Random(seed)
    with path.open("w", encoding="gb18030", newline="") as file:
        file.write(_line(HEADERS))
        file.writelines(_order_lines(chance, rows, last_day))


def _order_lines(chance: random.Random, rows: int, last_day: datetime) -> Iterator[str]:
    states = chance.choices(list(_STATES), list(_STATES.values()), k=rows)
    for position, state in enumerate(states):
        buyer = chance.randrange(int(rows / 1.4) + 1)
        placed = last_day - timedelta(seconds=chance.randrange(30 * 86_400))
        is_paid = state not in ("等待买家付款", "交易关闭")
        amount = f"{chance.randrange(990, 99_900) / 100:.2f}"
        phone = f"{_PREFIXES[buyer % len(_PREFIXES)]}{buyer * 7919 % 10**8:08d}"
        order_no = str(3_515_313_147_000_000_000 + position * 97)
        values = {
            "订单编号": order_no,
            "买家会员名": f"买家{buyer:07d}",
            "总金额": amount,
            "买家应付货款": amount,
            "买家实际支付金额": amount if is_paid else "0.00",
            "订单状态": state,
            "收货人姓名": f"收件{buyer % 9973}",
            "收货地址": f"{_PLACES[buyer % len(_PLACES)]} 样例路{buyer % 997}号(310000)",
            "运送方式": "快递",
            "联系手机": f"'{phone}",
            "订单创建时间": f"{placed:%Y-%m-%d %H:%M:%S}",
            "订单付款时间": f"{placed + timedelta(minutes=2):%Y-%m-%d %H:%M:%S}" if is_paid else "",
            "发货时间": f"{placed + _SHIPPED_AFTER:%Y-%m-%d %H:%M:%S}" if state in _SHIPPED else "",
            "确认收货时间": f"{placed + _SIGNED_AFTER:%Y-%m-%d %H:%M:%S}"
            if state == "交易成功"
            else "",
            "宝贝标题": _TITLES[position % len(_TITLES)],
            "宝贝种类": "1",
            "宝贝总数量": "1",
            "订单关闭原因": "订单未关闭",
            "卖家服务费": "0.00",
            "买家服务费": "0元",
            "修改后的收货地址": "null",
        }
        yield _line(tuple(values.get(name, "") for name in HEADERS))


def _line(cells: tuple[str, ...]) -> str:
    first, *rest = cells
    number = f'="{first}"' if first.isdecimal() else f'"{first}"'
    return ",".join([number, *(f'"{cell}"' for cell in rest)]) + "\r\n"
