"""The panel as one WSGI application: its parts, and whose they are."""

from __future__ import annotations

from flask import Blueprint, Flask
from jinja2 import StrictUndefined

from adapters import event_log
from adapters.passwords import Passwords, standard_passwords
from campaigns.errors import NotReadyError
from campaigns.values import Role
from scheduler.runtime import Runtime
from web.account.routes import account, sign_in
from web.admin.routes import admin
from web.appearance import appearance, init_appearance
from web.assets import init_assets
from web.auth import (
    CALLING,
    CONNECTING,
    EVERYBODY,
    LEADING,
    MANAGING,
    STAFF,
    SUPERVISING,
    clock,
    init_auth,
    now,
    person_or_none,
    register_guarded,
)
from web.caller import caller
from web.caller.outcome_groups import (
    asks_once_more,
    covers_all_matters,
    is_undone_softly,
    takes_callback,
)
from web.errors import init_errors
from web.filters import init_filters
from web.home import home
from web.language import init_language
from web.leader import leader
from web.lines import lines, own_phone
from web.lines.words import line_label
from web.navigation import menu_of
from web.protection import init_form_tokens, init_protection
from web.registers import cases_blueprint, registers
from web.rule_words import rule_words
from web.sampling import sampling
from web.supervisor import panel_blueprint
from web.supervisor.routes import supervisor
from web.texting import texting
from web.training.routes import training
from web.webhooks import webhooks

PARTS: tuple[tuple[Blueprint, frozenset[Role]], ...] = (
    (home, EVERYBODY),
    (account, EVERYBODY),
    (own_phone, CALLING),
    (caller, CALLING),
    (cases_blueprint, CALLING),
    (leader, LEADING),
    (registers, LEADING),
    (sampling, LEADING),
    (panel_blueprint, LEADING),
    (supervisor, SUPERVISING),
    (lines, CONNECTING),
    (texting, LEADING),
    (training, STAFF),
    (admin, MANAGING),
)
"""Every part of the panel behind the sign-in, and who may enter it."""

QUIET = frozenset(
    {
        "caller.state",
        "caller.renew",
        "caller.queue",
        "caller.day_now",
        "caller.escalations_now",
        "caller.promise",
        "leader.today_now",
        "lines.asked",
        "panel.panel_moving",
        "panel.panel_long",
        "panel.chart",
        "texting.blast_now",
        "sampling.answered_now",
        "sampling.progress_now",
        "sampling.keep_review",
    }
)
"""What a page asks by itself. It does not keep a session alive, but for a live call."""

log = event_log.get_logger(__name__)


def create_app(runtime: Runtime, passwords: Passwords | None = None) -> Flask:
    """Build the panel of one shop. Raises NotReadyError when the shop has no key file.

    `passwords` None: argon2id at full cost; tests hand in a cheap one.
    """
    app = Flask("web", static_folder=None)
    app.jinja_env.undefined = StrictUndefined
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.secret_key = runtime.vault.key_of("web forms")
    app.extensions["waihu-runtime"] = runtime
    app.extensions["waihu-passwords"] = passwords or standard_passwords()
    app.extensions["waihu-quiet"] = QUIET
    init_protection(app, runtime.settings)
    init_auth(app)
    init_form_tokens(app)
    init_errors(app)
    init_assets(app)
    init_language(app)
    init_appearance(app)
    init_filters(app)
    for blueprint, roles in PARTS:
        register_guarded(app, blueprint, roles)
    app.register_blueprint(sign_in)
    app.register_blueprint(appearance)
    app.register_blueprint(webhooks)
    app.add_template_global(rule_words)
    for about in (takes_callback, is_undone_softly, asks_once_more, covers_all_matters, line_label):
        app.add_template_global(about)
    app.context_processor(lambda: _chrome(runtime))
    return app


def _chrome(runtime: Runtime) -> dict[str, object]:
    """Give what stands around every page; one that is not ready still shows its errors."""
    around: dict[str, object] = {
        "person": None,
        "navigation": [],
        "shop_name": "",
        "is_training": False,
        "shop_now": None,
        "clock_ticks": True,
    }
    try:
        person = person_or_none()
        around |= {
            "shop_name": runtime.shop_name,
            "is_training": runtime.is_training,
            "shop_now": now(),
            "clock_ticks": clock().ticks,
            "person": person,
            "navigation": menu_of(person.role) if person is not None else [],
        }
    except NotReadyError as error:
        log.warning("panel.not_ready", reason=error.message)
    return around
