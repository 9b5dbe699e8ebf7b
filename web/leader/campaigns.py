"""Starting, pausing and stopping a campaign or everything, with a reason (R-CLAIM-1)."""

from __future__ import annotations

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from campaigns.errors import ConflictError, UsageError, WaihuError
from campaigns.values import CampaignState
from scheduler.flows import campaigns as flow
from web.auth import me, now, the_runtime
from web.errors import beside_the_form
from web.forms import local_path
from web.leader.blueprint import leader

EVERYTHING = 0
"""Stands for all campaigns where a form's fault is said."""


@leader.get("/campaigns")
def campaigns() -> str:
    """Show every campaign with its state, since when, by whom and why."""
    return _page()


def _page(fault: WaihuError | None = None, at_fault: int | None = None) -> str:
    return render_template(
        "leader/campaigns.html",
        found=flow.campaigns(the_runtime()),
        fault=fault,
        at_fault=at_fault,
        typed=request.form,
        longest=flow.REASON_MAX_CHARS,
        name_longest=flow.NAME_MAX_CHARS,
    )


@leader.post("/campaigns/<int:campaign_id>/state")
def change_state(campaign_id: int) -> Response:
    """Start, pause or stop one campaign."""
    reason = request.form.get("reason", "")
    try:
        state = _state()
        changed = flow.change_state(the_runtime(), campaign_id, state, reason, now(), me().name)
    except (UsageError, ConflictError) as error:
        return beside_the_form(error, _page(error, campaign_id))
    words = {
        CampaignState.RUNNING: _("活动已启动"),
        CampaignState.PAUSED: _("活动已暂停"),
        CampaignState.STOPPED: _("活动已停止"),
    }
    flash(words[state] + _what_happened(changed))
    return redirect(url_for("leader.campaigns"), 303)


def _state() -> CampaignState:
    try:
        return CampaignState(request.form.get("state", ""))
    except ValueError as error:
        raise UsageError("不认识的状态", field="state") from error


@leader.post("/campaigns/<int:campaign_id>/name")
def rename_campaign(campaign_id: int) -> Response:
    """Give a campaign another name."""
    try:
        flow.rename(the_runtime(), campaign_id, request.form.get("name", ""), now(), me().name)
    except (UsageError, ConflictError) as error:
        return beside_the_form(error, _page(error, campaign_id))
    flash(_("名称已更改"))
    return redirect(url_for("leader.campaigns"), 303)


@leader.post("/campaigns/pause")
def pause_all() -> Response:
    """Pause everything: what is not dialled is withdrawn, dialled calls go on."""
    try:
        changed = flow.pause_all(the_runtime(), request.form.get("reason", ""), now(), me().name)
    except UsageError as error:
        return beside_the_form(error, _page(error, EVERYTHING))
    flash(_("全部外呼已暂停") + _what_happened(changed))
    return _back()


@leader.post("/campaigns/resume")
def resume_all() -> Response:
    """Let everything go on, but what is paused by itself."""
    changed = flow.resume_all(the_runtime(), now(), me().name)
    flash(_("外呼已恢复") + _what_happened(changed))
    return _back()


def _back() -> Response:
    back = local_path(request.form.get("back"))
    return redirect(back or url_for("leader.campaigns"), 303)


def _what_happened(changed: flow.Changed) -> str:
    """What a change did to hand-outs and waiting tasks, as the end of the sentence."""
    said = ""
    if changed.withdrawn:
        said += _("；撤回了 %(count)s 位还没拨的客户，已拨打的继续", count=changed.withdrawn)
    if changed.judged:
        said += _("；%(count)s 个等着的任务已重新计算", count=changed.judged)
    return str(said)
