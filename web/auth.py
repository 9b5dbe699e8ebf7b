"""Who is asking, and whether this part of the panel is theirs. Deny by default.

Each blueprint is guarded as a whole: `register_guarded(app, blueprint, roles)`. A request for one
that is neither guarded nor named public is refused.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from flask import Blueprint, Flask, Response, abort, current_app, g, redirect, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from adapters.passwords import Passwords
from campaigns.values import Person, Role
from scheduler.flows.people import ABSOLUTE, person_of_session
from scheduler.flows.shop import ClockShown, show_clock
from scheduler.runtime import Runtime
from web.protection import cookie_name

EVERYBODY = frozenset(Role)
CALLING = frozenset({Role.CALLER, Role.LEADER, Role.SUPERVISOR})
LEADING = frozenset({Role.LEADER, Role.SUPERVISOR})
SUPERVISING = frozenset({Role.SUPERVISOR})
MANAGING = frozenset({Role.ADMIN})
CONNECTING = frozenset({Role.SUPERVISOR, Role.ADMIN})
STAFF = frozenset({Role.LEADER, Role.SUPERVISOR, Role.ADMIN})

PUBLIC_BLUEPRINTS = frozenset({"appearance", "assets", "sign_in", "webhooks"})
"""What somebody who is not signed in may see: the sign-in page, its style and its language.

The addresses of providers have a check of their own, see web.webhooks.reception.
"""


def guards_of(app: Flask) -> Mapping[str, frozenset[Role]]:
    """Which roles may enter which blueprint."""
    guards: Mapping[str, frozenset[Role]] = app.extensions["waihu-guards"]
    return guards


def register_guarded(app: Flask, blueprint: Blueprint, roles: frozenset[Role]) -> None:
    """Add a part of the panel that only people with these roles may enter, any route of it."""
    app.extensions.setdefault("waihu-guards", {})[blueprint.name] = roles
    app.register_blueprint(blueprint)


def init_auth(app: Flask) -> None:
    """Check every request before any route of ours runs."""
    app.before_request(_check_access)


def _check_access() -> BaseResponse | None:
    if request.endpoint is None:
        return None  # an address that does not exist: 404 for everybody
    blueprint = request.blueprint or ""
    if blueprint in PUBLIC_BLUEPRINTS:
        return None
    if person_or_none() is None:
        return _ask_to_sign_in()
    roles = guards_of(current_app).get(blueprint)
    if roles is None or me().role not in roles:
        abort(403)
    return None


def _ask_to_sign_in() -> BaseResponse:
    if request.headers.get("Accept", "").startswith("application/json"):
        return Response('{"state":"signed_out"}', 401, mimetype="application/json")
    if request.method == "GET" and "HX-Request" not in request.headers:
        return redirect(url_for("sign_in.show", next=request.full_path.rstrip("?")))
    return redirect(url_for("sign_in.show"), 303)


def the_runtime() -> Runtime:
    """Give the shop that this panel shows."""
    runtime: Runtime = current_app.extensions["waihu-runtime"]
    return runtime


def the_passwords() -> Passwords:
    """Give what checks passwords here."""
    passwords: Passwords = current_app.extensions["waihu-passwords"]
    return passwords


def clock() -> ClockShown:
    """Tell where the shop's clock stands; read once, so that a request has one instant."""
    if "clock" not in g:
        g.clock = show_clock(the_runtime())
    shown: ClockShown = g.clock
    return shown


def now() -> datetime:
    """Tell the shop's time of this request."""
    return clock().now


def machine_now() -> datetime:
    """Tell the machine's time of this request: sessions and limits go by it."""
    if "machine_now" not in g:
        g.machine_now = the_runtime().machine_clock.now()
    instant: datetime = g.machine_now
    return instant


def person_or_none() -> Person | None:
    """Who is signed in; asked of the database once a request."""
    if "person" not in g:
        session_id = own_session_id()
        is_use = request.endpoint not in current_app.extensions["waihu-quiet"]
        g.person = (
            person_of_session(the_runtime(), session_id, machine_now(), is_use=is_use)
            if session_id
            else None
        )
    person: Person | None = g.person
    return person


def me() -> Person:
    """Who is signed in, inside a guarded blueprint."""
    person = person_or_none()
    assert person is not None, "the guard let only signed-in people in"
    return person


def note_use() -> None:
    """Keep the session alive although the page asked by itself: a live call is use."""
    session_id = own_session_id()
    if session_id:
        person_of_session(the_runtime(), session_id, machine_now())


def own_session_id() -> str | None:
    """Tell what the browser sent as its session, whatever it is worth."""
    return request.cookies.get(_cookie())


def keep_session(response: BaseResponse, session_id: str) -> None:
    """Give the browser its session."""
    response.set_cookie(
        _cookie(),
        session_id,
        max_age=ABSOLUTE,
        secure=the_runtime().settings.is_https,
        httponly=True,
        samesite="Lax",
    )


def drop_session(response: BaseResponse) -> None:
    """Take it back."""
    response.delete_cookie(
        _cookie(), secure=the_runtime().settings.is_https, httponly=True, samesite="Lax"
    )


def home_of(role: Role) -> str:
    """Where somebody of this role begins the day."""
    endpoints = {
        Role.CALLER: "caller.work",
        Role.SUPERVISOR: "panel.show",
        Role.ADMIN: "admin.people_list",
    }
    return url_for(endpoints.get(role, "leader.today"))


def _cookie() -> str:
    return cookie_name(the_runtime().settings, "waihu-session")
