"""The leader's desk: the day, imports, work lists, customers, do-not-contact, campaigns, ledgers.

Results, offers, people's campaigns and the shop's own numbers are here too. Belongs here: pages of
leaders and supervisors. Never here: accounts and installation.
"""

from web.leader import (
    campaign_setup,
    campaigns,
    customers,
    imports,
    ledgers,
    offers,
    people,
    results,
    routes,
    shop_numbers,
    suppressions,
)
from web.leader.blueprint import leader

__all__ = [
    "campaign_setup",
    "campaigns",
    "customers",
    "imports",
    "leader",
    "ledgers",
    "offers",
    "people",
    "results",
    "routes",
    "shop_numbers",
    "suppressions",
]
