"""Setting up a campaign on the command line: a draft, submitted, approved by another person, cloned."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from campaigns.errors import UsageError
from campaigns.labels_zh import CAMPAIGN_STATE_LABELS, KIND_LABELS
from campaigns.values import CampaignState, Role
from web import cli_output as out
from web.cli_campaigns import CampaignId, Reason
from web.cli_options import CLI, At, By, Json, kind_of
from web.cli_output import clock, emit, instant, iso, open_shop, rows

if TYPE_CHECKING:
    from scheduler.flows.campaign_setup import CampaignSeen

Set = Annotated[
    list[str] | None,
    typer.Option("--set", help="项目=值，可以写多次；空值恢复。项目见 campaign show。"),
]


def register(commands: typer.Typer) -> None:
    """Add this module's commands to those of campaigns."""
    commands.command("new")(campaign_new)
    commands.command("show")(campaign_show)
    commands.command("set")(campaign_set)
    commands.command("submit")(campaign_submit)
    commands.command("approve")(campaign_approve)
    commands.command("send-back")(campaign_send_back)
    commands.command("clone")(campaign_clone)


def campaign_new(
    kind: Annotated[str, typer.Argument(help="dunning、callback 或 stock_out。")],
    name: Annotated[str, typer.Argument(help="名称。")],
    at: At = None,
    as_json: Json = False,
) -> int:
    """新建一个活动草稿：批准之前不做计划，也不分给坐席。"""
    from scheduler.flows.campaign_setup import add

    runtime = open_shop()
    chosen = kind_of(kind)
    assert chosen is not None, "the argument is required"
    made = add(runtime, chosen, name, runtime.instant(instant(at)), CLI)
    return _show(made, as_json=as_json)


def campaign_show(campaign_id: CampaignId, as_json: Json = False) -> int:
    """一个活动是怎样设的，现在怎样。"""
    return _show(campaign_id, as_json=as_json)


def campaign_set(
    campaign_id: CampaignId, changes: Set = None, at: At = None, as_json: Json = False
) -> int:
    """改一个活动的设置；条件从下一次计划起算，数字立即生效。"""
    from scheduler.flows.campaign_setup import save, seen
    from web.setup_form import read_setup

    runtime = open_shop()
    found = seen(runtime, campaign_id)
    texts = texts_of(found, changes or [])
    setup = read_setup(found.kind, *texts)
    save(runtime, campaign_id, setup, runtime.instant(instant(at)), CLI)
    return _show(campaign_id, as_json=as_json)


def campaign_submit(
    campaign_id: CampaignId, by: By = None, at: At = None, as_json: Json = False
) -> int:
    """提交草稿，等另一个人批准。"""
    from scheduler.flows.campaign_setup import submit
    from scheduler.flows.people import responsible

    runtime = open_shop()
    person = responsible(runtime, by, Role.LEADER)
    submit(runtime, campaign_id, runtime.instant(instant(at)), person)
    return _show(campaign_id, as_json=as_json)


def campaign_approve(
    campaign_id: CampaignId, by: By = None, at: At = None, as_json: Json = False
) -> int:
    """批准别人提交的活动：从下一次计划起排入。"""
    from scheduler.flows.campaign_setup import approve
    from scheduler.flows.people import responsible

    runtime = open_shop()
    person = responsible(runtime, by, Role.SUPERVISOR)
    approve(runtime, campaign_id, runtime.instant(instant(at)), person)
    return _show(campaign_id, as_json=as_json)


def campaign_send_back(
    campaign_id: CampaignId,
    reason: Reason = "",
    by: By = None,
    at: At = None,
    as_json: Json = False,
) -> int:
    """退回已提交的活动，让它变回草稿。"""
    from scheduler.flows.campaign_setup import send_back
    from scheduler.flows.people import responsible

    runtime = open_shop()
    person = responsible(runtime, by, Role.SUPERVISOR)
    send_back(runtime, campaign_id, reason, runtime.instant(instant(at)), person)
    return _show(campaign_id, as_json=as_json)


