"""The front door: sends everybody to where their day begins."""

from __future__ import annotations

from flask import Blueprint, redirect
from werkzeug.wrappers import Response

from web.auth import home_of, me

home = Blueprint("home", __name__)


@home.get("/")
def front_door() -> Response:
    """To the first page of one's role."""
    return redirect(home_of(me().role))
