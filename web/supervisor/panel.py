"""The panel: today, what reminders bring, who does what, what is late; its pictures and its files."""

from __future__ import annotations

import io
from datetime import timedelta
from typing import Any
from urllib.parse import quote

from flask import Response, abort, render_template, request, url_for

from adapters.reports.csv_file import write_csv
from adapters.reports.xlsx_file import write_xlsx
from campaigns import panel_tables as tables
from campaigns.errors import UsageError
from campaigns.kinds.sampling import SCORED_WANTED
from campaigns.panel_tables import Step, WorkList
from scheduler.flows import campaigns
from scheduler.flows.control_results import ControlResult, control_results
from scheduler.flows.funnel import LISTED, step_list
from scheduler.flows.ledgers import record_export
from scheduler.flows.panel import (
    PanelAsked,
    asked_of,
    panel_days,
    panel_ledgers,
    panel_now,
)
from web.appearance import THEMES
from web.auth import me, now, the_runtime
from web.caller.escalations import everybodys_board
from web.errors import beside_the_form
from web.forms import read_day, read_number
from web.supervisor.blueprint import panel
from web.supervisor.charts import CHARTS, SVG_POLICY

_WRITERS = {
    "xlsx": (write_xlsx, "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
    "csv": (write_csv, "text/csv; charset=utf-8"),
}
_WORK_PAGES = {
    WorkList.MISSING: "leader.work_lists",
    WorkList.TODOS: "leader.work_lists",
    WorkList.CASES: "cases.listed",
    WorkList.ESCALATIONS: "sampling.escalations",
}
"""Where each list is worked off."""


@panel.get("/panel")
def show() -> Response | str:
    """Show the whole panel."""
    try:
        asked = _asked()
    except UsageError as error:
        return beside_the_form(error, _page(asked_of(None, None, None, now()), error))
    return _page(asked)


def _page(asked: PanelAsked, fault: UsageError | None = None) -> str:
    runtime, instant = the_runtime(), now()
    return render_template(
        "supervisor/panel.html",
        **_words(asked),
        moving=panel_now(runtime, instant, asked.campaign_id),
        days=panel_days(runtime, asked, instant),
        control=_control(asked),
        found=campaigns.campaigns(runtime),
        longest=campaigns.REASON_MAX_CHARS,
        fault=fault,
        typed=request.args,
        board=everybodys_board(),
    )


@panel.get("/panel/now")
def panel_moving() -> str:
    """Show the part that moves by the minute."""
    asked = _asked()
    moving = panel_now(the_runtime(), now(), asked.campaign_id)
    return render_template("supervisor/panel_now.html", **_words(asked), moving=moving)


@panel.get("/panel/days")
def panel_long() -> str:
    """Show the part that moves by the hour."""
    asked = _asked()
    days = panel_days(the_runtime(), asked, now())
    return render_template(
        "supervisor/panel_days.html", **_words(asked), days=days, control=_control(asked)
    )


def _control(asked: PanelAsked) -> list[ControlResult]:
    """Give what stands beside the rate of success where a share is kept uncalled (R-DUN-9)."""
    return control_results(the_runtime(), now(), asked.first, asked.last, asked.campaign_id)


@panel.get("/panel/charts/<name>.svg")
def chart(name: str) -> Response:
    """Draw one chart; the table beside it holds the same figures."""
    theme = request.args.get("theme", "light")
    if name not in CHARTS or theme not in THEMES:
        abort(404)
    days = panel_days(the_runtime(), _asked(), now())
    response = Response(CHARTS[name](days, theme), mimetype="image/svg+xml")
    response.headers["Content-Security-Policy"] = SVG_POLICY
    return response


@panel.get("/panel/tables/<code>.<file_format>")
def table_file(code: str, file_format: str) -> Response:
    """Download one table of the panel; that it was taken out is kept (R-AUD-1)."""
    if file_format not in _WRITERS:
        abort(404)
    asked, runtime = _asked(), the_runtime()
    moving = panel_now(runtime, now(), asked.campaign_id)
    made = panel_ledgers(moving, panel_days(runtime, asked, now())).get(code)
    if made is None:
        abort(404)
    write, media_type = _WRITERS[file_format]
    content = io.BytesIO()
    write(made, content)
    record_export(runtime, made, file_format, now(), me().name)
    response = Response(content.getvalue(), mimetype=media_type)
    name = quote(f"{made.file_stem}.{file_format}")
    response.headers["Content-Disposition"] = f"attachment; filename*=UTF-8''{name}"
    return response


@panel.get("/panel/steps/<step>")
def step(step: str) -> str:
    """List the tasks behind a step of today's funnel."""
    if step not in tuple(Step):
        abort(404)
    asked = _asked()
    return render_template(
        "supervisor/step.html",
        **_words(asked),
        listed=step_list(the_runtime(), Step(step), now(), asked.campaign_id),
        most=LISTED,
    )


def _asked() -> PanelAsked:
    """Read the days and the campaign; without any, the last thirty days of all campaigns."""
    first, last = request.args.get("from"), request.args.get("to")
    campaign = request.args.get("campaign", "")
    return asked_of(
        read_day(first, "from") if first else None,
        read_day(last, "to") if last else None,
        read_number(campaign, "campaign") if campaign else None,
        now(),
    )


def _words(asked: PanelAsked) -> dict[str, Any]:
    """Give what every template of the panel needs."""
    return {
        "asked": asked,
        "tables": tables,
        "work_pages": _WORK_PAGES,
        "minute": timedelta(minutes=1),
        "enough": SCORED_WANTED,
    }


@panel.app_template_global()
def panel_url(endpoint: str, asked: PanelAsked, **more: object) -> str:
    """Give the address of a part of the panel for the same days and campaign."""
    given: dict[str, Any] = {
        "from": asked.first,
        "to": asked.last,
        "campaign": asked.campaign_id,
        **more,
    }
    return url_for(endpoint, **given)
