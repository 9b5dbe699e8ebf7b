"""What the detail ledgers of callbacks and stock-out notices share: the calls made for one task."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from campaigns.days import business_day
from campaigns.labels_zh import CASE_KIND_LABELS, ENDING_LABELS, OPEN_LABELS
from campaigns.registry import outcome_of
from campaigns.values import CaseKind, Ending, Kind, Topic

BETWEEN = "；"
"""Between several entries in one cell."""


@dataclass(frozen=True, slots=True)
class CallMade:
    """One contact that was made for a task; `outcome` None: not entered yet.

    `said_at` is when the outcome was entered. A redial belongs to the attempt before it (R-REPEAT-5).
    """

    at: datetime
    outcome: str | None = None
    said_at: datetime | None = None
    note: str | None = None
    is_redial: bool = False


@dataclass(frozen=True, slots=True)
class OrderCalledAbout:
    """An order of the task. `began_at`: signed for, or shipped, as the task's topic asks."""

    order_no: str
    goods: tuple[str, ...] = ()
    began_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class CaseOpened:
    """A case that came out of one of the calls (R-CASE-1)."""

    id: int
    kind: CaseKind


@dataclass(frozen=True, slots=True)
class CalledMatter:
    """A task with at least one attempt, as known at the instant of the ledger."""

    task_id: int
    kind: Kind
    topic: Topic
    buyer: str
    handler: str
    calls: tuple[CallMade, ...]
    ending: Ending | None = None
    orders: tuple[OrderCalledAbout, ...] = ()
    cases: tuple[CaseOpened, ...] = ()

    @property
    def first_day(self) -> date:
        """The shop's day of the first attempt."""
        return business_day(min(call.at for call in self.calls))

    @property
    def attempts(self) -> int:
        """次数: contacts that were made, a redial not counted."""
        return sum(not call.is_redial for call in self.calls)

    @property
    def last_outcome(self) -> str:
        """通话结果 of the last attempt; empty while nobody has entered it."""
        last = max(self.calls, key=lambda call: (call.at, call.is_redial))
        return "" if last.outcome is None else outcome_of(self.kind, last.outcome).label

    @property
    def result(self) -> str:
        """联络结果: how the task ended, or that it is open."""
        return OPEN_LABELS[self.kind] if self.ending is None else ENDING_LABELS[self.ending]

    @property
    def order_nos(self) -> str:
        """订单编号, the first one placed in front."""
        return "、".join(order.order_no for order in self.orders)

    @property
    def case_words(self) -> str:
        """登记售后: number and kind of each case."""
        return BETWEEN.join(f"{case.id} {CASE_KIND_LABELS[case.kind]}" for case in self.cases)

    @property
    def notes(self) -> str:
        """备注 of all its calls, in their order."""
        return joined(call.note for call in self.calls)


def joined(texts: Iterable[str | None]) -> str:
    """Several entries in one cell, each once, empty ones left out."""
    return BETWEEN.join(dict.fromkeys(text.strip() for text in texts if text and text.strip()))


def customers_in_all(matters: Sequence[object]) -> str:
    """用户ID in the total row."""
    return f"{len(matters)} 位"


def counted(labels: Iterable[str]) -> str:
    """How often each label stands in a column, the most frequent first: `效果好 3，一般 1`."""
    return "，".join(
        f"{label} {count}" for label, count in Counter(filter(None, labels)).most_common()
    )
