"""The Chinese words for values. Pages, ledgers and exports take them from here and nowhere else."""

from __future__ import annotations

from collections.abc import Mapping

from campaigns.lines import CallbackFault, Cause
from campaigns.values import (
    ENGINE,
    BlastState,
    CampaignState,
    CaseKind,
    CaseState,
    DayKind,
    Daypart,
    Effect,
    Ending,
    Kind,
    LineCallState,
    LineName,
    OrderState,
    Promise,
    Role,
    SampleState,
    ScoreOrigin,
    SmsState,
    Source,
    TaskState,
    TodoKind,
    Topic,
    Verdict,
)

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

KIND_LABELS: Mapping[Kind, str] = {
    Kind.DUNNING: "催款",
    Kind.CALLBACK: "回访",
    Kind.STOCK_OUT: "缺货通知",
    Kind.SAMPLING: "回访抽查",
}

LINE_LABELS: Mapping[LineName, str] = {
    LineName.MANUAL: "手工拨打",
    LineName.TWILIO: "Twilio",
    LineName.ASTERISK: "自有交换机（Asterisk）",
    LineName.ALIYUN: "阿里云短信",
}

SETTER_LABELS: dict[str, str] = {
    "training": "培训店自带",
    "cli": "命令行",
    "init": "建店时",
    ENGINE: "系统",
}
"""Who did something, where it was no person."""

SMS_STATE_LABELS: Mapping[SmsState, str] = {
    SmsState.QUEUED: "待发",
    SmsState.SENDING: "正在发",
    SmsState.SENT: "已发出",
    SmsState.DELIVERED: "已送达",
    SmsState.FAILED: "没发成",
    SmsState.UNKNOWN: "不确定",
    SmsState.WITHDRAWN: "已撤回",
}

BLAST_STATE_LABELS: Mapping[BlastState, str] = {
    BlastState.DRAFT: "待批准",
    BlastState.APPROVED: "已批准",
    BlastState.SENDING: "正在发送",
    BlastState.PAUSED: "已暂停",
    BlastState.STOPPED: "已停止",
    BlastState.DONE: "已发完",
}

LINE_CALL_LABELS: Mapping[LineCallState, str] = {
    LineCallState.SUBMITTING: "正在请求",
    LineCallState.PLACED: "已接通线路",
    LineCallState.UNKNOWN: "未确认，核对中",
    LineCallState.NOT_SENT: "没有拨出",
    LineCallState.REFUSED: "线路拒绝",
    LineCallState.STOPPED: "客户没有被拨打",
    LineCallState.ENDED: "已结束",
    LineCallState.UNCONFIRMED: "没有确认",
}

CAUSE_LABELS: Mapping[Cause, str] = {
    Cause.UNKNOWN: "原因不明",
    Cause.FAILED: "没有接通",
    Cause.CANCELLED: "没等到接听就取消了",
    Cause.UNREACHABLE: "不在服务区",
    Cause.NO_ANSWER: "无人接听",
    Cause.BUSY: "占线",
    Cause.REJECTED: "拒接",
    Cause.SWITCHED_OFF: "关机",
    Cause.NO_SUCH_NUMBER: "停机或空号",
    Cause.TALKED: "通过话",
}
"""What became of the customer's leg."""

CALLBACK_FAULT_LABELS: Mapping[CallbackFault, str] = {
    CallbackFault.FORGED: "签名不对",
    CallbackFault.OTHER_CALL: "对不上电话",
    CallbackFault.OTHER_TEXT: "对不上短信",
    CallbackFault.NO_LINE: "没有设置这条线路",
    CallbackFault.MEDIA_TYPE: "格式不对",
    CallbackFault.SIZE: "内容太大",
}

