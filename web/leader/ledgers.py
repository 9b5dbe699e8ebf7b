"""Every ledger: on screen, workbook, CSV (R-DUN-7, R-DUN-8, R-CB-6, R-OOS-2, R-SMP-11, R-CASE-1)."""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping
from datetime import date, datetime, timedelta
from urllib.parse import quote

from flask import Response, abort, render_template, request

from adapters.reports.csv_file import write_csv
from adapters.reports.xlsx_file import write_xlsx
from campaigns.errors import UsageError
from campaigns.kinds.sampling import last_of
from campaigns.ledger import Ledger, LedgerRow
from scheduler.flows.ledgers import LEDGER_KINDS, LedgerKind, record_export
from web.auth import me, now, the_runtime
from web.errors import beside_the_form
from web.filters import local
from web.forms import read_day, read_instant, read_month
from web.leader.blueprint import leader

ROWS_ON_SCREEN = 500
"""More are in the files; the totals on screen are those of all rows."""

_SHORT = {"dunning-detail": "detail", "dunning-summary": "summary"}
"""The addresses that people have kept since these two were the only ones."""

KINDS: Mapping[str, LedgerKind] = {
    _SHORT.get(kind.form.code, kind.form.code): kind for kind in LEDGER_KINDS
}
"""Every ledger by what its address calls it."""

_WRITERS: Mapping[str, tuple[Callable[[Ledger[LedgerRow], io.BytesIO], None], str]] = {
    "xlsx": (write_xlsx, "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
    "csv": (write_csv, "text/csv; charset=utf-8"),
}


@leader.get("/ledgers")
def ledger() -> Response | str:
    """Show a ledger of some days."""
    which = request.args.get("which", "detail")
    if which not in KINDS:
        abort(404)
    try:
        made = KINDS[which].flow(the_runtime(), *_days(KINDS[which]), _as_of())
    except UsageError as error:
        return beside_the_form(error, _page(which, None, error))
    return _page(which, made)


def _page(which: str, made: Ledger[LedgerRow] | None, fault: UsageError | None = None) -> str:
    return render_template(
        "leader/ledger.html",
        which=which,
        kind=KINDS[which],
        kinds={code: kind.form.name for code, kind in KINDS.items()},
        ledger=made,
        shown=ROWS_ON_SCREEN,
        fault=fault,
        typed=request.args,
    )


@leader.get("/ledgers/<which>.<file_format>")
def ledger_file(which: str, file_format: str) -> Response:
    """Download a ledger; that it was taken out is kept (R-AUD-1)."""
    if which not in KINDS or file_format not in _WRITERS:
        abort(404)
    made = KINDS[which].flow(the_runtime(), *_days(KINDS[which]), _as_of())
    write, media_type = _WRITERS[file_format]
    content = io.BytesIO()
    write(made, content)
    record_export(the_runtime(), made, file_format, now(), me().name)
    response = Response(content.getvalue(), mimetype=media_type)
    name = quote(f"{made.file_stem}.{file_format}")
    response.headers["Content-Disposition"] = f"attachment; filename*=UTF-8''{name}"
    return response


def _days(kind: LedgerKind) -> tuple[date, date]:
    """Read the month or the days asked for; without any, the week up to today or this month."""
    if month := request.args.get("month"):
        return read_month(month, "month")
    today = local(now()).date()
    usual_last = last_of(today) if kind.is_monthly else today
    last = read_day(request.args.get("to"), "to", usual_last)
    usual_first = last.replace(day=1) if kind.is_monthly else min(last, today) - timedelta(days=6)
    return read_day(request.args.get("from"), "from", usual_first), last


def _as_of() -> datetime | None:
    """Read the instant up to which things were known; without one, everything is."""
    return read_instant(request.args.get("as_of"), "as_of")
