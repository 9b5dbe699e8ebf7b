"""The tables of the supervisor's panel: columns, rows that know their cells, and what each counts.

Page, file and command line lay out the same rows (experience.md C3), so they cannot disagree.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from campaigns.kinds.dunning_ledger import Totals
from campaigns.ledger import TOTAL_LABEL, Cell, Column, ColumnKind, LedgerForm

FEW = 20
"""Calls below which a contact rate says too little to be compared."""

CONTACT_DAYS = 90
"""How many days the contact rate looks back."""

WEEKDAYS = ("周一", "周二", "周三", "周四", "周五", "周六", "周日")


class Step(StrEnum):
    """The steps from a plan to a payment."""

    PLANNED = "planned"
    DUE = "due"
    ATTEMPTED = "attempted"
    REACHED = "reached"
    PROMISED = "promised"
    PAID = "paid"


STEP_LABELS: Mapping[Step, str] = {
    Step.PLANNED: "计划内",
    Step.DUE: "已到时间",
    Step.ATTEMPTED: "已拨打",
    Step.REACHED: "已接通",
    Step.PROMISED: "已答应",
    Step.PAID: "已付款",
}

STEP_MEANINGS: Mapping[Step, str] = {
    Step.PLANNED: "今天可以打的任务：现在未结束的，加上今天结束的；对照组不算",
    Step.DUE: "计划内、今天已经轮到的：现在可拨打或在坐席手上的，加上今天已拨打的",
    Step.ATTEMPTED: "今天拨打过的任务；同一任务打几次也算一个",
    Step.REACHED: "今天接通过的任务，接电话的可以是本人或别人",
    Step.PROMISED: "今天答应付款、说已付款或愿意转告的任务",
    Step.PAID: "今天拨打过的催款任务里，第一次拨打以后付了款的；没接通的也可能自己付",
}


@dataclass(frozen=True, slots=True)
class StepRow:
    """One step of today's funnel: how many tasks came so far; `of` is the step before."""

    step: Step
    count: int
    of: int | None

    @property
    def share(self) -> float | None:
        """The part of the step before that came so far; None where nobody stood there."""
        return self.count / self.of if self.of else None

    def cells(self) -> tuple[Cell, ...]:
        """In the order of FUNNEL_FORM."""
        return STEP_LABELS[self.step], self.count, self.share, STEP_MEANINGS[self.step]


FUNNEL_FORM = LedgerForm(
    "funnel",
    "今日进度",
    (
        Column("环节", ColumnKind.TEXT, 12),
        Column("任务", ColumnKind.COUNT, 10),
        Column("占上一步", ColumnKind.RATIO, 12),
        Column("怎么算", ColumnKind.TEXT, 60),
    ),
)

_MONEY = (
    Column("催款数", ColumnKind.COUNT, 10),
    Column("回单数", ColumnKind.COUNT, 10),
    Column("未付款总金额", ColumnKind.MONEY, 16),
    Column("追回金额", ColumnKind.MONEY, 16),
    Column("成功率", ColumnKind.RATIO, 10),
)

CAMPAIGN_FORM = LedgerForm(
    "by-campaign", "各活动追款", (Column("活动", ColumnKind.TEXT, 20), *_MONEY)
)
DAY_FORM = LedgerForm("by-day", "每日追款", (Column("催款日期", ColumnKind.DATE, 12), *_MONEY))
CALLER_FORM = LedgerForm(
    "by-caller", "各坐席追款", (Column("处理人员", ColumnKind.TEXT, 12), *_MONEY)
)

MONEY_MEANING = (
    "按第一次拨打的日子和坐席记（R-DUN-8）。未付款总金额是第一次拨打时的欠款，追回金额是拨打以后付的，"
    "成功率 = 追回金额 ÷ 未付款总金额；拨打以前就付款的不算"
)


@dataclass(frozen=True, slots=True)
class MoneyRow:
    """R-DUN-8. The sums under one head: a campaign, a day or a handler, with its number if any."""

    head: str | date
    key: int | None
    totals: Totals

    def cells(self) -> tuple[Cell, ...]:
        """In the order of CAMPAIGN_FORM, DAY_FORM and CALLER_FORM."""
        return (self.head, *money_cells(self.totals))


def money_cells(totals: Totals) -> tuple[Cell, ...]:
    """The columns that the three tables of money share."""
    return (
        totals.customers,
        totals.paid_customers,
        totals.owed_fen,
        totals.recovered_fen,
        totals.success_rate,
    )


def sum_of(rows: Iterable[MoneyRow]) -> Totals:
    """The sums of several rows."""
    listed = [row.totals for row in rows]
    return Totals(
        sum(one.customers for one in listed),
        sum(one.paid_customers for one in listed),
        sum(one.owed_fen for one in listed),
        sum(one.recovered_fen for one in listed),
    )


def total_cells(rows: Iterable[MoneyRow]) -> tuple[Cell, ...]:
    """The 合计 row of a table of money."""
    return (TOTAL_LABEL, *money_cells(sum_of(rows)))


