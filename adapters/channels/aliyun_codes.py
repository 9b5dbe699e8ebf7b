"""What the SMS provider's codes mean to us: whether a text may be sent later, and what a person does."""

from __future__ import annotations

from datetime import timedelta

from adapters.channels.aliyun_client import Told
from adapters.channels.base import Refused, Unknown

PAUSE = timedelta(seconds=5)
"""After a throttled request that names no time of its own."""

_AMBIGUOUS = frozenset({"isp.SYSTEM_ERROR", "isp.UNKNOWN", "isp.GATEWAY_ERROR", "IS_CLOSE"})
"""The provider does not know either: the text may have gone on."""

_OPTED_OUT = {
    "isv.CUSTOMER_REFUSED": "客户已退订推广短信",
    "isv.BLACK_KEY_CONTROL_LIMIT": "号码在短信平台的免打扰名单里（退订或投诉过）",
}

_NEVER = {
    "isv.MOBILE_NUMBER_ILLEGAL": "号码不能收短信",
    "isv.DOMESTIC_NUMBER_NOT_SUPPORTED": "模板只用于境外号码",
    "isv.PARAM_LENGTH_LIMIT": "模板变量的内容太长",
    "isv.PARAM_NOT_SUPPORT_URL": "模板变量里不能有网址",
    "isv.TEMPLATE_PARAMS_ILLEGAL": "模板变量里有平台不允许的字词",
    "isv.SMS_CONTENT_ILLEGAL": "短信内容有平台禁止的字词",
    "isv.UNSUPPORTED_CONTENT": "短信内容有平台不支持的字符",
}

_LATER = {
    "isv.BUSINESS_LIMIT_CONTROL": "这个号码收到的短信已到平台的频次上限",
    "isv.DAY_LIMIT_CONTROL": "短信已到控制台设置的日发送上限，请管理员调整或次日再发",
    "isv.MONTH_LIMIT_CONTROL": "短信已到控制台设置的月发送上限，请管理员调整或下月再发",
    "isv.AMOUNT_NOT_ENOUGH": "短信账户余额不足，请管理员充值",
    "isv.OUT_OF_SERVICE": "短信账户欠费停机，请管理员充值",
    "isv.SMS_SIGNATURE_ILLEGAL": "短信签名不合法或没有审核通过，请管理员核对 WAIHU_ALIYUN_SIGN_NAME",
    "isv.SMS_SIGN_ILLEGAL": "短信签名被禁用，请管理员换用可用的签名",
    "isv.SIGN_STATE_ILLEGAL": "短信签名的状态不可用，请管理员在控制台处理",
    "isv.SMS_SIGNATURE_SCENE_ILLEGAL": "短信签名与模板的类型不一致，请管理员核对",
    "isv.SMS_TEMPLATE_ILLEGAL": "短信模板不存在或没有审核通过，请管理员核对 WAIHU_ALIYUN_TEMPLATES",
    "isv.TEMPLATE_MISSING_PARAMETERS": "短信模板要的变量与话术不一致，请管理员核对模板",
    "isv.INVALID_JSON_PARAM": "短信模板的变量与话术不一致，请管理员核对模板",
    "isv.PRODUCT_UN_SUBSCRIPT": "账号没有开通短信服务，请管理员开通",
    "isv.PRODUCT_UNSUBSCRIBE": "账号没有开通短信服务，请管理员开通",
    "isv.ACCOUNT_NOT_EXISTS": "短信账号不存在，请管理员核对密钥",
    "isv.ACCOUNT_ABNORMAL": "短信账号异常，请管理员联系平台",
    "isv.DENY_IP_RANGE": "短信平台不接受本机的网络地址，请管理员处理",
    "isp.RAM_PERMISSION_DENY": "密钥没有短信权限，请管理员授权",
    "Forbidden.RAM": "密钥没有短信权限，请管理员授权",
    "NoPermission": "密钥没有短信权限，请管理员授权",
    "SignatureDoesNotMatch": "短信密钥不对，请管理员核对 WAIHU_ALIYUN_ACCESS_KEY_SECRET",
    "InvalidAccessKeyId.NotFound": "短信密钥不存在，请管理员核对 WAIHU_ALIYUN_ACCESS_KEY_ID",
    "InvalidAccessKeyId.Inactive": "短信密钥已停用，请管理员启用",
    "InvalidTimeStamp.Expired": "本机的时钟与短信平台相差太大，请管理员校时",
}


def refusal_of(told: Told, *, is_mainland: bool = True) -> Refused | Unknown:
    """Read an answer that is not OK. The provider's own message is not shown: it may quote a number.

    On its lines abroad the provider uses the code of its do-not-disturb list for forbidden words.
    """
    code = _plain(told.code)
    if code in _AMBIGUOUS:
        return Unknown(f"短信平台出错（{code}），可能已经发出")
    if code.startswith("Throttling"):
        later = told.retry_after or PAUSE
        return Refused(code, "短信平台限流，稍后再发", is_permanent=False, retry_after=later)
    if code == "isv.BLACK_KEY_CONTROL_LIMIT" and not is_mainland:
        return Refused(code, "模板变量里有平台不允许的字词", is_permanent=True)
    if code in _OPTED_OUT:
        return Refused(code, _OPTED_OUT[code], is_permanent=True, is_opted_out=True)
    if code in _NEVER:
        return Refused(code, _NEVER[code], is_permanent=True)
    reason = _LATER.get(code, f"短信平台拒绝（{code}）")
    return Refused(code, reason, is_permanent=False, retry_after=told.retry_after)


def _plain(code: str) -> str:
    """A code as it may be stored and shown: letters, digits, and the marks the provider uses."""
    return "".join(c for c in code[:60] if c.isascii() and (c.isalnum() or c in "._-:"))
