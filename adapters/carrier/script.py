"""What the carrier is told to do: how people behave, and which faults it has. Read from JSON.

    {"seed": 7, "cps": 1, "list_lag_s": 0, "inbound_url": "http://127.0.0.1:8000/…",
     "own_phones": ["+8613900000001"], "own": {"does": "answers", "after_s": 1},
     "people": {"+8613800000002": {"does": "answers", "talks_s": 20, "digits": ["5"]}},
     "rest": [{"fault": "error_after", "on": "calls.create", "nth": [3]}],
     "callbacks": [{"fault": "lost", "on": "call", "rate": 0.05}]}

Seconds are the carrier's own: its speed divides them, but for those a socket is held.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from enum import StrEnum
from types import MappingProxyType
from typing import Any

from campaigns.errors import UsageError


class Does(StrEnum):
    """What a person does when the phone is called."""

    ANSWERS = "answers"
    """Answers after `after_s`, talks for `talks_s`, hangs up last."""
    HANGS_UP = "hangs_up"
    """Answers, and hangs up `talks_s` after that, whatever is being said."""
    RINGS_OUT = "rings_out"
    BUSY = "busy"
    REJECTS = "rejects"
    """Presses the call away after `after_s`."""
    OFF = "off"
    """The phone is switched off: the call fails."""


@dataclass(frozen=True, slots=True)
class Person:
    """How one person behaves: times in seconds; `digits` one entry for each question asked.

    `sms` is `delivered`, `sent` (no receipt ever comes) or the provider's error code.
    """

    does: Does = Does.ANSWERS
    after_s: float = 4.0
    talks_s: float = 30.0
    digits: tuple[str, ...] = ()
    presses_after_s: float = 1.0
    sms: str = "delivered"
    sms_after_s: float = 2.0
    replies: str = ""
    reply_after_s: float = 5.0


class RestFault(StrEnum):
    """What may go wrong with a request. `…_after` ones happen when the carrier did accept it."""

    TOO_MANY = "too_many"
    """429 with `Retry-After: seconds`; nothing accepted."""
    UNAVAILABLE = "unavailable"
    """503 with an HTML page; nothing accepted."""
    ERROR_BEFORE = "error_before"
    ERROR_AFTER = "error_after"
    TIMEOUT_BEFORE = "timeout_before"
    TIMEOUT_AFTER = "timeout_after"
    """Holds the socket for `seconds` of the machine's clock, then closes it without an answer."""
    SLOW = "slow"
    """Accepts, and answers properly after `seconds` of the machine's clock."""
    RESET_BEFORE = "reset_before"
    RESET_AFTER = "reset_after"
    BROKEN_JSON = "broken_json"
    """Accepted, 201, but the answer ends in the middle."""
    REDIRECT = "redirect"
    """302; nothing accepted."""
    QUEUE = "queue"
    """Accepted; `queue_time` is `seconds`, and the phone rings that much later."""


class CallbackFault(StrEnum):
    """What may go wrong with a callback."""

    DELAY = "delay"
    DUPLICATE = "duplicate"
    """Sent once more, `seconds` later."""
    REORDER = "reorder"
    """Sent after the next callback of the same call, or after `seconds` when none follows."""
    LOST = "lost"


ANY = "*"
REST_TARGETS = frozenset(
    {ANY, "calls.create", "calls.update", "calls.fetch", "calls.list"}
    | {"messages.create", "messages.update", "messages.fetch", "messages.list"}
)
CALLBACK_TARGETS = frozenset({ANY, "call", "recording", "message", "inbound", "document"})
"""`document` is the fetch of a call's instructions; `*` means all but that."""


@dataclass(frozen=True, slots=True)
class Rule:
    """One fault: for the `nth` requests that match (from 1), or for a `rate` of them, or for all.

    `from_s` and `to_s` count from the moment the script was set.
    """

    fault: str
    on: str = ANY
    rate: float | None = None
    nth: tuple[int, ...] = ()
    seconds: float = 1.0
    from_s: float = 0.0
    to_s: float | None = None


@dataclass(frozen=True, slots=True)
class Script:
    """The whole of it. `own_phones` are the desk's: empty means whoever a request calls."""

    seed: int | None = None
    cps: float | None = 1.0
    list_lag_s: float = 0.0
    inbound_url: str = ""
    own_phones: frozenset[str] = frozenset()
    own: Person = Person(after_s=1.0, talks_s=86_400.0)
    people: Mapping[str, tuple[Person, ...]] = field(default_factory=lambda: MappingProxyType({}))
    rest: tuple[Rule, ...] = ()
    callbacks: tuple[Rule, ...] = ()


class CarrierScriptError(UsageError):
    """A script that cannot be followed; the message names the place."""


