"""The do-not-contact list (R-DNC-3)."""

from __future__ import annotations

from flask import flash, make_response, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from adapters.reports.do_not_contact_csv import do_not_contact_csv
from campaigns.errors import UsageError
from campaigns.labels_zh import KIND_LABELS
from campaigns.values import Kind
from scheduler.flows import do_not_contact
from web.auth import me, now, the_runtime
from web.errors import beside_the_form
from web.leader.blueprint import leader


@leader.get("/do-not-contact")
def suppressions() -> str:
    """Show the list, searched; lifted entries on request."""
    return page()


def page(fault: UsageError | None = None, lifting: int | None = None) -> str:
    """Lay out the list; a refused form's message stands beside it, a refused lifting's in its line."""
    words = request.args.get("words", "")[:64]
    with_lifted = request.args.get("lifted") == "1"
    return render_template(
        "leader/suppressions.html",
        entries=do_not_contact.entries(the_runtime(), words=words, with_lifted=with_lifted),
        words=words,
        with_lifted=with_lifted,
        kinds=KIND_LABELS,
        fault=fault,
        lifting=lifting,
        typed=request.form,
    )


@leader.post("/do-not-contact")
def add_suppression() -> Response:
    """Enter a customer or a number; queued work is withdrawn at once (R-DNC-2)."""
    try:
        form = _read_entry()
        do_not_contact.add_entry(the_runtime(), form, now(), me().name)
    except UsageError as error:
        return beside_the_form(error, page(error))
    if form.user_id and do_not_contact.is_of_nobody_yet(the_runtime(), form.user_id):
        flash(_("店里还没有这个用户ID，已先登记，出现订单时立即生效；请核对有没有写错"))
    else:
        flash(_("已加入免打扰名单，已生效；排着的工作也撤回了"))
    return redirect(url_for("leader.suppressions"), 303)


def _read_entry() -> do_not_contact.EntryForm:
    text = request.form.get("kind", "")
    try:
        kind = Kind(text) if text else None
    except ValueError as error:
        raise UsageError("不认识的业务种类", field="kind") from error
    return do_not_contact.EntryForm(
        reason=request.form.get("reason", ""),
        user_id=request.form.get("user_id", "").strip() or None,
        phone=request.form.get("phone") or None,
        kind=kind,
    )


@leader.post("/do-not-contact/export")
def export_suppressions() -> Response:
    """Take the list out as CSV; whole numbers for a supervisor only (R-PII-1)."""
    full = request.form.get("full") == "1"
    lines = do_not_contact.export_entries(the_runtime(), now(), me().name, me().role, full=full)
    answer = make_response(do_not_contact_csv(lines))
    answer.headers["Content-Type"] = "text/csv; charset=utf-8"
    answer.headers["Content-Disposition"] = 'attachment; filename="do-not-contact.csv"'
    return answer
