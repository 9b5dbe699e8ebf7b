"""A whole sampling month through the real flows: drawn, approved, called, replaced, answered, reviewed.

May 2025: from Tuesday the 27th to Saturday the 31st, which is a holiday.
"""

from __future__ import annotations

import random
from collections import Counter
from datetime import datetime, timedelta
from pathlib import Path

from campaigns.errors import WaihuError
from campaigns.outcomes import Outcome
from campaigns.registry import KINDS
from campaigns.sampling_draw import Stratum
from campaigns.values import SHOP_ZONE, Kind, Person, Role, Source, TaskState, Verdict
from scheduler import jobs
from scheduler.flows import escalations
from scheduler.flows.claim import HandOut, next_call
from scheduler.flows.dialling import dial
from scheduler.flows.do_not_contact import EntryForm, add_entry
from scheduler.flows.escalations import open_escalations
from scheduler.flows.outcome import OutcomeForm, record_outcome
from scheduler.flows.reviews import ReviewForm, finish_review, to_review
from scheduler.flows.sampling import approve, draw, submit
from scheduler.flows.todos import awaiting_replies, finish_todo, note_reply, open_todos
from tests.factories import at
from tests.shops import Shop

MONTH = "2025-05"
STRATA = (
    Stratum(Source.AFTER_SALES, "张三"),
    Stratum(Source.AFTER_SALES, "李四"),
    Stratum(Source.PARCELS, "王五"),
    Stratum(Source.REVIEWS, "张三"),
    Stratum(Source.VIP, ""),
)
STEP = timedelta(minutes=17)


