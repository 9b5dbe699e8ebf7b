"""Dropping the shop's files, looking at what they hold, taking them in (R-IMP-1, R-IMP-2)."""

from __future__ import annotations

from urllib.parse import quote

from flask import Response, render_template, request
from werkzeug.datastructures import FileStorage

from adapters.importers.limits import Limits
from adapters.importers.refusals import FILE_KIND_WORDS
from adapters.importers.rows import FileKind
from adapters.reports.problems_csv import problems_csv
from campaigns.errors import UsageError
from scheduler.flows import desk, intake
from scheduler.flows.training import files_left
from web.auth import me, now, the_runtime
from web.leader.blueprint import leader

PANEL_LIMITS = Limits(file_mb=30, rows=200_000)
"""Larger files go through the command line, which shows its progress."""

FILES_AT_ONCE = 10


@leader.get("/imports")
def imports() -> str:
    """Show the place to drop files, and the latest files taken in."""
    return _page()


@leader.post("/imports")
def take_files() -> str:
    """Preview the files, or take them in. Taking the same file again changes nothing (R-IMP-3)."""
    files = [file for file in request.files.getlist("files") if file.filename]
    if not files:
        raise UsageError("请先选择文件", field="files")
    if len(files) > FILES_AT_ONCE:
        raise UsageError(f"一次最多 {FILES_AT_ONCE} 个文件", field="files")
    kind = _kind()
    if request.form.get("do") == "take":
        reports = [
            intake.take(the_runtime(), _upload(file), now(), me().name, kind=kind) for file in files
        ]
        return _page(reports=reports)
    previews = [intake.preview(the_runtime(), _upload(f), now(), kind=kind) for f in files]
    return _page(previews=previews, kind=kind)


@leader.get("/imports/<int:import_id>/rejected.csv")
def rejected_rows(import_id: int) -> Response:
    """Download the rows that were not taken, with line, column and reason (R-IMP-2)."""
    content = problems_csv(desk.rejected_rows(the_runtime(), import_id))
    response = Response(content, mimetype="text/csv; charset=utf-8")
    name = quote(f"未收下的行_{import_id}.csv")
    response.headers["Content-Disposition"] = f"attachment; filename*=UTF-8''{name}"
    return response


def _page(
    *,
    reports: list[intake.FileReport] | None = None,
    previews: list[intake.Preview] | None = None,
    kind: FileKind | None = None,
) -> str:
    runtime = the_runtime()
    return render_template(
        "leader/imports.html",
        left=files_left(runtime.settings) if runtime.is_training else (),
        reports=reports,
        previews=previews,
        chosen=kind,
        kinds=FILE_KIND_WORDS,
        recent=desk.recent_imports(runtime),
        limits=PANEL_LIMITS,
    )


def _upload(file: FileStorage) -> intake.Upload:
    return intake.Upload(file.filename or "", file.stream.read(), PANEL_LIMITS)


def _kind() -> FileKind | None:
    text = request.form.get("kind", "")
    try:
        return FileKind(text) if text else None
    except ValueError as error:
        raise UsageError("不认识的文件种类", field="kind") from error
