"""The day, the work lists, customers."""

from __future__ import annotations

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from scheduler.flows import desk, overview
from scheduler.flows import todos as todo_flow
from scheduler.flows.planning import plan
from scheduler.flows.why import explain
from web.auth import me, now, the_runtime
from web.filters import local_day
from web.forms import read_instant
from web.leader.blueprint import leader


@leader.get("")
def today() -> str:
    """Show where the day stands, the queue, and who is left out by which rule."""
    return render_template("leader/today.html", today=overview.today(the_runtime(), now()))


@leader.post("/plan")
def make_plan() -> Response:
    """Plan today's calls (R-DUN-1); planning again changes nothing."""
    made = plan(the_runtime(), local_day(now()), now(), me().name)
    new = sum(task.new for campaign in made.campaigns for task in campaign.tasks)
    total = sum(len(campaign.tasks) for campaign in made.campaigns)
    left_out = sum(len(campaign.left_out) for campaign in made.campaigns)
    text = _("计划已完成：%(total)s 位客户（新增 %(new)s 位），另有 %(left)s 位按规则不拨打")
    flash(text % {"total": total, "new": new, "left": left_out})
    return redirect(url_for("leader.today"), 303)


@leader.get("/lists")
def work_lists() -> str:
    """Show open to-dos with their age, calls without an outcome, and today's skips (R-CLAIM-1)."""
    return render_template(
        "leader/lists.html",
        todos=todo_flow.open_todos(the_runtime(), now()),
        lists=overview.leaders_lists(the_runtime(), now()),
    )


@leader.post("/lists/todos/<int:todo_id>/done")
def todo_done(todo_id: int) -> Response:
    """Tick a to-do off; a message counts as sent now (R-MSG-1)."""
    todo_flow.finish_todo(the_runtime(), todo_id, now(), me().name)
    flash(_("已完成"))
    return redirect(url_for("leader.work_lists"), 303)


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


@leader.get("/customers/<int:customer_id>")
def customer(customer_id: int) -> str:
    """Show a customer's orders, tasks and calls, and whether to call at an instant (R-AUD-3)."""
    page = overview.customer_page(the_runtime(), customer_id)
    asked = read_instant(request.args.get("at"), "at")
    return render_template(
        "leader/customer.html",
        page=page,
        asked=asked,
        answer=explain(the_runtime(), _known_as(page), asked or now()),
        shown=None,
    )


@leader.post("/customers/<int:customer_id>/numbers/<int:phone_id>")
def reveal(customer_id: int, phone_id: int) -> str:
    """Show one number once, with a reason that is kept (R-PII-1)."""
    number = desk.reveal_number(
        the_runtime(), phone_id, request.form.get("reason", ""), now(), me()
    )
    page = overview.customer_page(the_runtime(), customer_id)
    return render_template(
        "leader/customer.html",
        page=page,
        asked=None,
        answer=explain(the_runtime(), _known_as(page), now()),
        shown=(phone_id, number.display),
    )


def _known_as(page: overview.CustomerPage) -> str:
    """Name a customer for `explain`; a masked user ID fits several, an order number only one."""
    if "*" in page.buyer and page.orders:
        return page.orders[0].order_no
    return page.buyer
