"""The review of sampled calls: who is to be reviewed, one customer's calls, the verdict (R-SMP-12)."""

from __future__ import annotations

from datetime import timedelta

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from campaigns.errors import ConflictError, RefusedError, UsageError, WaihuError
from campaigns.kinds.sampling import month_of
from campaigns.values import Role, Verdict
from scheduler.flows import reviews as flow
from scheduler.flows.review_page import review_page
from scheduler.flows.sampling_page import months_to_choose
from web.auth import me, now, the_runtime
from web.errors import beside_the_form
from web.filters import local_day
from web.sampling.blueprint import sampling

STATE_LABELS = {
    flow.ReviewState.TO_DO: "未复核",
    flow.ReviewState.UNDER_WAY: "正在复核",
    flow.ReviewState.DONE: "已复核",
}
RENEWED_EACH = timedelta(minutes=3)
"""So often an open page says that its reviewer is still there."""


@sampling.get("/sampling/review")
def reviews() -> str:
    """List the month's ended customers, those without a review first on demand."""
    month = request.args.get("month") or month_of(local_day(now()))
    lines = flow.to_review(the_runtime(), month, now(), me())
    state = _state(request.args.get("state", ""))
    return render_template(
        "sampling/reviews.html",
        month=month,
        months=months_to_choose(the_runtime(), month, now()),
        lines=[line for line in lines if state in (None, line.state)],
        counts={s: sum(line.state is s for line in lines) for s in flow.ReviewState},
        total=len(lines),
        state=state,
        states=STATE_LABELS,
    )


def _state(text: str) -> flow.ReviewState | None:
    try:
        return flow.ReviewState(text) if text else None
    except ValueError as error:
        raise UsageError("请从列表里选择", field="state") from error


@sampling.get("/sampling/review/<int:task_id>")
def review(task_id: int) -> str:
    """Show one customer's calls and scores; the form to whoever has taken the review."""
    return _page(task_id)


def _page(task_id: int, fault: WaihuError | None = None) -> str:
    return render_template(
        "sampling/review.html",
        page=review_page(the_runtime(), task_id, now(), me()),
        may_review=me().role is Role.SUPERVISOR,
        fault=fault,
        typed=request.form,
        states=STATE_LABELS,
        longest=flow.WHY_MAX_CHARS,
        taken_for=flow.TAKEN_FOR,
        renewed_each=RENEWED_EACH,
    )


@sampling.post("/sampling/review/<int:task_id>/take")
def take_review(task_id: int) -> Response:
    """Take it, so that nobody else reviews the same one meanwhile."""
    try:
        flow.open_review(the_runtime(), task_id, now(), me())
    except (RefusedError, ConflictError) as error:
        return beside_the_form(error, _page(task_id, error))
    return redirect(url_for("sampling.review", task_id=task_id), 303)


@sampling.post("/sampling/review/<int:task_id>/keep")
def keep_review(task_id: int) -> Response:
    """Let the open page keep what it has. Refused once somebody else has it."""
    flow.open_review(the_runtime(), task_id, now(), me())
    return Response(status=204)


@sampling.post("/sampling/review/<int:task_id>")
def finish_review(task_id: int) -> Response:
    """Agree or correct; then the next one, if it was asked for."""
    try:
        flow.finish_review(the_runtime(), task_id, _typed(), now(), me())
    except (UsageError, RefusedError, ConflictError) as error:
        return beside_the_form(error, _page(task_id, error))
    flash(_("已复核"))
    month = review_page(the_runtime(), task_id, now(), me()).line.month
    if request.form.get("then") == "next":
        following = _take_next(month)
        if following is not None:
            return redirect(url_for("sampling.review", task_id=following), 303)
        flash(_("这个月没有别的可以复核的了"))
    return redirect(url_for("sampling.reviews", month=month), 303)


def _typed() -> flow.ReviewForm:
    try:
        verdict = Verdict(request.form.get("verdict", ""))
    except ValueError as error:
        raise UsageError("请选同意或更正", field="verdict") from error
    score = request.form.get("score", "")
    return flow.ReviewForm(
        verdict,
        int(score) if score in {"1", "2", "3", "4", "5"} else None,
        request.form.get("why", ""),
    )


def _take_next(month: str) -> int | None:
    """Take the next one that nobody has. Who is faster than us gets it, and we the one after."""
    for line in flow.to_review(the_runtime(), month, now(), me()):
        if line.state is not flow.ReviewState.TO_DO or line.is_own:
            continue
        try:
            flow.open_review(the_runtime(), line.task, now(), me())
        except ConflictError:
            continue
        return line.task
    return None
