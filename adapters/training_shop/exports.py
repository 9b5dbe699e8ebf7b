"""The shop's export files as the marketplace writes them, in each generation of their columns.

GB18030, every cell quoted, order numbers as `="…"` without outer quotes, six headers with a blank
at their end in the older files, an empty field too many in the older item rows.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

import xlsxwriter

from adapters.training_shop.marketplace import Marketplace, PlacedOrder
from adapters.training_shop.shortages import listed
from campaigns.values import SHOP_ZONE, OrderState


class Generation(StrEnum):
    """Which columns an export has: 46, 61 and 71 of them."""

    OF_2017 = "2017"
    OF_2020 = "2020"
    OF_2022 = "2022"


@dataclass(frozen=True, slots=True)
class ExportFile:
    """A file ready to be taken in or to be left on a disk."""

    name: str
    content: bytes


_OLD_BUYER = "订单编号 买家会员名 买家支付宝账号"
_NEW_BUYER = "订单编号 买家会员名 买家会员昵称"
_PAYMENT = "支付单号 支付详情"
_MONEY = (
    "买家应付货款 买家应付邮费 买家支付积分 总金额 返点积分 买家实际支付金额 买家实际支付积分 "
    "订单状态 买家留言 收货人姓名"
)
_PHONES = "运送方式 联系电话 联系手机"
_GOODS = "宝贝总数量 店铺Id 店铺名称 订单关闭原因 卖家服务费 买家服务费 发票抬头 是否手机订单"
_STAGES = "分阶段订单信息 特权订金订单id 是否上传合同照片 是否上传小票 是否代付 定金排名"
_CHANGES = "修改后的sku 修改后的收货地址 异常信息 天猫卡券抵扣 集分宝抵扣 是否是O2O交易"
_STORES = "新零售交易类型 新零售导购门店名称 新零售导购门店id 新零售发货门店名称 新零售发货门店id"
_AFTER = (
    "退款金额 预约门店 确认收货时间 打款商家金额 含应开票给个人的个人红包 是否信用购 "
    "体验期结束时间 前N有礼 配送类型"
)
_LATEST = (
    "直播返现状态 返现金额 延迟发货自动赔付金额 新零售成交门店昵称 新零售成交门店id "
    "新零售成交经销商id 预售订单 发货时间 商家备忘"
)
_BLANK_AT_THE_END = "收货地址 {phones} 订单创建时间 订单付款时间 宝贝标题 宝贝种类 物流单号"
_WITH_BLANK = ("收货地址", "联系电话", "订单付款时间", "宝贝标题", "宝贝种类", "物流单号")


def _headers(*groups: str, blanks: bool) -> tuple[str, ...]:
    names = " ".join(groups).split()
    return tuple(f"{name} " if blanks and name in _WITH_BLANK else name for name in names)


def _middle(phones: str) -> str:
    return f"{_BLANK_AT_THE_END.format(phones=phones)} 物流公司 订单备注 {_GOODS} {_STAGES}"


ORDER_HEADERS: dict[Generation, tuple[str, ...]] = {
    Generation.OF_2017: _headers(
        _OLD_BUYER, _MONEY, _middle(_PHONES), _CHANGES, "退款金额 预约门店", blanks=True
    ),
    Generation.OF_2020: _headers(
        *(_OLD_BUYER, _PAYMENT, _MONEY, _middle(_PHONES), _CHANGES, _STORES, _AFTER, "主订单编号"),
        blanks=True,
    ),
    Generation.OF_2022: _headers(
        *(_NEW_BUYER, _PAYMENT, _MONEY, _middle(f"{_PHONES} 虚拟号过期时间"), _CHANGES),
        *(_STORES, _AFTER, _LATEST, "主订单编号"),
        blanks=False,
    ),
}
"""The order file's headers as they stand there."""

ITEM_HEADERS: dict[Generation, tuple[str, ...]] = {
    Generation.OF_2017: _headers(
        "订单编号 标题 价格 购买数量 外部系统编号 商品属性 套餐信息 备注 订单状态 商家编码",
        blanks=False,
    ),
    Generation.OF_2022: _headers(
        "子订单编号 主订单编号 标题 价格 购买数量 外部系统编号 商品属性 套餐信息 备注 订单状态",
        "商家编码 支付单号 买家应付货款 买家实际支付金额 退款状态 退款金额 订单创建时间",
        "订单付款时间 商品ID 商家备注",
        blanks=False,
    ),
}
"""The item file's headers; between these two generations there was no other."""

