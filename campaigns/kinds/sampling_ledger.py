"""R-SMP-11: 服务抽查明细表, a row for each sampled customer, and 服务抽查汇总表 by month and handler."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import groupby

from campaigns.days import business_day
from campaigns.kinds.call_detail import BETWEEN, CallMade, CaseOpened, counted, joined
from campaigns.kinds.sampling_tally import SCALE, Fate, Sampled, Tally, tally_of
from campaigns.labels_zh import (
    CASE_KIND_LABELS,
    CASE_STATE_LABELS,
    ENDING_LABELS,
    OPEN_LABELS,
    SCORE_ORIGIN_LABELS,
    SOURCE_LABELS,
    VERDICT_LABELS,
)
from campaigns.ledger import TOTAL_LABEL, Cell, Column, ColumnKind, Ledger, LedgerForm
from campaigns.values import SHOP_ZONE, CaseState, Kind, ScoreOrigin, Verdict

NOBODY_NAMED = "（未指明）"
"""处理人 where the registers name nobody."""

# --- the detail ledger ---------------------------------------------------------------------------

DETAIL_FORM = LedgerForm(
    "sampling-detail",
    "服务抽查明细表",
    (
        Column("列入日期", ColumnKind.DATE, 12),
        Column("抽查日期", ColumnKind.DATE, 12),
        Column("用户ID", ColumnKind.TEXT, 20),
        Column("订单编号", ColumnKind.TEXT, 22),
        Column("来源", ColumnKind.TEXT, 12),
        Column("情况", ColumnKind.TEXT, 24),
        Column("处理人", ColumnKind.TEXT, 12),
        Column("抽查人员", ColumnKind.TEXT, 14),
        Column("拨打次数", ColumnKind.COUNT, 10),
        Column("结果", ColumnKind.TEXT, 20),
        Column("评分", ColumnKind.COUNT, 8),
        Column("评分来源", ColumnKind.TEXT, 14),
        Column("原因", ColumnKind.TEXT, 28),
        Column("建议", ColumnKind.TEXT, 24),
        Column("后续处理", ColumnKind.TEXT, 36),
        Column("复核", ColumnKind.TEXT, 24),
        Column("备注", ColumnKind.TEXT, 24),
    ),
)


@dataclass(frozen=True, slots=True)
class ScoreGiven:
    """R-SMP-4, R-SMP-8, R-SMP-12. One entry of a score."""

    value: int
    origin: ScoreOrigin
    reason: str | None = None
    suggestion: str | None = None


@dataclass(frozen=True, slots=True)
class FollowUpCase:
    """R-CASE-1. A case that came out of one of the calls, and how it stood."""

    opened: CaseOpened
    state: CaseState


@dataclass(frozen=True, slots=True)
class Answer:
    """R-SMP-5. An answer that was promised; `answered_at` None: not given yet."""

    due_at: datetime
    owner: str
    is_breached: bool
    answered_at: datetime | None = None
    answer: str | None = None


@dataclass(frozen=True, slots=True)
class MessageLeft:
    """R-SMP-6. The message after the third failed attempt; `sent_at` None: still to be sent."""

    sent_at: datetime | None = None
    replied_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class ReviewMade:
    """R-SMP-12. What a review came to."""

    reviewer: str
    verdict: Verdict
    score_before: int | None = None
    score_after: int | None = None
    why: str | None = None


@dataclass(frozen=True, slots=True)
class DetailRow:
    """R-SMP-11. One sampled customer, as known at the instant of the ledger.

    `calls` with their callers, oldest first; `scores` oldest first, the last one counts.
    """

    sampled: Sampled
    buyer: str
    order_no: str | None = None
    detail: str | None = None
    calls: tuple[tuple[CallMade, str], ...] = ()
    scores: tuple[ScoreGiven, ...] = ()
    cases: tuple[FollowUpCase, ...] = ()
    answers: tuple[Answer, ...] = ()
    message: MessageLeft | None = None
    review: ReviewMade | None = None

    @property
    def sampled_on(self) -> date | None:
        """抽查日期: the day of the first attempt; None while there was none."""
        return business_day(self.calls[0][0].at) if self.calls else None

    @property
    def attempts(self) -> int:
        """拨打次数: contacts that were made, a redial not counted (R-REPEAT-5)."""
        return sum(not call.is_redial for call, _ in self.calls)

    @property
    def result(self) -> str:
        """结果: how the task ended, or that it is open."""
        ending = self.sampled.ending
        return OPEN_LABELS[Kind.SAMPLING] if ending is None else ENDING_LABELS[ending]

    @property
    def said(self) -> tuple[ScoreGiven, ...]:
        """What was entered after the calls; a review's words stand under 复核."""
        return tuple(score for score in self.scores if score.origin is not ScoreOrigin.REVIEW)

    @property
    def follow_up(self) -> str:
        """后续处理: promised answers, cases and the message, each with how it stands."""
        entries = [*map(_answer_words, self.answers), *map(_case_words, self.cases)]
        if self.message is not None:
            entries.append(_message_words(self.message))
        return BETWEEN.join(entries)

    def cells(self) -> tuple[Cell, ...]:
        """In the order of DETAIL_FORM."""
        sampled = self.sampled
        return (
            sampled.called_in_on,
            self.sampled_on,
            self.buyer,
            self.order_no,
            SOURCE_LABELS[sampled.source],
            self.detail,
            handler_name(sampled.handler),
            "、".join(dict.fromkeys(caller for _, caller in self.calls)),
            self.attempts,
            self.result,
            sampled.score,
            SCORE_ORIGIN_LABELS[sampled.origin] if sampled.origin else None,
            joined(score.reason for score in self.said),
            joined(score.suggestion for score in self.said),
            self.follow_up,
            _review_words(self.review) if self.review else None,
            joined(call.note for call, _ in self.calls),
        )


