"""How the pages name a line: the training shop's own cannot be mistaken for a real one."""

from __future__ import annotations

from flask_babel import gettext as _

from campaigns.labels_zh import LINE_LABELS
from campaigns.values import LineName
from scheduler.flows.line_choice import Medium
from scheduler.flows.line_report import is_for_training
from web.auth import the_runtime
from web.language import say


def line_label(line: LineName, medium: Medium = "call") -> str:
    """Name the line that carries this medium, and say so where it leads to no telephone."""
    name = say(LINE_LABELS[line])
    if is_for_training(the_runtime(), medium, line):
        return _("%(line)s（训练线路）", line=name)
    return name
