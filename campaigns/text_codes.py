"""What a line's code for a text that failed means, in words for people (R-MSG-2).

A refusal comes with its words from the line itself; a receipt brings the bare code. What is not
listed is named as what it is: a reason of the provider's own.
"""

from __future__ import annotations

from collections.abc import Mapping

CODE_LABELS: Mapping[str, str] = {
    # Our own: what a person found, and a receipt that gives no reason.
    "not_sent": "查到没有发出",
    "unknown": "线路没有说原因",
    "failed": "线路没有说原因",
    "undelivered": "没有送到，线路没有说原因",
    "canceled": "线路取消了发送",
    # Twilio
    "21610": "客户已退订短信",
    "30001": "线路一时太忙，没有发出",
    "30002": "线路账号停用，请管理员处理",
    "30003": "手机关机、停机或没有信号",
    "30004": "被客户或运营商屏蔽",
    "30005": "号码不存在或已停用",
    "30006": "固定电话，收不了短信",
    "30007": "运营商当作垃圾短信拦下",
    "30008": "运营商没有送到，没有说原因",
    "30034": "发送号码没有登记，请管理员处理",
    # Aliyun, and the operators' codes that it hands on
    "UNDELIV": "没有送到，多半是停机、关机或空号",
    "EXPIRED": "手机长时间收不到，已过期",
    "REJECTD": "运营商拒收这条短信",
    "REJECT": "运营商拒收这条短信",
    "USER_REJECT": "客户已退订短信",
    "BLACK_KEY": "内容有运营商禁止的字词",
    "NO_ROUTE": "运营商没有送达的通路",
    "PARAMS_ILLEGAL": "短信的参数不对，请管理员核对",
    "INVALID_NUMBER": "号码不能用",
    "CONTENT_KEYWORD": "内容有运营商禁止的字词",
    "CONTENT_ERROR": "短信的内容不合要求",
    "TEMPLATE_BLACKLIST": "短信模板被禁用，请管理员处理",
    "SIGNATURE_BLACKLIST": "短信签名被禁用，请管理员处理",
    "MOBILE_NOT_ON_SERVICE": "号码停机或不存在",
    "MOBILE_ACCOUNT_ABNORMAL": "客户的号码状态不正常",
    "MOBILE_SEND_LIMIT": "这个号码今天收到的短信太多",
    "MOBILE_IN_BLACK": "号码在运营商的黑名单里",
    "MOBLIE_TERMINAL_ERROR": "客户的手机收不了",
    "SP_UNKNOWN_ERROR": "线路没有说原因",
}

FAMILY_LABELS: Mapping[str, str] = {
    "MK:": "空号、停机、关机或没有信号",
    "MN:": "空号、停机、关机或没有信号",
    "MI:": "空号、停机、关机或没有信号",
    "LT:": "空号、停机、关机或没有信号",
    "MA:": "运营商拦下了这条短信",
    "ID:": "运营商拦下了这条短信",
}
"""Codes that an operator's switches make, by how they begin."""

OTHER_REASON = "线路给的其他原因"


def words_of_code(code: str, reason: str | None = None) -> str:
    """R-MSG-2. What a person reads for a line's code; the code itself stands small beside it.

    `reason`: what is kept with the text. It may be older than the code (a request without an answer,
    then a receipt), so it speaks only for a code that is not known here.
    """
    return CODE_LABELS.get(code) or FAMILY_LABELS.get(code[:3]) or reason or OTHER_REASON
