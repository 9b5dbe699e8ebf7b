"""Which fault strikes now: counts the requests that match each rule of the script."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from adapters.carrier.people import fraction
from adapters.carrier.script import ANY, Rule


class Faults:
    """The rules of one kind. Not safe for threads: the caller holds the carrier's lock."""

    def __init__(self, name: str, rules: Iterable[Rule], seed: int) -> None:
        self._name = name
        self._rules = tuple(rules)
        self._seed = seed
        self._matched: Counter[int] = Counter()
        self.struck: Counter[str] = Counter()
        """How often each fault struck, by its name."""

    def next(self, on: str, second: float) -> Rule | None:
        """The first rule that strikes this request; every rule that matches it counts it."""
        struck = None
        for index, rule in enumerate(self._rules):
            if not _matches(rule, on, second):
                continue
            self._matched[index] += 1
            if struck is None and self._strikes(rule, index):
                struck = rule
        if struck is not None:
            self.struck[struck.fault] += 1
        return struck

    def _strikes(self, rule: Rule, index: int) -> bool:
        nth = self._matched[index]
        if rule.nth:
            return nth in rule.nth
        return rule.rate is None or fraction(self._seed, self._name, index, nth) < rule.rate


def _matches(rule: Rule, on: str, second: float) -> bool:
    if rule.on != on and (rule.on != ANY or on == "document"):
        return False
    return rule.from_s <= second and (rule.to_s is None or second < rule.to_s)
