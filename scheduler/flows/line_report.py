"""Which lines there are and whether they work, without placing a call or sending a text."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from adapters.channels.base import LineReport, SmsLine, VoiceLine
from adapters.line_settings import LineSettings
from adapters.store.queries import line_choice as choice_queries
from adapters.store.queries import line_health
from adapters.store.queries.line_health import Requests, Trouble
from campaigns.values import LineName
from scheduler.flows.line_choice import (
    ALL,
    CARRIES,
    RINGS,
    Choice,
    Medium,
    choices,
    only_text_line,
)
from scheduler.runtime import Runtime

LISTED = 10
"""Troubles shown; the newest."""
LOOKS_BACK = timedelta(hours=24)
LATE_EVENT = timedelta(seconds=60)
"""Safety I14. An event that waits longer than this to be worked off is said."""

_PREFIXES: Mapping[LineName, str] = {
    LineName.TWILIO: "WAIHU_TWILIO_",
    LineName.ASTERISK: "WAIHU_ASTERISK_",
    LineName.ALIYUN: "WAIHU_ALIYUN_",
}


@dataclass(frozen=True, slots=True)
class LineState:
    """One line and what it carries.

    is_set_up    it has its settings, and a training shop may use it; `comes_with_serve`: it has
                 none of its own, and `waihu serve` gives it a carrier that leads to no telephone
    reach        what the line itself says; None: it was not asked
    scopes       whom it serves; `is_default`: everybody else too, because nothing is chosen
    takes_blasts mass messages for which nothing is chosen: no other line sends texts
    problems     what keeps it from working; `warnings`: what works, but not fully
    unapplied    age of the oldest event that was not worked off yet
    """

    line: LineName
    medium: Medium
    is_set_up: bool
    comes_with_serve: bool
    is_training: bool
    reach: LineReport | None
    scopes: tuple[Choice, ...]
    is_default: bool
    takes_blasts: bool
    problems: tuple[str, ...]
    warnings: tuple[str, ...]
    callback_url: str | None
    is_in_trouble: bool
    unknown: int
    unapplied: timedelta | None
    without_phone: tuple[str, ...]
    last_hour: Requests

    @property
    def is_chosen(self) -> bool:
        """Somebody is served by it."""
        return bool(self.scopes) or self.is_default

    @property
    def is_used(self) -> bool:
        """Something goes over it, chosen or not."""
        return self.is_chosen or self.takes_blasts

    @property
    def is_ready(self) -> bool:
        """It could be used now, as far as is known."""
        return self.is_set_up and not self.problems


def report(runtime: Runtime, now: datetime, *, reaches_out: bool = True) -> list[LineState]:
    """List every line with each medium it carries. `reaches_out` False: the lines are not asked.

    The lines are asked before the database is, so no connection is held meanwhile.
    """
    reached = _reached(runtime) if reaches_out else {}
    everywhere = choices(runtime)
    machine = runtime.machine_clock.now()
    with runtime.snapshot() as connection:
        seen = _Seen(
            now=now,
            reached=reached,
            choices=everywhere,
            unknown=line_health.unknown_now(connection),
            unapplied=line_health.oldest_unapplied(connection),
            last_hour=line_health.requests_since(connection, machine - timedelta(hours=1)),
            in_trouble=frozenset(
                line for line in LineName if line_health.is_in_trouble(connection, line, machine)
            ),
            without_phone={
                line: ()
                if runtime.is_training
                else tuple(name for _, name in choice_queries.callers_without(connection, line))
                for line in RINGS
            },
        )
    return [
        _state(runtime, line, medium, seen) for medium, lines in CARRIES.items() for line in lines
    ]


def waits_for(runtime: Runtime, medium: Medium, line: LineName) -> str | None:
    """What a choice of this line waits for; None: it serves from now on."""
    if line is LineName.MANUAL or _opened(runtime, line, medium) is not None:
        return None
    if line is LineName.TWILIO and has_carrier(runtime):
        return "训练线路由 waihu serve 打开，不连任何电话"
    if medium == "sms":
        return "已选，但还没有设置，设好之前不发短信"
    return "已选，但还没有设置，设好之前请手工拨打"


def is_for_training(runtime: Runtime, medium: Medium, line: LineName) -> bool:
    """Whether it leads to no telephone: opened so, or to be opened so by `waihu serve`."""
    opened = _opened(runtime, line, medium)
    if opened is None:
        return line is LineName.TWILIO and has_carrier(runtime)
    return opened.is_training


def rings_now(runtime: Runtime) -> list[LineName]:
    """Lines that would ring a caller's phone: those set up or chosen here."""
    chosen = {choice.line for choice in choices(runtime)}
    return [line for line in RINGS if line in runtime.lines.voice or line in chosen]


def troubles(runtime: Runtime) -> list[Trouble]:
    """The newest refusals and unknowns of a day, without numbers."""
    since = runtime.machine_clock.now() - LOOKS_BACK
    with runtime.snapshot() as connection:
        return line_health.recent_troubles(connection, since, LISTED)


@dataclass(frozen=True, slots=True)
class _Seen:
    """What was found out about all lines."""

    now: datetime
    reached: Mapping[tuple[LineName, Medium], LineReport]
    choices: list[Choice]
    unknown: Mapping[LineName, int]
    unapplied: Mapping[LineName, datetime]
    last_hour: Mapping[tuple[LineName, str], Requests]
    in_trouble: frozenset[LineName]
    without_phone: Mapping[LineName, tuple[str, ...]]


