"""The words in which each system writes the state of an order (R-IMP-3)."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

from adapters.importers.cells import BadCell
from campaigns.values import OrderState


@lru_cache(maxsize=1024)
def read_state(text: str) -> OrderState:
    """R-IMP-3. The state, whichever comma or short form it is written with; never a guess."""
    folded = _folded(text)
    state = _STATES.get(folded)
    if state is None:
        raise BadCell("不认识的订单状态" if folded else "没有订单状态")
    return state


@lru_cache(maxsize=1024)
def read_after_sale(text: str) -> bool:
    """R-IMP-3. Whether a column beside the state says that the whole order was refunded.

    Raises BadCell for anything but that and "nothing": what is under way closes no order.
    """
    folded = _folded(text)
    if folded in _REFUNDED:
        return True
    if folded in _NOT_REFUNDED:
        return False
    raise BadCell("有售后，订单状态按原样")


def _folded(text: str) -> str:
    return _NOISE.sub("", unicodedata.normalize("NFKC", text[:40]))


_NOISE = re.compile(r"[\s,|、;/]+")

_WORDS: dict[OrderState, tuple[str, ...]] = {
    OrderState.AWAITING_PAYMENT: (
        "等待买家付款 待付款 等待付款 未付款 待买家付款",
        "等待未付",  # 旺店通
        "待支付",  # 抖店
    ),
    OrderState.PAID: (
        "买家已付款等待卖家发货 买家已付款 等待卖家发货 待发货 已付款 待卖家发货",
        "部分发货",  # something is still to come
        "延时审核 前处理 预订单前处理 委外前处理 抢单前处理 二次审核 自流转待发货 预订单 待抢单 "
        "待转预订单 待选仓 待客审 待审核 待财审 待递交仓库 递交仓库中 已递交仓库 未确认 已确认 "
        "已审核",  # 旺店通
        "已付款待审核 已客审待财审 发货中 等供销商发货 等供销商外仓发货",  # 聚水潭
        "待打印 待快递单打印 待打包 待包装 待验货 待称重",  # 快麦
        "等待出库 等待发货 等待打印",  # 京东
        "已成团待发货",  # 拼多多
        "备货中",  # 抖店
    ),
    OrderState.SHIPPED: (
        "卖家已发货等待买家确认 卖家已发货 等待买家确认 已发货 待收货",
        "部分打款",  # 旺店通
        "等待确认收货 等待收货 已出库",  # 京东
        "已发货待签收 已发货待收货 待签收",  # 拼多多
    ),
    OrderState.COMPLETED: (
        "交易成功 已完成 交易完成 完成",
        "待转已完成",  # 旺店通
        "已签收 已收货",  # 拼多多: the goods are there, which is what a callback asks about
    ),
    OrderState.CLOSED: (
        "交易关闭 已关闭 已取消 取消 已退款 退货退款 退款成功 交易取消 已作废",
        "线下退款",  # 旺店通
        "(删除)等待付款 (删除)等待出库 (删除)等待确认收货 已删除",  # 京东
        "未发货退款成功 已发货退款成功 已签收退款成功 已收货退款成功 已取消退款成功",  # 拼多多
    ),
}
_STATES = {word: state for state, parts in _WORDS.items() for p in parts for word in p.split()}

_REFUNDED = frozenset(["退款成功", "已退款", "退货退款成功", "退货退款", "全部退款", "全额退款"])
_NOT_REFUNDED = frozenset(
    ["", "-", "无", "无售后或售后取消", "无售后", "售后取消", "售后关闭", "无退款", "未退款",
     "未申请退款", "取消退款", "无退款申请", "退款关闭"]
)  # fmt: skip
