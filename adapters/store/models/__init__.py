"""The tables, one module for each aggregate. Importing this package registers them all."""

from adapters.store.models import (
    after_sales,
    audit,
    calls,
    campaigns,
    customers,
    figures,
    imports,
    lines,
    sampling,
    shop,
    stock,
)
from adapters.store.models.base import METADATA

__all__ = [
    "METADATA",
    "after_sales",
    "audit",
    "calls",
    "campaigns",
    "customers",
    "figures",
    "imports",
    "lines",
    "sampling",
    "shop",
    "stock",
]
