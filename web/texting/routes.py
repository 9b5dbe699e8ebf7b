"""Mass messages: the list, a new one, and one with its progress (R-MSG-2)."""

from __future__ import annotations

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from campaigns.errors import (
    ConflictError,
    NotFoundError,
    NotReadyError,
    RefusedError,
    UsageError,
    WaihuError,
)
from campaigns.values import BlastState, Kind
from scheduler.flows import blast_status, blasts, offers
from scheduler.flows.blast_choice import NewBlast, Part, preview
from scheduler.flows.text_reconcile import settle_unknown
from scheduler.flows.text_troubles import unknown_texts
from web.auth import me, now, the_runtime
from web.errors import beside_the_form
from web.forms import read_number
from web.texting.blueprint import texting

KINDS = (Kind.DUNNING, Kind.CALLBACK, Kind.STOCK_OUT)
"""The kinds that have a text for whom no call has reached."""
MOVING = frozenset({BlastState.APPROVED, BlastState.SENDING})
"""While it stands so, the page asks again by itself."""
SHOWN = 20
"""Recipients on one page of a preview."""


@texting.get("")
def blasts_page() -> str:
    """Show the mass messages, the newest first, and every text that somebody has to settle."""
    return _list_page()


def _list_page(fault: WaihuError | None = None) -> str:
    runtime = the_runtime()
    return render_template(
        "texting/blasts.html",
        blasts=blast_status.listing(runtime),
        unknown=unknown_texts(runtime),
        fault=fault,
    )


@texting.get("/new")
def new_blast() -> str | Response:
    """Choose, and see what it comes to; nothing is kept yet."""
    if "kind" not in request.args:
        return _new_page()
    try:
        return _new_page(_wanted(request.args.to_dict()))
    except (UsageError, NotFoundError) as error:
        return beside_the_form(error, _new_page(fault=error))


@texting.post("/new")
def keep_blast() -> Response:
    """Keep what was looked at as a draft, to be approved by somebody else."""
    try:
        made = blasts.new(the_runtime(), _wanted(request.form.to_dict()), now(), me().name)
    except (UsageError, NotFoundError) as error:
        return beside_the_form(error, _new_page(fault=error))
    flash(_("已提交，等主管批准"))
    return redirect(url_for("texting.blast", blast_id=made.blast_id), 303)


def _new_page(shown: NewBlast | None = None, fault: WaihuError | None = None) -> str:
    runtime, page = the_runtime(), _page()
    seen = None if shown is None else preview(runtime, shown, now(), Part(SHOWN, page))
    return render_template(
        "texting/new.html",
        kinds=KINDS,
        campaigns=offers.campaigns(runtime),
        preview=seen,
        wanted=shown,
        typed=request.values,
        page=page,
        shown=SHOWN,
        fault=fault,
    )


def _wanted(form: dict[str, str]) -> NewBlast:
    try:
        kind = Kind(form.get("kind", ""))
    except ValueError as error:
        raise UsageError("请选业务", field="kind") from error
    campaign = form.get("campaign")
    return NewBlast(
        kind=kind,
        campaign_id=read_number(campaign, "campaign") if campaign else None,
        include_uncalled=form.get("uncalled") == "1",
    )


def _page() -> int:
    """Which part of a long list is asked for; the first for whatever is no number."""
    return max(request.args.get("page", 1, int), 1)


@texting.get("/<int:blast_id>")
def blast(blast_id: int) -> str:
    """Show one: what it is, how far it is, and what became of each number."""
    return _blast_page(blast_id)


def _blast_page(blast_id: int, fault: WaihuError | None = None) -> str:
    runtime, page = the_runtime(), _page()
    found = blast_status.status(runtime, blast_id)
    is_draft = found.head.state is BlastState.DRAFT
    draft = blasts.draft_preview(runtime, blast_id, now(), Part(SHOWN, page)) if is_draft else None
    return render_template(
        "texting/blast.html",
        found=found,
        is_moving=found.head.state in MOVING,
        preview=draft,
        texts=[] if is_draft else blast_status.texts_of(runtime, blast_id, page),
        page=page,
        shown=SHOWN if is_draft else blast_status.TEXTS_LISTED,
        longest=blasts.REASON_MAX_CHARS,
        fault=fault,
    )


