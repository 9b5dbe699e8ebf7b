"""Addresses that providers of lines call, and nobody else: what they tell, and what they ask during a call.

Belongs here: believing a provider or not, handing what it says to one flow, answering at once. Never
here: a page, a session, a cookie, or what follows from what was told; that is worked off later.
"""

from web.webhooks import calls, texts
from web.webhooks.reception import webhooks

__all__ = ["calls", "texts", "webhooks"]
