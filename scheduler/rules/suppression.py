"""Whom not to contact at all: R-DNC-1, R-DNC-2, R-DNC-3."""

from __future__ import annotations

from collections.abc import Iterable

from campaigns.decisions import Allow, Stop
from campaigns.facts import PhoneFacts, SuppressionFacts
from campaigns.values import Kind, Scope
from scheduler.rules.case import Case


def binding_suppression(
    kind: Kind, suppressions: Iterable[SuppressionFacts], phones: Iterable[PhoneFacts]
) -> SuppressionFacts | None:
    """R-DNC-3. The entry that forbids this kind of contact, None when nothing does.

    An entry for a phone binds every customer whose number it is: whoever refused on that line is
    taken to be the person, whichever number would be dialled.
    """
    own = {p.key for p in phones if not p.is_wrong}
    for entry in sorted(suppressions, key=lambda s: s.since):
        covers_kind = entry.kind is None or entry.kind is kind
        if covers_kind and (entry.scope is Scope.CUSTOMER or entry.phone_key in own):
            return entry
    return None


def check_suppression(case: Case) -> Allow | Stop:
    """R-DNC-1, R-DNC-2, R-DNC-3. No contact from the second on that the entry was made."""
    customer = case.task.customer
    entry = binding_suppression(case.task.kind, customer.suppressions, customer.phones)
    if entry is None:
        return Allow("不在免打扰名单")
    return Stop(
        entry.rule, f"在免打扰名单：{entry.reason}", ("R-DNC-3",) if entry.rule != "R-DNC-3" else ()
    )
