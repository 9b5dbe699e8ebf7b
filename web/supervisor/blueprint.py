"""The panel that leaders and supervisors keep open all day."""

from __future__ import annotations

from flask import Blueprint

panel = Blueprint("panel", __name__)