def read_script(said: object) -> Script:
    """The script that a JSON value describes. Raises `CarrierScriptError` for anything unknown."""
    given = _known(said, "script", {item.name for item in fields(Script)})
    people = _object(given.get("people", {}), "people")
    cps = given.get("cps", 1.0)
    return Script(
        seed=None if given.get("seed") is None else int(_number(given["seed"], "seed")),
        cps=None if cps is None else _number(cps, "cps", least=0.0001),
        list_lag_s=_number(given.get("list_lag_s", 0.0), "list_lag_s"),
        inbound_url=_text(given.get("inbound_url", ""), "inbound_url"),
        own_phones=frozenset(_texts(given.get("own_phones", []), "own_phones")),
        own=_person(given.get("own", {}), "own", Script().own),
        people={number: _persons(one, number) for number, one in people.items()},
        rest=_rules(given.get("rest", []), "rest", frozenset(RestFault), REST_TARGETS),
        callbacks=_rules(
            given.get("callbacks", []), "callbacks", frozenset(CallbackFault), CALLBACK_TARGETS
        ),
    )


def _persons(said: object, place: str) -> tuple[Person, ...]:
    """One person, or a list: the first call, the second, and the last for all that follow."""
    several = said if isinstance(said, list) else [said]
    if not several:
        raise CarrierScriptError(f"{place}: an empty list")
    return tuple(_person(one, place, Person()) for one in several)


def _person(said: object, place: str, usual: Person) -> Person:
    given = _known(said, place, {item.name for item in fields(Person)})
    numbers = {
        name: _number(given.get(name, getattr(usual, name)), f"{place}.{name}")
        for name in ("after_s", "talks_s", "presses_after_s", "sms_after_s", "reply_after_s")
    }
    try:
        does = Does(given.get("does", usual.does))
    except ValueError:
        raise CarrierScriptError(f"{place}.does: {given['does']!r} is not known") from None
    sms = str(given.get("sms", usual.sms))
    if sms not in {"delivered", "sent"} and not sms.isdigit():
        raise CarrierScriptError(f"{place}.sms: neither delivered, sent nor an error code")
    return Person(
        does=does,
        digits=tuple(_texts(given.get("digits", list(usual.digits)), f"{place}.digits")),
        sms=sms,
        replies=_text(given.get("replies", usual.replies), f"{place}.replies"),
        **numbers,
    )


def _rules(
    said: object, place: str, faults: frozenset[str], targets: frozenset[str]
) -> tuple[Rule, ...]:
    if not isinstance(said, list):
        raise CarrierScriptError(f"{place}: not a list")
    return tuple(_rule(one, f"{place}[{n}]", faults, targets) for n, one in enumerate(said))


def _rule(said: object, place: str, faults: frozenset[str], targets: frozenset[str]) -> Rule:
    given = _known(said, place, {item.name for item in fields(Rule)})
    fault, on = given.get("fault"), given.get("on", ANY)
    if fault not in faults:
        raise CarrierScriptError(f"{place}.fault: {fault!r} is not one of {sorted(faults)}")
    if on not in targets:
        raise CarrierScriptError(f"{place}.on: {on!r} is not one of {sorted(targets)}")
    nth = given.get("nth", [])
    if not isinstance(nth, list):
        raise CarrierScriptError(f"{place}.nth: not a list")
    rate, until = given.get("rate"), given.get("to_s")
    return Rule(
        fault=str(fault),
        on=str(on),
        rate=None if rate is None else _number(rate, f"{place}.rate", most=1.0),
        nth=tuple(int(_number(n, f"{place}.nth", least=1.0)) for n in nth),
        seconds=_number(given.get("seconds", 1.0), f"{place}.seconds"),
        from_s=_number(given.get("from_s", 0.0), f"{place}.from_s"),
        to_s=None if until is None else _number(until, f"{place}.to_s"),
    )


def _known(said: object, place: str, names: set[str]) -> Mapping[str, Any]:
    given = _object(said, place)
    unknown = sorted(given.keys() - names)
    if unknown:
        raise CarrierScriptError(f"{place}: {unknown[0]!r} is not known")
    return given


def _object(said: object, place: str) -> Mapping[str, Any]:
    if not isinstance(said, dict):
        raise CarrierScriptError(f"{place}: not an object")
    return said


def _number(said: object, place: str, *, least: float = 0.0, most: float = 10**9) -> float:
    if isinstance(said, bool) or not isinstance(said, int | float) or not least <= said <= most:
        raise CarrierScriptError(f"{place}: not a number in {least}..{most}")
    return float(said)


def _text(said: object, place: str) -> str:
    if not isinstance(said, str):
        raise CarrierScriptError(f"{place}: not a text")
    return said


def _texts(said: object, place: str) -> list[str]:
    if not isinstance(said, list):
        raise CarrierScriptError(f"{place}: not a list")
    return [_text(one, place) for one in said]
