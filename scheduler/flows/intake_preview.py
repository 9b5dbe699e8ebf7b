"""What a person reads before a file is taken: readable cells, and what it lacks (R-IMP-1)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from adapters.importers.registers import SOURCES
from adapters.importers.rows import (
    CalendarRow,
    DoNotContactRow,
    FileKind,
    ItemRow,
    OrderRow,
    Recognised,
    RegisterRow,
    Row,
    ShipmentRow,
    StockOutRow,
)
from adapters.importers.systems import always_lacks
from campaigns.labels_zh import KIND_LABELS, ORDER_STATE_LABELS
from campaigns.values import SHOP_ZONE, Scope, Source

Cells = dict[str, str]
"""Column title and text."""

_NO_PHONE = "没有电话一列：新客户将没有可拨打的号码"
_LACKS: Mapping[tuple[str, ...], str] = {
    ("user_id",): "没有买家会员名一列：每笔订单各算一位客户",
    ("mobile", "phone"): _NO_PHONE,
    ("address", "province"): "没有收货地址一列：地区只能按电话号码判断",
    ("paid_at",): "没有付款时间一列：以首次看到已付款的导出时间为付款时间",
    ("total",): "没有总金额一列：以实际支付金额为准",
    ("title",): "没有宝贝标题一列：通话时看不到买了什么",
    ("shipped_at",): "没有发货时间一列：以首次看到已发货的导出时间为发货时间",
    ("received_at",): "没有确认收货时间一列：以首次看到交易成功的导出时间为签收时间",
    ("state",): "没有订单状态一列：按发货、付款时间判断，看不到退款和关闭",
}
_LACKS_OF_REGISTERS: Mapping[tuple[str, ...], str] = {
    ("user_id",): "没有用户ID一列：按订单编号找客户，订单没有导入过的行不收",
    ("order_no",): "没有订单编号一列：抽查时看不到是哪笔订单",
    ("handler",): "没有处理人一列：这些客户在抽查里不分处理人",
    ("mobile", "phone"): _NO_PHONE,
}
_TIMES_OF_EXPORTS = (FileKind.ORDERS, FileKind.ITEMS, FileKind.SHIPMENTS, FileKind.STOCK_OUT)


def lacking(recognised: Recognised, now: datetime) -> tuple[str, ...]:
    """Say what a file of orders or a register does not tell, and what follows from it."""
    missing: list[str] = []
    if recognised.data_time is None and recognised.kind in _TIMES_OF_EXPORTS:
        missing.append("文件名里没有导出时间：按导入的时间算")
    if recognised.data_time is not None and recognised.data_time > now:
        missing.append("文件名里的导出时间还没有到：请核对是不是拿错了文件；收下会按现在的时间算")
    if recognised.kind is FileKind.ORDERS:
        found = recognised.columns.keys()
        missing += [text for roles, text in _LACKS.items() if found.isdisjoint(roles)]
        missing += always_lacks(recognised.generation)
    if recognised.kind in SOURCES:
        found = recognised.columns.keys()
        is_vip = recognised.kind is FileKind.VIP
        asked = {("mobile", "phone"): _NO_PHONE} if is_vip else _LACKS_OF_REGISTERS
        missing += [text for roles, text in asked.items() if found.isdisjoint(roles)]
    return tuple(missing)


def readable(row: Row) -> Cells:
    """Write a row as people read it; numbers are masked (R-PII-1)."""
    match row:
        case OrderRow():
            cells = _order_cells(row)
        case ItemRow():
            cells = _item_cells(row)
        case ShipmentRow():
            cells = _shipment_cells(row)
        case StockOutRow():
            cells = _stock_out_cells(row)
        case DoNotContactRow():
            cells = _do_not_contact_cells(row)
        case CalendarRow():
            cells = _calendar_cells(row)
        case RegisterRow():
            cells = _register_cells(row)
    return cells


def _order_cells(row: OrderRow) -> Cells:
    return {
        "订单编号": row.order_no,
        "用户ID": row.user_id or "",
        "订单状态": ORDER_STATE_LABELS[row.state],
        "总金额": _yuan(row.total_fen),
        "实付金额": _yuan(row.paid_fen),
        "拍下时间": _local(row.placed_at),
        "付款时间": "" if row.paid_at is None else _local(row.paid_at),
        "电话": "、".join(cell.number.masked for cell in row.phones),
        "地区": row.region or "",
        "宝贝标题": (row.item.title if row.item is not None else row.title) or "",
    }


def _item_cells(row: ItemRow) -> Cells:
    return {
        "订单编号": row.order_no,
        "宝贝标题": row.title,
        "价格": "" if row.price_fen is None else _yuan(row.price_fen),
        "数量": str(row.quantity),
        "商品属性": row.properties or "",
    }


def _shipment_cells(row: ShipmentRow) -> Cells:
    return {
        "订单编号": row.order_no,
        "发货时间": "" if row.shipped_at is None else _local(row.shipped_at),
        "物流公司": row.carrier or "",
        "物流单号": row.tracking_no or "",
        "商品": row.item.title if row.item is not None else "",
    }


def _stock_out_cells(row: StockOutRow) -> Cells:
    return {
        "商品": row.goods or "",
        "编码": row.code or "",
        "预计到货日期": row.expected_on.isoformat(),
        "缺货原因": row.reason or "",
        "赠品": row.gift or "",
        "已到货": "是" if row.is_arrived else "否",
    }


def _do_not_contact_cells(row: DoNotContactRow) -> Cells:
    return {
        "范围": "客户" if row.scope is Scope.CUSTOMER else "号码",
        "用户ID": row.user_id or "",
        "电话": row.phone.masked if row.phone is not None else "",
        "业务": KIND_LABELS[row.kind] if row.kind is not None else "全部",
        "原因": row.reason,
    }


def _calendar_cells(row: CalendarRow) -> Cells:
    return {
        "日期": row.day.isoformat(),
        "类型": "上班" if row.is_working else "休息",
        "名称": row.name,
    }


def _register_cells(row: RegisterRow) -> Cells:
    cells = {
        "用户ID": row.user_id or "",
        "订单编号": row.order_no or "",
        "登记日期": "" if row.entered_on is None else row.entered_on.isoformat(),
        "处理人": row.handler,
        "内容": row.detail or "",
        "电话": "、".join(number.masked for number in row.phones),
    }
    told = ("用户ID", "电话") if row.source is Source.VIP else tuple(cells)
    return {name: cells[name] for name in told}


def _yuan(fen: int) -> str:
    return f"{fen // 100}.{fen % 100:02d}"


def _local(instant: datetime) -> str:
    return f"{instant.astimezone(SHOP_ZONE):%Y-%m-%d %H:%M:%S}"