@dataclass(frozen=True, slots=True)
class ContactCell:
    """Calls of one weekday and hour: how many, and how many got through."""

    weekday: int
    hour: int
    attempts: int
    reached: int

    @property
    def rate(self) -> float | None:
        """The contact rate; None without a call."""
        return self.reached / self.attempts if self.attempts else None

    @property
    def is_few(self) -> bool:
        """Whether there are too few calls to go by."""
        return self.attempts < FEW

    @property
    def heat(self) -> int:
        """How strongly the cell is coloured, 1 to 5: a step for each fifth."""
        return min(int((self.rate or 0.0) * 5) + 1, 5)

    def cells(self) -> tuple[Cell, ...]:
        """In the order of CONTACT_FORM."""
        few = "是" if self.is_few else ""
        hours = f"{self.hour:02d}:00"
        return WEEKDAYS[self.weekday], hours, self.attempts, self.reached, self.rate, few


CONTACT_FORM = LedgerForm(
    "contact",
    "分时接通率",
    (
        Column("星期", ColumnKind.TEXT, 8),
        Column("几点", ColumnKind.TEXT, 8),
        Column("拨打", ColumnKind.COUNT, 10),
        Column("接通", ColumnKind.COUNT, 10),
        Column("接通率", ColumnKind.RATIO, 10),
        Column(f"少于 {FEW} 通", ColumnKind.TEXT, 12),
    ),
)

CONTACT_MEANING = (
    f"最近 {CONTACT_DAYS} 天填了结果的电话，按拨打的钟点和星期算；断线重拨、一通电话里的第二件事不另算。"
    f"画斜线的少于 {FEW} 通，只作参考"
)


class Doing(StrEnum):
    """What a caller is doing now, as far as the engine knows."""

    TALKING = "talking"
    WRAPPING_UP = "wrapping_up"
    OVERRUN = "overrun"
    MISSING = "missing"
    PREPARING = "preparing"
    FREE = "free"
    NOT_YET = "not_yet"


DOING_LABELS: Mapping[Doing, str] = {
    Doing.TALKING: "通话中",
    Doing.WRAPPING_UP: "填写结果",
    Doing.OVERRUN: "小结超时",
    Doing.MISSING: "结果没填",
    Doing.PREPARING: "看资料，还没拨",
    Doing.FREE: "手上没有客户",
    Doing.NOT_YET: "今天还没拨打",
}


@dataclass(frozen=True, slots=True)
class CallerRow:
    """One caller now, and the day so far. `minutes`: how long it has been so."""

    caller_id: int
    caller: str
    doing: Doing
    minutes: int | None
    attempt_id: str | None
    calls: int
    reached: int
    missing: int

    def cells(self) -> tuple[Cell, ...]:
        """In the order of CALLERS_FORM."""
        return (
            self.caller,
            DOING_LABELS[self.doing],
            self.minutes,
            self.calls,
            self.reached,
            self.missing,
        )


CALLERS_FORM = LedgerForm(
    "callers",
    "坐席现在",
    (
        Column("坐席", ColumnKind.TEXT, 12),
        Column("状态", ColumnKind.TEXT, 16),
        Column("已持续（分）", ColumnKind.COUNT, 14),
        Column("今天拨打", ColumnKind.COUNT, 10),
        Column("今天接通", ColumnKind.COUNT, 10),
        Column("结果没填", ColumnKind.COUNT, 10),
    ),
)

CALLERS_MEANING = (
    "状态从领取、拨打、挂断和填结果的时刻得出；挂断后超过小结时间还没填是“小结超时”，"
    "拨打后半小时没填是“结果没填”（R-CLAIM-1）。断线重拨和原来的一通算一次。按姓名排列，不排名次"
)


class WorkList(StrEnum):
    """Lists that people work off, and that can be late."""

    MISSING = "missing"
    TODOS = "todos"
    CASES = "cases"
    ESCALATIONS = "escalations"


WORK_LABELS: Mapping[WorkList, str] = {
    WorkList.MISSING: "结果没填的通话",
    WorkList.TODOS: "过期的待办",
    WorkList.CASES: "过期的售后",
    WorkList.ESCALATIONS: "超时的投诉升级",
}

WORK_MEANINGS: Mapping[WorkList, str] = {
    WorkList.MISSING: "拨打后半小时还没有填结果（R-CLAIM-1）",
    WorkList.TODOS: "已到时间还没办的事；旺旺留言可发后两小时内应发（R-MSG-1）",
    WorkList.CASES: "答应客户的时间已过、还没有处理完的售后（R-CASE-1）",
    WorkList.ESCALATIONS: "升级处理的投诉过了 30 分钟还没有答复（R-SMP-5）",
}


@dataclass(frozen=True, slots=True)
class WorkRow:
    """One work list: how many entries are late, of how many open ones."""

    what: WorkList
    late: int
    open: int

    def cells(self) -> tuple[Cell, ...]:
        """In the order of WORK_FORM."""
        return WORK_LABELS[self.what], self.late, self.open, WORK_MEANINGS[self.what]


WORK_FORM = LedgerForm(
    "overdue",
    "过期的事",
    (
        Column("清单", ColumnKind.TEXT, 18),
        Column("过期", ColumnKind.COUNT, 10),
        Column("未办", ColumnKind.COUNT, 10),
        Column("怎么算", ColumnKind.TEXT, 60),
    ),
)
