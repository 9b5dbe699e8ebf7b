"""The leader's desk: the day, imports, work lists, customers, do-not-contact, offers, ledgers.

Belongs here: pages of leaders and supervisors. Never here: accounts and installation.
"""

from web.leader import imports, ledgers, offers, routes, suppressions
from web.leader.blueprint import leader

__all__ = ["imports", "leader", "ledgers", "offers", "routes", "suppressions"]