TOPIC_LABELS: Mapping[Topic, str] = {
    Topic.NONE: "",
    Topic.RECEIVED: "已签收",
    Topic.NOT_RECEIVED: "未签收",
}

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
    TodoKind.PROMISE: "兑现承诺",
    TodoKind.CHASE_PARCEL: "催件并回复",
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
    Ending.LAPSED: "已过期限",
    Ending.OVERTAKEN: "情况已变，无需再打",
    Ending.ANSWERED: "已回访",
    Ending.DECLINED: "客户没空，不再打扰",
    Ending.AGREED: "同意等货",
    Ending.REFUSED: "不同意，转售后",
    Ending.RELAYED: "已请人转告",
    Ending.SCORED: "已评分",
    Ending.SCORED_BY_RULE: "拒评或挂断，按规定记 3 分",
    Ending.UNSCORED: "谈了，没有评分",
    Ending.REJECTED: "拒接",
    Ending.UNFINISHED: "未完成",
    Ending.CONTROL: "对照组，不拨打",
}

OPEN_LABELS: Mapping[Kind, str] = {
    Kind.DUNNING: "等待付款",
    Kind.CALLBACK: "待回访",
    Kind.STOCK_OUT: "待通知",
    Kind.SAMPLING: "待抽查",
}
"""联络结果 while a task is open."""

AWAITING_PAYMENT_LABEL = OPEN_LABELS[Kind.DUNNING]

PROMISE_LABELS: Mapping[Promise, str] = {
    Promise.SHIP_TOGETHER: "到货一起发",
    Promise.FIRST_PLACE: "到货优先发",
    Promise.GIFT: "随货送赠品",
}

CASE_KIND_LABELS: Mapping[CaseKind, str] = {
    CaseKind.PRODUCT: "产品质量",
    CaseKind.USE: "使用问题",
    CaseKind.PARCEL: "快递问题",
    CaseKind.REFUND: "退款",
    CaseKind.EXCHANGE: "换货",
    CaseKind.RETURN: "退货",
    CaseKind.SERVICE: "服务态度",
    CaseKind.OTHER: "其他",
}

CASE_STATE_LABELS: Mapping[CaseState, str] = {
    CaseState.OPEN: "待处理",
    CaseState.IN_PROGRESS: "处理中",
    CaseState.WAITING: "等待客户或快递",
    CaseState.SOLVED: "已解决",
    CaseState.CLOSED: "已关闭",
}

EFFECT_LABELS: Mapping[Effect, str] = {
    Effect.GOOD: "效果好",
    Effect.FAIR: "一般",
    Effect.NONE: "没效果",
    Effect.BAD: "有问题",
}

SOURCE_LABELS: Mapping[Source, str] = {
    Source.AFTER_SALES: "售后登记",
    Source.PARCELS: "快递件登记",
    Source.REVIEWS: "评价收集",
    Source.VIP: "VIP 客户",
}

SAMPLE_STATE_LABELS: Mapping[SampleState, str] = {
    SampleState.DRAWN: "已抽样，待提交",
    SampleState.SUBMITTED: "已提交，待批准",
    SampleState.APPROVED: "已批准",
    SampleState.REPLACED: "已重抽",
}

SCORE_LABELS: Mapping[int, str] = {
    5: "很满意",
    4: "满意",
    3: "一般",
    2: "不满意",
    1: "很不满意",
}
"""R-SMP-4."""

SCORE_ORIGIN_LABELS: Mapping[ScoreOrigin, str] = {
    ScoreOrigin.CUSTOMER: "客户评分",
    ScoreOrigin.KEYPAD: "按键评分",
    ScoreOrigin.RULE: "按规定记分",
    ScoreOrigin.REVIEW: "复核更正",
}

VERDICT_LABELS: Mapping[Verdict, str] = {
    Verdict.AGREED: "同意",
    Verdict.CORRECTED: "更正",
}

CAMPAIGN_STATE_LABELS: Mapping[CampaignState, str] = {
    CampaignState.DRAFT: "草稿",
    CampaignState.SUBMITTED: "待批准",
    CampaignState.RUNNING: "进行中",
    CampaignState.PAUSED: "已暂停",
    CampaignState.STOPPED: "已停止",
}
