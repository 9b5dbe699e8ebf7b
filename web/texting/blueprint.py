"""The part of the panel for SMS."""

from __future__ import annotations

from flask import Blueprint

texting = Blueprint("texting", __name__, url_prefix="/desk/texts")
