"""Two parts of the panel under one address: cases for all who call, the rest for leaders."""

from __future__ import annotations

from flask import Blueprint

cases = Blueprint("cases", __name__, url_prefix="/after-sales")
registers = Blueprint("registers", __name__, url_prefix="/after-sales")
