"""The part of the panel in which a month's sample is drawn, watched, reviewed and answered for."""

from __future__ import annotations

from flask import Blueprint

sampling = Blueprint("sampling", __name__)
