"""Taking the shop's own files in (R-IMP-1 to R-IMP-4): look at one first, then take it or not.

One file is one transaction. A row that cannot be taken is listed; a file that is not what it claims
is refused, and nothing of it is stored.
"""

from __future__ import annotations

import hashlib
import io
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import islice
from pathlib import Path

from sqlalchemy import Connection

from adapters.importers.confined import open_confined
from adapters.importers.limits import DEFAULT_LIMITS, Limits
from adapters.importers.registers import SOURCES
from adapters.importers.rows import (
    CalendarRow,
    FileKind,
    OpenFile,
    Problem,
    Refusal,
    RefusedFile,
    Rejected,
    Taken,
)
from adapters.importers.systems import lists_all, source_of
from adapters.store import bulk
from adapters.store.queries import audit
from adapters.store.queries import intake as queries
from scheduler.flows.intake_items import ItemIntake
from scheduler.flows.intake_lists import CalendarIntake, DoNotContactIntake
from scheduler.flows.intake_orders import OrderIntake
from scheduler.flows.intake_parts import Frame, Intake, Judged
from scheduler.flows.intake_preview import Cells, lacking, readable
from scheduler.flows.intake_registers import RegisterIntake
from scheduler.flows.intake_shipments import ShipmentIntake
from scheduler.flows.intake_stock_out import StockOutIntake
from scheduler.runtime import Runtime

PIECE = 10_000
"""Rows looked up and written together."""

SHOWN_ROWS = 10
SHOWN_PROBLEMS = 200

Progress = Callable[[int, int], None]
"""Called with the rows done and the rows to be expected, 0 when nobody can tell."""


@dataclass(frozen=True, slots=True)
class Upload:
    """A file as it came: its name says of which time its data are, its content what it is."""

    name: str
    content: bytes | Path
    limits: Limits = DEFAULT_LIMITS


@dataclass(frozen=True, slots=True)
class FileReport:
    """R-IMP-2. What became of a file: taken + unchanged + rejected_rows = rows.

    `rejected` has an entry for each reason, so a row may have several. `refused`: the file was not
    taken at all. `import_id` is None then; for bytes already known it is that of the first import.
    """

    file: str
    kind: FileKind | None = None
    encoding: str | None = None
    rows: int = 0
    taken: int = 0
    unchanged: int = 0
    rejected_rows: int = 0
    rejected: tuple[Problem, ...] = ()
    warnings: tuple[Problem, ...] = ()
    refused: Refusal | None = None
    import_id: int | None = None


@dataclass(frozen=True, slots=True)
class Preview:
    """What taking the file would do. The report's lists are cut to SHOWN_PROBLEMS entries.

    `lacks` says in Chinese what this format does not tell, `first_rows` are readable cells.
    """

    report: FileReport
    generation: str = ""
    data_time: datetime | None = None
    first_rows: tuple[Cells, ...] = ()
    lacks: tuple[str, ...] = ()
    rejected_total: int = 0
    warnings_total: int = 0


def take(
    runtime: Runtime,
    source: Upload,
    now: datetime,
    who: str,
    *,
    kind: FileKind | None = None,
    progress: Progress | None = None,
) -> FileReport:
    """R-IMP-2, R-IMP-3. Take a file in, all or nothing, and judge anew the tasks it concerns.

    The same bytes of the same time again change nothing. A refused file leaves an audit line only.
    """
    errand = _Errand(runtime, now, who, progress)
    try:
        file = _open(source, kind)
        with runtime.transaction() as connection, bulk.loading(connection):
            report, _ = _store(connection, file, errand)
    except RefusedFile as refused:
        report = FileReport(source.name, refused=refused.refusal)
        digest, _ = _measured(source.content)
        with runtime.transaction() as connection:
            _record(connection, report, digest, errand)
    return report


