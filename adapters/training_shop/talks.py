"""What comes of a call to an invented buyer, and what the buyer does afterwards."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from random import Random

from adapters.training_shop.buyers import draw_mobile


@dataclass(frozen=True, slots=True)
class Talk:
    """One call as it went. `code` is the outcome that the caller enters.

    pays_after      the buyer pays so long after the call, if at all
    callback_after  the buyer asks to be called again so much later
    phone, note     what the caller writes down
    """

    code: str
    lasts: timedelta
    pays_after: timedelta | None = None
    callback_after: timedelta | None = None
    phone: str | None = None
    note: str | None = None


# How many of a hundred calls go so, and how many of a hundred such buyers pay afterwards.
_TALKS: tuple[tuple[str, float, int], ...] = (
    ("will_pay", 31, 50),
    ("not_needed", 9, 0),
    ("says_paid", 4, 60),
    ("relay", 4, 35),
    ("gave_number", 2, 30),
    ("wrong_number", 2, 0),
    ("busy", 11, 28),
    ("cut_off", 3, 30),
    ("hung_up_angry", 1, 0),
    ("opt_out", 1.5, 0),
    ("other", 3, 40),
    ("no_answer", 15, 14),
    ("rejected", 5, 12),
    ("switched_off", 3, 10),
    ("line_busy", 3, 20),
    ("unreachable", 1.5, 15),
    ("out_of_service", 1, 5),
)
_NOT_REACHED = frozenset(
    ("no_answer", "rejected", "switched_off", "line_busy", "unreachable", "out_of_service")
)
_RELAY_FAILS = 0.12
_NOTES = ("想换个颜色，已转给售前", "问能不能分两次付", "要等家人商量", "嫌邮费贵，已说明包邮条件")


def draw_talk(draw: Random, *, is_relay: bool) -> Talk:
    """Let one call happen; a relay number fails now and then."""
    if is_relay and draw.random() < _RELAY_FAILS:
        return Talk("relay_failed", timedelta(seconds=draw.randrange(8, 20)))
    code, _, paying = draw.choices(_TALKS, [share for _, share, _ in _TALKS])[0]
    seconds = draw.randrange(15, 40) if code in _NOT_REACHED else draw.randrange(35, 200)
    pays_after = None
    if draw.randrange(100) < paying:
        pays_after = timedelta(minutes=draw.choice((8, 25, 70, 190, 480, 900)) + draw.randrange(60))
    callback_after = None
    if code == "busy" and draw.random() < 0.6:
        callback_after = timedelta(minutes=5 * draw.randrange(14, 80))
    return Talk(
        code=code,
        lasts=timedelta(seconds=seconds),
        pays_after=pays_after,
        callback_after=callback_after,
        phone=draw_mobile(draw) if code == "gave_number" else None,
        note=draw.choice(_NOTES) if code == "other" else None,
    )
