"""The Chinese words for values. Pages, ledgers and exports take them from here and nowhere else."""

from __future__ import annotations

from collections.abc import Mapping

from campaigns.values import DayKind, Daypart, Ending, Kind, OrderState, Role, TaskState, TodoKind

DAYPART_LABELS: Mapping[Daypart, str] = {
    Daypart.MORNING: "上午",
    Daypart.AFTERNOON: "下午",
    Daypart.EVENING: "傍晚",
}

DAY_KIND_LABELS: Mapping[DayKind, str] = {
    DayKind.WORKING: "工作日",
    DayKind.DAY_OFF: "休息日",
    DayKind.UNKNOWN: "日历未公布",
}

KIND_LABELS: Mapping[Kind, str] = {Kind.DUNNING: "催款"}

ORDER_STATE_LABELS: Mapping[OrderState, str] = {
    OrderState.AWAITING_PAYMENT: "等待买家付款",
    OrderState.PAID: "买家已付款，等待卖家发货",
    OrderState.SHIPPED: "卖家已发货，等待买家确认",
    OrderState.COMPLETED: "交易成功",
    OrderState.CLOSED: "交易关闭",
}

ROLE_LABELS: Mapping[Role, str] = {
    Role.CALLER: "坐席",
    Role.LEADER: "组长",
    Role.SUPERVISOR: "主管",
    Role.ADMIN: "管理员",
}

TASK_STATE_LABELS: Mapping[TaskState, str] = {
    TaskState.WAITING: "未到时间",
    TaskState.READY: "可拨打",
    TaskState.CLAIMED: "处理中",
    TaskState.CLOSED: "已结束",
}

TODO_LABELS: Mapping[TodoKind, str] = {
    TodoKind.CLOSE_TRADE: "关闭交易",
    TodoKind.WANGWANG: "旺旺留言",
}

ENDING_LABELS: Mapping[Ending, str] = {
    Ending.PAID_UNCALLED: "已自行付款",
    Ending.PAID: "已付款",
    Ending.CLOSED_BY_MARKETPLACE: "交易关闭",
    Ending.CLOSED_BY_US: "关闭交易",
    Ending.UNREACHABLE: "联络不上",
    Ending.ATTEMPTS_USED: "次数用完",
    Ending.PROMISES_USED: "已跟进，等待付款",
    Ending.ANGRY: "客户反感，不再联系",
    Ending.OPTED_OUT: "免打扰",
    Ending.DEADLINE: "已到关闭时间",
}

AWAITING_PAYMENT_LABEL = "等待付款"