def preview(
    runtime: Runtime, source: Upload, now: datetime, *, kind: FileKind | None = None
) -> Preview:
    """R-IMP-1, R-IMP-2. What `take` would do, found out by doing it and taking it all back.

    So the counts are exact; for as long as it takes, other writers wait on SQLite.
    """
    errand = _Errand(runtime, now, "preview", is_trial=True)
    try:
        file = _open(source, kind)
        with runtime.engine.connect() as connection, connection.begin() as transaction:
            with bulk.loading(connection):
                report, shown = _store(connection, file, errand)
            transaction.rollback()
    except RefusedFile as refused:
        return Preview(FileReport(source.name, refused=refused.refusal))
    recognised = file.opened.recognised
    return Preview(
        report=_shortened(report),
        generation=recognised.generation,
        data_time=recognised.data_time,
        first_rows=tuple(readable(taken.row) for taken in shown),
        lacks=lacking(recognised, now),
        rejected_total=len(report.rejected),
        warnings_total=len(report.warnings),
    )


@dataclass(frozen=True, slots=True)
class _File:
    """An opened file, with the hash of its bytes and the rows that are expected of it."""

    source: Upload
    digest: str
    lines: int
    opened: OpenFile


def _open(source: Upload, kind: FileKind | None) -> _File:
    """Recognise the file; a workbook is read in a process of its own. Raises RefusedFile."""
    digest, lines = _measured(source.content)
    opened = open_confined(
        source.name, source.content, kind=kind, limits=source.limits, only_workbooks=True
    )
    is_text = opened.recognised.encoding != "xlsx"
    return _File(source, digest, max(lines - 1, 0) if is_text else 0, opened)


def _measured(content: bytes | Path) -> tuple[str, int]:
    """Hash the bytes, and count the ends of lines among them."""
    digest, lines = hashlib.sha256(), 0
    with content.open("rb") if isinstance(content, Path) else io.BytesIO(content) as raw:
        while block := raw.read(_BLOCK_BYTES):
            digest.update(block)
            lines += block.count(b"\n")
    return digest.hexdigest(), lines


_BLOCK_BYTES = 1 << 20


@dataclass(frozen=True, slots=True)
class _Errand:
    """Who takes the file in and when. A trial is taken back, so nothing else may follow from it."""

    runtime: Runtime
    now: datetime
    who: str
    progress: Progress | None = None
    is_trial: bool = False


def _store(connection: Connection, file: _File, errand: _Errand) -> tuple[FileReport, list[Taken]]:
    """Take the file in within the transaction; returns the report and the first rows."""
    recognised = file.opened.recognised
    named = recognised.data_time
    if named is not None and named > errand.now:  # a clock that ran ahead, or no time at all
        named = None
    data_time = named or errand.now
    known = _known_report(connection, file, data_time)
    if known is not None:
        _record(connection, known, file.digest, errand)
        return known, _first_rows(file.opened)
    source = source_of(recognised.generation)
    import_id = queries.add_import(
        connection,
        name=file.source.name,
        kind=recognised.kind.value,
        source=source,
        sha256=file.digest,
        encoding=recognised.encoding,
        data_time=data_time,
        imported_at=errand.now,
        imported_by=errand.who,
    )
    frame = Frame(
        connection,
        errand.runtime,
        import_id,
        data_time,
        errand.now,
        errand.who,
        source,
        lists_all(recognised.generation),
    )
    intake = _INTAKES[recognised.kind](frame)
    judged, shown = _take_rows(intake, file, errand.progress)
    if not errand.is_trial:
        intake.finish()
    report = FileReport(
        file=file.source.name,
        kind=recognised.kind,
        encoding=recognised.encoding,
        rows=judged.taken + judged.unchanged + judged.rejected_rows,
        taken=judged.taken,
        unchanged=judged.unchanged,
        rejected_rows=judged.rejected_rows,
        rejected=tuple(sorted(judged.rejected, key=_line)),
        warnings=tuple(sorted(judged.warnings, key=_line)),
        import_id=import_id,
    )
    queries.set_counts(connection, import_id, _counts(report))
    queries.add_problems(connection, import_id, "rejected", report.rejected)
    queries.add_problems(connection, import_id, "warning", report.warnings)
    _record(connection, report, file.digest, errand)
    return report, shown


