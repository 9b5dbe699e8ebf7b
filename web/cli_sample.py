"""The month's sample on the command line: draw, repeat the draw, submit, approve, look."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from campaigns.labels_zh import ENDING_LABELS, SAMPLE_STATE_LABELS, SOURCE_LABELS
from campaigns.values import Role
from web import cli_output as out
from web.cli_options import CLI, At, By, Json
from web.cli_output import clock, emit, instant, iso, open_shop, rows

if TYPE_CHECKING:
    from scheduler.flows.sampling import Sample, SampleStatus
    from scheduler.flows.sampling_list import SampleHead

sample = typer.Typer(help="回访抽查：抽样、提交、批准、进度。", no_args_is_help=True)

Month = Annotated[str, typer.Option("--month", help="月份，如 2026-05。")]

_LISTED = 20
"""Reserves and people left out that a terminal shows; `--json` has all."""


def register(app: typer.Typer) -> None:
    """Add this module's commands."""
    app.add_typer(sample, name="sample")


@sample.command("draw")
def sample_draw(
    month: Month,
    seed: Annotated[int | None, typer.Option("--seed", help="随机种子；不写就新取一个。")] = None,
    at: At = None,
    as_json: Json = False,
) -> int:
    """按来源和处理人分层抽样（R-SMP-1、R-SMP-2）；提交前可以重抽。"""
    from scheduler.flows.sampling import draw

    runtime = open_shop()
    drawn = draw(runtime, month, runtime.instant(instant(at)), CLI, seed)
    emit(_list_document(drawn), as_json=as_json, table=lambda: _show_list(drawn))
    return out.DONE


@sample.command("redraw")
def sample_redraw(month: Month, as_json: Json = False) -> int:
    """用存下的名单和种子重做一遍抽样，核对结果；什么也不改。"""
    from scheduler.flows.sampling import redraw

    drawn = redraw(open_shop(), month)
    emit(_list_document(drawn), as_json=as_json, table=lambda: _show_list(drawn))
    if drawn.is_as_stored:
        return out.DONE
    out.say("✗ 重做的结果与存下的名单不一致（R-SMP-1）")
    return out.FOUND


@sample.command("submit")
def sample_submit(month: Month, by: By = None, at: At = None, as_json: Json = False) -> int:
    """组长提交名单，27 日之前（R-SMP-3）。"""
    from scheduler.flows.people import responsible
    from scheduler.flows.sampling import submit

    runtime = open_shop()
    now = runtime.instant(instant(at))
    submit(runtime, month, now, responsible(runtime, by, Role.LEADER))
    return _tell_status(month, at, as_json=as_json)


@sample.command("approve")
def sample_approve(month: Month, by: By = None, at: At = None, as_json: Json = False) -> int:
    """另一个人批准：名单冻结，生成任务（R-SMP-3）。"""
    from scheduler.flows.people import responsible
    from scheduler.flows.sampling import approve

    runtime = open_shop()
    now = runtime.instant(instant(at))
    approve(runtime, month, now, responsible(runtime, by, Role.SUPERVISOR))
    return _tell_status(month, at, as_json=as_json)


@sample.command("status")
def sample_status(month: Month, at: At = None, as_json: Json = False) -> int:
    """本月抽查的进度、满意度、每天还要拨多少（R-SMP-3、R-SMP-10）。"""
    return _tell_status(month, at, as_json=as_json)


def _tell_status(month: str, at: str | None, *, as_json: bool) -> int:
    from scheduler.flows.sampling import status

    runtime = open_shop()
    found = status(runtime, month, runtime.instant(instant(at)))
    emit(_status_document(found), as_json=as_json, table=lambda: _show_status(found))
    return out.DONE


def _list_document(drawn: Sample) -> dict[str, Any]:
    return {
        "month": drawn.month,
        "seed": drawn.seed,
        "frame": drawn.frame_size,
        "frame_hash": drawn.frame_hash,
        "sample": [
            {
                "rank": one.rank,
                "buyer": one.buyer,
                "stratum": one.stratum,
                "handler": one.handler,
                "reserve": one.is_reserve,
            }
            for one in drawn.members
        ],
        "left_out": [{"buyer": one.buyer, "rules": list(one.rules)} for one in drawn.left_out],
    }


