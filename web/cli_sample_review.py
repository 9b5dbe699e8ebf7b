"""The review of sampled calls on the command line: what is to be reviewed, and the verdict."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any

import typer

from campaigns.labels_zh import ENDING_LABELS, SOURCE_LABELS, VERDICT_LABELS
from campaigns.values import Role, Verdict
from web import cli_output as out
from web.cli_options import At, By, Json
from web.cli_output import emit, instant, iso, open_shop, rows
from web.cli_sample import Month, sample

if TYPE_CHECKING:
    from scheduler.flows.reviews import ReviewLine


class Said(StrEnum):
    """What a reviewer may say."""

    AGREE = "agree"
    CORRECT = "correct"


_VERDICTS = {Said.AGREE: Verdict.AGREED, Said.CORRECT: Verdict.CORRECTED}


def register() -> None:
    """Add this module's commands beside the others of `waihu sample`."""
    sample.command("reviews")(sample_reviews)
    sample.command("review")(sample_review)


def sample_reviews(month: Month, by: By = None, at: At = None, as_json: Json = False) -> int:
    """打完的抽查和它们的复核（R-SMP-12）；`--by` 是谁来复核。"""
    from scheduler.flows.people import responsible
    from scheduler.flows.reviews import to_review

    runtime = open_shop()
    now = runtime.instant(instant(at))
    lines = to_review(runtime, month, now, responsible(runtime, by, Role.SUPERVISOR))
    document = {"month": month, "reviews": [_document(line) for line in lines]}
    emit(document, as_json=as_json, table=lambda: _show(lines))
    return out.DONE


def sample_review(
    task: Annotated[int, typer.Argument(help="任务编号，见 sample reviews。", min=1)],
    said: Annotated[Said, typer.Argument(help="agree 同意，correct 更正。")],
    score: Annotated[int | None, typer.Option("--score", help="更正后的分数，1 到 5。")] = None,
    why: Annotated[str, typer.Option("--why", help="为什么更正。")] = "",
    by: By = None,
    at: At = None,
    as_json: Json = False,
) -> int:
    """复核一位抽查的客户：同意，或者更正评分并写明原因（R-SMP-12）。"""
    from scheduler.flows.people import responsible
    from scheduler.flows.review_page import review_page
    from scheduler.flows.reviews import ReviewForm, finish_review

    runtime = open_shop()
    now, person = runtime.instant(instant(at)), responsible(runtime, by, Role.SUPERVISOR)
    finish_review(runtime, task, ReviewForm(_VERDICTS[said], score, why), now, person)
    line = review_page(runtime, task, now, person).line
    emit(_document(line), as_json=as_json, table=lambda: _show([line]))
    return out.DONE


def _document(line: ReviewLine) -> dict[str, Any]:
    return {
        "task": line.task,
        "buyer": line.buyer,
        "source": line.source,
        "handler": line.handler,
        "ending": line.ending,
        "score": line.score,
        "origin": line.origin,
        "calls": line.calls,
        "callers": list(line.callers),
        "state": line.state,
        "reviewer": line.reviewer,
        "reviewed_at": iso(line.reviewed_at),
        "verdict": line.verdict,
        "score_before": line.score_before,
        "score_after": line.score_after,
        "why": line.why,
    }


def _show(lines: list[ReviewLine]) -> None:
    rows(
        "复核",
        ("任务", "客户", "来源", "处理人", "坐席", "结果", "评分", "复核", "复核人"),
        [
            (
                line.task,
                line.buyer,
                SOURCE_LABELS[line.source],
                line.handler,
                "、".join(line.callers),
                ENDING_LABELS[line.ending] if line.ending else "",
                "" if line.score is None else line.score,
                VERDICT_LABELS[line.verdict] if line.verdict else "",
                line.reviewer or "",
            )
            for line in lines
        ],
    )
