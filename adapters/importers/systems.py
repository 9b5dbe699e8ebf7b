"""Which marketplace or ERP an order table is from, and what is its own about it (R-IMP-1)."""

from __future__ import annotations

from dataclasses import dataclass, field

from adapters.importers.columns import Names


@dataclass(frozen=True, slots=True)
class System:
    """One kind of sheet, told by its header.

    name          as people know it; the generation that a preview shows
    marks         sets of headers; one whole set must be there
    columns       roles that this sheet names otherwise than most tables do
    has_lines     a row for each thing bought: the order's number, state and amounts repeat
    lists_all     an export of a day lists all its orders, so that a missing one says something
    state_by_time without a column for the state, the times of payment and shipping tell it
    lacks         in Chinese, what such sheets never tell
    """

    name: str
    marks: tuple[frozenset[str], ...] = ()
    columns: Names = field(default_factory=dict)
    has_lines: bool = False
    lists_all: bool = False
    state_by_time: bool = False
    lacks: tuple[str, ...] = ()


def _marks(*sets: str) -> tuple[frozenset[str], ...]:
    return tuple(frozenset(names.split()) for names in sets)


_ONLY_MERGED = "几笔订单合并发货时，金额可能是合计的"

WANGDIAN = System(
    "旺店通",
    _marks("子单原始单号 客户网名", "子单原始单号 货品名称", "子单原始单号 货品编号"),
    {
        "order_no": ("子单原始单号", "原始单号"),
        "erp_no": ("订单编号",),
        "total": ("应收金额",),
        "paid": ("订单支付金额", "已付"),
        "line_sku": ("商家编码", "货品编号"),
    },
    has_lines=True,
    lacks=(_ONLY_MERGED,),
)
WANGDIAN_SHIPPED = System(
    "旺店通销售出库",
    _marks("原始单号 发货条件", "原始单号 原始子单号", "原始单号 客服标旗"),
    {
        "order_no": ("原始单号",),
        "erp_no": ("订单编号",),
        "user_id": ("客户网名", "网名"),
        "state": ("订单状态", "出库单状态", "状态"),
        "total": ("应收金额", "应付金额"),
        "paid": ("已付", "订单支付金额"),
        "line_quantity": ("实发数量", "货品数量", "数量", "下单数量"),
        "line_sku": ("商家编码", "货品编号"),
    },
    has_lines=True,
    state_by_time=True,
    lacks=("只列已出库的订单，看不到未付款和关闭的", _ONLY_MERGED),
)
JUSHUITAN = System(
    "聚水潭",
    _marks(
        "线上订单号 内部订单号", "线上订单号 买家id", "线上订单号 商品编码", "线上订单号 收货手机"
    ),
    {
        "order_no": ("线上订单号",),
        "user_id": ("买家帐号", "买家账号", "买家id", "买家昵称"),
        "total": ("应付金额", "订单金额"),
        "line_amount": ("销售金额",),
        "line_sku": ("商品编码", "规格编码", "商家编码", "款式编码"),
    },
    has_lines=True,
)
KUAIMAI = System(
    "快麦",
    _marks("系统订单号 平台订单号", "系统订单号 原始平台单号", "平台订单号 订单平台状态"),
    {
        "order_no": ("平台订单号", "原始平台单号"),
        "state": ("订单平台状态", "平台状态", "订单状态"),
        "line_sku": ("规格商家编码", "商家编码", "商品编码"),
    },
    has_lines=True,
)
JINGDONG = System(
    "京东",
    _marks("下单帐号 京东价", "下单账号 京东价", "下单帐号 付款确认时间"),
    {
        "order_no": ("订单号", "订单编号"),
        "total": ("订单金额",),
        "line_sku": ("货号", "商品ID"),
        "line_price": ("京东价",),
    },
    has_lines=True,
    lists_all=True,
    lacks=("没有物流单号：说不出包裹到了哪里",),
)
PINDUODUO = System(
    "拼多多",
    _marks("用户实付金额 商家实收金额", "订单成交时间 商品规格", "订单成交时间 样式ID"),
    {
        "order_no": ("订单号", "订单编号"),
        "total": ("订单应付金额",),
        "line_title": ("商品", "商品名称"),
        "line_sku": ("商家编码-规格维度", "商家编码-商品维度", "商家编码"),
    },
    has_lines=True,
    lists_all=True,
    lacks=("拍下时间用的是订单成交时间",),
)
DOUDIAN = System(
    "抖店",
    _marks("订单下单时间 订单实际收款金额", "选购商品 订单提交时间", "订单下单时间 收件人手机"),
    {
        "order_no": ("主订单编号", "订单号", "订单编号"),
        "placed_at": ("订单下单时间", "订单提交时间", "下单时间"),
        "paid_at": ("付款时间", "支付完成时间", "支付时间"),
        "total": ("订单应付金额",),
        "paid": ("订单实际收款金额", "实际支付金额"),
        "title": ("选购商品", "商品名称"),
        "line_title": ("选购商品", "商品名称"),
    },
    has_lines=True,
    lists_all=True,
    state_by_time=True,
)
GUANYI = "管易发货单"
"""The only sheet of this ERP that is known: parcels, joined to orders by 平台编号."""

SYSTEMS = (
    WANGDIAN_SHIPPED,
    WANGDIAN,
    JUSHUITAN,
    KUAIMAI,
    JINGDONG,
    PINDUODUO,
    DOUDIAN,
)
TAOBAO = System("plain", lists_all=True)
"""The marketplace that plain tables are taken to be from, and whose exports have generations."""

TABLE_WITH_LINES = System("plain", has_lines=True, lists_all=True)
"""A plain order table that names the goods' codes, so each of its rows is a thing bought."""


def lists_all(generation: str) -> bool:
    """R-IMP-3. Whether a day's export of this generation lists all orders of its system."""
    return _BY_NAME.get(generation, TAOBAO).lists_all


def source_of(generation: str) -> str | None:
    """Name the system of a generation, None for the marketplace of the plain tables."""
    return generation if generation in _BY_NAME else None


def always_lacks(generation: str) -> tuple[str, ...]:
    """Say what the sheets of this generation never tell, whatever their columns."""
    system = _BY_NAME.get(generation)
    return system.lacks if system is not None else ()


_BY_NAME = {system.name: system for system in SYSTEMS}
