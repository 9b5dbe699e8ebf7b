"""The part of the panel for SMS."""

from __future__ import annotations

from flask import Blueprint

from campaigns.text_codes import words_of_code

texting = Blueprint("texting", __name__, url_prefix="/desk/texts")
texting.add_app_template_filter(words_of_code)
