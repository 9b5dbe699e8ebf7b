"""Setting up a campaign: one page with everything that is set of it, tried before it is saved."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from datetime import date, timedelta
from urllib.parse import quote

from flask import Response, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response as AnyResponse

from adapters.reports.safe_text import guarded_line
from campaigns.control import PERCENT_MOST
from campaigns.errors import ConflictError, RefusedError, UsageError, WaihuError
from campaigns.ledger import yuan
from campaigns.own_numbers import may_differ
from campaigns.regions import PROVINCES
from campaigns.values import Daypart, Kind, Person, Role
from scheduler.flows import campaign_setup as flow
from scheduler.flows.campaign_trial import Change, Trial, compare, day_to_try, dry_run, note_export
from scheduler.flows.campaigns import NAME_MAX_CHARS, REASON_MAX_CHARS
from scheduler.flows.control_results import control_result
from scheduler.flows.offers import WORDING_MAX_CHARS, NewOffer
from scheduler.flows.script_preview import preview
from scheduler.flows.shop_numbers import written as written_numbers
from web.auth import me, now, the_runtime
from web.errors import beside_the_form
from web.filters import local, local_day
from web.forms import read_day
from web.leader.blueprint import leader
from web.setup_form import ATTEMPTS, BY_REGION, read_setup, written

CUSTOMERS_SHOWN = 200


@leader.get("/campaigns/new")
def new_campaign() -> str:
    """Ask for the kind and the name of a new campaign."""
    return _new_page()


def _new_page(fault: WaihuError | None = None) -> str:
    return render_template(
        "leader/campaign_new.html",
        kinds=flow.OWN_KINDS,
        longest=NAME_MAX_CHARS,
        fault=fault,
        typed=request.form,
    )


@leader.post("/campaigns/new")
def add_campaign() -> AnyResponse:
    """Make a draft and go on to its page."""
    try:
        kind = _kind(request.form.get("kind", ""))
        name = request.form.get("name", "")
        made = flow.add(the_runtime(), kind, name, now(), me().name)
    except (UsageError, ConflictError) as error:
        return beside_the_form(error, _new_page(error))
    return redirect(url_for("leader.campaign_setup", campaign_id=made), 303)


def _kind(text: str) -> Kind:
    try:
        return Kind(text)
    except ValueError as error:
        raise UsageError("请选一种业务", field="kind") from error


@leader.get("/campaigns/<int:campaign_id>/setup")
def campaign_setup(campaign_id: int) -> AnyResponse | str:
    """Show how a campaign is set up, and what the next plan would make of it."""
    try:
        return _page(campaign_id)
    except UsageError as error:
        if error.field != "day":
            raise
        return beside_the_form(error, _page(campaign_id, fault=error, day=local_day(now())))


@leader.post("/campaigns/<int:campaign_id>/setup")
def change_setup(campaign_id: int) -> AnyResponse | str:
    """Try a changed setup, or save it."""
    runtime = the_runtime()
    found = flow.seen(runtime, campaign_id)
    typed = request.form
    try:
        setup = read_setup(found.kind, typed, typed.getlist("provinces"), typed.getlist("callers"))
        if request.form.get("do") == "try":
            change = compare(runtime, campaign_id, setup, now(), day=_day(campaign_id))
            return _page(campaign_id, typed, setup=setup, change=change)
        flow.save(runtime, campaign_id, setup, now(), me().name)
    except (UsageError, ConflictError) as error:
        return beside_the_form(error, _page(campaign_id, typed, fault=error))
    flash(_("已保存"))
    return redirect(url_for("leader.campaign_setup", campaign_id=campaign_id), 303)


def _page(
    campaign_id: int,
    typed: MultiDict[str, str] | None = None,
    *,
    setup: flow.Setup | None = None,
    fault: WaihuError | None = None,
    change: Change | None = None,
    day: date | None = None,
) -> str:
    runtime = the_runtime()
    found = flow.seen(runtime, campaign_id)
    if day is None:
        day = _day(campaign_id) if found.kind in flow.OWN_KINDS else local_day(now())
    tried = change.after if change is not None else None
    if tried is None and found.kind in flow.OWN_KINDS:
        tried = dry_run(runtime, campaign_id, now(), day=day)
    new_offer = setup.offer if setup is not None else None
    offers = (new_offer, *found.offers) if new_offer is not None else found.offers
    callers = _chosen(found, typed)
    return render_template(
        "leader/campaign_setup.html",
        campaign=found,
        setup=setup or found.setup,
        is_saved=change is None,
        typed=typed if typed is not None else written(found.kind, found.setup),
        chosen=found.setup.population.provinces if typed is None else typed.getlist("provinces"),
        callers=callers,
        provinces=PROVINCES,
        dayparts=list(Daypart),
        numbers=[name for name in may_differ(found.kind) if name != BY_REGION],
        by_region=BY_REGION if BY_REGION in may_differ(found.kind) else None,
        label_of={ATTEMPTS: f"{ATTEMPTS}.{found.kind}"},
        shops=written_numbers(found.shop),
        percent_most=PERCENT_MOST,
        longest=NAME_MAX_CHARS,
        reason_longest=REASON_MAX_CHARS,
        offers=offers,
        offer_longest=WORDING_MAX_CHARS,
        previews=()
        if found.kind is Kind.SAMPLING
        else preview(runtime, found.kind, _said_on(offers, day), now()),
        trial=tried,
        most=_most(tried),
        change=change,
        shown=CUSTOMERS_SHOWN,
        may_approve=me().role is Role.SUPERVISOR
        and me().name not in (found.submitted_by, found.created_by),
        fault=fault,
    )


def _chosen(found: flow.CampaignSeen, typed: MultiDict[str, str] | None) -> tuple[Person, ...]:
    """Who is ticked: as it is saved, or as it was typed; nobody ticked is everybody."""
    if typed is None:
        return found.callers
    ids = typed.getlist("callers")
    return tuple(one for one in found.people if not ids or str(one.id) in ids)


def _said_on(offers: Sequence[NewOffer], day: date) -> str | None:
    """R-DUN-6. The newest offer for orders placed the day before that day of calling."""
    placed = day - timedelta(days=1)
    valid = (one.wording for one in offers if one.first_day <= placed <= one.last_day)
    return next(valid, None)


def _most(tried: Trial | None) -> int:
    return max((max(day.calls, day.capacity) for day in tried.days), default=1) if tried else 1


def _day(campaign_id: int) -> date:
    text = request.values.get("day", "")
    return read_day(text, "day") if text else day_to_try(the_runtime(), campaign_id, now())


@leader.post("/campaigns/<int:campaign_id>/step")
def move_campaign(campaign_id: int) -> AnyResponse:
    """Submit a draft, approve it, or send it back with a reason."""
    runtime, do = the_runtime(), request.form.get("do", "")
    try:
        if do == "submit":
            flow.submit(runtime, campaign_id, now(), me())
            flash(_("已提交，等另一个人批准"))
        elif do == "approve":
            flow.approve(runtime, campaign_id, now(), me())
            flash(_("已批准：从下一次计划起排入"))
        else:
            reason = request.form.get("reason", "")
            flow.send_back(runtime, campaign_id, reason, now(), me())
            flash(_("已退回，又是草稿了"))
    except (UsageError, RefusedError) as error:
        return beside_the_form(error, _page(campaign_id, fault=error))
    return redirect(url_for("leader.campaign_setup", campaign_id=campaign_id), 303)


@leader.post("/campaigns/<int:campaign_id>/clone")
def clone_campaign(campaign_id: int) -> AnyResponse:
    """Make a draft like this campaign, its days moved to this month."""
    made = flow.clone(the_runtime(), campaign_id, now(), me().name, day=local_day(now()))
    flash(_("照着原来的活动做了一个草稿，日期已移到这个月"))
    return redirect(url_for("leader.campaign_setup", campaign_id=made), 303)


@leader.get("/campaigns/<int:campaign_id>/trial.csv")
def trial_file(campaign_id: int) -> Response:
    """Download who would be called when, and who not by which rule."""
    tried = dry_run(the_runtime(), campaign_id, now(), day=_day(campaign_id))
    note_export(the_runtime(), campaign_id, tried, now(), me().name)
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(["用户ID", "首次拨打", "截止", "地区", "订单数", "金额", "规则", "原因"])
    for call in tried.calls:
        due = f"{local(call.due_at):%Y-%m-%d %H:%M}" if call.due_at else ""
        until = f"{local(call.deadline):%Y-%m-%d %H:%M}"
        cells = (due, until, call.region or "", call.orders, yuan(call.amount_fen), "", "")
        writer.writerow([guarded_line(call.buyer), *cells])
    for left in tried.left_out:
        writer.writerow(
            [guarded_line(left.buyer), "", "", "", "", "", " ".join(left.rules), left.reason]
        )
    response = Response(text.getvalue().encode("utf-8-sig"), mimetype="text/csv")
    name = quote(f"试排_{tried.day}.csv")
    response.headers["Content-Disposition"] = f"attachment; filename*=UTF-8''{name}"
    return response


@leader.get("/campaigns/<int:campaign_id>/control")
def control_group(campaign_id: int) -> str:
    """Show what the calling brings in beside those who were kept uncalled (R-DUN-9)."""
    return render_template(
        "leader/campaign_control.html",
        found=control_result(the_runtime(), campaign_id, now()),
    )
