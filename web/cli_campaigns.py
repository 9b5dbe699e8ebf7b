"""Campaigns on the command line: how they stand, start, pause, stop; pausing everything."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from campaigns.labels_zh import CAMPAIGN_STATE_LABELS, KIND_LABELS
from campaigns.values import CampaignState
from web import cli_output as out
from web.cli_options import CLI, Json
from web.cli_output import clock, emit, iso, open_shop, rows

if TYPE_CHECKING:
    from scheduler.flows.campaigns import CampaignListed, Changed

campaign = typer.Typer(help="活动：启动、暂停、停止。", no_args_is_help=True)

CampaignId = Annotated[int, typer.Argument(help="活动编号，见 campaign list。", min=1)]
Reason = Annotated[str, typer.Option("--reason", help="为什么，坐席会看到。")]


def register(app: typer.Typer) -> None:
    """Add this module's commands."""
    app.add_typer(campaign, name="campaign")
    app.command("pause-all")(pause_everything)
    app.command("resume-all")(resume_everything)


@campaign.command("list")
def campaign_list(as_json: Json = False) -> int:
    """各个活动现在怎样。"""
    from scheduler.flows.campaigns import campaigns

    found = campaigns(open_shop())
    pause = found.pause
    document = {
        "paused": None
        if pause is None
        else {"since": iso(pause.since), "by": pause.by, "reason": pause.reason},
        "campaigns": [_document(one) for one in found.campaigns],
    }

    def table() -> None:
        if pause is not None:
            out.line(f"! 全部外呼已暂停：{pause.reason}（{pause.by}，{clock(pause.since)}）")
        rows(
            "活动",
            ("编号", "名称", "类型", "状态", "从", "谁", "原因", "未结束"),
            [
                (
                    one.id,
                    one.name,
                    KIND_LABELS[one.kind],
                    CAMPAIGN_STATE_LABELS[one.state],
                    clock(one.since),
                    one.by or "",
                    one.reason or "",
                    one.open_count,
                )
                for one in found.campaigns
            ],
        )

    emit(document, as_json=as_json, table=table)
    return out.DONE


@campaign.command("start")
def campaign_start(campaign_id: CampaignId, as_json: Json = False) -> int:
    """启动：重新分给坐席，从下一次计划起排入。"""
    return _change(campaign_id, CampaignState.RUNNING, "", as_json=as_json)


@campaign.command("pause")
def campaign_pause(campaign_id: CampaignId, reason: Reason = "", as_json: Json = False) -> int:
    """暂停：不再分给坐席，屏幕上还没拨的撤回（R-CLAIM-1）。"""
    return _change(campaign_id, CampaignState.PAUSED, reason, as_json=as_json)


@campaign.command("stop")
def campaign_stop(campaign_id: CampaignId, reason: Reason = "", as_json: Json = False) -> int:
    """停止：像暂停一样，而且不再做计划。"""
    return _change(campaign_id, CampaignState.STOPPED, reason, as_json=as_json)


def pause_everything(reason: Reason = "", as_json: Json = False) -> int:
    """暂停全部外呼：已拨出的继续，别的都撤回。"""
    from scheduler.flows.campaigns import pause_all

    runtime = open_shop()
    changed = pause_all(runtime, reason, runtime.now(), CLI)
    return _told(changed, {"paused": True}, "全部外呼已暂停", as_json=as_json)


def resume_everything(as_json: Json = False) -> int:
    """恢复全部外呼；单独暂停的活动不变。"""
    from scheduler.flows.campaigns import resume_all

    runtime = open_shop()
    changed = resume_all(runtime, runtime.now(), CLI)
    return _told(changed, {"paused": False}, "外呼已恢复", as_json=as_json)


def _change(campaign_id: int, state: CampaignState, reason: str, *, as_json: bool) -> int:
    from scheduler.flows.campaigns import change_state

    runtime = open_shop()
    changed = change_state(runtime, campaign_id, state, reason, runtime.now(), CLI)
    document = {"campaign": campaign_id, "state": state}
    words = f"活动 {campaign_id} {CAMPAIGN_STATE_LABELS[state]}"
    return _told(changed, document, words, as_json=as_json)


def _told(changed: Changed, document: dict[str, Any], words: str, *, as_json: bool) -> int:
    document |= {"withdrawn": changed.withdrawn, "judged": changed.judged}
    more = f"；撤回 {changed.withdrawn} 位" if changed.withdrawn else ""
    more += f"；重新排 {changed.judged} 位" if changed.judged else ""
    emit(document, as_json=as_json, table=lambda: out.line(f"{words}{more}"))
    return out.DONE


def _document(one: CampaignListed) -> dict[str, Any]:
    return {
        "campaign": one.id,
        "kind": one.kind,
        "name": one.name,
        "state": one.state,
        "since": iso(one.since),
        "by": one.by,
        "reason": one.reason,
        "open": one.open_count,
    }
