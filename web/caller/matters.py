"""The matters of one call side by side: what the customer is called about, and what can come of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from campaigns.values import Kind, Topic
from scheduler.flows.briefing import Briefing
from scheduler.flows.claim import HandOut
from scheduler.flows.reasons import Reason
from scripts_zh.library import Rendered
from web.caller.outcome_groups import OutcomeGroup, covers_all_matters, grouped

_SUBSTANCE = frozenset(
    {"matter", "follow_up_matter", "after_says_paid_matter", "received", "parcel"}
)
"""Where a dialogue comes to its matter: a further one begins here, for who speaks is known by then."""


@dataclass(frozen=True, slots=True)
class MatterShown:
    """One matter as the screen shows it.

    prefix    what its fields and its dialogue's places begin with; empty for the call's own matter
    products  R-CB-6, the goods that the customer may speak of
    """

    prefix: str
    task: int
    kind: Kind
    topic: Topic
    deadline: datetime | None
    amount_fen: int
    reasons: tuple[Reason, ...]
    script: tuple[Rendered, ...]
    groups: tuple[OutcomeGroup, ...]
    order_nos: frozenset[str]
    products: tuple[str, ...]

    @property
    def is_main(self) -> bool:
        """Whether the call was handed out for it."""
        return not self.prefix

    @property
    def start(self) -> str:
        """At which moment its dialogue begins on the screen."""
        moments = [node.moment for node in self.script]
        further = () if self.is_main else (m for m in moments if m in _SUBSTANCE)
        return next(iter(further), moments[0])

    @property
    def choices(self) -> list[OutcomeGroup]:
        """The groups to choose from; what counts for the whole call is chosen once (R-REPEAT-2)."""
        if self.is_main:
            return list(self.groups)
        own = (o for group in self.groups for o in group.outcomes if not covers_all_matters(o))
        return grouped(own)

    @property
    def collects_feedback(self) -> bool:
        """R-CB-6. Whether the customer is asked how the goods do."""
        return self.kind is Kind.CALLBACK

    @property
    def takes_score(self) -> bool:
        """R-SMP-4. Whether the customer is asked for a score."""
        return self.kind is Kind.SAMPLING

    @property
    def asks_effect(self) -> bool:
        """R-CB-6. How the goods do is asked of those who have them."""
        return self.topic is not Topic.NOT_RECEIVED

    @property
    def labels(self) -> dict[str, str]:
        """What each outcome is called, by code."""
        return {o.code: o.label for group in self.groups for o in group.outcomes}


def matters_of(held: HandOut, briefing: Briefing) -> list[MatterShown]:
    """List the call's own matter, then those that may be settled with it (R-REPEAT-2)."""
    main = MatterShown(
        prefix="",
        task=held.task_id,
        kind=held.kind,
        topic=held.topic,
        deadline=briefing.deadline,
        amount_fen=briefing.owed_fen,
        reasons=briefing.reasons,
        script=briefing.script,
        groups=tuple(grouped(briefing.outcomes)),
        order_nos=frozenset(order.order_no for order in briefing.orders if order.in_task),
        products=_products(
            briefing, frozenset(order.order_no for order in briefing.orders if order.in_task)
        ),
    )
    others = [
        MatterShown(
            prefix=f"m{matter.task_id}-",
            task=matter.task_id,
            kind=matter.kind,
            topic=matter.topic,
            deadline=matter.deadline,
            amount_fen=matter.amount_fen,
            reasons=matter.reasons,
            script=matter.script,
            groups=tuple(grouped(matter.outcomes)),
            order_nos=frozenset(matter.order_nos),
            products=_products(briefing, frozenset(matter.order_nos)),
        )
        for matter in briefing.matters
    ]
    return [main, *others]


def _products(briefing: Briefing, order_nos: frozenset[str]) -> tuple[str, ...]:
    titles = [
        item.title
        for order in briefing.orders
        if order.order_no in order_nos
        for item in order.items
    ]
    return tuple(dict.fromkeys(titles))
