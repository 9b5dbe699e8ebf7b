"""The gate for an SMS: every check that a text must pass at the instant of sending (R-MSG-2).

The calls' own checks are asked where they say the same of a message; `ask_text` stops at the first
no, and `stands_against` names all of them for whoever chooses recipients.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

from campaigns.days import business_day, midnight_after
from campaigns.decisions import Allow, Decision, Stop, Wait
from campaigns.facts import PhoneFacts
from campaigns.kinds import stock_out
from campaigns.labels_zh import ENDING_LABELS
from campaigns.text_facts import FOLLOW_UPS, SentText, TextFacts, moment_of
from campaigns.values import Ending, Kind
from scheduler.rules.case import Case, best_phone
from scheduler.rules.gate import check_deadline, check_population, check_running
from scheduler.rules.hours import check_window
from scheduler.rules.repeat import check_live
from scheduler.rules.suppression import check_suppression

_UNREACHED_ENDINGS = frozenset({Ending.UNREACHABLE, Ending.ATTEMPTS_USED})
"""R-MSG-2. A task that ended so still has something to be written about."""


@dataclass(frozen=True, slots=True)
class TextCase:
    """One text at one instant. `case` is the task's; `text_hash` that of the words to be sent.

    `except_id`: the text that is asked for itself, which does not count against it.
    """

    case: Case
    facts: TextFacts
    occasion: str
    text_hash: str = ""
    except_id: str | None = None

    def at(self, instant: datetime) -> TextCase:
        """The same question at another instant."""
        return replace(self, case=self.case.at(instant))

    @property
    def is_follow_up(self) -> bool:
        """R-OOS-2. Tells somebody who agreed to wait what came of it."""
        return moment_of(self.occasion) in FOLLOW_UPS

    @property
    def phone(self) -> PhoneFacts | None:
        """R-PHONE-1, R-PHONE-3. The best usable mobile number.

        A relay number with its extension and a fixed line take no SMS.
        """
        task = self.case.task
        phones = task.customer.phones
        mobiles = tuple(p for p in phones if p.id in self.facts.mobiles)
        if mobiles != phones:
            task = replace(task, customer=replace(task.customer, phones=mobiles))
        return best_phone(task, self.case.now)


def check_wanted(text: TextCase) -> Decision:
    """R-DNC-1, R-DNC-2, R-DNC-3. Nobody on the list, from the second on that they are on it."""
    return check_suppression(text.case)


def check_control(text: TextCase) -> Decision:
    """R-DUN-9. Whoever is kept for comparison hears nothing at all."""
    if text.facts.ending is Ending.CONTROL:
        return Stop("R-DUN-9", "留作对照，不联系")
    return Allow()


def check_matter(text: TextCase) -> Decision:
    """R-DUN-4, R-CB-2, R-OOS-1, R-OOS-2. There is still something to be said.

    A reminder needs payment data that are recent enough, as a call does.
    """
    if text.is_follow_up:
        if stock_out.waiting_orders(text.case.task.orders):
            return Allow("订单还在等货")
        return Stop("R-OOS-2", "订单已发货或已关闭")
    return check_population(text.case)


def check_last_instant(text: TextCase) -> Decision:
    """R-DUN-3, R-CB-2, R-OOS-1. No message at or after the deadline; a follow-up has none."""
    return Allow() if text.is_follow_up else check_deadline(text.case)


def check_unreached(text: TextCase) -> Decision:
    """R-MSG-2. The fallback is for people whom no call reached; a follow-up for those who agreed."""
    task, ending = text.case.task, text.facts.ending
    if text.is_follow_up:
        if task.kind is Kind.STOCK_OUT and ending in (None, Ending.AGREED):
            return Allow("客户同意等货")
        return Stop("R-OOS-2", "客户没有答应等货")
    if any(a.is_reached for a in task.attempts):
        return Stop("R-MSG-2", "电话里已经联系上了")
    if ending is not None and ending not in _UNREACHED_ENDINGS:
        return Stop("R-MSG-2", f"任务已结束：{ENDING_LABELS[ending]}")
    return Allow("电话没有联系上")


def check_campaign(text: TextCase) -> Decision:
    """R-CLAIM-1. A campaign that its leader has paused or stopped sends nothing either."""
    return check_running(text.case)


def check_number(text: TextCase) -> Decision:
    """R-PHONE-1, R-PHONE-2, R-PHONE-3. There is a mobile number that is not wrong, spent or expired."""
    if text.phone is not None:
        return Allow("有可以收短信的手机号")
    if text.case.phone is not None:
        return Stop("R-PHONE-1", "只有固定电话或虚拟号，收不了短信")
    return Stop("R-PHONE-1", "没有可用的手机号")


def check_same_text(text: TextCase) -> Decision:
    """R-REPEAT-3, R-MSG-2. Never the same text twice to one customer or one phone."""
    if any(sent.text_hash == text.text_hash for sent in _earlier(text)):
        return Stop("R-REPEAT-3", "同样的短信已经发过", ("R-MSG-2",))
    return Allow("没有发过同样的短信")


def check_texts_a_day(text: TextCase) -> Decision:
    """R-REPEAT-3. So many texts a day, held for the phone and, summed, for the customer."""
    now, policy = text.case.now, text.case.policy
    today = [s for s in _earlier(text) if business_day(s.at) == business_day(now)]
    customer, phone = text.case.task.customer.id, text.phone
    to_customer = sum(1 for s in today if s.customer_id == customer)
    to_phone = sum(1 for s in today if phone is not None and s.phone_key == phone.key)
    if max(to_customer, to_phone) < policy.sms_per_day:
        return Allow(f"今天的短信还不到 {policy.sms_per_day} 条")
    return Wait("R-REPEAT-3", midnight_after(now), f"今天已经发过 {policy.sms_per_day} 条短信")


def check_window_of_texts(text: TextCase) -> Decision:
    """R-HOURS-5. Texts keep the windows of calls, the region's own included."""
    case = text.case
    answer = check_window(case.now, case.task.customer.region, case.policy, case.calendar)
    if isinstance(answer, Allow):
        return answer
    also = tuple(rule for rule in (answer.rule, *answer.also) if rule != "R-HOURS-5")
    return Wait("R-HOURS-5", answer.until, answer.reason, also)


