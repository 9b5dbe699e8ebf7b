"""The goods that are out of stock: when they are expected, and who waits for them (R-OOS-1, R-OOS-2)."""

from __future__ import annotations

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from campaigns.errors import UsageError
from scheduler.flows import shortages as flow
from web.auth import me, now, the_runtime
from web.errors import beside_the_form
from web.forms import read_day
from web.registers.blueprints import registers


@registers.get("/stock-outs")
def shortages() -> str:
    """Show the list, what is still missing first."""
    return _page()


def _page(fault: UsageError | None = None, moved: int | None = None) -> str:
    return render_template(
        "registers/shortages.html",
        listed=flow.listing(the_runtime(), now()),
        fault=fault,
        moved=moved,
        typed=request.form,
    )


@registers.post("/stock-outs/<int:shortage_id>/move")
def move(shortage_id: int) -> Response:
    """Another day is expected: who agreed to wait is told, earlier promises are broken (R-OOS-2)."""
    try:
        day = read_day(request.form.get("expected_on"), "expected_on")
        flow.move(the_runtime(), shortage_id, day, now(), me().name)
    except UsageError as error:
        return beside_the_form(error, _page(error, shortage_id))
    flash(_("到货日期已改，同意等货的客户会收到新的留言"))
    return redirect(url_for("registers.shortages"), 303)


@registers.post("/stock-outs/<int:shortage_id>/arrived")
def arrived(shortage_id: int) -> Response:
    """The goods are here: who agreed to wait is told."""
    flow.arrive(the_runtime(), shortage_id, now(), me().name)
    flash(_("已记到货，同意等货的客户会收到留言"))
    return redirect(url_for("registers.shortages"), 303)


@registers.post("/stock-outs/<int:shortage_id>/drop")
def drop(shortage_id: int) -> Response:
    """Nobody is called about it any more."""
    flow.drop(the_runtime(), shortage_id, now(), me().name)
    flash(_("不再通知这件商品"))
    return redirect(url_for("registers.shortages"), 303)
