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
    "leader.css": ("web", "static/leader.css"),
    "sampling.css": ("web", "static/sampling.css"),
    "panel.js": ("web", "static/panel.js"),
    "leader.js": ("web", "static/leader.js"),
    "supervisor.css": ("web", "static/supervisor.css"),
    "supervisor.js": ("web", "static/supervisor.js"),
    "sampling.js": ("web", "static/sampling.js"),
    "icon.svg": ("web", "static/icon.svg"),
}
_MODULES = ("caller",)
"""Folders of scripts that import each other. All of one folder share one version, so that
`./other.js` leads to the file that belongs to it."""

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
    folder, _, module = name.partition("/")
    if module:
        content, version = _modules(folder)[module]
    else:
        package, path = _SOURCES[name]
        content = files(package).joinpath(path).read_bytes()
        version = _version(content)
    return Asset(content, version, _TYPES[name.rpartition(".")[2]])


@cache
def _modules(folder: str) -> dict[str, tuple[bytes, str]]:
    """Read a folder of scripts, each with the version of the whole. Raises KeyError."""
    if folder not in _MODULES:
        raise KeyError(folder)
    listed = sorted(files("web").joinpath("static", folder).iterdir(), key=lambda it: it.name)
    contents = {it.name: it.read_bytes() for it in listed if it.name.endswith(".js")}
    version = _version(b"".join(contents.values()))
    return {name: (content, version) for name, content in contents.items()}


def _version(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()[:12]


def asset_url(name: str) -> str:
    """Give the address of a listed file, with its version."""
    return url_for("assets.file", version=asset_of(name).version, name=name)


@assets.get("/assets/<version>/<path:name>")
def file(version: str, name: str) -> Response:
    """One file; a version that is not the present one does not exist."""
    try:
        asset = asset_of(name)
    except KeyError:
        abort(404)
    if asset.version != version:
        abort(404)
    response = Response(asset.content, mimetype=asset.media_type)
    response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
    return response


def init_assets(app: Flask) -> None:
    """Register the files and make `asset_url` known to the templates."""
    app.register_blueprint(assets)
    app.add_template_global(asset_url)
