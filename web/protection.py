"""What every request must pass and every answer must carry, whoever asks."""

from __future__ import annotations

from datetime import timedelta
from urllib.parse import urlsplit

from flask import Flask, Response, abort, request
from flask_wtf import CSRFProtect
from werkzeug.middleware.proxy_fix import ProxyFix

from adapters.settings import Settings

CONTENT_SECURITY_POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:",
        "font-src 'self'",
        "media-src 'self'",
        "connect-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    )
)
HEADERS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=()",
}
HSTS = "max-age=31536000"

FORM_BYTES = 1_000_000
"""No form of ours is larger, but the import of files."""

UPLOADS = "leader.take_files"
UPLOAD_BYTES = 64_000_000
"""All files of one import together; each has its own bound (web.leader.imports)."""

LOOPBACK = ("127.0.0.1", "localhost")
_SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
_OWN_SITES = frozenset({"same-origin", "none"})

csrf = CSRFProtect()


def init_protection(app: Flask, settings: Settings) -> None:
    """Set limits, trusted hosts, form tokens, where requests may come from, and headers."""
    app.config["MAX_CONTENT_LENGTH"] = FORM_BYTES
    app.config["MAX_FORM_MEMORY_SIZE"] = FORM_BYTES
    app.config["TRUSTED_HOSTS"] = trusted_hosts(settings)
    app.config["SESSION_COOKIE_NAME"] = cookie_name(settings, "waihu-form")
    app.config["SESSION_COOKIE_SECURE"] = settings.is_https
    app.config["SESSION_COOKIE_HTTPONLY"] = True
    app.config["SESSION_COOKIE_SAMESITE"] = "Lax"
    # A form may stay open for a working day. Its token lives as long as the sign-in at most.
    app.config["WTF_CSRF_TIME_LIMIT"] = int(timedelta(hours=12).total_seconds())
    # It would ask for the Referer header, which our own policy suppresses; see check_site.
    app.config["WTF_CSRF_SSL_STRICT"] = False
    if settings.is_https:
        # https ends at one proxy in front of us; nobody else's headers are believed.
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=1, x_proto=1)  # type: ignore[method-assign]
    app.before_request(check_site)

    @app.after_request
    def _add_headers(response: Response) -> Response:
        for name, value in HEADERS.items():
            response.headers.setdefault(name, value)
        response.headers.setdefault("Cache-Control", "no-store")
        if settings.is_https:
            response.headers["Strict-Transport-Security"] = HSTS
        return response


def init_form_tokens(app: Flask) -> None:
    """Check the token of every form. Comes after the check of access, which needs no body read."""
    app.before_request(_allow_uploads)
    csrf.init_app(app)


def _allow_uploads() -> None:
    if request.endpoint == UPLOADS:
        request.max_content_length = UPLOAD_BYTES


def trusted_hosts(settings: Settings) -> list[str] | None:
    """Names by which the panel may be addressed; None: any, on a LAN that the operator trusts."""
    if settings.public_url:
        host = urlsplit(settings.public_url).hostname
        return [*LOOPBACK, host] if host else [*LOOPBACK]
    return None if settings.allow_lan_http else [*LOOPBACK]


def cookie_name(settings: Settings, name: str) -> str:
    """`__Host-` binds a cookie to this host and to https; plain http has no such promise."""
    return f"__Host-{name}" if settings.is_https else name


def check_site() -> None:
    """Refuse a change that another site's page asks for, as far as the browser says."""
    if request.method in _SAFE_METHODS:
        return
    site = request.headers.get("Sec-Fetch-Site")
    if site is not None and site not in _OWN_SITES:
        abort(403)
    origin = request.headers.get("Origin")
    if origin not in (None, "null") and urlsplit(origin).netloc != request.host:
        abort(403)
