"""The month's sample: drawn, submitted, approved, watched; its result (R-SMP-1, -2, -3, -10)."""

from __future__ import annotations

from typing import TypeVar

from flask import abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from campaigns.errors import ConflictError, NotFoundError, RefusedError, UsageError, WaihuError
from campaigns.kinds.sampling import SCORED_WANTED, TARGET, month_of
from campaigns.kinds.sampling_tally import Fate
from campaigns.statistics import MIN_TO_COMPARE
from campaigns.values import Source
from scheduler.flows import sampling as flow
from scheduler.flows.sampling_left_over import left_over
from scheduler.flows.sampling_page import LISTED, Filter, Standing, plan_page, progress
from scheduler.flows.sampling_results import trend
from web.appearance import THEMES
from web.auth import me, now, the_runtime
from web.errors import beside_the_form
from web.filters import local_day
from web.forms import read_number
from web.sampling.blueprint import sampling
from web.sampling.charts import SIZES, trend_chart
from web.supervisor.charts import SVG_POLICY

ChoiceT = TypeVar("ChoiceT", Source, Standing)

NOBODY = "-"
"""How an address says that no handler is named."""

SHOWN_FIRST = 20
"""So many of the list are shown; the others are unfolded."""

STANDING_LABELS = {
    Standing.DRAWN: "抽中",
    Standing.OPEN: "在拨打",
    Standing.SCORED: "已评分",
    Standing.UNSCORED: "未评分",
    Standing.RESERVE: "备选",
    Standing.PASSED_OVER: "跳过",
}
FATE_LABELS = {
    Fate.SCORED: "已评分",
    Fate.UNREACHED: "联络不上",
    Fate.REJECTED: "拒接",
    Fate.OPTED_OUT: "免打扰",
    Fate.UNSCORED: "谈了，没有评分",
    Fate.UNFINISHED: "未完成",
    Fate.OPEN: "还在拨打",
}


@sampling.get("/sampling")
def plan() -> str:
    """Show a month; without a choice the current one."""
    return _page(_month())


@sampling.get("/sampling/progress")
def progress_now() -> str:
    """Give the open page how far the month is."""
    moving = progress(the_runtime(), _month(), now())
    return render_template("sampling/progress.html", moving=moving, enough=SCORED_WANTED)


@sampling.get("/sampling/trend.svg")
def trend_picture() -> Response:
    """Draw satisfaction over the months; the table beside the picture holds the same figures."""
    theme, size = request.args.get("theme", "light"), request.args.get("size", "wide")
    if theme not in THEMES or size not in SIZES:
        abort(404)
    picture = trend_chart(trend(the_runtime(), _month(), now()), theme, size)
    response = Response(picture, mimetype="image/svg+xml")
    response.headers["Content-Security-Policy"] = SVG_POLICY
    return response


def _month() -> str:
    return request.values.get("month") or month_of(local_day(now()))


def _page(month: str, fault: WaihuError | None = None, at_fault: str = "") -> str:
    return render_template(
        "sampling/plan.html",
        page=plan_page(the_runtime(), month, now(), _wanted()),
        left=left_over(the_runtime(), now()),
        wanted=_wanted(),
        typed=request.form,
        fault=fault,
        at_fault=at_fault,
        standings=STANDING_LABELS,
        fates=FATE_LABELS,
        nobody=NOBODY,
        at_most=LISTED,
        at_first=SHOWN_FIRST,
        enough=SCORED_WANTED,
        target=TARGET,
        comparable=MIN_TO_COMPARE,
    )


def _wanted() -> Filter:
    handler = request.args.get("handler", "")[:64]
    return Filter(
        standing=_choice(Standing, request.args.get("standing", ""), "standing"),
        source=_choice(Source, request.args.get("source", ""), "source"),
        handler={"": None, NOBODY: ""}.get(handler, handler),
        words=request.args.get("words", "").strip()[:64],
    )


def _choice(of: type[ChoiceT], text: str, field: str) -> ChoiceT | None:
    try:
        return of(text) if text else None
    except ValueError as error:
        raise UsageError("请从列表里选择", field=field) from error


@sampling.post("/sampling/draw")
def draw() -> Response:
    """Draw, or draw again while nothing is submitted; callers cannot choose (R-SMP-1)."""
    month, typed = _month(), request.form.get("seed", "").strip()
    try:
        seed = read_number(typed, "seed") if typed else None
        made = flow.draw(the_runtime(), month, now(), me(), seed)
    except (UsageError, RefusedError, ConflictError) as error:
        return beside_the_form(error, _page(month, error, "draw"))
    drawn = sum(not member.is_reserve for member in made.members)
    flash(
        _(
            "已抽样：%(frame)s 位里抽中 %(drawn)s 位，其余按顺序备选",
            frame=made.frame_size,
            drawn=drawn,
        )
    )
    return _back(month)


@sampling.post("/sampling/submit")
def submit() -> Response:
    """Hand the list to the supervisor, by the 27th (R-SMP-3)."""
    month = _month()
    try:
        flow.submit(the_runtime(), month, now(), me())
    except (NotFoundError, RefusedError, ConflictError) as error:
        return beside_the_form(error, _page(month, error, "submit"))
    flash(_("名单已提交，等另一位主管批准"))
    return _back(month)


@sampling.post("/sampling/approve")
def approve() -> Response:
    """Freeze the list and make the tasks; somebody else than who submitted it (R-SMP-3)."""
    month = _month()
    try:
        flow.approve(the_runtime(), month, now(), me())
    except (NotFoundError, RefusedError, ConflictError) as error:
        return beside_the_form(error, _page(month, error, "approve"))
    flash(_("名单已批准并冻结，抽中的客户已排入拨打"))
    return _back(month)


def _back(month: str) -> Response:
    return redirect(url_for("sampling.plan", month=month), 303)
