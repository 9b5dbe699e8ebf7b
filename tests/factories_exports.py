"""Export files of every generation as bytes, made from simple order dicts with invented people."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping, Sequence

import openpyxl

Cells = Mapping[str, str]

_HEAD_2016 = "订单编号 买家会员名 买家支付宝账号"
_MIDDLE_2016 = (
    "买家应付货款 买家应付邮费 买家支付积分 总金额 返点积分 买家实际支付金额 买家实际支付积分 "
    "订单状态 买家留言 收货人姓名 收货地址 运送方式 联系电话 联系手机 订单创建时间 订单付款时间 "
    "宝贝标题 宝贝种类 物流单号 物流公司 订单备注 宝贝总数量 店铺Id 店铺名称 订单关闭原因 "
    "卖家服务费 买家服务费 发票抬头 是否手机订单 分阶段订单信息 特权订金订单id"
)
_CHECKS = "是否上传合同照片 是否上传小票 是否代付"
_TAIL_2016 = "定金排名 修改后的sku 修改后的收货地址 异常信息 天猫卡券抵扣 集分宝抵扣 是否是O2O交易"
_NEW_RETAIL = (
    "新零售交易类型 新零售导购门店名称 新零售导购门店id 新零售发货门店名称 新零售发货门店id"
)
_REFUND = "退款金额 预约门店"
_TAIL_2018 = "确认收货时间 打款商家金额 含应开票给个人的个人红包"
_CREDIT = "是否信用购 体验期结束时间 前N有礼 配送类型"
_TAIL_2022 = (
    "直播返现状态 返现金额 延迟发货自动赔付金额 新零售成交门店昵称 新零售成交门店id "
    "新零售成交经销商id 预售订单 发货时间 商家备忘 主订单编号"
)
_TRAILING_BLANK = ("收货地址", "联系电话", "订单付款时间", "宝贝标题", "宝贝种类", "物流单号")
_RENAMED_2025 = {
    "订单创建时间": "买家下单时间",
    "订单付款时间": "买家付款时间",
    "买家实际支付金额": "买家实付金额",
    "物流单号": "运单号",
}


def _blanked(*groups: str) -> tuple[str, ...]:
    """The six headers that really end in a blank in the older files."""
    names = " ".join(groups).split()
    return tuple(f"{name} " if name in _TRAILING_BLANK else name for name in names)


def _of_2022() -> tuple[str, ...]:
    first = "订单编号 买家会员名 买家会员昵称 支付单号 支付详情"
    middle = _MIDDLE_2016.replace("联系手机", "联系手机 虚拟号过期时间")
    tail = f"{_NEW_RETAIL} {_REFUND} {_TAIL_2018} {_CREDIT} {_TAIL_2022}"
    return _names(f"{first} {middle} {_CHECKS} {_TAIL_2016} {tail}")


def _names(text: str) -> tuple[str, ...]:
    return tuple(text.split())


ORDER_HEADERS: dict[str, tuple[str, ...]] = {
    "2016": _blanked(_HEAD_2016, _MIDDLE_2016, _TAIL_2016),
    "2017": _blanked(_HEAD_2016, _MIDDLE_2016, _CHECKS, _TAIL_2016, _REFUND),
    "2018": _blanked(
        _HEAD_2016, _MIDDLE_2016, _CHECKS, _TAIL_2016, _NEW_RETAIL, _REFUND, _TAIL_2018
    ),
    "2020": _blanked(
        _HEAD_2016, "支付单号 支付详情", _MIDDLE_2016, _CHECKS, _TAIL_2016, _NEW_RETAIL, _REFUND,
        _TAIL_2018, _CREDIT, "主订单编号",
    ),
    "2022": _of_2022(),
    "2025": tuple(_RENAMED_2025.get(name, name) for name in _of_2022()),
    "plain": _names("订单编号 买家会员名 状态 总金额 下单时间 手机号 收货地址 收货人"),
}  # fmt: skip
"""Generation -> headers as they stand there: 41, 46, 54, 61, 71, 71 columns, and a plain table."""

_ITEMS_2022 = (
    "子订单编号 主订单编号 标题 价格 购买数量 外部系统编号 商品属性 套餐信息 备注 订单状态 "
    "商家编码 支付单号 买家应付货款 买家实际支付金额 退款状态 退款金额 订单创建时间 "
    "订单付款时间 商品ID 商家备注"
)
_RENAMED_ITEMS = {"标题": "商品标题", "价格": "商品价格", "买家实际支付金额": "买家实付金额"}

ITEM_HEADERS: dict[str, tuple[str, ...]] = {
    "2017": _names(
        "订单编号 标题 价格 购买数量 外部系统编号 商品属性 套餐信息 备注 订单状态 商家编码"
    ),
    "2022": _names(_ITEMS_2022),
    "2025": tuple(_RENAMED_ITEMS.get(name, name) for name in _names(_ITEMS_2022)),
}
"""Generation -> headers of the file with one row an item."""

_KEYS = {
    "order_no": "订单编号",
    "buyer": "买家会员名",
    "state": "订单状态 状态",
    "total": "总金额 买家应付货款",
    "paid": "买家实际支付金额 买家实付金额",
    "placed_at": "订单创建时间 买家下单时间 下单时间",
    "paid_at": "订单付款时间 买家付款时间",
    "shipped_at": "发货时间",
    "received_at": "确认收货时间",
    "closed_reason": "订单关闭原因",
    "receiver": "收货人姓名 收货人",
    "address": "收货地址",
    "changed_address": "修改后的收货地址",
    "mobile": "联系手机 手机号",
    "phone": "联系电话",
    "usable_until": "虚拟号过期时间",
    "title": "宝贝标题 标题 商品标题",
    "item_count": "宝贝总数量",
    "tracking_no": "物流单号 运单号",
    "carrier": "物流公司",
    "buyer_message": "买家留言",
    "memo": "订单备注",
    "price": "价格 商品价格",
    "quantity": "购买数量",
    "sku": "商家编码",
    "properties": "商品属性",
    "sub_order_no": "子订单编号",
}
_KEY_OF = {header: key for key, headers in _KEYS.items() for header in headers.split()}
_KEY_OF["主订单编号"] = "order_no"

DEFAULT_ORDER: Cells = {
    "order_no": "3515313147329357901",
    "buyer": "培训买家01",
    "state": "等待买家付款",
    "total": "201.12",
    "paid": "0.00",
    "placed_at": "2026-11-20 09:15:32",
    "paid_at": "",
    "closed_reason": "订单未关闭",
    "receiver": "测试甲",
    "address": "浙江省 杭州市 西湖区 样例路1号(310000)",
    "mobile": "'13900000001",
    "title": "样例宝贝",
    "item_count": "1",
    "changed_address": "null",
    "phone": "",
}
DEFAULT_ITEM: Cells = {
    "order_no": "3515313147329357901",
    "sub_order_no": "3515313147329357902",
    "title": "样例宝贝",
    "price": "100.56",
    "quantity": "2",
    "sku": "A-1",
    "properties": "颜色:红色",
    "state": "等待买家付款",
}
_FILLING = {"买家服务费": "0元", "打款商家金额": "0.00元", "店铺名称": "样例店", "退款金额": "0.00"}


def order_file(generation: str, orders: Iterable[Cells], *, encoding: str = "gb18030") -> bytes:
    """One order export; an order's missing keys have the values of DEFAULT_ORDER."""
    headers = ORDER_HEADERS[generation]
    rows = [_row(headers, {**DEFAULT_ORDER, **order}) for order in orders]
    return as_csv(headers, rows, encoding=encoding)


