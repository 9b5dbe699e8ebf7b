"""Replies to texts: shown, entered by hand, taken from a provider's list (R-DNC-2)."""

from __future__ import annotations

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from campaigns.errors import UsageError
from campaigns.messages import OPT_OUT_WORDS
from scheduler.flows import text_replies as flow
from web.auth import me, now, the_runtime
from web.errors import beside_the_form
from web.texting.blueprint import texting


@texting.get("/replies")
def replies() -> str:
    """Show what customers wrote back."""
    return _page()


def _page(fault: UsageError | None = None, imported: flow.RepliesImported | None = None) -> str:
    return render_template(
        "texting/replies.html",
        replies=flow.replies(the_runtime()),
        fault=fault,
        imported=imported,
        opt_out_words=OPT_OUT_WORDS,
        longest=flow.REPLY_MAX_CHARS,
        typed=request.form,
    )


@texting.post("/replies")
def add_reply() -> Response:
    """Enter one; an opt-out word acts at once."""
    try:
        taken = flow.add_reply(
            the_runtime(),
            request.form.get("phone", ""),
            request.form.get("text", ""),
            now(),
            me().name,
        )
    except UsageError as error:
        return beside_the_form(error, _page(error))
    flash(_("已退订，马上不再联系") if taken.is_opt_out else _("回复已登记"))
    return redirect(url_for("texting.replies"), 303)


@texting.post("/replies/import")
def import_replies() -> Response | str:
    """Take a provider's list in; the same list again changes nothing."""
    file = request.files.get("file")
    content = b"" if file is None else file.stream.read()
    try:
        told = flow.import_replies(the_runtime(), content, now(), me().name)
    except UsageError as error:
        return beside_the_form(error, _page(error))
    return _page(imported=told)
