"""The outcomes of a kind in the groups in which a caller looks for them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from campaigns.decisions import Follow
from campaigns.outcomes import Outcome
from campaigns.values import Ending

_WORD = 4
"""Labels up to this length stand three in a row."""


class Group(StrEnum):
    """Where an outcome stands on the screen, in the order of a day's frequency."""

    NOBODY = "没打通"
    REACHED = "打通了"
    LATER = "以后再打"
    NEVER = "不再联系"


@dataclass(frozen=True, slots=True)
class OutcomeGroup:
    """Outcomes that belong together; `title` is read above them."""

    group: Group
    outcomes: tuple[Outcome, ...]

    @property
    def title(self) -> str:
        """The group's name."""
        return self.group.value

    @property
    def is_short(self) -> bool:
        """Whether most labels are a word or two, so that three stand side by side."""
        return sum(len(o.label) <= _WORD for o in self.outcomes) * 2 > len(self.outcomes)


def grouped(outcomes: Iterable[Outcome]) -> list[OutcomeGroup]:
    """Group the outcomes by what the caller wants to say with them."""
    listed = list(outcomes)
    groups = [OutcomeGroup(g, tuple(o for o in listed if group_of(o) is g)) for g in Group]
    return [group for group in groups if group.outcomes]


def group_of(outcome: Outcome) -> Group:
    """Tell where an outcome stands."""
    if not outcome.is_reached:
        return Group.NOBODY
    if outcome.suppresses is not None or outcome.ending is Ending.DECLINED:
        return Group.NEVER
    if outcome.person == "somebody":
        return Group.LATER
    return Group.REACHED


def takes_callback(outcome: Outcome) -> bool:
    """Whether a time to call back is usually agreed with this outcome."""
    return outcome.follow is Follow.CALLBACK


def covers_all_matters(outcome: Outcome) -> bool:
    """R-REPEAT-2. Nobody was there, or a stranger: the call counts for every matter of it."""
    return not outcome.is_reached or outcome.code == "wrong_number"


def is_undone_softly(outcome: Outcome) -> bool:
    """Whether one key records it after a moment to undo: nothing to fill in, nothing refused."""
    needs = (
        outcome.needs_phone or outcome.needs_note or outcome.escalates or takes_callback(outcome)
    )
    return not (needs or asks_once_more(outcome))


def asks_once_more(outcome: Outcome) -> bool:
    """Whether a single key never records it: it ends all contact, or refuses what we asked."""
    return outcome.suppresses is not None or outcome.ending is Ending.REFUSED