STOCK_OUT_HEADERS = ("商品", "商家编码", "预计到货日期", "缺货原因", "赠品", "已到货")
"""The list that the warehouse writes by hand; the marketplace knows nothing of it."""

_STATE_TEXTS = {
    OrderState.AWAITING_PAYMENT: "等待买家付款",
    OrderState.PAID: "买家已付款，等待卖家发货",
    OrderState.SHIPPED: "卖家已发货，等待买家确认",
    OrderState.COMPLETED: "交易成功",
    OrderState.CLOSED: "交易关闭",
}


class ExportDesk:
    """Makes the export files of one shop at any instant."""

    def __init__(self, marketplace: Marketplace, shop_name: str) -> None:
        self._marketplace = marketplace
        self._shop_name = shop_name

    def orders(
        self,
        at: datetime,
        days: int,
        generation: Generation = Generation.OF_2022,
        *,
        as_workbook: bool = False,
    ) -> ExportFile:
        """`ExportOrderList…`: a row an order placed in the last `days` days, today included.

        `as_workbook`: somebody has saved it again as XLSX, every cell a text.
        """
        headers = ORDER_HEADERS[generation]
        rows = [self._order_row(order, at, headers) for order in self._placed(at, days)]
        name = f"ExportOrderList{_stamp(at)}"
        if as_workbook:
            return ExportFile(f"{name}.xlsx", _workbook(headers, rows))
        return ExportFile(f"{name}.csv", _csv(headers, rows))

    def items(
        self, at: datetime, days: int, generation: Generation = Generation.OF_2022
    ) -> ExportFile:
        """`ExportOrderDetailList…`: a row an item of the same orders."""
        older = generation is not Generation.OF_2022
        headers = ITEM_HEADERS[Generation.OF_2017 if older else generation]
        rows = [row for o in self._placed(at, days) for row in self._item_rows(o, at, headers)]
        if older:
            rows = [[*row, ""] for row in rows]
        return ExportFile(f"ExportOrderDetailList{_stamp(at)}.csv", _csv(headers, rows))

    def stock_out(self, at: datetime, *, as_workbook: bool = False) -> ExportFile:
        """`缺货清单…`: the goods that are missing or have just come, as the warehouse knows them.

        A text that somebody saved from a spreadsheet is UTF-8 with a mark in front.
        """
        rows = [
            [
                one.product.title,
                one.product.code,
                str(one.expected_on(at)),
                one.reason,
                one.gift,
                "是" if one.arrives_at <= at else "否",
            ]
            for one in listed(self._marketplace.shortages, at)
        ]
        name = f"缺货清单{_stamp(at)}"
        if as_workbook:
            return ExportFile(f"{name}.xlsx", _workbook(STOCK_OUT_HEADERS, rows))
        lines = [",".join(row) for row in [STOCK_OUT_HEADERS, *rows]]
        return ExportFile(f"{name}.csv", "\r\n".join([*lines, ""]).encode("utf-8-sig"))

    def _placed(self, at: datetime, days: int) -> Iterable[PlacedOrder]:
        today: date = at.astimezone(SHOP_ZONE).date()
        first = today - timedelta(days=days - 1)
        return (o for o in self._marketplace.placed_on(first, today) if o.placed_at <= at)

    def _order_row(self, order: PlacedOrder, at: datetime, headers: Sequence[str]) -> list[str]:
        state = order.state_at(at)
        paid = _until(order.paid_at, at)
        total = _yuan(order.total_fen)
        item, _ = order.items[0]
        relay_until = order.relay_until
        if relay_until is not None and order.received_at is not None and order.received_at <= at:
            relay_until = order.received_at + timedelta(days=15)
        values = {
            "订单编号": order.order_no,
            "主订单编号": order.order_no,
            "买家会员名": order.buyer.user_id,
            "买家应付货款": _yuan(order.total_fen - order.postage_fen),
            "买家应付邮费": _yuan(order.postage_fen),
            "总金额": total,
            "买家实际支付金额": total if paid else "0.00",
            "订单状态": _STATE_TEXTS[state],
            "买家留言": order.message or "null",
            "收货人姓名": order.buyer.receiver,
            "收货地址": order.buyer.address,
            "运送方式": "快递",
            "联系电话": order.buyer.phone,
            "联系手机": order.mobile,
            "虚拟号过期时间": _shown(relay_until),
            "订单创建时间": _shown(order.placed_at),
            "订单付款时间": paid,
            "宝贝标题": item.title,
            "宝贝种类": str(len(order.items)),
            "物流单号": f"No:YT{order.order_no[-13:]}" if _until(order.shipped_at, at) else "",
            "物流公司": "圆满速运" if _until(order.shipped_at, at) else "",
            "订单备注": order.memo or "null",
            "宝贝总数量": str(sum(pieces for _, pieces in order.items)),
            "店铺名称": self._shop_name,
            "订单关闭原因": order.closed_reason if state is OrderState.CLOSED else "订单未关闭",
            "卖家服务费": "0.00",
            "买家服务费": "0元",
            "是否手机订单": "手机订单",
            "修改后的收货地址": "null",
            "退款金额": "0.00",
            "确认收货时间": _until(order.received_at, at),
            "打款商家金额": f"{total if state is OrderState.COMPLETED else '0.00'}元",
            "发货时间": _until(order.shipped_at, at),
        }
        return [values.get(header.rstrip(), "") for header in headers]

    def _item_rows(
        self, order: PlacedOrder, at: datetime, headers: Sequence[str]
    ) -> Iterable[list[str]]:
        for number, (item, pieces) in enumerate(order.items, 1):
            amount = _yuan(item.price_fen * pieces)
            values = {
                "订单编号": order.order_no,
                "主订单编号": order.order_no,
                "子订单编号": f"{int(order.order_no) + number}" if number > 1 else order.order_no,
                "标题": item.title,
                "价格": _yuan(item.price_fen),
                "购买数量": str(pieces),
                "外部系统编号": item.code,
                "商品属性": item.properties,
                "备注": order.memo or "null",
                "订单状态": _STATE_TEXTS[order.state_at(at)],
                "商家编码": item.code,
                "买家应付货款": amount,
                "买家实际支付金额": amount if _until(order.paid_at, at) else "0.00",
                "退款状态": "没有申请退款",
                "退款金额": "无退款申请",
                "订单创建时间": _shown(order.placed_at),
                "订单付款时间": _until(order.paid_at, at),
            }
            yield [values.get(header, "") for header in headers]


