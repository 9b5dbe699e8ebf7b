"""What a supervisor runs the day from: the panel, one call looked into, lifting an entry (R-DNC-3).

Belongs here: the panel that leaders may open too, and decisions above a leader's. Never here: pages
for working off lists.
"""

from web.supervisor import call, panel
from web.supervisor.blueprint import panel as panel_blueprint

__all__ = ["call", "panel", "panel_blueprint"]
