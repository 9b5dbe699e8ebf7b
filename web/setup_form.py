"""What a campaign's form or options say, as a setup: the same reading for the page and the command."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal, InvalidOperation

from campaigns.errors import UsageError
from campaigns.own_numbers import may_differ
from campaigns.population import AMOUNT_MOST_YUAN, Population
from campaigns.regions import PROVINCES
from campaigns.values import Kind
from scheduler.flows.campaign_setup import Setup
from scheduler.flows.offers import NewOffer
from web.forms import read_day, read_number

_SEPARATORS = re.compile(r"[\n,，、;；]+")
BY_REGION = "region_dayparts"
ATTEMPTS = "attempts_per_task"


def read_setup(
    kind: Kind,
    typed: Mapping[str, str],
    provinces: Iterable[str],
    callers: Iterable[str] | None = None,
) -> Setup:
    """A setup from texts by field. An empty text asks nothing, of a number it means the shop's.

    `callers` are the ids of those who are chosen to call, None where nobody was asked. Raises UsageError
    naming the field.
    """
    return Setup(
        typed.get("name", ""),
        Population(
            provinces=tuple(provinces),
            amount_from_fen=read_yuan(typed.get("amount_from", ""), "amount_from"),
            amount_to_fen=read_yuan(typed.get("amount_to", ""), "amount_to"),
            goods=words_of(typed.get("goods", "")),
            placed_from=_day(typed, "placed_from"),
            placed_to=_day(typed, "placed_to"),
            vip_only=bool(typed.get("vip_only")),
        ),
        read_numbers(kind, typed),
        _percent(typed.get("control_percent", "")),
        None if callers is None else tuple(read_number(text, "callers") for text in callers),
        _offer(typed),
    )


def words_of(text: str) -> tuple[str, ...]:
    """Words apart by commas, lines or 顿号."""
    return tuple(word for part in _SEPARATORS.split(text) if (word := part.strip()))


def read_yuan(text: str, field: str) -> int | None:
    """Read an amount in 元 as fen; empty is None. Raises UsageError."""
    text = text.strip()
    if not text:
        return None
    try:
        amount = Decimal(text)
    except InvalidOperation as error:
        raise UsageError(f"金额看不懂：{text}", field=field) from error
    if not amount.is_finite() or not 0 <= amount <= AMOUNT_MOST_YUAN:
        raise UsageError(f"金额是 0 到 {AMOUNT_MOST_YUAN} 元", field=field)
    fen = amount * 100
    if fen != fen.to_integral_value():
        raise UsageError(f"金额最多两位小数：{text}", field=field)
    return int(fen)


def read_numbers(kind: Kind, typed: Mapping[str, str]) -> dict[str, object]:
    """The numbers that were filled in, as `campaigns.own_numbers` wants them."""
    numbers: dict[str, object] = {}
    for name in may_differ(kind):
        if name == BY_REGION:
            filled = {p: typed.get(f"{name}.{p}", "") for p in PROVINCES}
            if dayparts := {p: part for p, part in filled.items() if part}:
                numbers[name] = dayparts
        elif text := typed.get(name, "").strip():
            numbers[name] = {str(kind): text} if name == ATTEMPTS else text
    return numbers


def written(kind: Kind, setup: Setup) -> dict[str, str]:
    """The form filled with a setup: the reverse of `read_setup`, but for the provinces."""
    population = setup.population
    texts = {
        "name": setup.name,
        "amount_from": _yuan(population.amount_from_fen),
        "amount_to": _yuan(population.amount_to_fen),
        "goods": "、".join(population.goods),
        "placed_from": str(population.placed_from or ""),
        "placed_to": str(population.placed_to or ""),
        "vip_only": "on" if population.vip_only else "",
        "control_percent": str(setup.control_percent),
    }
    for name, value in setup.numbers.items():
        if isinstance(value, Mapping):
            for key, item in value.items():
                texts[name if name == ATTEMPTS else f"{name}.{key}"] = str(item)
        else:
            texts[name] = str(value)
    return texts


def _yuan(fen: int | None) -> str:
    if fen is None:
        return ""
    return f"{fen // 100}" if fen % 100 == 0 else f"{fen // 100}.{fen % 100:02d}"


def _offer(typed: Mapping[str, str]) -> NewOffer | None:
    """Read one more offer (R-DUN-6); without words there is none, whatever its days say."""
    wording = typed.get("offer", "").strip()
    if not wording:
        return None
    first = read_day(typed.get("offer_from"), "offer_from")
    return NewOffer(wording, first, read_day(typed.get("offer_to"), "offer_to"))


def _day(typed: Mapping[str, str], field: str) -> date | None:
    text = typed.get(field, "").strip()
    return read_day(text, field) if text else None


def _percent(text: str) -> int:
    text = text.strip()
    if not text:
        return 0
    if not text.isdecimal():
        raise UsageError("对照组比例是整数", field="control_percent")
    return int(text)
