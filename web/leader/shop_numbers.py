"""Windows and caps: every number that the procedure leaves to the shop, its default, its history."""

from __future__ import annotations

from collections.abc import Mapping

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from campaigns.errors import UsageError
from campaigns.policy import LATEST_SHIFT_HOURS, Policy, settings_of, with_overrides
from campaigns.regions import PROVINCES
from campaigns.values import Daypart
from scheduler.flows import shop_numbers as flow
from scheduler.flows.shop import change_policy
from scheduler.flows.shop_numbers import Plain, Trial
from web.auth import me, now, the_runtime
from web.errors import beside_the_form
from web.leader.blueprint import leader
from web.leader.number_words import FIELDS_OF, GROUPS

_LATER, _DAYPART = "region_shifts", "region_dayparts"
_OF_REGIONS = frozenset({"calls_from", "calls_until", _LATER, _DAYPART})
"""Asked together: whether any window is left depends on all of them."""


@leader.get("/campaigns/numbers")
def numbers() -> str:
    """Show every number with its default, what differs marked, and who changed what when."""
    return _page(flow.written(flow.current(the_runtime())))


@leader.post("/campaigns/numbers")
def change_numbers() -> Response | str:
    """Try, save or reset the numbers (R-HOURS-4, R-HOURS-6). A new version only where one differs."""
    before = flow.current(the_runtime())
    do = request.form.get("do", "")
    changes = _differing(before, settings_of(Policy()) if do == "reset" else _typed(before))
    typed = _as_typed(flow.written(before))
    faults = _faults(changes)
    if faults:
        return _refused(typed, faults)
    try:
        if do == "try":
            return _page(typed, trial=flow.trial(the_runtime(), changes, now()))
        if changes:
            change_policy(the_runtime(), changes, now(), me().name)
    except UsageError as error:
        return _refused(typed, {error.field or "": error.message}, error)
    if not changes:
        flash(_("没有改动"))
    elif do == "reset":
        flash(_("已恢复全部默认值，未结束的任务已重新计算"))
    else:
        flash(_("已保存并生效，未结束的任务已重新计算"))
    return redirect(url_for("leader.numbers"), 303)


def _refused(
    typed: Mapping[str, Plain], faults: Mapping[str, str], error: UsageError | None = None
) -> Response:
    error = error or UsageError("有几项填得不对，没有保存")
    return beside_the_form(error, _page(typed, faults))


def _page(
    typed: Mapping[str, Plain],
    faults: Mapping[str, str] | None = None,
    trial: Trial | None = None,
) -> str:
    runtime = the_runtime()
    return render_template(
        "leader/numbers.html",
        groups=GROUPS,
        fields_of=FIELDS_OF,
        typed=typed,
        in_force=flow.written(flow.current(runtime)),
        defaults=flow.written(Policy()),
        provinces=PROVINCES,
        dayparts=list(Daypart),
        latest_shift=LATEST_SHIFT_HOURS,
        faults=faults or {},
        trial=trial,
        history=flow.history(runtime),
        version=flow.current(runtime).version,
    )


def _as_typed(before: Mapping[str, Plain]) -> dict[str, Plain]:
    """What the form came with, over what is in force: a refused form shows what was typed."""
    shown = {name: value for name, value in before.items() if not name.startswith("region_")}
    shown |= {name: text for name in shown if (text := request.form.get(name)) is not None}
    for province in PROVINCES:
        for group in (_LATER, _DAYPART):
            text = request.form.get(f"{group}.{province}", "")
            if text:
                shown[f"{group}.{province}"] = text
    return shown


def _typed(before: Policy) -> dict[str, object]:
    """The form as settings: groups by their name, regions without anything of their own left out."""
    settings = settings_of(before)
    for name, value in settings.items():
        if name in (_LATER, _DAYPART):
            filled = {p: request.form.get(f"{name}.{p}", "") for p in PROVINCES}
            settings[name] = {p: text for p, text in filled.items() if text}
        elif isinstance(value, Mapping):
            settings[name] = {
                key: request.form.get(f"{name}.{key}", str(item)) for key, item in value.items()
            }
        else:
            settings[name] = request.form.get(name, str(value))
    return settings


def _differing(before: Policy, wanted: Mapping[str, object]) -> dict[str, object]:
    """What is not as it is in force; a text that is no number differs, and is refused later."""
    in_force = settings_of(before)
    return {n: v for n, v in wanted.items() if _texts(v) != _texts(in_force[n])}


def _texts(value: object) -> object:
    if isinstance(value, Mapping):
        return {str(key): str(item) for key, item in value.items()}
    return str(value)


def _faults(changes: Mapping[str, object]) -> dict[str, str]:
    """What each field alone is wrong about, so that all of it is said at once."""
    found: dict[str, str] = {}
    for name, value in changes.items():
        if name in _OF_REGIONS:
            continue
        parts = (
            {f"{name}.{key}": {name: {key: item}} for key, item in value.items()}
            if isinstance(value, Mapping)
            else {name: {name: value}}
        )
        for field, override in parts.items():
            try:
                with_overrides(override, 0)
            except UsageError as error:
                found[field] = error.message
    return found