def detail_ledger(
    rows: Sequence[DetailRow], first: date, last: date, as_of: datetime | None
) -> Ledger[DetailRow]:
    """R-SMP-11. The rows in the order given; under them the attempts, results and scores in all."""
    tally = tally_of(row.sampled for row in rows)
    origins = counted(SCORE_ORIGIN_LABELS[o] for row in rows if (o := row.sampled.origin))
    answers = sum(len(row.answers) for row in rows)
    reviews = sum(row.review is not None for row in rows)
    total_cells: tuple[Cell, ...] = (
        *(TOTAL_LABEL, None, f"{len(rows)} 位", None, None, None, None, None),
        sum(row.attempts for row in rows),
        counted(row.result for row in rows) or None,
        tally.total,
        origins or None,
        *(None, None, f"升级 {answers} 件", f"{reviews} 位", None),
    )
    return Ledger(DETAIL_FORM, first, last, as_of, tuple(rows), total_cells)


def handler_name(handler: str) -> str:
    """处理人 as pages and files name them."""
    return handler or NOBODY_NAMED


def _answer_words(answer: Answer) -> str:
    if answer.answered_at is None:
        state = "已超时未答复" if answer.is_breached else "未答复"
        return f"升级给{answer.owner}，应在 {_clock(answer.due_at)} 前答复，{state}"
    late = "（超时）" if answer.is_breached else ""
    said = f"：{answer.answer.strip()}" if answer.answer and answer.answer.strip() else ""
    return f"升级给{answer.owner}，{_clock(answer.answered_at)} 已答复{late}{said}"


def _case_words(case: FollowUpCase) -> str:
    kind, state = CASE_KIND_LABELS[case.opened.kind], CASE_STATE_LABELS[case.state]
    return f"售后 {case.opened.id} {kind}，{state}"


def _message_words(message: MessageLeft) -> str:
    if message.sent_at is None:
        return "待留言"
    return "已留言，客户已回复" if message.replied_at is not None else "已留言"


def _review_words(review: ReviewMade) -> str:
    words = f"{review.reviewer} {VERDICT_LABELS[review.verdict]}"
    if review.verdict is Verdict.CORRECTED:
        before = "未评分" if review.score_before is None else f"{review.score_before} 分"
        words += f"：{before}改为 {review.score_after} 分"
    return f"{words}，{review.why.strip()}" if review.why and review.why.strip() else words


def _clock(instant: datetime) -> str:
    return f"{instant.astimezone(SHOP_ZONE):%m-%d %H:%M}"


# --- the summary ledger --------------------------------------------------------------------------

SUMMARY_FORM = LedgerForm(
    "sampling-summary",
    "服务抽查汇总表",
    (
        Column("月份", ColumnKind.TEXT, 10),
        Column("处理人", ColumnKind.TEXT, 12),
        Column("抽查数", ColumnKind.COUNT, 10),
        Column("评分数", ColumnKind.COUNT, 10),
        Column("未接通", ColumnKind.COUNT, 10),
        Column("拒接", ColumnKind.COUNT, 8),
        Column("未完成", ColumnKind.COUNT, 10),
        Column("其他未评分", ColumnKind.COUNT, 12),
        *(Column(f"{value}分", ColumnKind.COUNT, 8) for value in SCALE),
        Column("满意度", ColumnKind.DECIMAL, 10),
        Column("是否达标", ColumnKind.TEXT, 10),
    ),
)


@dataclass(frozen=True, slots=True)
class SummaryRow:
    """R-SMP-11. One handler's month."""

    month: str
    handler: str
    tally: Tally

    def cells(self) -> tuple[Cell, ...]:
        """In the order of SUMMARY_FORM."""
        return (self.month, handler_name(self.handler), *_tally_cells(self.tally))


def summary_ledger(
    rows: Iterable[Sampled], first: date, last: date, as_of: datetime | None
) -> Ledger[SummaryRow]:
    """R-SMP-11. By month and handler, in the order of their names: this is no ranking.

    What is open counts as 未完成, which is what it is until the month's end.
    """
    in_order = sorted(rows, key=_month_and_handler)
    summary = tuple(
        SummaryRow(month, handler, tally_of(group))
        for (month, _, handler), group in groupby(in_order, key=_month_and_handler)
    )
    total_cells = (TOTAL_LABEL, None, *_tally_cells(tally_of(in_order)))
    return Ledger(SUMMARY_FORM, first, last, as_of, summary, total_cells)


def _tally_cells(tally: Tally) -> tuple[Cell, ...]:
    fates = tally.fates
    met = tally.is_target_met
    return (
        tally.sampled,
        tally.scored,
        fates[Fate.UNREACHED],
        fates[Fate.REJECTED],
        fates[Fate.UNFINISHED] + fates[Fate.OPEN],
        fates[Fate.UNSCORED] + fates[Fate.OPTED_OUT],
        *(tally.scores[value] for value in SCALE),
        _two_places(tally),
        "—" if met is None else "是" if met else "否",
    )


def _two_places(tally: Tally) -> float | None:
    """满意度 rounded here, half up, so that no page or program rounds it in its own way."""
    if not tally.scored:
        return None
    return (200 * tally.total + tally.scored) // (2 * tally.scored) / 100


def _month_and_handler(row: Sampled) -> tuple[str, bool, str]:
    """Whoever is not named comes last."""
    return row.month, not row.handler, row.handler
