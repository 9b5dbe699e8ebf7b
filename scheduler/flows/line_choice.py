"""Which line carries a call or a text, and where a line rings each caller.

The most exact choice decides: a number's prefix (the longest), then the campaign, then the kind, then
everybody. A shop that chose nothing calls by hand and sends no texts.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, cast, get_args

from sqlalchemy import Connection

from adapters.store.queries import audit, people
from adapters.store.queries import line_choice as queries
from adapters.store.queries import lines as calls_on_lines
from adapters.store.queries.line_choice import ChoiceRow, PhoneRow
from campaigns.errors import ConflictError, NotFoundError, UsageError
from campaigns.labels_zh import KIND_LABELS, LINE_LABELS
from campaigns.phone import FAULT_TEXTS, PhoneFault, read_phone
from campaigns.values import Kind, LineName, Person, PhoneNumber, Role
from scheduler.runtime import Runtime

Medium = Literal["call", "sms"]
"""What is carried."""

CARRIES: dict[Medium, tuple[LineName, ...]] = {
    "call": (LineName.MANUAL, LineName.TWILIO, LineName.ASTERISK),
    "sms": (LineName.TWILIO, LineName.ALIYUN),
}
"""The lines that can carry each medium."""

RINGS: tuple[LineName, ...] = (LineName.TWILIO, LineName.ASTERISK)
"""The lines that ring a caller's phone first, and so must know it."""

ALL = "all"
_NUMBER = re.compile(r"\+[1-9][0-9]{0,14}")
_EXTENSION = re.compile(r"[0-9]{1,6}|(?=[0-9]*[A-Za-z])[0-9A-Za-z]{1,32}")
_MADE_UP_EXTENSIONS = 800


def choose(
    connection: Connection,
    medium: Medium,
    kind: Kind,
    campaign_id: int,
    number: PhoneNumber | None,
) -> LineName | None:
    """The line for this campaign and number: by hand where nothing is chosen, None for a text."""
    return picker(connection, medium)(kind, campaign_id, number)


def picker(
    connection: Connection, medium: Medium
) -> Callable[[Kind, int, PhoneNumber | None], LineName | None]:
    """The same for many at once: what was chosen is read one time."""
    chosen = queries.lines_by_scope(connection, medium)

    def pick(kind: Kind, campaign_id: int, number: PhoneNumber | None) -> LineName | None:
        if number is not None:
            prefixes = [s for s in chosen if s.startswith("number:") and _covers(s, number)]
            if prefixes:
                return chosen[max(prefixes, key=len)]
        for scope in (f"campaign:{campaign_id}", f"kind:{kind.value}", ALL):
            if scope in chosen:
                return chosen[scope]
        return LineName.MANUAL if medium == "call" else None

    return pick


def only_text_line(runtime: Runtime) -> LineName | None:
    """The one line for texts that is set up: mass messages take it where nothing is chosen."""
    lines = list(runtime.lines.sms)
    return lines[0] if len(lines) == 1 else None


@dataclass(frozen=True, slots=True)
class Choice:
    """One choice as people read it. `words`: whom it serves, in Chinese."""

    medium: Medium
    scope: str
    words: str
    line: LineName
    set_at: datetime
    set_by: str


def choices(runtime: Runtime) -> list[Choice]:
    """Every choice, calls first, from the widest to the most exact."""
    with runtime.snapshot() as connection:
        rows = queries.every_choice(connection)
        campaigns = queries.campaign_names(connection)
    found = [
        Choice(
            cast(Medium, row.medium),
            row.scope,
            words_of(row.scope, campaigns),
            row.line,
            row.set_at,
            row.set_by,
        )
        for row in rows
    ]
    order = {ALL: 0, "kind": 1, "campaign": 2, "number": 3}
    return sorted(found, key=lambda c: (c.medium, order[c.scope.partition(":")[0]], c.scope))


def scopes(runtime: Runtime) -> list[tuple[str, str]]:
    """Scopes that can be listed, each with its words: everybody, the kinds, the campaigns."""
    with runtime.snapshot() as connection:
        campaigns = queries.campaign_names(connection)
    listed = [ALL, *(f"kind:{kind}" for kind in Kind), *(f"campaign:{key}" for key in campaigns)]
    return [(scope, words_of(scope, campaigns)) for scope in listed]


