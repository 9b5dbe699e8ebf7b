"""What the carrier does to us, and how the people behave whom it rings."""

from __future__ import annotations

from random import Random
from typing import Any

Script = dict[str, Any]

PEOPLE: tuple[tuple[float, str], ...] = (
    (0.55, "answers"),
    (0.20, "rings_out"),
    (0.08, "busy"),
    (0.07, "rejects"),
    (0.04, "off"),
    (0.06, "hangs_up"),
)
RECEIPTS: tuple[tuple[float, str], ...] = (
    (0.88, "delivered"),
    (0.05, "sent"),
    (0.04, "30003"),
    (0.02, "30005"),
    (0.01, "21610"),
)
ON_CREATE: tuple[tuple[str, float, float], ...] = (
    ("too_many", 0.02, 2.0),
    ("unavailable", 0.015, 1.0),
    ("error_before", 0.015, 1.0),
    ("error_after", 0.025, 1.0),
    ("reset_before", 0.01, 1.0),
    ("reset_after", 0.02, 1.0),
    ("broken_json", 0.02, 1.0),
    ("redirect", 0.005, 1.0),
)
ON_CALLBACK: tuple[tuple[str, float, float], ...] = (
    ("delay", 0.05, 40.0),
    ("duplicate", 0.08, 5.0),
    ("reorder", 0.05, 20.0),
    ("lost", 0.05, 1.0),
)


def script(seed: int, numbers: list[str], own_phones: list[str], held_s: float) -> Script:
    """Every fault that the carrier has. `held_s`: longer than anybody waits for an answer."""
    draw = Random(f"people {seed}")
    rest = [
        _rule(fault, f"{what}.create", rate, seconds)
        for what in ("calls", "messages")
        for fault, rate, seconds in ON_CREATE
    ]
    rest += [
        _rule("timeout_after", f"{what}.create", 0.01, held_s) for what in ("calls", "messages")
    ]
    rest += [
        _rule("timeout_before", f"{what}.create", 0.005, held_s) for what in ("calls", "messages")
    ]
    rest += [_rule("queue", "calls.create", 0.03, 25.0), _rule("slow", "calls.create", 0.01, 0.3)]
    for what in ("calls.list", "calls.fetch", "calls.update", "messages.list", "messages.fetch"):
        rest += [_rule("error_before", what, 0.03, 1.0), _rule("reset_before", what, 0.01, 1.0)]
    callbacks = [
        _rule(fault, on, rate, seconds)
        for on in ("call", "message")
        for fault, rate, seconds in ON_CALLBACK
    ]
    callbacks += [_rule("delay", "document", 0.03, 6.0), _rule("lost", "document", 0.01, 1.0)]
    return {
        **calm(seed, numbers, own_phones, draw),
        "rest": rest,
        "callbacks": callbacks,
    }


def calm(
    seed: int, numbers: list[str], own_phones: list[str], draw: Random | None = None
) -> Script:
    """The same people, and nothing goes wrong any more."""
    draw = draw or Random(f"people {seed}")
    return {
        "seed": seed,
        "cps": None,
        "list_lag_s": 4.0,
        "own_phones": own_phones,
        "own": {"does": "answers", "after_s": 1.0, "talks_s": 600.0},
        "people": {number: _person(draw) for number in numbers},
    }


def _person(draw: Random) -> dict[str, object]:
    return {
        "does": _one(draw, PEOPLE),
        "after_s": round(draw.uniform(2.0, 8.0), 1),
        "talks_s": round(draw.uniform(4.0, 20.0), 1),
        "sms": _one(draw, RECEIPTS),
    }


def _one(draw: Random, parts: tuple[tuple[float, str], ...]) -> str:
    return draw.choices([value for _, value in parts], [share for share, _ in parts])[0]


def _rule(fault: str, on: str, rate: float, seconds: float) -> dict[str, object]:
    return {"fault": fault, "on": on, "rate": rate, "seconds": seconds}
