"""The after-sales register (售后问题表): the list, the form, one case (R-CASE-1, R-CPL-2)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import TypeVar

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from campaigns.errors import ConflictError, RefusedError, UsageError
from campaigns.labels_zh import CASE_KIND_LABELS, CASE_STATE_LABELS
from campaigns.registers.cases import CHANGES, ENDED, LONGEST_PROMISE, NOBODY
from campaigns.values import CaseKind, CaseState
from scheduler.flows import cases as flow
from scheduler.flows.case_register import CaseQuery, case_page, register
from web.auth import me, now, the_runtime
from web.errors import beside_the_form
from web.filters import local_day
from web.forms import read_instant
from web.registers.blueprints import cases

ChoiceT = TypeVar("ChoiceT", CaseKind, CaseState)

UNENDED = "unended"
ANY = "all"
NOBODYS = "-"
EXPORT_DAYS = 30


@cases.get("")
def listed() -> str:
    """Show the cases, overdue ones first; without a choice those that wait for somebody."""
    chosen = {
        name: request.args.get(name, "")[:64] for name in ("state", "kind", "handler", "words")
    }
    chosen["state"] = chosen["state"] or UNENDED
    today = local_day(now())
    return render_template(
        "registers/cases.html",
        register=register(the_runtime(), _wanted(chosen), now(), me()),
        chosen=chosen,
        kinds=CASE_KIND_LABELS,
        states=CASE_STATE_LABELS,
        export={"from": today - timedelta(days=EXPORT_DAYS - 1), "to": today},
    )


def _wanted(chosen: Mapping[str, str]) -> CaseQuery:
    states: tuple[CaseState, ...] = ()
    if chosen["state"] == UNENDED:
        states = tuple(state for state in CaseState if state not in ENDED)
    elif chosen["state"] != ANY:
        states = (_choice(CaseState, chosen["state"], "state"),)
    kind = _choice(CaseKind, chosen["kind"], "kind") if chosen["kind"] else None
    handlers = None
    if chosen["handler"]:
        handlers = (NOBODY if chosen["handler"] == NOBODYS else chosen["handler"],)
    return CaseQuery(handlers, states, kind, chosen["words"])


@cases.get("/new")
def new() -> str:
    """Show the form for a problem that came in otherwise than by a call."""
    return _form()


def _form(fault: UsageError | None = None) -> str:
    return render_template(
        "registers/case_new.html",
        fault=fault,
        typed=request.form or request.args,
        kinds=CASE_KIND_LABELS,
        handlers=register(the_runtime(), CaseQuery(), now(), me()).handlers,
        longest=flow.TEXT_MAX_CHARS,
        latest=now() + LONGEST_PROMISE,
    )


@cases.post("/new")
def enter() -> Response:
    """Enter the problem; the same form twice is one case."""
    try:
        form = flow.CaseEntryForm(
            kind=_choice(CaseKind, request.form.get("kind", ""), "kind"),
            cause=request.form.get("cause", ""),
            user_id=request.form.get("user_id", ""),
            order_no=request.form.get("order_no", ""),
            agreed=request.form.get("agreed", ""),
            due_at=read_instant(request.form.get("due_at"), "due_at"),
            handler=request.form.get("handler", ""),
        )
        case_id = flow.enter_case(the_runtime(), form, now(), me())
    except UsageError as error:
        return beside_the_form(error, _form(error))
    flash(_("已登记，编号 %(number)s", number=case_id))
    return redirect(url_for("cases.case", case_id=case_id), 303)


@cases.get("/<int:case_id>")
def case(case_id: int) -> str:
    """Show one case with its whole history first (R-CPL-2)."""
    return _page(case_id)


def _page(case_id: int, fault: UsageError | RefusedError | None = None) -> str:
    return render_template(
        "registers/case.html",
        page=case_page(the_runtime(), case_id, now(), me()),
        fault=fault,
        typed=request.form,
        states=CASE_STATE_LABELS,
        changes=CHANGES,
        longest=flow.TEXT_MAX_CHARS,
        latest=now() + LONGEST_PROMISE,
    )


@cases.post("/<int:case_id>")
def change(case_id: int) -> Response:
    """Note what was done, and the state it leads to."""
    seen = request.form.get("seen", "")
    try:
        noted = flow.CaseChange(
            state=_choice(CaseState, request.form.get("state", ""), "state"),
            note=request.form.get("note", ""),
            due_at=read_instant(request.form.get("due_at"), "due_at"),
            seen=int(seen) if seen.isascii() and seen.isdecimal() else None,
        )
        flow.change_case(the_runtime(), case_id, noted, now(), me())
    except (UsageError, ConflictError) as error:
        return beside_the_form(error, _page(case_id, error))
    flash(_("已记下"))
    return redirect(url_for("cases.case", case_id=case_id), 303)


@cases.post("/<int:case_id>/take")
def take(case_id: int) -> Response:
    """Take a case that nobody has."""
    flow.take_case(the_runtime(), case_id, now(), me())
    flash(_("这件事归您处理"))
    return redirect(url_for("cases.case", case_id=case_id), 303)


@cases.post("/<int:case_id>/hand-over")
def hand_over(case_id: int) -> Response:
    """Give a case to somebody else, or to nobody."""
    handler = request.form.get("handler", "")
    flow.reassign_case(the_runtime(), case_id, handler, request.form.get("note", ""), now(), me())
    flash(_("已转交"))
    return redirect(url_for("cases.case", case_id=case_id), 303)


def _choice(of: type[ChoiceT], text: str, field: str) -> ChoiceT:
    try:
        return of(text)
    except ValueError as error:
        raise UsageError("请从列表里选择", field=field) from error
