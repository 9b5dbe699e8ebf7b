"""What callbacks collected: counts by product and week, and the words behind them (R-CB-6)."""

from __future__ import annotations

from datetime import date, timedelta

from flask import render_template, request
from werkzeug.wrappers import Response

from campaigns.errors import UsageError
from campaigns.labels_zh import EFFECT_LABELS
from campaigns.values import Effect
from scheduler.flows.feedback import LISTED, FeedbackQuery, FeedbackSeen, seen
from web.auth import now, the_runtime
from web.errors import beside_the_form
from web.filters import local_day
from web.forms import read_day
from web.registers.blueprints import registers

WEEKS = 4


@registers.get("/feedback")
def feedback() -> Response | str:
    """Show the counts and the entries of some days; without any, of the last four weeks."""
    today = local_day(now())
    try:
        last = read_day(request.args.get("to"), "to", today)
        usual = min(last, today)
        first = read_day(request.args.get("from"), "from", _monday(usual, WEEKS - 1))
        wanted = FeedbackQuery(first, last, request.args.get("product") or None, _effect())
        found = seen(the_runtime(), wanted)
    except UsageError as error:
        return beside_the_form(error, _page(None, None, error))
    return _page(wanted, found)


def _page(
    wanted: FeedbackQuery | None, found: FeedbackSeen | None, fault: UsageError | None = None
) -> str:
    return render_template(
        "registers/feedback.html",
        wanted=wanted,
        found=found,
        fault=fault,
        typed=request.args,
        effects=EFFECT_LABELS,
        shown=LISTED,
        week=timedelta(days=6),
    )


def _monday(day: date, weeks_before: int) -> date:
    return day - timedelta(days=day.weekday() + 7 * weeks_before)


def _effect() -> Effect | None:
    text = request.args.get("effect", "")
    try:
        return Effect(text) if text else None
    except ValueError as error:
        raise UsageError("请从列表里选择", field="effect") from error
