"""The second opinion (R-AUD-2): reads the tables, judges the whole history by the SOP.

Belongs here: restatements of the rules over stored rows, with SQL and logic of their own. Never
here: a line shared with `scheduler.rules`, `scheduler.flows` or `campaigns.kinds`, or a write.
"""

from scheduler.verify.report import Finding, Report
from scheduler.verify.second_opinion import verify

__all__ = ["Finding", "Report", "verify"]
