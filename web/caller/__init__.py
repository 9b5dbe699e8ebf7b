"""The caller's workspace: one customer at a time, with what to say and what comes of it.

Belongs here: the pages of a person who calls. Never here: other people's customers.
"""

from web.caller import call, escalations, own
from web.caller.blueprint import caller

__all__ = ["call", "caller", "escalations", "own"]