def campaign_clone(campaign_id: CampaignId, at: At = None, as_json: Json = False) -> int:
    """照着一个活动新建草稿，拍下的日期移到这个月。"""
    from campaigns.days import business_day
    from scheduler.flows.campaign_setup import clone

    runtime = open_shop()
    now = runtime.instant(instant(at))
    made = clone(runtime, campaign_id, now, CLI, day=business_day(now))
    return _show(made, as_json=as_json)


def texts_of(
    found: CampaignSeen, changes: list[str]
) -> tuple[dict[str, str], list[str], list[str] | None]:
    """The saved setup as texts with the changes laid over it; apart the provinces and who calls."""
    from web.setup_form import words_of, written

    typed = written(found.kind, found.setup)
    provinces = list(found.setup.population.provinces)
    callers: list[str] | None = None
    for change in changes:
        name, sign, value = change.partition("=")
        if not sign:
            raise UsageError(f"请写成 项目=值：{change}", field="set")
        if name == "provinces":
            provinces = list(words_of(value))
        elif name == "callers":
            callers = [_id_of(found, one) for one in words_of(value)]
        elif name in _known(found):
            typed[name] = value.strip()
        else:
            raise UsageError(f"没有这个项目：{name}。可用：{'、'.join(_known(found))}", field="set")
    return typed, provinces, callers


def _id_of(found: CampaignSeen, name: str) -> str:
    for person in found.people:
        if person.name == name:
            return str(person.id)
    raise UsageError(f"没有这个坐席：{name}", field="callers")


def _known(found: CampaignSeen) -> list[str]:
    from campaigns.own_numbers import may_differ
    from campaigns.regions import PROVINCES
    from web.setup_form import BY_REGION

    own = [name for name in may_differ(found.kind) if name != BY_REGION]
    asked = ("name", "provinces", "amount_from", "amount_to", "goods", "placed_from", "placed_to")
    regions = [f"{BY_REGION}.{province}" for province in PROVINCES]
    more = ("vip_only", "control_percent", "callers", "offer", "offer_from", "offer_to")
    return [*asked, *more, *own, *regions]


def _show(campaign_id: int, *, as_json: bool) -> int:
    from scheduler.flows.campaign_setup import seen
    from web.setup_form import written

    found = seen(open_shop(), campaign_id)
    texts = written(found.kind, found.setup)
    document = {
        "campaign": found.id,
        "kind": found.kind,
        "name": found.setup.name,
        "state": found.state,
        "standing": found.is_standing,
        "population": list(found.setup.population.sentences()),
        "numbers": dict(found.setup.numbers),
        "control_percent": found.setup.control_percent,
        "created_by": found.created_by,
        "submitted_by": found.submitted_by,
        "submitted_at": iso(found.submitted_at),
        "approved_by": found.approved_by,
        "approved_at": iso(found.approved_at),
        "callers": [person.name for person in found.callers],
        "offers": [
            {"wording": o.wording, "from": o.first_day.isoformat(), "to": o.last_day.isoformat()}
            for o in found.offers
        ],
        "set": {name: text for name, text in texts.items() if text},
    }

    def table() -> None:
        lines = [
            ("名称", found.setup.name),
            ("类型", KIND_LABELS[found.kind]),
            ("状态", CAMPAIGN_STATE_LABELS[found.state]),
            ("客户", "；".join(found.setup.population.sentences())),
            ("对照组", f"{found.setup.control_percent}%"),
            ("提交", f"{found.submitted_by or '—'} {clock(found.submitted_at)}"),
            ("批准", f"{found.approved_by or '—'} {clock(found.approved_at)}"),
            ("坐席", "、".join(person.name for person in found.callers) or "—"),
            *((name, str(value)) for name, value in found.setup.numbers.items()),
        ]
        rows(f"活动 {found.id} {found.setup.name}", ("项目", "内容"), lines)
        if found.state is CampaignState.DRAFT:
            out.line("草稿：不做计划。先 dry-run，再 submit，由另一个人 approve。")

    emit(document, as_json=as_json, table=table)
    return out.DONE
