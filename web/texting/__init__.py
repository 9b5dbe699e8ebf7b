"""SMS to many: choosing, looking, approving, sending, what became of each, and replies (R-MSG-2).

Belongs here: pages of mass messages and of replies to texts. Never here: a rule of sending, or the
addresses that lines call.
"""

from web.texting import replies, routes
from web.texting.blueprint import texting

__all__ = ["replies", "routes", "texting"]
