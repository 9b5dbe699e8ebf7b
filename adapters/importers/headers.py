"""Which table a header belongs to: the names of columns as data, and the recognition (R-IMP-1)."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from adapters.importers.refusals import RefusalCode, refusal
from adapters.importers.rows import FileKind

# Role of a column -> the headers that carry it, the most telling first.
ORDER_COLUMNS: dict[str, tuple[str, ...]] = {
    "order_no": ("订单编号", "订单号", "销售订单号", "线上订单号", "平台订单号", "平台单号",
                 "主订单编号", "子单原始单号", "原始单号"),
    "user_id": ("买家会员名", "用户ID", "会员名", "会员名称", "买家账号", "买家帐号", "下单帐号",
                "下单账号", "客户网名", "旺旺", "旺旺名", "旺旺号", "买家旺旺", "买家ID", "买家",
                "买家昵称", "买家会员昵称"),
    "state": ("订单状态", "状态", "交易状态", "订单平台状态"),
    "total": ("总金额", "订单总金额", "订单金额", "应付金额", "应收金额", "订单应付金额", "金额"),
    "paid": ("买家实际支付金额", "买家实付金额", "实际支付金额", "实付金额", "实付款", "付款金额",
             "用户实付金额", "已付金额", "已付"),
    "placed_at": ("订单创建时间", "买家下单时间", "下单时间", "创建时间", "拍下时间",
                  "订单下单时间", "交易时间", "订单日期", "订单成交时间"),
    "paid_at": ("订单付款时间", "买家付款时间", "付款时间", "支付时间", "付款日期", "付款确认时间"),
    "shipped_at": ("发货时间", "卖家发货时间"),
    "received_at": ("确认收货时间", "收货时间", "订单完成时间"),
    "closed_reason": ("订单关闭原因", "关闭原因"),
    "receiver": ("收货人姓名", "收货人", "收件人姓名", "收件人", "客户姓名", "顾客姓名", "姓名"),
    "address": ("收货地址", "收件人地址", "收件地址", "详细地址", "客户地址", "地址"),
    "changed_address": ("修改后的收货地址",),
    "province": ("省", "省份", "收货省份", "收件人省份", "省市县", "收货地区"),
    "city": ("市", "城市"),
    "district": ("区", "区县", "区/县"),
    "mobile": ("联系手机", "手机", "手机号", "手机号码", "收货人手机", "收货手机", "收件人手机",
               "收件人手机号"),
    "phone": ("联系电话", "电话", "电话号码", "收件人电话", "收货人电话", "固定电话"),
    "usable_until": ("虚拟号过期时间", "虚拟号码过期时间"),
    "title": ("宝贝标题", "商品标题", "标题", "商品名称", "货品名称", "宝贝名称", "商品"),
    "item_count": ("宝贝总数量", "商品总数量", "下单数量", "商品数量", "订购数量", "数量"),
    "tracking_no": ("物流单号", "运单号", "快递单号"),
    "carrier": ("物流公司", "快递公司"),
    "buyer_message": ("买家留言",),
    "memo": ("订单备注", "商家备忘", "商家备注", "卖家备注", "客服备注", "备注"),
}  # fmt: skip

ITEM_COLUMNS: dict[str, tuple[str, ...]] = {
    "order_no": ("主订单编号", "订单编号", "订单号"),
    "sub_order_no": ("子订单编号",),
    "title": ("标题", "商品标题"),
    "price": ("价格", "商品价格"),
    "quantity": ("购买数量",),
    "sku": ("商家编码", "外部系统编号"),
    "properties": ("商品属性",),
}

DO_NOT_CONTACT_COLUMNS: dict[str, tuple[str, ...]] = {
    "user_id": ("用户ID", "买家会员名", "会员名", "会员名称", "旺旺", "旺旺名", "客户"),
    "phone": ("联系手机", "手机号", "手机号码", "手机", "电话", "联系电话", "电话号码", "号码"),
    "reason": ("原因", "谢绝原因", "免打扰原因", "拒绝原因", "退订原因", "备注"),
    "scope": ("范围", "谢绝范围", "免打扰范围", "生效范围"),
    "kind": ("业务", "业务类型", "类型", "谢绝业务"),
}

CALENDAR_COLUMNS: dict[str, tuple[str, ...]] = {
    "day": ("日期",),
    "is_working": ("类型", "上班/休息", "是否上班", "性质"),
    "name": ("名称", "节日", "节假日", "说明", "备注"),
}

_COLUMNS = {
    FileKind.ORDERS: ORDER_COLUMNS,
    FileKind.ITEMS: ITEM_COLUMNS,
    FileKind.DO_NOT_CONTACT: DO_NOT_CONTACT_COLUMNS,
    FileKind.CALENDAR: CALENDAR_COLUMNS,
}

_REQUIRED: dict[FileKind, tuple[frozenset[str], ...]] = {  # of each set, one role must be there
    FileKind.ORDERS: tuple(
        map(frozenset, ({"order_no"}, {"state"}, {"total", "paid"}, {"placed_at"}))
    ),
    FileKind.ITEMS: tuple(map(frozenset, ({"order_no"}, {"title"}, {"quantity"}))),
    FileKind.DO_NOT_CONTACT: (frozenset({"user_id", "phone"}),),
    FileKind.CALENDAR: tuple(map(frozenset, ({"day"}, {"is_working"}))),
}

_DO_NOT_CONTACT_WORDS = ("谢绝", "免打扰", "拒绝来电", "请勿联系", "退订", "不再联系")

# The newest generation first: the first whose mark is in the header names it.
_ORDER_GENERATIONS = (
    ("2025", "买家下单时间"),
    ("2022", "虚拟号过期时间"),
    ("2018", "新零售交易类型"),
    ("2017", "是否上传合同照片"),
    ("2016", "分阶段订单信息"),
)
_ITEM_GENERATIONS = (("2022", "子订单编号"), ("2017", "套餐信息"))


@dataclass(frozen=True, slots=True)
class Header:
    """A recognised first row: where each role's column is, and how many columns a row has."""

    kind: FileKind
    generation: str
    names: tuple[str, ...]
    positions: dict[str, int]

    @property
    def width(self) -> int:
        """Columns of a whole row."""
        return len(self.names)

    @property
    def columns(self) -> dict[str, str]:
        """Role of each used column and the header it was found under."""
        return {role: self.names[position] for role, position in self.positions.items()}

    def name_of(self, role: str) -> str:
        """Name a role's column as the file does, else by its usual name."""
        position = self.positions.get(role)
        return self.names[position] if position is not None else _COLUMNS[self.kind][role][0]


