"""The tables, one module for each aggregate. Importing this package registers them all."""

from adapters.store.models import audit, calls, campaigns, customers, imports, shop
from adapters.store.models.base import METADATA

__all__ = ["METADATA", "audit", "calls", "campaigns", "customers", "imports", "shop"]
