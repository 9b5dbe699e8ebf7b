"""Numbers that one campaign has of its own, laid over the shop's (R-HOURS-4, R-SLOT-1, R-REPEAT-4).

Belongs here: which numbers may differ, and how they are put together. What protects the customer over
all campaigns (R-REPEAT-1, R-REPEAT-3) is the shop's alone.
"""

from __future__ import annotations

from collections.abc import Mapping

from campaigns.errors import UsageError
from campaigns.policy import Policy, check_together, settings_of, with_overrides
from campaigns.values import Kind

_EVERY_KIND = (
    "calls_from",
    "calls_until",
    "slot_gap_hours",
    "attempts_per_task",
    "region_dayparts",
)
_OF_KIND: Mapping[Kind, tuple[str, ...]] = {
    Kind.DUNNING: ("message_after_failures",),
    Kind.CALLBACK: (
        "signed_from_days",
        "signed_to_days",
        "unsigned_from_days",
        "unsigned_to_days",
    ),
    Kind.STOCK_OUT: ("message_after_failures", "ship_within_hours"),
}
_SHARED = frozenset(
    {
        "survey_contacts",
        "survey_window_days",
        "other_campaign_gap_hours",
        "attempt_gap_minutes",
        "attempts_per_day",
        "reached_per_day",
        "attempts_per_24_hours",
        "attempts_per_30_days",
    }
)
"""R-REPEAT-1, R-REPEAT-2, R-REPEAT-3. Held for a person over all campaigns, so one for all of them."""


def may_differ(kind: Kind) -> tuple[str, ...]:
    """The numbers that a campaign of this kind may have of its own; none for the month's sampling."""
    return (*_EVERY_KIND, *_OF_KIND[kind]) if kind in _OF_KIND else ()


def checked(kind: Kind, own: Mapping[str, object], shop: Policy) -> dict[str, object]:
    """A campaign's own numbers as plain values, without those that are the shop's anyway.

    Raises UsageError naming the field: for a number that is the shop's alone, for windows wider than
    the shop's, and for what `with_overrides` and `check_together` refuse.
    """
    for name in own:
        if name in _SHARED:
            raise UsageError("这个上限由全店各活动合用一份（R-REPEAT-3），不能单独设", field=name)
        if name not in may_differ(kind):
            raise UsageError("这个数不能按活动单独设", field=name)
    if "attempts_per_task" in own and not _is_of(kind, own["attempts_per_task"]):
        raise UsageError("只能设这种活动自己的拨打次数", field="attempts_per_task")
    parsed = with_overrides(own, 0)
    if "calls_from" in own and parsed.calls_from < shop.calls_from:
        raise UsageError(f"不能早于全店的 {shop.calls_from:%H:%M}", field="calls_from")
    if "calls_until" in own and parsed.calls_until > shop.calls_until:
        raise UsageError(f"不能晚于全店的 {shop.calls_until:%H:%M}", field="calls_until")
    written, in_force = settings_of(parsed), settings_of(shop)
    kept = {name: _part(kind, name, written) for name in own}
    kept = {name: value for name, value in kept.items() if value != _part(kind, name, in_force)}
    check_together(composed(kept, shop, 0))
    return kept


def composed(own: Mapping[str, object], shop: Policy, version: int) -> Policy:
    """The shop's numbers with a campaign's own laid over them; its windows never reach beyond the shop's.

    Raises UsageError where nothing is left of the windows.
    """
    below = settings_of(shop)
    over = {name: _laid(name, value, below[name]) for name, value in own.items()}
    return with_overrides(below | over, version)


def overrides_of(policy: Policy) -> dict[str, object]:
    """What differs from the procedure's defaults: that is how a version is stored."""
    defaults = settings_of(with_overrides({}, 0))
    return {name: value for name, value in settings_of(policy).items() if value != defaults[name]}


def _laid(name: str, value: object, below: object) -> object:
    if name == "calls_from":
        return max(str(value), str(below))
    if name == "calls_until":
        return min(str(value), str(below))
    if isinstance(value, Mapping) and isinstance(below, Mapping):
        return {**below, **value}
    return value


def _is_of(kind: Kind, value: object) -> bool:
    return isinstance(value, Mapping) and set(map(str, value)) == {str(kind)}


def _part(kind: Kind, name: str, written: Mapping[str, object]) -> object:
    """A number as it is written down; of the attempts only those of the campaign's kind."""
    value = written[name]
    if name == "attempts_per_task" and isinstance(value, Mapping):
        return {str(kind): value[str(kind)]}
    return value