def read_header(cells: Sequence[str], kind: FileKind | None) -> Header:
    """R-IMP-1. What the table is, by its header alone, or by `kind` where that says it.

    Raises RefusedFile: a table nobody knows, a look-alike, a kind that contradicts the content,
    a required column that is missing or stands there twice.
    """
    names = tuple(_header_name(cell) for cell in cells)
    folded = [_folded(name) for name in names]
    found = _kind_by_header(set(folded))
    if kind is not None and found is not None and kind is not found:
        raise refusal(RefusalCode.KIND_MISMATCH, chosen=kind.value, found=found.value)
    if kind is None and found is None:
        raise _unrecognised(folded, names)
    kind = kind or found
    assert kind is not None
    positions = _positions(folded, _COLUMNS[kind])
    missing = [
        " / ".join(_COLUMNS[kind][role][0] for role in sorted(roles, reverse=True))
        for roles in _REQUIRED[kind]
        if roles.isdisjoint(positions)
    ]
    if missing:
        raise refusal(RefusalCode.MISSING_COLUMN, detail="、".join(missing))
    return Header(kind, _generation(kind, set(folded)), names, positions)


def _header_name(cell: str) -> str:
    return cell.strip().strip("\ufeff\u200b\"'‘’“”=\u00a0 \t")


def _folded(name: str) -> str:
    """One spelling: no blanks, half-width, without a unit or （必填） behind the name."""
    folded = unicodedata.normalize("NFKC", name[:100]).casefold()
    folded = re.sub(r"[\s\u200b\ufeff]+", "", folded)
    return re.sub(r"\((?:必填|元|件)\)$", "", folded)


def _fold_all(columns: dict[str, tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
    return {role: tuple(map(_folded, names)) for role, names in columns.items()}


_FOLDED_COLUMNS = {kind: _fold_all(columns) for kind, columns in _COLUMNS.items()}


def _kind_by_header(folded: set[str]) -> FileKind | None:
    orders = _roles(folded, FileKind.ORDERS)
    if "order_no" in orders:
        if "total" not in orders and {"title", "quantity"} <= _roles(folded, FileKind.ITEMS):
            return FileKind.ITEMS
        if not orders.isdisjoint({"state", "total", "placed_at"}):
            return FileKind.ORDERS
    names = _roles(folded, FileKind.DO_NOT_CONTACT)
    if not names.isdisjoint({"user_id", "phone"}):
        is_said = any(word in name for name in folded for word in _DO_NOT_CONTACT_WORDS)
        return FileKind.DO_NOT_CONTACT if is_said or {"reason", "scope"} <= names else None
    is_calendar = {"day", "is_working"} <= _roles(folded, FileKind.CALENDAR)
    return FileKind.CALENDAR if is_calendar else None


def _roles(folded: set[str], kind: FileKind) -> set[str]:
    """Roles of a kind for which there is a column."""
    columns = _FOLDED_COLUMNS[kind]
    return {role for role, names in columns.items() if not folded.isdisjoint(names)}


def _unrecognised(folded: list[str], names: tuple[str, ...]) -> Exception:
    look_alike = _roles(set(folded), FileKind.DO_NOT_CONTACT)
    if not look_alike.isdisjoint({"user_id", "phone"}):
        return refusal(RefusalCode.KIND_NEEDED)
    shown = "、".join(name[:20] for name in names[:6] if name) or "（空）"
    return refusal(RefusalCode.UNKNOWN_TABLE, detail=shown)


def _positions(folded: list[str], columns: dict[str, tuple[str, ...]]) -> dict[str, int]:
    positions: dict[str, int] = {}
    for role, names in columns.items():
        for name in map(_folded, names):
            if folded.count(name) > 1:
                raise refusal(RefusalCode.DUPLICATE_HEADER, detail=name)
            if name in folded and folded.index(name) not in positions.values():
                positions[role] = folded.index(name)
                break
    return positions


def _generation(kind: FileKind, folded: set[str]) -> str:
    marks = {FileKind.ORDERS: _ORDER_GENERATIONS, FileKind.ITEMS: _ITEM_GENERATIONS}
    for generation, mark in marks.get(kind, ()):
        if _folded(mark) in folded:
            return generation
    return "plain"