def item_file(generation: str, items: Iterable[Cells], *, encoding: str = "gb18030") -> bytes:
    """One item export; in the older one every row has an empty field more than the header."""
    headers = ITEM_HEADERS[generation]
    rows = [_row(headers, {**DEFAULT_ITEM, **item}) for item in items]
    if generation == "2017":
        rows = [[*row, ""] for row in rows]
    return as_csv(headers, rows, encoding=encoding)


def order_sheet(generation: str, orders: Iterable[Cells]) -> bytes:
    """The same order export saved again as XLSX, every cell a text."""
    headers = ORDER_HEADERS[generation]
    return as_xlsx([headers, *(_row(headers, {**DEFAULT_ORDER, **order}) for order in orders)])


def as_csv(
    headers: Sequence[str], rows: Iterable[Sequence[str]], *, encoding: str = "gb18030"
) -> bytes:
    """Quoted as the marketplace does; order numbers are `="…"` without quotes around them."""
    text = io.StringIO()
    writer = csv.writer(text, quoting=csv.QUOTE_ALL, lineterminator="\r\n")
    writer.writerow(headers)
    numbered = [position for position, name in enumerate(headers) if name.endswith("订单编号")]
    for row in rows:
        line = io.StringIO()
        csv.writer(line, quoting=csv.QUOTE_ALL, lineterminator="\r\n").writerow(row)
        written = line.getvalue()
        for position in numbered:
            if row[position].isdecimal():
                written = written.replace(f'"{row[position]}"', f'="{row[position]}"')
        text.write(written.replace('=="', '="'))
    return text.getvalue().encode(encoding)


def as_xlsx(rows: Iterable[Sequence[object]], *, sheet: str = "Sheet1") -> bytes:
    """One sheet with these rows; values keep their type, and no text becomes a formula."""
    book = openpyxl.Workbook()
    page = book.active
    assert page is not None
    page.title = sheet
    for line, row in enumerate(rows, start=1):
        for column, value in enumerate(row, start=1):
            cell = page.cell(line, column)
            cell.value = value  # type: ignore[assignment]
            if isinstance(value, str):
                cell.data_type = "s"
    content = io.BytesIO()
    book.save(content)
    return content.getvalue()


def _row(headers: Sequence[str], values: Cells) -> list[str]:
    return [
        values.get(_KEY_OF.get(header.strip(), ""), _FILLING.get(header.strip(), ""))
        for header in headers
    ]