def _stamp(at: datetime) -> str:
    return at.astimezone(SHOP_ZONE).strftime("%Y%m%d%H%M")


def _shown(at: datetime | None) -> str:
    return "" if at is None else at.astimezone(SHOP_ZONE).strftime("%Y-%m-%d %H:%M:%S")


def _until(happened: datetime | None, at: datetime) -> str:
    """Show an instant, if it has come by the time of the export."""
    return _shown(happened) if happened is not None and happened <= at else ""


def _yuan(fen: int) -> str:
    return f"{fen // 100}.{fen % 100:02d}"


def _csv(headers: Sequence[str], rows: Iterable[Sequence[str]]) -> bytes:
    """Cells as they are quoted there; a number of an order stands as `="…"`, unquoted."""
    lines = [_line(headers, [_quoted] * len(headers))]
    writers = [_numbered if name.endswith("订单编号") else _quoted for name in headers]
    for row in rows:
        surplus = [_quoted] * (len(row) - len(headers))
        lines.append(_line(row, [*writers, *surplus]))
    return "".join(lines).encode("gb18030")


def _line(cells: Sequence[str], writers: Sequence[Callable[[str], str]]) -> str:
    return ",".join(write(cell) for write, cell in zip(writers, cells, strict=True)) + "\r\n"


def _quoted(cell: str) -> str:
    return '"' + cell.replace('"', '""') + '"'


def _numbered(cell: str) -> str:
    return f'="{cell}"'


def _workbook(headers: Sequence[str], rows: Iterable[Sequence[str]]) -> bytes:
    content = io.BytesIO()
    workbook = xlsxwriter.Workbook(content, {"in_memory": True, "constant_memory": False})
    sheet = workbook.add_worksheet("Sheet1")
    for line, row in enumerate([headers, *rows]):
        for column, cell in enumerate(row):
            sheet.write_string(line, column, cell)
    workbook.close()
    return content.getvalue()
