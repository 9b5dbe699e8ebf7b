"""How the panel looks to one browser: its language, and light or dark. Kept in cookies.

Both are switched by a plain form, on the sign-in page too. Neither is a person's secret nor a
fact of the shop, so nothing of it is stored or audited.
"""

from __future__ import annotations

from flask import Blueprint, Flask, redirect, request
from werkzeug.wrappers import Response

from campaigns.errors import UsageError
from web.auth import the_runtime
from web.forms import local_path
from web.language import COOKIE as LANGUAGE_COOKIE
from web.language import LANGUAGES

appearance = Blueprint("appearance", __name__, url_prefix="/appearance")

THEMES = {"auto": "跟随系统", "light": "浅色", "dark": "深色"}
"""`auto` follows the browser by a media query: no script runs before the page is painted."""

THEME_COOKIE = "waihu-theme"
A_YEAR_S = 365 * 24 * 60 * 60


@appearance.post("/language")
def language() -> Response:
    """Read on in the other language, on the same page."""
    return _kept(LANGUAGE_COOKIE, request.form.get("language", ""), frozenset(LANGUAGES))


@appearance.post("/theme")
def theme() -> Response:
    """Go on in light, in dark, or as the system is."""
    return _kept(THEME_COOKIE, request.form.get("theme", ""), frozenset(THEMES))


def _kept(cookie: str, value: str, known: frozenset[str]) -> Response:
    if value not in known:
        raise UsageError("不认识的选项", field=cookie)
    response = redirect(local_path(request.form.get("back")) or "/", 303)
    response.set_cookie(
        cookie,
        value,
        max_age=A_YEAR_S,
        secure=the_runtime().settings.is_https,
        httponly=True,
        samesite="Lax",
    )
    return response


def chosen_theme() -> str:
    """Tell what this browser was set to."""
    wanted = request.cookies.get(THEME_COOKIE, "") if request else ""
    return wanted if wanted in THEMES else "auto"


def back_here() -> str:
    """Give the address to come back to after a switch; a page that a form made has none."""
    return request.full_path.rstrip("?") if request.method == "GET" else ""


def init_appearance(app: Flask) -> None:
    """Make the chosen look known to the templates."""
    app.context_processor(
        lambda: {"theme": chosen_theme(), "themes": THEMES, "back_here": back_here()}
    )
