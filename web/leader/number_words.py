"""What each of the shop's numbers is called, in which unit it counts, and which rule it belongs to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from campaigns.labels_zh import DAYPART_LABELS
from campaigns.values import Daypart, Kind
from web.language import say
from web.leader.blueprint import leader

GROUPS: Mapping[str, str] = {
    "hours": "时段与地区",
    "often": "频次",
    "dunning": "催款",
    "callback": "回访",
    "stock_out": "缺货",
    "sampling": "回访抽查",
    "lines": "线路与短信",
    "claim": "领取与跳过",
}

LABELS: Mapping[str, str] = {
    "calls_from": "从几点开始拨打",
    "calls_until": "到几点为止",
    "slot_gap_hours": "同一任务两次拨打至少隔",
    "attempt_gap_minutes": "同一客户两次拨打至少隔",
    "attempts_per_day": "每天最多拨打",
    "reached_per_day": "每天最多接通",
    "attempts_per_24_hours": "任何 24 小时最多拨打",
    "attempts_per_30_days": "任何 30 天最多拨打",
    "other_campaign_gap_hours": "不同业务之间至少隔",
    "survey_contacts": "一段时间内最多回访成功",
    "survey_window_days": "这段时间有多长",
    "redial_minutes": "断线后可以重拨的时间",
    "relay_days_after_completion": "虚拟号在交易成功后可用",
    "plan_at": "每天几点做计划",
    "marketplace_closes_hours": "平台自动关闭未付款订单",
    "payment_look_hours": "付款数据超过这么久，要先看后台",
    "payment_stale_hours": "付款数据超过这么久，不再催",
    "attempts_per_task.dunning": "一个催款任务最多拨打",
    "message_after_failures": "几次没联系上后写旺旺留言",
    "worth_base_yuan": "排序：金额的基数",
    "worth_hours_per_doubling": "排序：金额每翻一倍提前",
    "signed_from_days": "已签收：从第几天起回访",
    "signed_to_days": "已签收：到第几天为止",
    "unsigned_from_days": "未签收：发货后第几天起回访",
    "unsigned_to_days": "未签收：到第几天为止",
    "ship_within_hours": "排序：付款后多久内该发货",
    "attempts_per_task.callback": "一个回访任务最多拨打",
    "case_answer_hours": "登记的售后问题要在多久内答复",
    "attempts_per_task.stock_out": "一个缺货通知最多拨打",
    "scored_share_percent": "抽到的客户预计有多少能评分",
    "attempts_per_task.sampling": "一个抽查任务最多拨打",
    "reply_hours": "抽查留言后等多久没回复算联络不上",
    "sms_per_day": "一位客户每天最多收短信",
    "sms_per_minute": "群发短信每分钟最多",
    "sms_segment_fen": "一条短信的价钱",
    "ring_seconds": "客户的电话最多响",
    "settle_minutes": "线路没有确认时核对多久",
    "records_calls": "通话录音（1 录，0 不录）",
    "lease_minutes": "领到后多久不拨就收回",
    "outcome_missing_minutes": "拨出后多久没填结果算漏填",
    "skip_minutes": "跳过的客户多久后回到队列",
}

UNITS: Mapping[str, str] = {
    "hours": "小时",
    "minutes": "分钟",
    "days": "天",
    "times": "次",
    "yuan": "元",
    "fen": "分钱",
    "seconds": "秒",
    "switch": "",
    "percent": "%",
    "clock": "时刻",
}

REGION_LABELS: Mapping[str, str] = {"region_shifts": "晚开", "region_dayparts": "首拨时段"}


@dataclass(frozen=True, slots=True)
class Field:
    """One number of the form. `unit` is a key of UNITS; `clock` is a time of day."""

    name: str
    unit: str
    rules: tuple[str, ...]

    @property
    def label(self) -> str:
        """What it is called, in the reader's language."""
        return say(LABELS[self.name])

    @property
    def unit_label(self) -> str:
        """What it counts, in the reader's language; a time of day needs no word."""
        return "" if self.unit == "clock" else say(UNITS[self.unit])