def _reached(runtime: Runtime) -> dict[tuple[LineName, Medium], LineReport]:
    found: dict[tuple[LineName, Medium], LineReport] = {}
    for voice in runtime.lines.voice.values():
        found[voice.name, "call"] = voice.check()
    for texts in runtime.lines.sms.values():
        found[texts.name, "sms"] = texts.check()
    return found


def _state(runtime: Runtime, line: LineName, medium: Medium, seen: _Seen) -> LineState:
    opened = _opened(runtime, line, medium)
    scopes = tuple(c for c in seen.choices if c.medium == medium and c.line is line)
    has_default = any(c.medium == medium and c.scope == ALL for c in seen.choices)
    is_set_up = line is LineName.MANUAL or opened is not None
    since = seen.unapplied.get(line)
    without = seen.without_phone.get(line, ()) if medium == "call" and scopes else ()
    state = LineState(
        line=line,
        medium=medium,
        is_set_up=is_set_up,
        comes_with_serve=not is_set_up and line is LineName.TWILIO and has_carrier(runtime),
        is_training=opened is not None and opened.is_training,
        reach=seen.reached.get((line, medium)),
        scopes=scopes,
        is_default=line is LineName.MANUAL and not has_default,
        takes_blasts=medium == "sms" and not has_default and only_text_line(runtime) is line,
        problems=(),
        warnings=(),
        callback_url=_callback_url(runtime, line) if opened is not None else None,
        is_in_trouble=line in seen.in_trouble,
        unknown=seen.unknown.get(line, 0),
        unapplied=None if since is None else seen.now - since,
        without_phone=without,
        last_hour=seen.last_hour.get((line, medium), Requests()),
    )
    problems = _problems(runtime, state)
    return replace(state, problems=tuple(problems), warnings=tuple(_warnings(runtime, state)))


def _opened(runtime: Runtime, line: LineName, medium: Medium) -> VoiceLine | SmsLine | None:
    lines = runtime.lines
    return lines.voice.get(line) if medium == "call" else lines.sms.get(line)


def _problems(runtime: Runtime, state: LineState) -> list[str]:
    """What keeps the line from working, with what to do."""
    if not state.is_set_up:
        return [_not_set_up(runtime, state.line)]
    found = []
    if state.line is LineName.TWILIO and not state.is_training:
        found += _not_reachable(runtime)
    if state.reach is not None and not state.reach.is_ready:
        found += state.reach.details
    if state.is_in_trouble:
        left_alone = "最近一分钟多次没有回音，先不用，一分钟后自动恢复；期间请手工拨打"
        found.append(left_alone)
    return found


def _not_set_up(runtime: Runtime, line: LineName) -> str:
    own = runtime.settings.lines
    told = {
        LineName.TWILIO: own.twilio,
        LineName.ASTERISK: own.asterisk,
        LineName.ALIYUN: own.aliyun,
    }
    if line is LineName.TWILIO and has_carrier(runtime):
        return "训练线路由 waihu serve 打开，不连任何电话"
    if told.get(line) is not None:
        return "培训店铺只连本机的线路，这条线路的地址不在本机，没有打开"
    return f"还没有设置：由管理员设 {_PREFIXES[line]} 开头的变量后重启"


def has_carrier(runtime: Runtime) -> bool:
    """A training shop without lines of its own gets one when the panel is served."""
    return runtime.is_training and runtime.settings.lines == LineSettings()


def _not_reachable(runtime: Runtime) -> list[str]:
    """The provider asks us what to do when the caller has answered, so it must find us."""
    url = runtime.settings.public_url
    if url is None:
        return ["没有设 WAIHU_PUBLIC_URL，服务商找不到本店，电话接不通，短信回复收不到"]
    if not runtime.settings.is_https:
        return ["WAIHU_PUBLIC_URL 不是 https 地址，服务商的通知会被人看到，请改用 https"]
    return []


def _warnings(runtime: Runtime, state: LineState) -> list[str]:
    """What works, but not fully."""
    if not state.is_set_up:
        return []
    found = []
    own = runtime.settings.lines.aliyun
    if state.line is LineName.ALIYUN and not state.is_training and own is not None:
        by_hand = "退订回复收不到，要人工登记：没有设 WAIHU_ALIYUN_CALLBACK_TOKEN"
        if own.callback_token is not None:
            by_hand = "退订回复收不到，要人工登记：WAIHU_PUBLIC_URL 不是 https 地址"
        if own.callback_token is None or not runtime.settings.is_https:
            found.append(by_hand)
    if state.without_phone:
        nobody = f"{len(state.without_phone)} 人没有登记话机：{'、'.join(state.without_phone)}"
        found.append(nobody)
    if state.unknown:
        unknown = f"{state.unknown} 个请求还不知道结果，正在核对"
        found.append(unknown)
    if state.unapplied is not None and state.unapplied > LATE_EVENT:
        late = f"服务商的通知等了 {state.unapplied // timedelta(minutes=1)} 分钟还没有处理"
        found.append(late)
    return found


def _callback_url(runtime: Runtime, line: LineName) -> str | None:
    """Where customers' replies are to be sent, as it is entered at the provider; without the secret."""
    base = runtime.settings.callback_url
    if line is LineName.TWILIO:
        return f"{base}/line/twilio/replies"
    if line is LineName.ALIYUN:
        return f"{base}/line/aliyun/replies/…"
    return None
