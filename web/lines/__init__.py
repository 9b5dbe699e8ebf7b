"""The lines: which there are, whom each serves, where callers are rung.

Belongs here: pages on which a line is chosen and looked after. Never here: the calls and messages
that go through it, or a provider's account, which stands in the installation's settings.
"""

from web.lines.own_phone import own_phone
from web.lines.routes import lines

__all__ = ["lines", "own_phone"]
