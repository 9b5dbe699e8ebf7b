"""A provider's list of replies as CSV: number, text, and the time where it has one (R-IMP-2, R-DNC-2)."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from adapters.importers.cells import BadCell, clean_text, read_time
from adapters.importers.csv_reader import SNIFFED_BYTES, read_records, sniff_encoding
from adapters.importers.limits import MEGABYTE, Limits
from adapters.importers.refusals import RefusalCode, refusal
from adapters.importers.rows import Problem
from campaigns.phone import FAULT_TEXTS, PhoneFault, read_phone
from campaigns.values import PhoneNumber

_LIMITS = Limits(file_mb=5, rows=20_000, columns=64, cell_chars=2_000)
_COLUMNS: dict[str, tuple[str, ...]] = {
    "phone": (
        *("手机号码", "手机号", "手机", "号码", "电话", "电话号码", "接收号码", "发送号码"),
        *("phone", "phone_number", "mobile", "from", "sender"),
    ),
    "wording": (
        *("回复内容", "上行内容", "短信内容", "内容", "回复", "上行", "文字"),
        *("content", "text", "body", "reply", "message"),
    ),
    "at": ("回复时间", "上行时间", "时间", "接收时间", "发送时间", "send_time", "time", "date"),
}
_NEEDED = ("phone", "wording")
_NAMES = {"phone": "手机号码", "wording": "回复内容"}


@dataclass(frozen=True, slots=True)
class ReplyRow:
    """One reply of the list. `at` None: the list does not say when."""

    line: int
    number: PhoneNumber = field(repr=False)
    wording: str
    at: datetime | None


@dataclass(frozen=True, slots=True)
class ReplyList:
    """A list as it was read: taken + rejected = its non-empty rows."""

    taken: tuple[ReplyRow, ...]
    rejected: tuple[Problem, ...]


def read_replies(content: bytes) -> ReplyList:
    """Read a CSV in UTF-8 or GB18030. Raises RefusedFile for one that is no such list."""
    if not content.strip():
        raise refusal(RefusalCode.EMPTY)
    if len(content) > _LIMITS.file_mb * MEGABYTE:
        raise refusal(RefusalCode.TOO_BIG, limit=_LIMITS.file_mb)
    encoding = sniff_encoding(content[:SNIFFED_BYTES])
    positions: dict[str, int] | None = None
    taken: list[ReplyRow] = []
    rejected: list[Problem] = []
    for line, cells in read_records(lambda: io.BytesIO(content), encoding, _LIMITS):
        if isinstance(cells, str):
            rejected.append(Problem(line, "", cells))
        elif not any(cell.strip() for cell in cells):
            continue
        elif positions is None:
            positions = _header(cells)
        else:
            row = _row(line, cells, positions)
            if isinstance(row, Problem):
                rejected.append(row)
            else:
                taken.append(row)
        if len(taken) + len(rejected) > _LIMITS.rows:
            raise refusal(RefusalCode.TOO_MANY_ROWS, limit=_LIMITS.rows)
    if positions is None:
        raise refusal(RefusalCode.EMPTY)
    return ReplyList(tuple(taken), tuple(rejected))


def _header(cells: Sequence[str]) -> dict[str, int]:
    named = [clean_text(cell).strip("\ufeff").casefold() for cell in cells]
    found: dict[str, int] = {}
    for role, names in _COLUMNS.items():
        position = next((named.index(name) for name in names if name in named), None)
        if position is not None:
            found[role] = position
    missing = [_NAMES[role] for role in _NEEDED if role not in found]
    if missing:
        raise refusal(RefusalCode.MISSING_COLUMN, detail="、".join(missing))
    return found


def _row(line: int, cells: Sequence[str], positions: dict[str, int]) -> ReplyRow | Problem:
    def cell(role: str) -> str:
        position = positions.get(role)
        return "" if position is None or position >= len(cells) else cells[position]

    number = read_phone(cell("phone"))
    if isinstance(number, PhoneFault):
        return Problem(line, _NAMES["phone"], FAULT_TEXTS[number])
    wording = clean_text(cell("wording"))
    if not wording:
        return Problem(line, _NAMES["wording"], "没有内容")
    when = clean_text(cell("at"))
    try:
        at = read_time(when) if when else None
    except BadCell as error:
        return Problem(line, "时间", str(error))
    return ReplyRow(line, number, wording, at)