def check_talk(text: TextCase) -> Decision:
    """R-REPEAT-2. No text while somebody talks to this customer, or rings them, on any number."""
    return check_live(text.case)


CHECKS: tuple[Callable[[TextCase], Decision], ...] = (
    check_wanted,
    check_control,
    check_matter,
    check_last_instant,
    check_unreached,
    check_number,
    check_same_text,
    check_campaign,
    check_window_of_texts,
    check_talk,
    check_texts_a_day,
)
PASSING = frozenset({check_window_of_texts, check_talk})
"""Checks whose no is over before long: a mass message leaves nobody out for it."""


def _earlier(text: TextCase) -> tuple[SentText, ...]:
    return tuple(s for s in text.facts.sent if s.id != text.except_id)


def ask_text(text: TextCase) -> Decision:
    """R-MSG-2. The first no, else Allow; asked again at the very instant of sending.

    A Stop is looked for first: what will never be sent does not wait for a window.
    """
    answers = [check(text) for check in CHECKS]
    for wanted in (Stop, Wait):
        for answer in answers:
            if isinstance(answer, wanted):
                return answer
    return Allow()


def stands_against(text: TextCase) -> list[Stop | Wait]:
    """R-MSG-2. Every rule that keeps this customer out of a mass message, as things stand.

    A closed window is no reason, unless the deadline comes before the next one; a call under way is
    none. Whoever had the day's texts is left out: a mass message is for today.
    """
    found: list[Stop | Wait] = []
    for check in CHECKS:
        answer = check(text)
        if isinstance(answer, Allow):
            continue
        if check not in PASSING:
            found.append(answer)
        elif (
            check is check_window_of_texts and isinstance(answer, Wait) and answer.until is not None
        ):
            later = check_last_instant(text.at(answer.until))
            if not isinstance(later, Allow) and isinstance(check_last_instant(text), Allow):
                reason = "到下一个可发送时段，期限已过"
                found.append(Stop(later.rule, reason, ("R-HOURS-5",)))
    return found
