"""Choosing whom a mass message goes to, and showing what it comes to (R-MSG-2)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import repeat
from typing import Any

from sqlalchemy import Connection, Row

from adapters.store.queries import blasts, texts
from adapters.store.queries import campaigns as campaign_queries
from campaigns.decisions import Stop, Wait
from campaigns.errors import NotFoundError, UsageError
from campaigns.facts import TaskFacts
from campaigns.labels_zh import KIND_LABELS
from campaigns.messages import dedupe_key, length_of, text_hash
from campaigns.text_facts import UNREACHED, SentText
from campaigns.values import ENGINE, Kind, LineName
from scheduler.flows.line_choice import choose, only_text_line
from scheduler.flows.text_cases import filled_in, text_cases
from scheduler.flows.words import words_from
from scheduler.flows.words_stored import Stored, load_stored
from scheduler.rules.hours import next_open
from scheduler.rules.texts import TextCase, check_same_text, stands_against
from scheduler.runtime import Law, Runtime
from scripts_zh.errors import ScriptError
from scripts_zh.front_matter import Medium
from scripts_zh.library import standard_library

OCCASION = f"{UNREACHED}:{{task}}"
"""One text of a template for a task, over however many mass messages (R-MSG-2)."""
LOOKS_BACK = timedelta(days=7)
"""Tasks that ended longer ago are nobody's unreached customers any more."""
MOST = 20_000
"""R-MSG-2. Customers looked at for one mass message."""
SAMPLES = 3
_READ_AT_ONCE = 500
_RULE = "R-MSG-2"


@dataclass(frozen=True, slots=True)
class NewBlast:
    """Whom and what: a kind, or one campaign of it; `script_id` None: the kind's usual text."""

    kind: Kind
    campaign_id: int | None = None
    script_id: str | None = None
    include_uncalled: bool = False


@dataclass(frozen=True, slots=True)
class Sample:
    """What one real customer would get. `variables`: each as it stands in the text."""

    customer_id: int
    buyer: str
    phone_masked: str
    wording: str
    characters: int
    segments: int
    variables: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class LeftOut:
    """Who gets nothing, and every rule that stands against it."""

    customer_id: int
    buyer: str
    rules: tuple[str, ...]
    reason: str


@dataclass(frozen=True, slots=True)
class Preview:
    """R-MSG-2. What a mass message comes to as things stand; the rules are asked again at sending.

    `blast_id` None: not kept. `starts_at`: the first instant at which one may go (R-HOURS-5).
    `uncalled`: customers who are not looked at because nobody has called them yet. `warning`: what is
    to be done before it can be approved.
    """

    blast_id: int | None
    kind: Kind
    campaign: str
    script_id: str
    line: LineName | None
    to: int
    left_out: tuple[LeftOut, ...]
    samples: tuple[Sample, ...]
    segments: int
    longest: int
    cost_fen: int
    per_minute: int
    starts_at: datetime | None
    uncalled: int = 0
    warning: str | None = None


@dataclass(frozen=True, slots=True)
class Recipient:
    """A customer and the words for them."""

    text: TextCase
    wording: str
    variables: Mapping[str, str]

    @property
    def customer_id(self) -> int:
        """Who gets it."""
        return self.text.case.task.customer.id

    @property
    def as_sent(self) -> tuple[SentText, ...]:
        """R-REPEAT-3. As it will count for whoever shares the phone."""
        phone, case = self.text.phone, self.text.case
        if phone is None:
            return ()
        name = f"task:{case.task.id}"
        return (SentText(name, self.customer_id, phone.key, case.now, self.text.text_hash),)


@dataclass(frozen=True, slots=True)
class Choice:
    """Who gets a text, and who none: customer, rules, reason."""

    chosen: tuple[Recipient, ...]
    left_out: tuple[tuple[int, tuple[str, ...], str], ...]

    @property
    def stored(self) -> list[tuple[int, str, str]]:
        """Who gets none, as it is kept."""
        return [(customer, " ".join(rules), why) for customer, rules, why in self.left_out]


