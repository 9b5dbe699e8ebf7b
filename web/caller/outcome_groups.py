"""The outcomes of a kind in the order in which a caller looks for them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from campaigns.decisions import Follow
from campaigns.outcomes import Outcome, Person

_TITLES: tuple[tuple[Person, str], ...] = (
    ("customer", "本人接听"),
    ("other", "别人接听"),
    ("somebody", "通话中"),
    ("nobody", "没有打通"),
)
_OTHER = "其他"


@dataclass(frozen=True, slots=True)
class OutcomeGroup:
    """Outcomes with the same person on the line."""

    title: str
    outcomes: tuple[Outcome, ...]

    @property
    def is_short(self) -> bool:
        """Whether most labels are a word or two, so that three stand side by side."""
        return sum(len(o.label) <= 4 for o in self.outcomes) * 2 > len(self.outcomes)


def grouped(outcomes: Iterable[Outcome]) -> list[OutcomeGroup]:
    """Group by who was on the line; what only a note explains comes last, on its own."""
    listed = list(outcomes)
    named = [o for o in listed if not o.needs_note]
    groups = [
        OutcomeGroup(title, tuple(o for o in named if o.person == person))
        for person, title in _TITLES
    ]
    groups.append(OutcomeGroup(_OTHER, tuple(o for o in listed if o.needs_note)))
    return [group for group in groups if group.outcomes]


def takes_callback(outcome: Outcome) -> bool:
    """Whether a time to call back is usually agreed with this outcome."""
    return outcome.follow is Follow.CALLBACK


def is_undone_softly(outcome: Outcome) -> bool:
    """Whether one key records it after a moment to undo: nothing to fill in, nothing that ends."""
    return (
        outcome.person == "nobody"
        and not (outcome.needs_phone or outcome.needs_note)
        and outcome.ending is None
    )
