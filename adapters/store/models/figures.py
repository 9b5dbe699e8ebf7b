"""Figures kept with each outcome and each payment, so that long history need not be read again.

Each row belongs to one person and one day (or hour), so writers seldom meet on one.
"""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, Date, ForeignKey, Index, Integer, Table

from adapters.store.models.base import METADATA

contact_figure = Table(
    "contact_figure",
    METADATA,
    # Calls that were entered, by the hour in which they were made. A matter that rode on another's
    # call (R-REPEAT-2) counts under `matters` only.
    Column("business_day", Date, primary_key=True),
    Column("hour", Integer, primary_key=True),
    Column("campaign_id", Integer, ForeignKey("campaign.id"), primary_key=True),
    Column("caller_id", Integer, ForeignKey("person.id"), primary_key=True),
    Column("matters", Integer, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("reached", Integer, nullable=False),
    Column("promised", Integer, nullable=False),
    Index(None, "campaign_id", "business_day"),
)

task_money = Table(
    "task_money",
    METADATA,
    # R-DUN-7: what one reminder counts for in the ledger, under the day and handler of its first call.
    Column("task_id", Integer, ForeignKey("task.id"), primary_key=True),
    Column("business_day", Date, nullable=False),
    Column("campaign_id", Integer, ForeignKey("campaign.id"), nullable=False),
    Column("handler_id", Integer, ForeignKey("person.id"), nullable=False),
    Column("owed_fen", BigInteger, nullable=False),
    Column("paid_fen", BigInteger, nullable=False),
    Column("is_payer", Boolean, nullable=False),
)

money_figure = Table(
    "money_figure",
    METADATA,
    # R-DUN-8: the sums of `task_money` by day, campaign and handler.
    Column("business_day", Date, primary_key=True),
    Column("campaign_id", Integer, ForeignKey("campaign.id"), primary_key=True),
    Column("handler_id", Integer, ForeignKey("person.id"), primary_key=True),
    Column("customers", Integer, nullable=False),
    Column("payers", Integer, nullable=False),
    Column("owed_fen", BigInteger, nullable=False),
    Column("paid_fen", BigInteger, nullable=False),
    Index(None, "campaign_id", "business_day"),
)
