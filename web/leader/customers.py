"""Customers: finding one, everything known of one, and whether to call at any instant (R-AUD-3)."""

from __future__ import annotations

from datetime import datetime, timedelta

from flask import redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from campaigns.errors import UsageError, WaihuError
from campaigns.values import Kind
from scheduler.flows import desk, overview
from scheduler.flows.case_register import cases_of
from scheduler.flows.why import Explanation, explain
from web.auth import me, now, the_runtime
from web.errors import beside_the_form
from web.forms import read_instant
from web.leader.blueprint import leader


@leader.get("/customers")
def customers() -> Response | str:
    """Find customers by user ID or order number; the only one of that very name is shown at once."""
    words = request.args.get("words", "")[:64]
    found = desk.find_customers(the_runtime(), words)
    exact = [customer for customer in found if customer.buyer == words]
    if len(exact) == 1:
        return redirect(url_for("leader.customer", customer_id=exact[0].id))
    return render_template("leader/customers.html", words=words, found=found)


@leader.post("/customers/search")
def search_customers() -> str:
    """Find without leaving what was typed in an address: it may be a phone number (R-PII-1)."""
    words = request.form.get("words", "")[:64]
    return render_template(
        "leader/customers.html", words=words, found=desk.find_customers(the_runtime(), words)
    )


@leader.get("/customers/why")
def ask_why() -> str:
    """Show the question: who, and at which instant."""
    return _why_page()


@leader.post("/customers/why")
def answer_why() -> Response | str:
    """Answer for every kind at once, also of the past; what was typed stays out of the address."""
    who = request.form.get("who", "").strip()[:64]
    try:
        asked = _asked(request.form.get("at")) or now()
        return _why_page(answers=_answers(who, asked), asked=asked)
    except UsageError as error:
        return beside_the_form(error, _why_page(fault=error))


def _asked(text: str | None) -> datetime | None:
    """Read the instant asked about. The present minute is now: its first second knows less."""
    asked = read_instant(text, "at")
    if asked is None:
        return None
    is_this_minute = timedelta(0) <= now() - asked < timedelta(minutes=1)
    return now() if is_this_minute else asked


def _why_page(
    *,
    answers: dict[Kind, Explanation] | None = None,
    asked: datetime | None = None,
    fault: WaihuError | None = None,
) -> str:
    return render_template(
        "leader/why.html", answers=answers, asked=asked, fault=fault, typed=request.form
    )


def _answers(who: str, at: datetime) -> dict[Kind, Explanation]:
    if not who:
        raise UsageError("请写用户ID或订单编号", field="who")
    return {kind: explain(the_runtime(), who, at, kind=kind) for kind in Kind}


@leader.get("/customers/<int:customer_id>")
def customer(customer_id: int) -> str:
    """Show a customer's orders, tasks and calls, and whether to call at an instant (R-AUD-3)."""
    return _customer_page(customer_id, asked=_asked(request.args.get("at")))


@leader.post("/customers/<int:customer_id>/numbers/<int:phone_id>")
def reveal(customer_id: int, phone_id: int) -> Response | str:
    """Show one number once, with a reason that is kept (R-PII-1)."""
    reason = request.form.get("reason", "")
    try:
        number = desk.reveal_number(the_runtime(), phone_id, reason, now(), me())
    except UsageError as error:
        return beside_the_form(error, _customer_page(customer_id, fault=error, revealing=phone_id))
    return _customer_page(customer_id, shown=(phone_id, number.display))


def _customer_page(
    customer_id: int,
    *,
    asked: datetime | None = None,
    shown: tuple[int, str] | None = None,
    fault: WaihuError | None = None,
    revealing: int | None = None,
) -> str:
    page = overview.customer_page(the_runtime(), customer_id)
    return render_template(
        "leader/customer.html",
        page=page,
        asked=asked,
        answers=_answers(_known_as(page), asked or now()),
        shown=shown,
        cases=cases_of(the_runtime(), customer_id, now()),
        fault=fault,
        revealing=revealing,
    )


def _known_as(page: overview.CustomerPage) -> str:
    """Name a customer for `explain`; a masked user ID fits several, an order number only one."""
    if "*" in page.buyer and page.orders:
        return page.orders[0].order_no
    return page.buyer
