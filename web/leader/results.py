"""Results of some days, and the calls behind each figure."""

from __future__ import annotations

from datetime import date
from typing import Any

from flask import Response, render_template, request, url_for

from campaigns.errors import UsageError
from campaigns.labels_zh import KIND_LABELS
from campaigns.panel_tables import WEEKDAYS
from campaigns.registry import rules_of
from campaigns.values import Kind
from scheduler.flows import campaigns
from scheduler.flows import results as flow
from scheduler.flows.control_results import control_results
from web.auth import now, the_runtime
from web.errors import beside_the_form
from web.filters import local_day
from web.forms import read_day, read_number
from web.leader.blueprint import leader

WHICH_LABELS = {
    flow.Which.ALL: "全部",
    flow.Which.REACHED: "接通的",
    flow.Which.MISSED: "没接通的",
    flow.Which.ENTERED: "填了结果的",
    flow.Which.CASE: "登记了售后的",
    flow.Which.DUNNED: "催款数",
    flow.Which.PAID: "回单数",
}
OUTCOMES_AT_ONCE = 8


@leader.get("/results")
def results() -> Response | str:
    """Show the results of some days by kind and by caller, with money (R-DUN-8)."""
    today = local_day(now())
    try:
        made = flow.results(the_runtime(), *_days())
    except UsageError as error:
        return beside_the_form(error, _page(flow.results(the_runtime(), today, today), error))
    return _page(made)


def _page(made: flow.Results, fault: UsageError | None = None) -> str:
    return render_template(
        "leader/results.html",
        results=made,
        control=control_results(the_runtime(), now(), made.first, made.last),
        fault=fault,
        typed=request.args,
    )


@leader.get("/calls")
def calls() -> Response | str:
    """List the calls of some days, by kind, caller and outcome; numbers are masked (R-PII-1)."""
    today = local_day(now())
    try:
        asked = _asked()
    except UsageError as error:
        nothing = flow.CallsAsked(today, today)
        return beside_the_form(error, _calls_page(nothing, error))
    return _calls_page(asked)


def _calls_page(asked: flow.CallsAsked, fault: UsageError | None = None) -> str:
    runtime = the_runtime()
    return render_template(
        "leader/calls.html",
        asked=asked,
        found=flow.calls(runtime, asked),
        kinds=KIND_LABELS,
        callers=[line.person for line in campaigns.callers(runtime)],
        outcomes={
            outcome.code: outcome.label
            for kind in ([asked.kind] if asked.kind else Kind)
            for outcome in rules_of(kind).outcomes.values()
        },
        which_labels=WHICH_LABELS,
        listed=flow.LISTED,
        campaigns=campaigns.campaigns(runtime).campaigns,
        weekdays=WEEKDAYS,
        fault=fault,
    )


def _asked() -> flow.CallsAsked:
    kind, which = request.args.get("kind", ""), request.args.get("which", "")
    caller = request.args.get("caller", "")
    try:
        chosen, wanted = Kind(kind) if kind else None, flow.Which(which)
    except ValueError as error:
        raise UsageError("不认识的筛选", field="kind") from error
    first, last = _days()
    if first > last:
        raise UsageError(f"开始日期 {first} 晚于结束日期 {last}", field="from")
    return flow.CallsAsked(
        first,
        last,
        chosen,
        read_number(caller, "caller") if caller else None,
        tuple(filter(None, request.args.getlist("outcome")))[:OUTCOMES_AT_ONCE],
        wanted,
        _number("campaign", None),
        _number("weekday", 6),
        _number("hour", 23),
    )


def _number(name: str, most: int | None) -> int | None:
    """Read a choice that may be left out. Raises UsageError for one that does not exist."""
    text = request.args.get(name, "")
    if not text:
        return None
    number = read_number(text, name)
    if most is not None and number > most:
        raise UsageError("不认识的筛选", field=name)
    return number


def _days() -> tuple[date, date]:
    """Read the days asked for; without any, today."""
    today = local_day(now())
    first = read_day(request.args.get("from"), "from", today)
    return first, read_day(request.args.get("to"), "to", max(first, today))


@leader.app_template_global()
def calls_url(made: flow.Results, **limits: object) -> str:
    """Give the address of the calls behind a figure of these results."""
    given: dict[str, Any] = {"from": made.first, "to": made.last, **limits}
    return url_for("leader.calls", **given)