@dataclass(frozen=True, slots=True)
class Part:
    """Which of a mass message's texts are shown, so many a page, from page 1."""

    count: int = SAMPLES
    page: int = 1

    def skip(self, total: int) -> int:
        """How many stand on the pages before; beyond the end the last page is meant."""
        last = max(total - 1, 0) // self.count
        return min(max(self.page, 1) - 1, last) * self.count

    def of(self, all_of_them: Sequence[Recipient]) -> Sequence[Recipient]:
        """Those of the page."""
        skip = self.skip(len(all_of_them))
        return all_of_them[skip : skip + self.count]


FIRST = Part()


def preview(runtime: Runtime, wanted: NewBlast, now: datetime, part: Part = FIRST) -> Preview:
    """R-MSG-2. What it would come to; nothing is kept."""
    with runtime.snapshot() as connection:
        campaign, script_id = checked(connection, wanted)
        choice = choose_recipients(connection, runtime, wanted, script_id, now)
        return shown(connection, runtime, campaign, script_id, choice, now, part=part)


def checked(connection: Connection, wanted: NewBlast) -> tuple[Row[Any], str]:
    """The campaign and the template that are meant. Raises UsageError and NotFoundError."""
    script_id = wanted.script_id or f"{wanted.kind}.{UNREACHED}.sms"
    usable = {
        script.id
        for script in standard_library().scripts
        if script.medium is Medium.SMS
        and script.kind == wanted.kind
        and script.moment.startswith(UNREACHED)
    }
    if not usable:
        raise UsageError(f"{KIND_LABELS[wanted.kind]}没有可以群发的短信", field="kind")
    if script_id not in usable:
        known = "、".join(sorted(usable))
        raise UsageError(f"没有这个短信模板：{script_id}。可用：{known}", field="template")
    listed = campaign_queries.listed(connection)
    if wanted.campaign_id is None:
        rows = [row for row in listed if row.kind == wanted.kind]
    else:
        rows = [row for row in listed if row.id == wanted.campaign_id]
    if not rows:
        raise NotFoundError("没有这个活动", field="campaign")
    if rows[0].kind != wanted.kind:
        own, meant = KIND_LABELS[Kind(rows[0].kind)], KIND_LABELS[wanted.kind]
        raise UsageError(
            f"这个活动的业务是{own}，选的业务是{meant}，请选同一种业务的活动", field="campaign"
        )
    return rows[0], script_id


def choose_recipients(
    connection: Connection, runtime: Runtime, wanted: NewBlast, script_id: str, now: datetime
) -> Choice:
    """Each customer once: the matter that may be written about, else what stands against the newest."""
    found = blasts.unreached(
        connection,
        wanted.kind,
        wanted.campaign_id,
        since=now - LOOKS_BACK,
        with_uncalled=wanted.include_uncalled,
        limit=MOST + 1,
    )
    if len(found) > MOST:
        raise UsageError(f"一次最多 {MOST} 位客户，请按活动分开", field="campaign")
    law = runtime.law(connection)
    ids = [one.task_id for one in found]
    cases = text_cases(connection, runtime, law, ids, OCCASION, now)
    keys = {
        task_id: dedupe_key(
            text.case.task.campaign_id, text.case.task.customer.id, script_id, text.occasion
        )
        for task_id, text in cases.items()
    }
    used = texts.keys_in_use(connection, set(keys.values()))
    chosen: dict[int, Recipient] = {}
    barred: dict[int, tuple[tuple[str, ...], str]] = {}
    beside: dict[str, tuple[SentText, ...]] = defaultdict(tuple)
    stored = _stored_for_each(connection, [cases[one.task_id].case.task for one in found], now)
    for one, known in zip(found, stored, strict=True):
        if one.customer_id in chosen:
            continue
        text = _beside(cases[one.task_id], beside)
        judged = _judged(known, runtime, law, text, script_id, now)
        if isinstance(judged, Recipient) and keys[one.task_id] in used:
            judged = [Stop(_RULE, "这件事的短信已经在发送名单里，或已经发过")]
        if isinstance(judged, Recipient):
            chosen[one.customer_id] = judged
            for told in judged.as_sent:
                beside[told.phone_key] += (told,)
        elif one.customer_id not in barred:
            barred[one.customer_id] = _rules_of(judged)
    left_out = [(c, *why) for c, why in barred.items() if c not in chosen]
    return Choice(tuple(chosen.values()), tuple(left_out))


