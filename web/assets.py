"""Style sheets and scripts: our own and those of installed packages, served from here.

Every address carries a hash of the content, so a browser may keep the file for ever and never
keeps an old one.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from flask import Blueprint, Flask, Response, abort, url_for

assets = Blueprint("assets", __name__)

_SOURCES = {
    "bootstrap.css": ("flask_bootstrap", "static/bootstrap5/css/bootstrap.min.css"),
    "htmx.js": ("js_lib_htmx", "static/htmx/htmx.min.js"),
    "waihu.css": ("web", "static/waihu.css"),
    "print.css": ("web", "static/print.css"),
    "dark.css": ("web", "static/dark.css"),
    "caller.css": ("web", "static/caller.css"),
    "panel.js": ("web", "static/panel.js"),
    "caller.js": ("web", "static/caller.js"),
    "icon.svg": ("web", "static/icon.svg"),
}
_TYPES = {"css": "text/css", "js": "text/javascript", "svg": "image/svg+xml"}


@dataclass(frozen=True, slots=True)
class Asset:
    """One file: its bytes, their hash, their type."""

    content: bytes
    version: str
    media_type: str


@cache
def asset_of(name: str) -> Asset:
    """Read one file, once in each process. Raises KeyError for a name that is not listed."""
    package, path = _SOURCES[name]
    content = files(package).joinpath(path).read_bytes()
    version = hashlib.sha256(content).hexdigest()[:12]
    return Asset(content, version, _TYPES[name.rpartition(".")[2]])


def asset_url(name: str) -> str:
    """Give the address of a listed file, with its version."""
    return url_for("assets.file", version=asset_of(name).version, name=name)


@assets.get("/assets/<version>/<name>")
def file(version: str, name: str) -> Response:
    """One file; a version that is not the present one does not exist."""
    if name not in _SOURCES or asset_of(name).version != version:
        abort(404)
    asset = asset_of(name)
    response = Response(asset.content, mimetype=asset.media_type)
    response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
    return response


def init_assets(app: Flask) -> None:
    """Register the files and make `asset_url` known to the templates."""
    app.register_blueprint(assets)
    app.add_template_global(asset_url)
