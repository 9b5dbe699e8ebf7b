"""The outcomes of a call as data: code, label, key, what it needs and what follows (sop.md §2, §3)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from campaigns.decisions import Follow
from campaigns.values import CaseKind, Ending, Promise, TodoKind

Person = Literal["nobody", "customer", "other", "somebody"]
"""Who was spoken to. `somebody`: a person, but the outcome does not say who."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """One row of the SOP's outcome tables.

    label       通话结果, as the caller reads it
    key         one key on the keyboard that chooses it
    person      who was spoken to; `nobody` makes it a failed contact
    follow      what follows; `ending` says how the task ends where it does
    needs_phone, needs_note   fields that must come with it
    todo        work for a person that it creates
    suppresses  the rule by which it puts the customer on the do-not-contact list
    opens_case  what kind of problem it enters in the after-sales register (R-CASE-1)
    promises    what we owe the customer from then on (R-OOS-1)
    takes_score  a score of 1 to 5 may come with it (R-SMP-4)
    score       what the customer counts for by rule (R-SMP-8)
    escalates   an answer is promised, with an owner and a countdown (R-SMP-5)
    by_system   no caller enters it (decision 0027)
    """

    code: str
    label: str
    key: str
    person: Person
    follow: Follow
    ending: Ending | None = None
    needs_phone: bool = False
    needs_note: bool = False
    todo: TodoKind | None = None
    suppresses: str | None = None
    rule: str = "R-SLOT-1"
    opens_case: CaseKind | None = None
    promises: tuple[Promise, ...] = ()
    takes_score: bool = False
    score: int | None = None
    escalates: bool = False
    by_system: bool = False

    @property
    def may_be_scored(self) -> bool:
        """A score goes with it: the customer's, or the rule's where there is none (R-SMP-8)."""
        return self.takes_score or self.score is not None

    @property
    def is_reached(self) -> bool:
        """A person was spoken to, the customer or another (sop.md §0)."""
        return self.person != "nobody"


COMMON_OUTCOMES: tuple[Outcome, ...] = (
    Outcome("no_answer", "无人接听", "q", "nobody", Follow.RETRY),
    Outcome("switched_off", "关机", "w", "nobody", Follow.RETRY),
    Outcome("out_of_service", "停机", "e", "nobody", Follow.RETRY),
    Outcome("unreachable", "不在服务区", "r", "nobody", Follow.RETRY),
    Outcome("line_busy", "占线", "t", "nobody", Follow.RETRY),
    Outcome("rejected", "未接通挂断 / 拒接", "y", "nobody", Follow.RETRY),
    Outcome("line_unconfirmed", "线路未确认", "", "nobody", Follow.RETRY, by_system=True),
    Outcome(
        "relay_failed",
        "虚拟号拨打失败",
        "u",
        "nobody",
        Follow.NEXT_NUMBER,
        todo=TodoKind.WANGWANG,
        rule="R-PHONE-2",
    ),
    Outcome(
        "wrong_number",
        "打错 / 非本人且不认识",
        "6",
        "other",
        Follow.NEW_NUMBER,
        todo=TodoKind.WANGWANG,
        rule="R-REPEAT-5",
    ),
    Outcome("busy", "现在不方便", "7", "somebody", Follow.CALLBACK),
    Outcome("cut_off", "通话中断线", "8", "somebody", Follow.REDIAL, rule="R-REPEAT-5"),
    Outcome(
        "hung_up_angry",
        "通话中反感挂机",
        "9",
        "somebody",
        Follow.END,
        Ending.ANGRY,
        suppresses="R-DNC-1",
        rule="R-DNC-1",
    ),
    Outcome(
        "opt_out",
        "要求不再联系",
        "0",
        "somebody",
        Follow.END,
        Ending.OPTED_OUT,
        suppresses="R-DNC-2",
        rule="R-DNC-2",
    ),
    Outcome("other", "其他", "o", "somebody", Follow.CALLBACK, needs_note=True),
)
