"""The two ledgers of the payment reminder: on screen, workbook, CSV (R-DUN-7, R-DUN-8)."""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping
from datetime import date, timedelta
from urllib.parse import quote

from flask import Response, abort, render_template, request

from adapters.reports.csv_file import write_csv
from adapters.reports.xlsx_file import write_xlsx
from campaigns.errors import UsageError
from campaigns.ledger import Ledger, LedgerRow
from scheduler.flows.ledgers import dunning_detail, dunning_summary, record_export
from web.auth import me, now, the_runtime
from web.errors import beside_the_form
from web.filters import local
from web.forms import read_day
from web.leader.blueprint import leader

ROWS_ON_SCREEN = 500
"""More are in the files; the totals on screen are those of all rows."""

_KINDS: Mapping[str, str] = {"detail": "催款明细表", "summary": "催款汇总表"}
_WRITERS: Mapping[str, tuple[Callable[[Ledger[LedgerRow], io.BytesIO], None], str]] = {
    "xlsx": (write_xlsx, "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
    "csv": (write_csv, "text/csv; charset=utf-8"),
}


@leader.get("/ledgers")
def ledger() -> Response | str:
    """Show a ledger of some days."""
    which = request.args.get("which", "detail")
    if which not in _KINDS:
        abort(404)
    try:
        made = _ledger(which, *_days())
    except UsageError as error:
        return beside_the_form(error, _page(which, None, error))
    return _page(which, made)


def _page(which: str, made: Ledger[LedgerRow] | None, fault: UsageError | None = None) -> str:
    return render_template(
        "leader/ledger.html",
        which=which,
        kinds=_KINDS,
        ledger=made,
        shown=ROWS_ON_SCREEN,
        fault=fault,
        typed=request.args,
    )


@leader.get("/ledgers/<which>.<file_format>")
def ledger_file(which: str, file_format: str) -> Response:
    """Download a ledger; that it was taken out is kept (R-AUD-1)."""
    if which not in _KINDS or file_format not in _WRITERS:
        abort(404)
    first, last = _days()
    made = _ledger(which, first, last)
    write, media_type = _WRITERS[file_format]
    content = io.BytesIO()
    write(made, content)
    record_export(the_runtime(), made, file_format, now(), me().name)
    response = Response(content.getvalue(), mimetype=media_type)
    name = quote(f"{made.file_stem}.{file_format}")
    response.headers["Content-Disposition"] = f"attachment; filename*=UTF-8''{name}"
    return response


def _days() -> tuple[date, date]:
    """Read the days asked for; without any, the week up to today."""
    today = local(now()).date()
    last = read_day(request.args.get("to"), "to", today)
    first = read_day(request.args.get("from"), "from", min(last, today) - timedelta(days=6))
    return first, last


def _ledger(which: str, first: date, last: date) -> Ledger[LedgerRow]:
    if which == "detail":
        return dunning_detail(the_runtime(), first, last, None)
    return dunning_summary(the_runtime(), first, last, None)
