"""R-SMP-5: complaints with a promised answer, on the owner's screen and on a leader's table.

Each change answers with the list as it is now. A page with scripts asks for the list alone
(`X-Part`), so that nothing typed in a call is lost; without them a change leads back to the page.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from campaigns.kinds.sampling import HEADS_UP
from campaigns.values import Role
from scheduler.flows import escalations as flow
from scheduler.flows.escalations import Escalation
from scheduler.flows.people import people
from web.appearance import back_here
from web.auth import LEADING, me, now, the_runtime
from web.caller.blueprint import caller, clock_speed
from web.filters import length, minutes_seconds
from web.forms import local_path

PART = "escalations"
"""What `X-Part` says for the list alone; the template is `parts/escalations.html`."""


@dataclass(frozen=True, slots=True)
class Board:
    """Open escalations as a page shows them: a strip of one's own, or a table of everybody's.

    colleagues  to whom a leader may give one
    back        the page to come back to without scripts
    speed       how many of the shop's seconds pass in one of the browser's
    """

    is_everybodys: bool
    listed: list[Escalation]
    colleagues: tuple[str, ...]
    back: str
    speed: int

    @property
    def whose(self) -> str:
        """As the address of the list says it."""
        return "all" if self.is_everybodys else "own"


def own_board(back: str = "") -> Board:
    """List one's own, the least time left first."""
    listed = flow.open_escalations(the_runtime(), now(), owner=me())
    return Board(False, listed, (), back or back_here(), clock_speed())


def everybodys_board(back: str = "") -> Board:
    """List all of them, for leaders and supervisors."""
    runtime = the_runtime()
    listed = flow.open_escalations(runtime, now())
    names = tuple(
        one.person.name
        for one in (people(runtime) if listed else ())
        if one.is_active and one.person.role is not Role.ADMIN
    )
    return Board(True, listed, names, back or back_here(), clock_speed())


@caller.get("/escalations")
def escalations_now() -> str:
    """Give the open page its list as it is now."""
    return _part()


@caller.post("/escalations/<int:escalation_id>/take")
def escalation_take(escalation_id: int) -> Response | str:
    """Say "mine" (R-SMP-5)."""
    flow.take(the_runtime(), escalation_id, now(), me())
    flash(_("这件投诉由您处理"))
    return _as_it_is()


@caller.post("/escalations/<int:escalation_id>/ready")
def escalation_ready(escalation_id: int) -> Response | str:
    """The owner has the answer: the next call is this customer (R-REPEAT-5)."""
    flow.ready(the_runtime(), escalation_id, now(), me())
    if _wants_part():
        return _part()
    flash(_("取下一位，就是这位客户"))
    return redirect(url_for("caller.work"), 303)


@caller.post("/escalations/<int:escalation_id>/answer")
def escalation_answer(escalation_id: int) -> Response | str:
    """The customer has the answer in the chat already; what was answered is kept (R-SMP-5)."""
    flow.answer(the_runtime(), escalation_id, request.form.get("answer", ""), now(), me())
    flash(_("已记下答复"))
    return _as_it_is()


@caller.post("/escalations/<int:escalation_id>/hand-over")
def escalation_hand_over(escalation_id: int) -> Response | str:
    """Give it to somebody else. For leaders."""
    name = request.form.get("owner", "")
    flow.hand_over(the_runtime(), escalation_id, name, now(), me())
    flash(_("已转给 %(name)s", name=name.strip()))
    return _as_it_is()


@caller.app_template_filter()
def countdown(due: datetime, at: datetime) -> str:
    """Say how much of the promised time is left: `还剩 29:31`, `快到时限 09:12`, `已超时 00:40`."""
    left = due - at
    span = minutes_seconds(abs(left)) if abs(left) < timedelta(hours=1) else length(left)
    if left <= timedelta(0):
        return _("已超时 %(span)s", span=span)
    if left <= HEADS_UP:
        return _("快到时限 %(span)s", span=span)
    return _("还剩 %(span)s", span=span)


def _wants_part() -> bool:
    return request.headers.get("X-Part") == PART


def _as_it_is() -> Response | str:
    if _wants_part():
        return _part()
    return redirect(local_path(request.form.get("back")) or url_for("caller.work"), 303)


def _part() -> str:
    back = local_path(request.values.get("back")) or url_for("caller.work")
    is_everybodys = request.values.get("whose") == "all" and me().role in LEADING
    board = everybodys_board(back) if is_everybodys else own_board(back)
    return render_template("parts/escalations.html", board=board, is_part=True)