def _stored_for_each(
    connection: Connection, tasks: Sequence[TaskFacts], now: datetime
) -> Iterator[Stored]:
    """What the words for each of these tasks are made of, read for some hundreds of them at a time."""
    for start in range(0, len(tasks), _READ_AT_ONCE):
        part = tasks[start : start + _READ_AT_ONCE]
        yield from repeat(load_stored(connection, part, now), len(part))


def _beside(text: TextCase, beside: Mapping[str, tuple[SentText, ...]]) -> TextCase:
    """R-REPEAT-3. With the texts of this mass message to others who share the phone."""
    mine = () if text.phone is None else beside.get(text.phone.key, ())
    return replace(text, facts=replace(text.facts, sent=text.facts.sent + mine)) if mine else text


def _judged(
    stored: Stored,
    runtime: Runtime,
    law: Law,
    text: TextCase,
    script_id: str,
    now: datetime,
) -> Recipient | Sequence[Stop | Wait]:
    against = stands_against(text)
    if against:
        return against
    task = text.case.task
    words = words_from(stored, runtime, law.of(task.campaign_id), task, now, caller=ENGINE)
    try:
        wording, params = filled_in(script_id, words)
    except ScriptError as error:
        return [Stop("R-MSG-3", f"短信填写不出来：{error.message}")]
    text = replace(text, text_hash=text_hash(wording))
    same = check_same_text(text)  # all that the words have changed
    return [same] if isinstance(same, Stop) else Recipient(text, wording, params)


def _rules_of(against: Sequence[Stop | Wait]) -> tuple[tuple[str, ...], str]:
    named = dict.fromkeys(rule for answer in against for rule in (answer.rule, *answer.also))
    return tuple(named), "；".join(dict.fromkeys(answer.reason for answer in against))


def line_for(
    connection: Connection, runtime: Runtime, kind: Kind, campaign_id: int
) -> LineName | None:
    """The line that was chosen for these texts, else the only one that is set up."""
    chosen = choose(connection, "sms", kind, campaign_id, None)
    return chosen if chosen is not None else only_text_line(runtime)


def shown(
    connection: Connection,
    runtime: Runtime,
    campaign: Row[Any],
    script_id: str,
    choice: Choice,
    now: datetime,
    *,
    part: Part = FIRST,
) -> Preview:
    """What a choice comes to, for people, with the texts of a part of the recipients."""
    law = runtime.law(connection).of(campaign.id)
    kind = Kind(campaign.kind)
    seen = part.of(choice.chosen)
    phones = [r.text.phone.id for r in seen if r.text.phone is not None]
    people = [r.customer_id for r in seen] + [c for c, _, _ in choice.left_out]
    buyers, masked = blasts.names_of(connection, people, phones)
    lengths = [length_of(r.wording) for r in choice.chosen]
    total = sum(length.segments for length in lengths)
    opens = [
        next_open(now, r.text.case.task.customer.region, law.policy, law.calendar)
        for r in choice.chosen
    ]
    samples = [
        Sample(
            r.customer_id,
            buyers[r.customer_id],
            masked[r.text.phone.id] if r.text.phone is not None else "",
            r.wording,
            length.characters,
            length.segments,
            r.variables,
        )
        for r in seen
        for length in (length_of(r.wording),)
    ]
    return Preview(
        blast_id=None,
        kind=kind,
        campaign=campaign.name,
        script_id=script_id,
        line=line_for(connection, runtime, kind, campaign.id),
        to=len(choice.chosen),
        left_out=tuple(LeftOut(c, buyers[c], rules, why) for c, rules, why in choice.left_out),
        samples=tuple(samples),
        segments=total,
        longest=max((length.characters for length in lengths), default=0),
        cost_fen=total * law.policy.sms_segment_fen,
        per_minute=law.policy.sms_per_minute,
        starts_at=min(opens, default=None),
    )