def words_of(scope: str, campaigns: dict[int, str]) -> str:
    """Say whom a scope means. `campaigns`: names by id."""
    what, _, which = scope.partition(":")
    if what == "kind":
        return KIND_LABELS[Kind(which)]
    if what == "campaign":
        return campaigns.get(int(which), which)
    return f"{which} 开头的号码" if what == "number" else "全部"


def set_choice(
    runtime: Runtime, medium: str, scope: str, line: LineName | None, now: datetime, who: str
) -> None:
    """Let a line serve a scope from now on; None takes the choice back. Audited.

    Calls that are under way stay on the line they were given to. Raises UsageError for an unknown
    scope or for a line that cannot carry the medium, NotFoundError for an unknown campaign.
    """
    if medium not in get_args(Medium):
        raise UsageError("线路分 call（电话）和 sms（短信）两种", field="medium")
    if line is not None and line not in CARRIES[cast(Medium, medium)]:
        able = "、".join(CARRIES[cast(Medium, medium)])
        word = "打电话" if medium == "call" else "发短信"
        raise UsageError(f"{LINE_LABELS[line]} 不能{word}，可用：{able}", field="line")
    with runtime.transaction() as connection:
        scope = _checked_scope(connection, scope)
        chosen = queries.lines_by_scope(connection, medium)
        before = chosen.get(scope)
        if line is before:
            return
        if line is None:
            queries.drop_choice(connection, medium, scope)
        else:
            if before is None and len(chosen) >= queries.MOST_CHOICES:
                raise UsageError(f"最多设 {queries.MOST_CHOICES} 条", field="scope")
            queries.put_choice(connection, ChoiceRow(medium, scope, line, now, who))
        audit.record(
            connection,
            now,
            who,
            "line.chosen",
            f"line_choice:{medium}:{scope}",
            before={"line": before},
            after={"line": line},
        )


def _checked_scope(connection: Connection, typed: str) -> str:
    scope = typed.strip()
    what, _, which = scope.partition(":")
    if scope == ALL:
        return scope
    if what == "kind" and which in set(Kind):
        return scope
    if what == "campaign" and which.isascii() and which.isdecimal() and len(which) <= 9:
        if int(which) not in queries.campaign_names(connection):
            raise NotFoundError(f"没有这个活动：{which}", field="scope")
        return f"campaign:{int(which)}"
    if what == "number" and _NUMBER.fullmatch(which):
        return scope
    raise UsageError(
        "范围写成 all、kind:dunning、campaign:5 或 number:+852（国际区号开头）", field="scope"
    )


def _covers(scope: str, number: PhoneNumber) -> bool:
    return number.e164.startswith(scope.removeprefix("number:"))


# --- where a line rings a caller ------------------------------------------------------------------


def set_phone(
    runtime: Runtime,
    person: Person,
    line: LineName,
    number_or_extension: str,
    now: datetime,
    who: str,
) -> None:
    """Let a line ring this person there. Audited without the number.

    An exchange rings an extension: up to 6 digits, or a name of letters and digits. Other lines ring
    a telephone number. Raises UsageError for what is neither, for nothing at all, or for a line that
    rings nobody; ConflictError while a call of theirs is open on the line: it is looked up by this
    very phone.
    """
    typed = number_or_extension.strip()
    with runtime.transaction() as connection:
        known = _phone_to_change(connection, person, line)
        if not typed:
            raise UsageError("请填写话机；不用了请取消登记", field="number")
        queries.put_phone(connection, _address(runtime, person, line, typed, now), who)
        _record_phone(connection, person, line, now, who, was_set=known, is_set=True)


def drop_phone(runtime: Runtime, person: Person, line: LineName, now: datetime, who: str) -> None:
    """Let a line ring this person no more; nothing where it did not. Audited; raises as `set_phone`."""
    with runtime.transaction() as connection:
        _phone_to_change(connection, person, line)
        if queries.drop_phone(connection, person.id, line):
            _record_phone(connection, person, line, now, who, was_set=True, is_set=False)