@texting.get("/<int:blast_id>/now")
def blast_now(blast_id: int) -> str:
    """Show the part that moves, and the buttons when they have become other ones."""
    found, page = blast_status.status(the_runtime(), blast_id), _page()
    return render_template(
        "texting/progress.html",
        found=found,
        is_moving=found.head.state in MOVING,
        texts=blast_status.texts_of(the_runtime(), blast_id, page),
        page=page,
        shown=blast_status.TEXTS_LISTED,
        has_new_buttons=request.args.get("seen") != found.head.state,
        longest=blasts.REASON_MAX_CHARS,
    )


@texting.post("/<int:blast_id>/approve")
def approve_blast(blast_id: int) -> Response:
    """Let it go; another person than its maker, a supervisor."""
    try:
        queued = blasts.approve(the_runtime(), blast_id, now(), me())
    except (RefusedError, NotReadyError) as error:
        return _refused(blast_id, error)
    flash(_("已批准，%(queued)s 条待发") % {"queued": queued})
    return _back(blast_id)


@texting.post("/<int:blast_id>/send")
def send_blast(blast_id: int) -> Response:
    """Begin to send; the engine sends in the windows, at the rate."""
    try:
        blasts.start(the_runtime(), blast_id, now(), me().name)
    except RefusedError as error:
        return _refused(blast_id, error)
    flash(_("已开始，只在可发送时段内发"))
    return _back(blast_id)


@texting.post("/<int:blast_id>/pause")
def pause_blast(blast_id: int) -> Response:
    """Send nothing more for now."""
    reason = request.form.get("reason", "")
    try:
        blasts.pause(the_runtime(), blast_id, reason, now(), me().name)
    except ConflictError as error:
        return _refused(blast_id, error)
    return _back(blast_id)


@texting.post("/<int:blast_id>/resume")
def resume_blast(blast_id: int) -> Response:
    """Go on."""
    try:
        blasts.resume(the_runtime(), blast_id, now(), me().name)
    except ConflictError as error:
        return _refused(blast_id, error)
    return _back(blast_id)


@texting.post("/<int:blast_id>/stop")
def stop_blast(blast_id: int) -> Response:
    """Take back what was not sent; of a draft: turn it down, with the reason for its maker."""
    reason = request.form.get("reason", "")
    try:
        taken = blasts.stop(the_runtime(), blast_id, now(), me().name, reason)
    except ConflictError as error:
        return _refused(blast_id, error)
    flash(_("已停止，撤回 %(taken)s 条") % {"taken": taken})
    return _back(blast_id)


@texting.post("/<int:blast_id>/texts/<sms_id>")
def settle_text(blast_id: int, sms_id: str) -> Response:
    """Say what the provider's own record says of a text that is not known."""
    was_sent = request.form.get("was_sent") == "1"
    try:
        settle_unknown(the_runtime(), sms_id, now(), me().name, was_sent=was_sent)
    except ConflictError as error:
        return _refused(blast_id, error)
    return _back(blast_id)


@texting.post("/unknown/<sms_id>")
def settle_listed(sms_id: str) -> Response:
    """Say it of any text that is not known, of a mass message or of none."""
    was_sent = request.form.get("was_sent") == "1"
    try:
        settle_unknown(the_runtime(), sms_id, now(), me().name, was_sent=was_sent)
    except ConflictError as error:
        return beside_the_form(error, _list_page(error))
    return redirect(url_for("texting.blasts_page"), 303)


def _refused(blast_id: int, error: WaihuError) -> Response:
    """Tell it on the page itself, as the mass message stands now: the press was too late."""
    return beside_the_form(error, _blast_page(blast_id, error))


def _back(blast_id: int) -> Response:
    return redirect(url_for("texting.blast", blast_id=blast_id), 303)
