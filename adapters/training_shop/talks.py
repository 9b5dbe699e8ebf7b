"""What comes of a call to an invented buyer, and what the buyer does afterwards."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random
from typing import TypedDict

from adapters.training_shop.buyers import draw_mobile
from campaigns.values import Effect, Kind, Topic


@dataclass(frozen=True, slots=True)
class Talk:
    """One call as it went. `code` is the outcome that the caller enters.

    callback_after  the buyer asks to be called again so much later
    phone, note     what the caller writes down
    effect, complaint, wish, verbatim  what the buyer says of the goods (R-CB-6)
    agreed          what was agreed about a problem (R-CASE-1)
    score, reason, suggestion  what the buyer thinks of the service (R-SMP-4)
    """

    code: str
    lasts: timedelta
    callback_after: timedelta | None = None
    phone: str | None = None
    note: str | None = None
    effect: Effect | None = None
    complaint: str = ""
    wish: str = ""
    verbatim: str = ""
    agreed: str = ""
    score: int | None = None
    reason: str | None = None
    suggestion: str | None = None


Shares = Sequence[tuple[str, float]]
"""How many of a hundred calls end with which outcome."""

_NOT_REACHED: Shares = (
    ("no_answer", 15),
    ("rejected", 5),
    ("switched_off", 3),
    ("line_busy", 3),
    ("unreachable", 1.5),
    ("out_of_service", 1),
)
_ANY: Shares = (
    *_NOT_REACHED,
    ("wrong_number", 2),
    ("busy", 9),
    ("cut_off", 2),
    ("hung_up_angry", 1),
    ("opt_out", 1.5),
    ("other", 2),
)
_DUNNING: Shares = (
    *_ANY,
    ("will_pay", 31),
    ("not_needed", 9),
    ("says_paid", 4),
    ("relay", 4),
    ("gave_number", 2),
)
_RECEIVED: Shares = (*_ANY, ("satisfied", 33), ("guided", 9), ("complaint", 5), ("no_time", 7))
_NOT_RECEIVED: Shares = (*_ANY, ("parcel_chased", 36), ("parcel_problem", 9), ("no_time", 2))
_STOCK_OUT: Shares = (
    *_ANY,
    ("agrees", 32),
    ("agrees_with_gift", 14),
    ("refuses", 7),
    ("relay", 3),
    ("gave_number", 1),
)
_SAMPLING: Shares = (
    *(pair for pair in _ANY if pair[0] != "other"),
    ("scored", 46),
    ("refused", 3),
    ("hung_up", 2),
    ("complaint_solved", 3),
    ("complaint_escalated", 3),
)
_SHARES: Mapping[tuple[Kind, Topic], Shares] = {
    (Kind.DUNNING, Topic.NONE): _DUNNING,
    (Kind.CALLBACK, Topic.RECEIVED): _RECEIVED,
    (Kind.CALLBACK, Topic.NOT_RECEIVED): _NOT_RECEIVED,
    (Kind.STOCK_OUT, Topic.NONE): _STOCK_OUT,
    (Kind.SAMPLING, Topic.NONE): _SAMPLING,
}
_FAILED = frozenset(code for code, _ in _NOT_REACHED)
_RELAY_FAILS = 0.12

# How many of a hundred who were reminded with this outcome pay afterwards.
_PAYING: Mapping[str, int] = {
    "will_pay": 50,
    "says_paid": 60,
    "relay": 35,
    "gave_number": 30,
    "busy": 28,
    "cut_off": 30,
    "other": 40,
    "no_answer": 14,
    "rejected": 12,
    "switched_off": 10,
    "line_busy": 20,
    "unreachable": 15,
    "out_of_service": 5,
}

_NOTES: Mapping[str, tuple[str, ...]] = {
    "other": ("想换个颜色，已转给售前", "要等家人商量", "嫌邮费贵，已说明包邮条件", "问发票怎么开"),
    "complaint": (
        "收到时边角有破损",
        "颜色和页面图片差得多",
        "用了两次就开线",
        "少发了一件配件",
        "味道很重，通风三天还没散",
    ),
    "parcel_problem": (
        "物流三天没有更新",
        "显示已签收，本人没有收到",
        "快递员电话打不通，放在外区驿站",
        "地址写错，需要改派",
    ),
    "refuses": ("不想等，要求退款", "想换成有现货的颜色", "急着送人，改要退款"),
    "complaint_solved": ("以为没退款，查到已到账", "不会安装，电话里教会了"),
    "complaint_escalated": ("补发的又是坏的，要说法", "退款等了一周没到账", "客服答应回电没有回"),
}
_AGREED: Mapping[str, tuple[str, ...]] = {
    "complaint": ("补发一件，不用退回", "拍照给售后，当天给方案", "补偿十元，继续使用"),
    "parcel_problem": ("今天联系快递，明天回复", "核实后补发"),
    "refuses": ("今天提交退款", "换同款现货，差价退回"),
}
_SCORES: Sequence[tuple[int, int]] = ((5, 46), (4, 31), (3, 13), (2, 6), (1, 4))
"""How many of a hundred give which score."""
_REASONS = ("等了三天才有人回", "说法前后不一样", "一直让我等，没有结果", "态度有点冷")
_SUGGESTIONS = ("回得再快一点", "处理到哪一步跟我说一声", "周末也有人在就好了")
_PRAISES = ("小姑娘很耐心，一步一步教我", "当天就给解决了，省心", "说到做到")
_COMPLAINTS = ("破损", "色差", "做工", "少件", "味道大")
_GUIDED = ("不会安装", "清洗方法不清楚", "尺寸拿不准", "不知道怎么保养")
_WISHES = ("希望有更多颜色", "希望送个收纳袋", "想要更大的尺寸", "希望包装简单些", "")
_VERBATIM: Mapping[Effect, tuple[str, ...]] = {
    Effect.GOOD: (
        "挺好的，摸着很舒服，家里人都喜欢",
        "比我想的厚实，下次还来",
        "颜色很正，放在客厅好看",
        "用着顺手，已经推荐给同事了",
    ),
    Effect.FAIR: ("还可以吧，跟价钱差不多", "用着还行，就是有点薄", "一般，没有特别惊喜"),
    Effect.NONE: ("没觉得有什么不一样", "买来还没怎么用上"),
    Effect.BAD: ("说实话有点失望", "这个质量不值这个价", "刚用就坏了，心里不舒服"),
}


def draw_talk(draw: Random, kind: Kind, topic: Topic, *, is_relay: bool) -> Talk:
    """Let one call happen; a relay number fails now and then."""
    if is_relay and draw.random() < _RELAY_FAILS:
        return Talk("relay_failed", timedelta(seconds=draw.randrange(8, 20)))
    return draw_matter(draw, _SHARES[kind, topic])


def draw_further(draw: Random, kind: Kind, topic: Topic) -> Talk:
    """Let a further matter be settled in a call that has reached the buyer (R-REPEAT-2)."""
    settled = [(code, share) for code, share in _SHARES[kind, topic] if code not in _UNSETTLED]
    return draw_matter(draw, settled)


_UNSETTLED = frozenset(code for code, _ in _ANY) | {"relay", "gave_number"}


def draw_matter(draw: Random, shares: Shares) -> Talk:
    """Draw an outcome by its share, and everything that is written down with it."""
    code = draw.choices([code for code, _ in shares], [share for _, share in shares])[0]
    seconds = draw.randrange(15, 40) if code in _FAILED else draw.randrange(35, 200)
    callback_after = None
    if code == "busy" and draw.random() < 0.6:
        callback_after = timedelta(minutes=5 * draw.randrange(14, 80))
    effect = _effect(draw, code)
    return Talk(
        code=code,
        lasts=timedelta(seconds=seconds),
        callback_after=callback_after,
        phone=draw_mobile(draw) if code == "gave_number" else None,
        note=draw.choice(_NOTES[code]) if code in _NOTES else None,
        effect=effect,
        complaint=_complaint(draw, code),
        wish=draw.choice(_WISHES) if effect is not None else "",
        verbatim=draw.choice(_VERBATIM[effect]) if effect is not None else "",
        agreed=draw.choice(_AGREED[code]) if code in _AGREED else "",
        **_opinion(draw, code),
    )


class _Opinion(TypedDict, total=False):
    score: int
    reason: str
    suggestion: str


def _opinion(draw: Random, code: str) -> _Opinion:
    """R-SMP-4. A score, with the words that belong to it; after a complaint not always one."""
    is_complaint = code in ("complaint_solved", "complaint_escalated")
    if code != "scored" and not (is_complaint and draw.random() < 0.5):
        return {}
    score = draw.choices([n for n, _ in _SCORES], [share for _, share in _SCORES])[0]
    if is_complaint:
        score = min(score, 3)
    if score <= 2:
        return {"score": score, "reason": draw.choice(_REASONS)}
    if draw.random() < 0.5:
        return {"score": score}
    words = _PRAISES if score == 5 else _SUGGESTIONS
    return {"score": score, "suggestion": draw.choice(words)}


def _effect(draw: Random, code: str) -> Effect | None:
    match code:
        case "satisfied":
            return draw.choices((Effect.GOOD, Effect.FAIR), (4, 1))[0]
        case "guided":
            return draw.choices((Effect.FAIR, Effect.NONE), (2, 1))[0]
        case "complaint":
            return draw.choices((Effect.BAD, Effect.NONE), (3, 1))[0]
    return None


def _complaint(draw: Random, code: str) -> str:
    if code == "complaint":
        return draw.choice(_COMPLAINTS)
    return draw.choice(_GUIDED) if code == "guided" else ""


def pays_after(seed: str, task: int, at: datetime, code: str) -> timedelta | None:
    """How long after a reminder its buyer pays, if at all.

    It hangs on nothing but the call itself, so that whoever asks again is told the same.
    """
    draw = Random(f"{seed} pays {task} {at:%Y%m%d%H%M%S}")  # noqa: S311 - seeded on purpose
    if draw.randrange(100) >= _PAYING.get(code, 0):
        return None
    return timedelta(minutes=draw.choice((8, 25, 70, 190, 480, 900)) + draw.randrange(60))
