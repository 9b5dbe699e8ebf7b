"""Trying a campaign out on the command line, and what its control group says (R-DUN-9)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from campaigns.ledger import yuan
from web import cli_output as out
from web.cli_campaign_setup import Set, texts_of
from web.cli_campaigns import CampaignId
from web.cli_options import At, Json
from web.cli_output import clock, day, emit, instant, iso, open_shop, rows

if TYPE_CHECKING:
    from campaigns.statistics import Interval
    from scheduler.flows.campaign_trial import Moved, Trial
    from scheduler.flows.control_results import Group

Date = Annotated[str | None, typer.Option("--date", help="试排哪一天，默认下一次计划的那天。")]


def register(commands: typer.Typer) -> None:
    """Add this module's commands to those of campaigns."""
    commands.command("dry-run")(campaign_dry_run)
    commands.command("control")(campaign_control)


def campaign_dry_run(
    campaign_id: CampaignId,
    date: Date = None,
    changes: Set = None,
    at: At = None,
    as_json: Json = False,
) -> int:
    """试排：谁什么时候打，谁永远排不上，人手够不够；--set 先看改动会影响谁。什么都不存。"""
    from scheduler.flows.campaign_setup import seen
    from scheduler.flows.campaign_trial import compare, dry_run
    from web.setup_form import read_setup

    runtime = open_shop()
    now = runtime.instant(instant(at))
    wanted = None if date is None else day(date, "date")
    moved: tuple[Moved, ...] = ()
    if changes:
        found = seen(runtime, campaign_id)
        setup = read_setup(found.kind, *texts_of(found, changes))
        change = compare(runtime, campaign_id, setup, now, day=wanted)
        tried, moved = change.after, change.moved
    else:
        tried = dry_run(runtime, campaign_id, now, day=wanted)
    document = {"campaign": campaign_id, **_trial(tried)}
    if changes:
        document["moved"] = [_moved(one) for one in moved]
    emit(document, as_json=as_json, table=lambda: _trial_table(tried, moved))
    return out.DONE


def campaign_control(
    campaign_id: CampaignId,
    first: Annotated[str | None, typer.Option("--from", help="从哪一天，YYYY-MM-DD。")] = None,
    last: Annotated[str | None, typer.Option("--to", help="到哪一天（含）。")] = None,
    at: At = None,
    as_json: Json = False,
) -> int:
    """对照组的结果：拨打到底多收回多少，带 95% 区间（R-DUN-9）。"""
    from scheduler.flows.control_results import control_result

    runtime = open_shop()
    found = control_result(
        runtime,
        campaign_id,
        runtime.instant(instant(at)),
        first=None if first is None else day(first, "from"),
        last=None if last is None else day(last, "to"),
    )
    document = {
        "campaign": campaign_id,
        "percent": found.percent,
        "from": found.first.isoformat(),
        "to": found.last.isoformat(),
        "called": _group(found.called),
        "control": _group(found.control),
        "gain": _interval(found.gain),
        "money_gain": _interval(found.money_gain),
        "still_open": found.still_open,
        "too_few": found.is_too_few,
    }

    def table() -> None:
        rows(
            f"{found.name}　{found.first} 至 {found.last}",
            ("组", "客户", "付款的", "付款比例", "应收", "收回"),
            [
                (
                    words,
                    group.customers,
                    group.payers,
                    _percent(group.share),
                    yuan(group.owed_fen),
                    yuan(group.paid_fen),
                )
                for words, group in (("拨打", found.called), ("对照", found.control))
            ],
        )
        out.line(
            f"多付款的比例：{_percent(found.gain)}　多收回的金额：{_percent(found.money_gain)}"
        )
        if found.is_too_few:
            out.line("! 样本太少，还不能比较")

    emit(document, as_json=as_json, table=table)
    return out.DONE


def _trial(tried: Trial) -> dict[str, Any]:
    return {
        "date": tried.day.isoformat(),
        "at": iso(tried.at),
        "tasks": [
            {
                "buyer": call.buyer,
                "new": call.is_new,
                "orders": call.orders,
                "amount": yuan(call.amount_fen),
                "due_at": iso(call.due_at),
                "deadline": iso(call.deadline),
                "region": call.region,
            }
            for call in tried.calls
        ],
        "left_out": [
            {"buyer": left.buyer, "rules": list(left.rules), "reason": left.reason}
            for left in tried.left_out
        ],
        "by_rule": [
            {"rules": list(rules), "reason": reason, "count": count}
            for rules, reason, count in tried.by_rule
        ],
        "staying": tried.staying,
        "days": [
            {
                "day": one.day.isoformat(),
                "first_calls": one.first_calls,
                "calls": one.calls,
                "capacity": one.capacity,
            }
            for one in tried.days
        ],
        "staff": {
            "people": tried.rates.people,
            "calls_per_hour": tried.rates.calls_per_hour,
            "reached_percent": tried.rates.reached_percent,
            "measured": tried.rates.is_measured,
            "enough": tried.is_enough,
        },
    }


def _moved(one: Moved) -> dict[str, Any]:
    return {
        "buyer": one.buyer,
        "was_in": one.was_in,
        "is_in": one.is_in,
        "before": iso(one.before),
        "after": iso(one.after),
        "rules": list(one.rules),
    }


def _trial_table(tried: Trial, moved: tuple[Moved, ...]) -> None:
    out.line(f"试排 {tried.day}：{len(tried.calls)} 位要打，{len(tried.left_out)} 位不打")
    rows(
        "每天",
        ("日期", "首拨", "预计拨打", "人手能打", "够不够"),
        [
            (d.day, d.first_calls, d.calls, d.capacity, "够" if d.is_enough else "不够")
            for d in tried.days
        ],
    )
    rows(
        "永远排不上",
        ("规则", "原因", "人数"),
        [("、".join(rules), reason, count) for rules, reason, count in tried.by_rule],
    )
    if tried.staying:
        out.line(f"另有 {tried.staying} 张订单符合条件，但已在别的活动里有任务，留在那里")
    if moved:
        rows(
            "改动会影响的客户",
            ("客户", "原来", "改后"),
            [
                (
                    one.buyer,
                    clock(one.before) if one.was_in else "不打",
                    clock(one.after) if one.is_in else "不打",
                )
                for one in moved
            ],
        )


def _group(group: Group) -> dict[str, Any]:
    return {
        "customers": group.customers,
        "payers": group.payers,
        "owed": yuan(group.owed_fen),
        "paid": yuan(group.paid_fen),
        "share": _interval(group.share),
    }


def _interval(found: Interval | None) -> dict[str, Any] | None:
    if found is None:
        return None
    return {
        "mean": round(found.mean, 4),
        "low": None if found.low is None else round(found.low, 4),
        "high": None if found.high is None else round(found.high, 4),
        "n": found.n,
    }


def _percent(found: Interval | None) -> str:
    if found is None:
        return "—"
    if found.low is None or found.high is None:
        return f"{found.mean:.1%}"
    return f"{found.mean:.1%}（{found.low:.1%} 至 {found.high:.1%}）"