def _status_document(found: SampleStatus) -> dict[str, Any]:
    stored, scores = found.sample, found.satisfaction
    document: dict[str, Any] = {
        "month": found.month,
        "state": found.state or "none",
        "frame": stored.frame_size if stored else 0,
        "frame_hash": stored.frame_hash if stored else None,
        "drawn": found.drawn,
        "scored": found.scored,
        "unscored": dict(found.unscored),
        "needed": found.needed,
        "late": found.late,
        "satisfaction": {
            "mean": _rounded(scores.mean if scores else None),
            "low": _rounded(scores.low if scores else None),
            "high": _rounded(scores.high if scores else None),
            "n": scores.n if scores else 0,
        },
        "target_met": found.target_met,
        "late_because": list(found.late_because),
        "short": found.short,
        "short_because": found.short_reason or None,
        "open": found.open,
        "replaced": found.replaced,
        "reserves_left": found.reserves_left,
        "days_left": found.days_left,
        "dials_per_day": found.dials_per_day,
    }
    return document | _paper_trail(stored)


def _paper_trail(stored: SampleHead | None) -> dict[str, Any]:
    """Who did what to the list, and when."""
    return {
        "seed": stored.seed if stored else None,
        "wanted": stored.wanted if stored else None,
        "redraws": stored.redraws if stored else 0,
        "list_hash": stored.list_hash if stored else None,
        "drawn_at": iso(stored.drawn_at) if stored else None,
        "drawn_by": stored.drawn_by if stored else None,
        "submitted_at": iso(stored.submitted_at) if stored else None,
        "submitted_by": stored.submitted_by if stored else None,
        "approved_at": iso(stored.approved_at) if stored else None,
        "approved_by": stored.approved_by if stored else None,
    }


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 4)


def _show_list(drawn: Sample) -> None:
    chosen = [one for one in drawn.members if not one.is_reserve]
    reserves = len(drawn.members) - len(chosen)
    out.line(
        f"{drawn.month} 抽查：可抽 {drawn.frame_size} 位，抽中 {len(chosen)} 位，备选 {reserves} 位，"
        f"不能抽 {len(drawn.left_out)} 位；种子 {drawn.seed}"
    )
    if drawn.short:
        out.line(f"! {drawn.short_reason}")
    shown = drawn.members[: len(chosen) + _LISTED]
    rows(
        "名单",
        ("序号", "用户ID", "来源与处理人", "备选"),
        [
            (
                one.rank,
                one.buyer,
                f"{SOURCE_LABELS[one.source]} / {one.handler or '—'}",
                "备选" if one.is_reserve else "",
            )
            for one in shown
        ],
    )
    _more(len(drawn.members) - len(shown))
    if drawn.left_out:
        rows(
            "不能抽",
            ("用户ID", "规则", "原因"),
            [(x.buyer, "、".join(x.rules), x.reason) for x in drawn.left_out[:_LISTED]],
        )
        _more(len(drawn.left_out) - _LISTED)


def _more(hidden: int) -> None:
    if hidden > 0:
        out.line(f"……还有 {hidden} 位，--json 可看全部")


def _show_status(found: SampleStatus) -> None:
    stored, scores = found.sample, found.satisfaction
    state = "还没有抽样" if stored is None else SAMPLE_STATE_LABELS[stored.state]
    out.line(f"{found.month} 抽查：{state}")
    for warning in (*found.late_because, found.short_reason):
        if warning:
            out.line(f"! {warning}")
    ended = "，".join(f"{ENDING_LABELS[end]} {many}" for end, many in found.unscored.items())
    lines: list[tuple[str, object]] = [
        ("已列入", found.drawn),
        ("已评分", found.scored),
        ("未评分", ended or 0),
        ("进行中", found.open),
        ("已替补", found.replaced),
        ("剩余备选", found.reserves_left),
        ("还差评分", found.needed),
        ("剩余天数", found.days_left),
        ("每天需拨", "—" if found.dials_per_day is None else found.dials_per_day),
    ]
    if scores is not None:
        low, high = (_two(value) for value in (scores.low, scores.high))
        met = "达标" if found.target_met else "未达标"
        lines.append(("满意度", f"{scores.mean:.2f}（{low} 至 {high}），{met}"))
    if stored is not None:
        lines.append(
            ("抽样", f"{stored.drawn_by} {clock(stored.drawn_at)}，重抽 {stored.redraws} 次")
        )
        lines.append(("提交", f"{stored.submitted_by or '—'} {clock(stored.submitted_at)}"))
        lines.append(("批准", f"{stored.approved_by or '—'} {clock(stored.approved_at)}"))
    rows("进度", ("项目", "数值"), lines)


def _two(value: float | None) -> str:
    return "—" if value is None else f"{value:.2f}"
