"""Mass messages: the list, a new one, and one with its progress (R-MSG-2)."""

from __future__ import annotations

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from campaigns.errors import UsageError
from campaigns.values import BlastState, Kind
from scheduler.flows import blast_status, blasts, offers
from scheduler.flows.blast_choice import NewBlast, preview
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


@texting.get("")
def blasts_page() -> str:
    """Show the mass messages, the newest first, and every text that somebody has to settle."""
    runtime = the_runtime()
    return render_template(
        "texting/blasts.html", blasts=blast_status.listing(runtime), unknown=unknown_texts(runtime)
    )


@texting.get("/new")
def new_blast() -> str:
    """Choose, and see what it comes to; nothing is kept yet."""
    if "kind" not in request.args:
        return _new_page()
    return _new_page(shown=_wanted(request.args.to_dict()))


@texting.post("/new")
def keep_blast() -> Response:
    """Keep what was looked at as a draft, to be approved by somebody else."""
    try:
        made = blasts.new(the_runtime(), _wanted(request.form.to_dict()), now(), me().name)
    except UsageError as error:
        return beside_the_form(error, _new_page(fault=error))
    flash(_("已提交，等主管批准"))
    return redirect(url_for("texting.blast", blast_id=made.blast_id), 303)


def _new_page(shown: NewBlast | None = None, fault: UsageError | None = None) -> str:
    runtime = the_runtime()
    return render_template(
        "texting/new.html",
        kinds=KINDS,
        campaigns=offers.campaigns(runtime),
        preview=None if shown is None else preview(runtime, shown, now()),
        wanted=shown,
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


@texting.get("/<int:blast_id>")
def blast(blast_id: int) -> str:
    """Show one: what it is, how far it is, and what became of each number."""
    runtime = the_runtime()
    found = blast_status.status(runtime, blast_id)
    is_draft = found.head.state is BlastState.DRAFT
    return render_template(
        "texting/blast.html",
        found=found,
        is_moving=found.head.state in MOVING,
        preview=blasts.draft_preview(runtime, blast_id, now()) if is_draft else None,
        texts=[] if is_draft else blast_status.texts_of(runtime, blast_id),
    )


@texting.get("/<int:blast_id>/now")
def blast_now(blast_id: int) -> str:
    """Show the part that moves."""
    found = blast_status.status(the_runtime(), blast_id)
    return render_template(
        "texting/progress.html",
        found=found,
        is_moving=found.head.state in MOVING,
        texts=blast_status.texts_of(the_runtime(), blast_id),
    )


@texting.post("/<int:blast_id>/approve")
def approve_blast(blast_id: int) -> Response:
    """Let it go; another person than its maker, a supervisor."""
    queued = blasts.approve(the_runtime(), blast_id, now(), me())
    flash(_("已批准，%(queued)s 条待发") % {"queued": queued})
    return _back(blast_id)


@texting.post("/<int:blast_id>/send")
def send_blast(blast_id: int) -> Response:
    """Begin to send; the engine sends in the windows, at the rate."""
    blasts.start(the_runtime(), blast_id, now(), me().name)
    flash(_("已开始，只在可发送时段内发"))
    return _back(blast_id)


@texting.post("/<int:blast_id>/pause")
def pause_blast(blast_id: int) -> Response:
    """Send nothing more for now."""
    blasts.pause(the_runtime(), blast_id, request.form.get("reason", ""), now(), me().name)
    return _back(blast_id)


@texting.post("/<int:blast_id>/resume")
def resume_blast(blast_id: int) -> Response:
    """Go on."""
    blasts.resume(the_runtime(), blast_id, now(), me().name)
    return _back(blast_id)


@texting.post("/<int:blast_id>/stop")
def stop_blast(blast_id: int) -> Response:
    """Take back what was not sent."""
    taken = blasts.stop(the_runtime(), blast_id, now(), me().name)
    flash(_("已停止，撤回 %(taken)s 条") % {"taken": taken})
    return _back(blast_id)


@texting.post("/<int:blast_id>/texts/<sms_id>")
def settle_text(blast_id: int, sms_id: str) -> Response:
    """Say what the provider's own record says of a text that is not known."""
    was_sent = request.form.get("was_sent") == "1"
    settle_unknown(the_runtime(), sms_id, now(), me().name, was_sent=was_sent)
    return _back(blast_id)


@texting.post("/unknown/<sms_id>")
def settle_listed(sms_id: str) -> Response:
    """Say it of any text that is not known, of a mass message or of none."""
    was_sent = request.form.get("was_sent") == "1"
    settle_unknown(the_runtime(), sms_id, now(), me().name, was_sent=was_sent)
    return redirect(url_for("texting.blasts_page"), 303)


def _back(blast_id: int) -> Response:
    return redirect(url_for("texting.blast", blast_id=blast_id), 303)
