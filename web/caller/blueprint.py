"""The part of the panel that a caller works in, and how long its answers took."""

from __future__ import annotations

from time import perf_counter

from flask import Blueprint, Response, g, request

from web.auth import clock

caller = Blueprint("caller", __name__, url_prefix="/call")


@caller.before_request
def _begin() -> None:
    g.began = perf_counter()


@caller.after_request
def _say_how_long(response: Response) -> Response:
    """Tell the server's own time of this answer, so that a slow "next" can be seen in the browser."""
    if "began" in g:
        name = (request.endpoint or "caller").rpartition(".")[2]
        took_ms = (perf_counter() - g.began) * 1000
        response.headers["Server-Timing"] = f"{name};dur={took_ms:.1f}"
    return response


def clock_speed() -> int:
    """Tell how many of the shop's seconds pass in one of the browser's; 0: its clock is paused."""
    return clock().speed if clock().ticks else 0