_INTAKES: Mapping[FileKind, Callable[[Frame], Intake]] = {
    FileKind.ORDERS: OrderIntake,
    FileKind.ITEMS: ItemIntake,
    FileKind.SHIPMENTS: ShipmentIntake,
    FileKind.STOCK_OUT: StockOutIntake,
    FileKind.DO_NOT_CONTACT: DoNotContactIntake,
    FileKind.CALENDAR: CalendarIntake,
    **dict.fromkeys(SOURCES, RegisterIntake),
}


def _take_rows(
    intake: Intake, file: _File, progress: Progress | None
) -> tuple[Judged, list[Taken]]:
    """Piece by piece, so that a million rows need no more memory than some thousand."""
    judged, shown, done = Judged(), list[Taken](), 0
    rows = file.opened.rows()
    while piece := list(islice(rows, PIECE)):
        good = [row for row in piece if isinstance(row, Taken)]
        for row in piece:
            if isinstance(row, Rejected):
                judged.reject(*row.problems)
            else:
                judged.warnings.extend(row.warnings)
        intake.take(good, judged)
        shown += good[: SHOWN_ROWS - len(shown)]
        done += len(piece)
        if progress is not None:
            progress(done, file.lines)
    return judged, shown


def _known_report(connection: Connection, file: _File, data_time: datetime) -> FileReport | None:
    """R-IMP-3. What to say of bytes that were taken in before with the same time; None for others.

    The time is the one in the name, else of the import: without one, the same bytes brought again
    later say that the shop still looks like this (decision 0016).

    Rows of a register that were not taken may belong to orders that are known by now, so they are
    looked at once more. Official days are what was entered last, so for them the days must still be as in the file.
    """
    kind = file.opened.recognised.kind
    earlier = queries.earlier_import(connection, file.digest, kind.value, data_time)
    if earlier is None:
        return None
    if kind in SOURCES and earlier.rejected:
        return None
    if kind is FileKind.CALENDAR:
        rows = [r.row for r in file.opened.rows() if isinstance(r, Taken)]
        days = {r.day: (r.is_working, r.name) for r in rows if isinstance(r, CalendarRow)}
        if queries.entered_days(connection, days) != days:
            return None
    return FileReport(
        file=file.source.name,
        kind=kind,
        encoding=earlier.encoding,
        rows=earlier.rows,
        unchanged=earlier.taken + earlier.unchanged,
        rejected_rows=earlier.rejected,
        rejected=queries.problems_of(connection, earlier.id, "rejected"),
        warnings=queries.problems_of(connection, earlier.id, "warning"),
        import_id=earlier.id,
    )


def _first_rows(opened: OpenFile) -> list[Taken]:
    good = (row for row in opened.rows() if isinstance(row, Taken))
    return list(islice(good, SHOWN_ROWS))


def _record(connection: Connection, report: FileReport, digest: str, errand: _Errand) -> None:
    """R-AUD-1. One line for a file: counts and the hash of its bytes."""
    after: dict[str, object] = {"sha256": digest}
    if report.refused is not None:
        what, subject = "import.refused", f"file:{digest[:16]}"
        after["code"] = report.refused.code
    else:
        what, subject = "import.taken", f"import:{report.import_id}"
        after |= {"kind": report.kind, **_counts(report)}
    audit.record(connection, errand.now, errand.who, what, subject, after=after)


def _counts(report: FileReport) -> dict[str, int]:
    return {
        "rows": report.rows,
        "taken": report.taken,
        "unchanged": report.unchanged,
        "rejected": report.rejected_rows,
    }


def _shortened(report: FileReport) -> FileReport:
    return replace(
        report,
        rejected=report.rejected[:SHOWN_PROBLEMS],
        warnings=report.warnings[:SHOWN_PROBLEMS],
    )


def _line(problem: Problem) -> int:
    return problem.line
