"""Offers: a text with dates that the script reads out (R-DUN-6)."""

from __future__ import annotations

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from campaigns.errors import UsageError
from scheduler.flows import offers as flow
from web.auth import me, now, the_runtime
from web.errors import beside_the_form
from web.forms import read_day, read_number
from web.leader.blueprint import leader


@leader.get("/offers")
def offers() -> str:
    """Show all offers and the form for a new one."""
    return _page()


def _page(fault: UsageError | None = None) -> str:
    return render_template(
        "leader/offers.html",
        offers=flow.offers(the_runtime()),
        campaigns=flow.campaigns(the_runtime()),
        longest=flow.WORDING_MAX_CHARS,
        fault=fault,
        typed=request.form,
    )


@leader.post("/offers")
def add_offer() -> Response:
    """Enter an offer."""
    try:
        form = flow.OfferForm(
            campaign_id=read_number(request.form.get("campaign"), "campaign"),
            wording=request.form.get("wording", ""),
            first_day=read_day(request.form.get("first_day"), "first_day"),
            last_day=read_day(request.form.get("last_day"), "last_day"),
        )
        flow.add_offer(the_runtime(), form, now(), me().name)
    except UsageError as error:
        return beside_the_form(error, _page(error))
    flash(_("优惠已保存"))
    return redirect(url_for("leader.offers"), 303)