class SampledMonth:
    """One shop and its month. `done` counts what happened."""

    def __init__(self, database_url: str, folder: Path, seed: int) -> None:
        self.shop = Shop(database_url, folder, now="05-25 08:00")
        self.chance = random.Random(seed)
        self.done: Counter[str] = Counter()
        self.leader = self.shop.person("李组长", Role.LEADER)
        self.supervisor = self.shop.person("赵主管", Role.SUPERVISOR)
        self.callers = [self.shop.person(name) for name in ("谷雨", "白露", "霜降")]
        self.held: dict[int, HandOut] = {}
        self.now = at("05-26 09:00")

    def live(self, customers: int = 100) -> None:
        """From the draw on the 26th to the review in June."""
        runtime = self.shop.runtime
        with self.shop.at_one_go():
            for number in range(customers):
                self._registered(f"buyer{number:04d}", STRATA[number % len(STRATA)])
        draw(runtime, MONTH, at("05-26 09:00"), self.leader, 6)
        draw(runtime, MONTH, at("05-26 09:30"), self.leader, 7)
        submit(runtime, MONTH, at("05-26 10:00"), self.leader)
        approve(runtime, MONTH, at("05-26 11:00"), self.supervisor)
        for day in range(27, 32):
            self.now = at(f"05-{day} 08:50")
            while self.now < at(f"05-{day} 20:15"):
                self._round()
                self.now += STEP
        self._at("06-01 09:00")
        self._review()
        self._at("06-01 10:00")

    def _registered(self, buyer: str, of: Stratum) -> None:
        customer_id = self.shop.customer(buyer, region=self.chance.choice(("浙江", "新疆")))
        self.shop.phone(customer_id)
        entered = None if of.source is Source.VIP else "05-10"
        self.shop.registered(customer_id, of.source, entered, of.handler)
        if self.chance.random() < 0.2:  # in a second list, and another handler later
            self.shop.registered(customer_id, Source.REVIEWS, "05-20", "李四")

    def _at(self, now: str) -> None:
        self.shop.set_clock(now)
        jobs.tick(self.shop.runtime)

    def _round(self) -> None:
        self._at(f"{self.now.astimezone(SHOP_ZONE):%Y-%m-%d %H:%M}")
        for caller in self.callers:  # one after the other: each ends before the next one begins
            try:
                self._turn(caller)
            except WaihuError as refused:
                self.done[f"{type(refused).__name__} {refused.message}"] += 1
                self.held.pop(caller.id, None)
            self.now += timedelta(minutes=4)
        self.done["rounds"] += 1
        try:
            self._desk()
        except WaihuError as refused:
            self.done[f"{type(refused).__name__} {refused.message}"] += 1

    def _turn(self, caller: Person) -> None:
        runtime, held = self.shop.runtime, self.held.pop(caller.id, None)
        if held is not None:  # dialled a round ago
            self._outcome(held, caller, self.now)
            return
        answer = next_call(runtime, caller, self.now)
        if not isinstance(answer, HandOut):
            return
        dial(runtime, answer.attempt_id, self.now, caller)
        if self.chance.random() < 0.15:
            self.held[caller.id] = answer
        else:
            self._outcome(answer, caller, self.now + timedelta(minutes=self.chance.randrange(4)))

    def _outcome(self, held: HandOut, caller: Person, now: datetime) -> None:
        outcome = self._choice(held)
        low = self.chance.randrange(1, 6)
        has_score = outcome.code == "scored" or (outcome.takes_score and self.chance.random() < 0.5)
        wish = None
        if outcome.code == "busy" and self.chance.random() < 0.7:
            wish = now + timedelta(minutes=self.chance.randrange(30, 400))
        form = OutcomeForm(
            outcome.code,
            callback_at=wish,
            note="等了三天没人管",
            score=low if has_score else None,
            reason="客服说话难听" if has_score else None,
        )
        record_outcome(self.shop.runtime, held.attempt_id, form, now, caller)
        self.done[outcome.code] += 1

    def _choice(self, held: HandOut) -> Outcome:
        outcomes = {outcome.code: outcome for outcome in KINDS[Kind.SAMPLING].offered}
        if held.task_id % 6 == 0:  # some are never at home
            return outcomes[self.chance.choice(("no_answer", "switched_off", "line_busy"))]
        early = {"scored": 20, "complaint_escalated": 8, "no_answer": 20, "rejected": 12, "busy": 6}
        weights = [early.get(code, 2) for code in outcomes]
        return outcomes[self.chance.choices(list(outcomes), weights)[0]]

    def _desk(self) -> None:
        runtime, now = self.shop.runtime, self.now
        if self.done["rounds"] in (20, 40, 60):
            number = self.chance.randrange(100)
            form = EntryForm(user_id=f"buyer{number:04d}", phone=None, kind=None, reason="短信退订")
            add_entry(runtime, form, now, self.leader.name)
            self.done["listed"] += 1
        for message in open_todos(runtime, now)[:2]:
            if self.chance.random() < 0.5:
                finish_todo(runtime, message.id, now, self.leader.name)
                self.done["messages"] += 1
        for message in awaiting_replies(runtime, now)[:2]:
            if self.chance.random() < 0.02:
                note_reply(runtime, message.id, now, self.leader.name)
                self.done["replies"] += 1
        for one in open_escalations(runtime, now):
            owner = next(c for c in self.callers if c.name == one.owner)
            dice = self.chance.random()
            if dice < 0.3 and one.taken_at is None:
                escalations.take(runtime, one.id, now, owner)
            elif dice < 0.5 and one.ready_at is None:
                escalations.ready(runtime, one.id, now, owner)
            elif dice < 0.65:
                escalations.answer(runtime, one.id, "已在旺旺上说明", now, owner)
                self.done["answered in words"] += 1

    def _review(self) -> None:
        runtime, now = self.shop.runtime, at("06-01 09:00")
        for place, line in enumerate(to_review(runtime, MONTH, now, self.supervisor)):
            form = ReviewForm(Verdict.AGREED)
            if line.score is not None and place % 3 == 0:
                form = ReviewForm(Verdict.CORRECTED, 5 if line.score < 5 else 4, "录音里说的是这个")
            finish_review(runtime, line.task, form, now, self.supervisor)
            self.done[f"review {form.verdict}"] += 1
        assert all(row.state == TaskState.CLOSED for row in self.shop.tasks())
