"""How the command line speaks: one JSON document or a table on stdout, everything else on stderr."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any

from campaigns.errors import NotReadyError, RefusedError, UsageError, WaihuError
from campaigns.values import SHOP_ZONE, LineName
from web.forms import in_range

if TYPE_CHECKING:
    from campaigns.ledger import Ledger, LedgerRow
    from scheduler.flows.line_choice import Medium
    from scheduler.runtime import Runtime

DONE, FOUND, USAGE, NOT_READY, REFUSED = 0, 1, 2, 3, 4
"""Exit codes: done; violations, or rows or a file refused; usage; not ready; refused by a rule."""


def exit_code(error: WaihuError) -> int:
    """The one mapping of errors to exit codes."""
    if isinstance(error, RefusedError):
        return REFUSED
    if isinstance(error, NotReadyError):
        return NOT_READY
    return USAGE


def open_shop() -> Runtime:
    """The shop of the settings in force. Raises NotReadyError when there is none."""
    from adapters.settings import read_settings
    from scheduler.runtime import open_runtime

    runtime = open_runtime(read_settings())
    runtime.check_ready()
    return runtime


def line_name(runtime: Runtime, line: LineName, medium: Medium = "call") -> str:
    """A line as people call it; the training line always says that it is one."""
    from scheduler.flows.line_report import is_for_training

    return line_label(line, is_training=is_for_training(runtime, medium, line))


def line_label(line: LineName, *, is_training: bool) -> str:
    """The same where it is known already what the line is for."""
    from campaigns.labels_zh import LINE_LABELS

    return f"{LINE_LABELS[line]}（训练线路）" if is_training else LINE_LABELS[line]


def instant(text: str | None, field: str = "at") -> datetime | None:
    """`--at` and other instants: ISO 8601; without an offset it is the shop's own time."""
    if text is None:
        return None
    try:
        parsed = datetime.fromisoformat(text)
    except ValueError as error:
        raise UsageError(
            f"时间写法不对：{text}，应如 2026-10-15T09:05:00+08:00", field=field
        ) from error
    in_range(parsed, field)
    aware = parsed if parsed.tzinfo is not None else parsed.replace(tzinfo=SHOP_ZONE)
    return aware.astimezone(UTC)


def day(text: str, field: str) -> date:
    """A calendar day, YYYY-MM-DD."""
    try:
        parsed = date.fromisoformat(text)
    except ValueError as error:
        raise UsageError(f"日期写法不对：{text}，应如 2026-10-15", field=field) from error
    return in_range(parsed, field)


def iso(value: datetime | None) -> str | None:
    """An instant in the shop's zone with its offset, to the second where it has no fraction."""
    return None if value is None else value.astimezone(SHOP_ZONE).isoformat()


def clock(value: datetime | None) -> str:
    """An instant as people read it."""
    return "—" if value is None else value.astimezone(SHOP_ZONE).strftime("%m-%d %H:%M")


def emit(document: object, *, as_json: bool, table: Callable[[], None]) -> None:
    """The answer: one JSON document, or whatever `table` prints."""
    if as_json:
        sys.stdout.write(json.dumps(document, ensure_ascii=False, indent=2) + "\n")
    else:
        table()


def say(text: str) -> None:
    """A line for the person at the terminal, never part of the answer."""
    sys.stderr.write(text + "\n")


def line(text: str) -> None:
    """A line of the answer in words."""
    sys.stdout.write("\n".join(map(_plain, text.split("\n"))) + "\n")


def _plain(text: str) -> str:
    """A buyer's text as one line's text: no control sign reaches a terminal or moves a column."""
    return text if text.isprintable() else "".join(s if s.isprintable() else " " for s in text)


def rows(title: str, columns: Sequence[str], cells: Sequence[Sequence[object]]) -> None:
    """A table: drawn on a terminal, tab-separated in a pipe."""
    if not sys.stdout.isatty():
        for cell in (columns, *cells):
            sys.stdout.write("\t".join(_plain(str(c)) for c in cell) + "\n")
        return
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(title=title, title_justify="left")
    for column in columns:
        table.add_column(column)
    for cell in cells:
        table.add_row(*(Text(_plain(str(c))) for c in cell))  # a name is no markup
    console = Console()
    if console.no_color:  # then nothing but the text, no bold either
        console = Console(color_system=None)
    console.print(table)


def ledger_table(made: Ledger[LedgerRow]) -> None:
    """A ledger as its files have it, the 合计 row included."""
    from campaigns.ledger import as_text

    columns = made.form.columns
    listed = (*(row.cells() for row in made.rows), made.total_cells)
    cells = [list(map(as_text, columns, row)) for row in listed]
    rows(made.title, [column.name for column in columns], cells)


@contextmanager
def progress(title: str) -> Iterator[Callable[[int, int], None]]:
    """A bar on a terminal's stderr; nothing in a pipe. Gives `tell(done, total)`."""
    if not sys.stderr.isatty():
        yield lambda _done, _total: None
        return
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeRemainingColumn,
    )

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=Console(stderr=True)) as bar:
        task = bar.add_task(title, total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total or None)


def error_document(code: str, reason: str, **more: Any) -> dict[str, object]:
    """The document that stands for an error."""
    return {"error": {"code": code, "reason": reason, **{k: v for k, v in more.items() if v}}}


def report_error(error: WaihuError, *, as_json: bool) -> int:
    """Tell what went wrong and return the exit code."""
    code = exit_code(error)
    names = {USAGE: "usage", NOT_READY: "not_ready", REFUSED: "refused"}
    rules = list(error.rules) if isinstance(error, RefusedError) else []
    field = error.field if isinstance(error, UsageError) else None
    if as_json:
        document = error_document(names[code], error.message, rules=rules, field=field)
        emit(document, as_json=True, table=lambda: None)
    else:
        say(f"✗ {error.message}" + (f"（{'、'.join(rules)}）" if rules else ""))
    return code