def _phone_to_change(connection: Connection, person: Person, line: LineName) -> bool:
    """Whether there is one now; the caller's row is locked, so that nobody dials meanwhile."""
    if line not in RINGS:
        raise UsageError(f"{LINE_LABELS[line]} 不用登记话机", field="line")
    _check_caller(connection, person.id)
    queries.lock_caller(connection, person.id)
    if calls_on_lines.has_open_call(connection, person.id, line):
        raise ConflictError(
            "这条线路上还有电话没有结束或正在核对，等有了结果再改话机", rules=("R-REPEAT-2",)
        )
    return queries.phone_row(connection, person.id, line) is not None


def _record_phone(
    connection: Connection,
    person: Person,
    line: LineName,
    now: datetime,
    who: str,
    *,
    was_set: bool,
    is_set: bool,
) -> None:
    audit.record(
        connection,
        now,
        who,
        "line.phone_set",
        f"person:{person.id}",
        before={"line": line, "is_set": was_set},
        after={"line": line, "is_set": is_set},
    )


def phone_of(
    connection: Connection, runtime: Runtime, person_id: int, line: LineName
) -> str | None:
    """Where the line rings this person: E.164 or an extension; None: nobody has said.

    In a training shop everybody has a made-up one, so that a visitor may dial at once.
    """
    row = queries.phone_row(connection, person_id, line)
    if row is None:
        return _made_up(person_id, line) if runtime.is_training and line in RINGS else None
    if row.sealed is not None:
        return runtime.vault.open(row.sealed).e164
    return row.extension


@dataclass(frozen=True, slots=True)
class PhonesListed:
    """One caller's phones by line, masked. `made_up`: those of a training shop, set by nobody."""

    person: Person
    shown: dict[LineName, str]
    made_up: dict[LineName, str]


def phones(runtime: Runtime) -> list[PhonesListed]:
    """Everybody who may call, by name."""
    with runtime.snapshot() as connection:
        rows = people.everybody(connection)
        shown = queries.phones_shown(connection)
    callers = [row.person for row in rows if row.is_active and row.person.role is not Role.ADMIN]
    return [_listed(runtime, person, shown) for person in callers]


def phones_of(runtime: Runtime, person: Person) -> PhonesListed:
    """One's own phones, masked."""
    with runtime.snapshot() as connection:
        shown = queries.phones_shown(connection)
    return _listed(runtime, person, shown)


def _listed(
    runtime: Runtime, person: Person, shown: dict[tuple[int, LineName], str]
) -> PhonesListed:
    own = {line: shown[person.id, line] for line in RINGS if (person.id, line) in shown}
    made_up = {line: _made_up(person.id, line) for line in RINGS if line not in own}
    return PhonesListed(person, own, made_up if runtime.is_training else {})


def _check_caller(connection: Connection, person_id: int) -> None:
    row = people.person_by_id(connection, person_id)
    if row is None:
        raise NotFoundError("没有这个人", field="person")
    if row.person.role is Role.ADMIN:
        raise UsageError("管理员不拨打，不用登记话机", field="person")


def _address(
    runtime: Runtime, person: Person, line: LineName, typed: str, now: datetime
) -> PhoneRow:
    if line is LineName.ASTERISK:
        if _EXTENSION.fullmatch(typed) is None:
            raise UsageError("分机写最多 6 位数字，或字母加数字的分机名", field="number")
        return PhoneRow(person.id, line, None, typed, typed, now)
    number = read_phone(typed)
    if isinstance(number, PhoneFault):
        raise UsageError(f"话机号码不对：{FAULT_TEXTS[number]}", field="number")
    if number.extension is not None:
        raise UsageError("话机号码不能带分机", field="number")
    return PhoneRow(person.id, line, runtime.vault.seal(number), None, number.masked, now)


def _made_up(person_id: int, line: LineName) -> str:
    """Give a phone that only the training shop's carrier rings."""
    if line is LineName.ASTERISK:
        return str(_MADE_UP_EXTENSIONS + person_id)
    return f"+86571{80000000 + person_id % 10_000_000:08d}"