FIELDS_OF: Mapping[str, tuple[Field, ...]] = {
    "hours": (
        Field("calls_from", "clock", ("R-HOURS-1", "R-HOURS-2")),
        Field("calls_until", "clock", ("R-HOURS-1", "R-HOURS-2")),
        Field("slot_gap_hours", "hours", ("R-SLOT-1",)),
        Field("plan_at", "clock", ("R-DUN-1",)),
    ),
    "often": (
        Field("attempt_gap_minutes", "minutes", ("R-REPEAT-3",)),
        Field("attempts_per_day", "times", ("R-REPEAT-3",)),
        Field("reached_per_day", "times", ("R-REPEAT-3",)),
        Field("attempts_per_24_hours", "times", ("R-REPEAT-3",)),
        Field("attempts_per_30_days", "times", ("R-REPEAT-3",)),
        Field("other_campaign_gap_hours", "hours", ("R-REPEAT-2",)),
        Field("survey_contacts", "times", ("R-REPEAT-1",)),
        Field("survey_window_days", "days", ("R-REPEAT-1",)),
        Field("redial_minutes", "minutes", ("R-REPEAT-5",)),
        Field("relay_days_after_completion", "days", ("R-PHONE-2",)),
    ),
    "dunning": (
        Field("marketplace_closes_hours", "hours", ("R-DUN-3",)),
        Field("payment_look_hours", "hours", ("R-DUN-4",)),
        Field("payment_stale_hours", "hours", ("R-DUN-4",)),
        Field(f"attempts_per_task.{Kind.DUNNING}", "times", ("R-REPEAT-4",)),
        Field("message_after_failures", "times", ("R-MSG-1",)),
        Field("worth_base_yuan", "yuan", ("R-DUN-5",)),
        Field("worth_hours_per_doubling", "hours", ("R-DUN-5",)),
    ),
    "callback": (
        Field("signed_from_days", "days", ("R-CB-2",)),
        Field("signed_to_days", "days", ("R-CB-2",)),
        Field("unsigned_from_days", "days", ("R-CB-2",)),
        Field("unsigned_to_days", "days", ("R-CB-2",)),
        Field(f"attempts_per_task.{Kind.CALLBACK}", "times", ("R-REPEAT-4",)),
        Field("case_answer_hours", "hours", ("R-CPL-2",)),
    ),
    "stock_out": (
        Field(f"attempts_per_task.{Kind.STOCK_OUT}", "times", ("R-REPEAT-4",)),
        Field("ship_within_hours", "hours", ("R-OOS-1",)),
    ),
    "sampling": (
        Field("scored_share_percent", "percent", ("R-SMP-2",)),
        Field(f"attempts_per_task.{Kind.SAMPLING}", "times", ("R-REPEAT-4",)),
        Field("reply_hours", "hours", ("R-SMP-6",)),
    ),
    "lines": (
        Field("ring_seconds", "seconds", ("R-SLOT-1",)),
        Field("settle_minutes", "minutes", ("R-REPEAT-2",)),
        Field("records_calls", "switch", ("R-SMP-12",)),
        Field("sms_per_day", "times", ("R-REPEAT-3",)),
        Field("sms_per_minute", "times", ("R-MSG-2",)),
        Field("sms_segment_fen", "fen", ("R-MSG-2",)),
    ),
    "claim": (
        Field("lease_minutes", "minutes", ("R-CLAIM-1",)),
        Field("outcome_missing_minutes", "minutes", ("R-CLAIM-1",)),
        Field("skip_minutes", "minutes", ("R-CLAIM-1",)),
    ),
}

_FIELDS: Mapping[str, Field] = {f.name: f for fields in FIELDS_OF.values() for f in fields}


@leader.app_template_global()
def number_label(name: str) -> str:
    """What a number of the history is called; a region's own is named with the region."""
    if name in _FIELDS:
        return _FIELDS[name].label
    group, _, region = name.partition(".")
    return f"{region} {say(REGION_LABELS[group])}" if group in REGION_LABELS else name


@leader.app_template_global()
def number_text(name: str, value: str | int | None) -> str:
    """One number with its unit; None is what a region has that has nothing of its own."""
    if value is None:
        return "—"
    if name.startswith("region_dayparts."):
        return say(DAYPART_LABELS[Daypart(str(value))])
    unit = say(UNITS["hours"]) if name.startswith("region_shifts.") else ""
    unit = _FIELDS[name].unit_label if name in _FIELDS else unit
    return f"{value} {unit}".strip()
