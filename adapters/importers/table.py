"""A row cut to the columns that are used, and what every kind of row has in common."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Sequence
from operator import itemgetter
from typing import Protocol, TypeVar

from adapters.importers.cells import BadCell, clean
from adapters.importers.headers import Header
from adapters.importers.rows import Problem, Rejected, Taken

Value = TypeVar("Value")


class RowParser(Protocol):
    """Turns the cells of one row into a typed row or the reasons why not."""

    def __call__(self, line: int, cells: list[str]) -> Taken | Rejected:
        """One non-empty data row; `cells` may be changed."""
        ...


class Columns:
    """Where the roles of one header stand; built once a file."""

    def __init__(self, header: Header, roles: Sequence[str]) -> None:
        self._header = header
        self._width = header.width
        missing = header.width  # one empty cell is put behind every row
        self._pick = itemgetter(*(header.positions.get(role, missing) for role in roles))

    def pick(self, cells: list[str]) -> tuple[str, ...] | None:
        """Cut a row to the cells of the roles, "" where missing; None when it outruns its header.

        Cells behind the header's end do no harm while they are empty.
        """
        surplus = len(cells) - self._width
        if surplus < 0:
            cells.extend([""] * (1 - surplus))
        elif surplus == 0:
            cells.append("")
        elif any(map(str.strip, cells[self._width :])):
            return None
        else:
            cells[self._width] = ""
        return self._pick(cells)  # type: ignore[no-any-return]

    def problem(self, line: int, role: str, reason: str) -> Problem:
        """Name a problem in the column of a role, under the name that the file gives it."""
        return Problem(line, self._header.name_of(role), reason)

    def has(self, role: str) -> bool:
        """Whether the file has the column."""
        return role in self._header.positions

    def too_long(self, line: int) -> Rejected:
        """Answer to a row with more cells than its header."""
        return Rejected(line, (Problem(line, "", f"这一行多于表头的 {self._width} 列"),))


class RowProblems:
    """What was found wrong with one row, by column."""

    __slots__ = ("_columns", "_line", "faults", "warnings")

    def __init__(self, columns: Columns, line: int) -> None:
        self._columns = columns
        self._line = line
        self.faults: list[Problem] = []
        self.warnings: list[Problem] = []

    def required(self, role: str, read: Callable[[str], Value], text: str) -> Value | None:
        """Read a cleaned cell; one that cannot be read rejects the row."""
        try:
            return read(text)
        except BadCell as bad:
            self.faults.append(self._columns.problem(self._line, role, _reason(bad, text)))
            return None

    def if_given(self, role: str, read: Callable[[str], Value], cell: str) -> Value | None:
        """Read a raw cell, None for an empty one; one that cannot be read rejects the row."""
        text = clean(cell) if cell else ""
        return self.required(role, read, text) if text else None

    def optional(self, role: str, read: Callable[[str], Value], cell: str) -> Value | None:
        """Read a raw cell, None for an empty one; one that cannot be read is a warning."""
        text = clean(cell) if cell else ""
        if not text:
            return None
        try:
            return read(text)
        except BadCell as bad:
            self.warnings.append(self._columns.problem(self._line, role, _reason(bad, text)))
            return None

    def fault(self, role: str, reason: str) -> None:
        """Reject the row for a reason of its own."""
        self.faults.append(self._columns.problem(self._line, role, reason))

    def warn(self, role: str, reason: str) -> None:
        """Take the row, and say this."""
        self.warnings.append(self._columns.problem(self._line, role, reason))


def _reason(bad: BadCell, text: str) -> str:
    text = "".join(" " if unicodedata.category(char) == "Cc" else char for char in text[:31])
    shown = text if len(text) <= 30 else text[:30] + "…"
    return f"{bad}：{shown}" if shown else str(bad)
