"""The part of the panel that leaders and supervisors share."""

from __future__ import annotations

from flask import Blueprint

leader = Blueprint("leader", __name__, url_prefix="/desk")
