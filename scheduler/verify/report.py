"""What the second opinion says: findings by rule id, and how much was looked at (R-AUD-2)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from campaigns.values import SHOP_ZONE

MAX_LISTED = 1_000
"""Findings of one rule that are listed one by one; the rest is counted in a last one."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One broken rule. `what` is a Chinese sentence with ids and no personal data."""

    rule: str
    what: str
    attempt: str | None
    at: datetime


@dataclass(frozen=True, slots=True)
class Report:
    """A clean history has no violations. `checked` counts the rows that were looked at, by name."""

    checked: Mapping[str, int]
    violations: tuple[Finding, ...]
    warnings: tuple[Finding, ...]


class Notebook:
    """Collects so many findings of each rule that a wholly broken history fits in memory."""

    def __init__(self) -> None:
        self._kept: list[Finding] = []
        self._seen: Counter[str] = Counter()
        self._left_out: dict[str, Finding] = {}

    def take(self, findings: Iterable[Finding]) -> None:
        """Keep what still fits, count the rest."""
        for finding in findings:
            self._seen[finding.rule] += 1
            if self._seen[finding.rule] <= MAX_LISTED:
                self._kept.append(finding)
            else:
                self._left_out[finding.rule] = finding

    def findings(self) -> tuple[Finding, ...]:
        """In the order of time; then how many were left out, a line for each rule."""
        listed = sorted(self._kept, key=lambda f: (f.at, f.rule, f.attempt or "", f.what))
        rest = [
            Finding(
                rule, f"另有 {self._seen[rule] - MAX_LISTED} 条同类问题未逐条列出", None, last.at
            )
            for rule, last in sorted(self._left_out.items())
        ]
        return (*listed, *rest)


def shown(instant: datetime) -> str:
    """Local time of the shop, as a person reads it in a finding."""
    return instant.astimezone(SHOP_ZONE).strftime("%Y-%m-%d %H:%M:%S")
