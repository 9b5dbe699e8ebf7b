"""R-DUN-9: who is kept uncalled, so that the results can state what the calling itself brings in."""

from __future__ import annotations

import hashlib
from datetime import date

PERCENT_MOST = 50
"""R-DUN-9. More would leave fewer called than not."""


def is_control(seed: int, campaign_id: int, customer_id: int, day: date, percent: int) -> bool:
    """R-DUN-9. Whether this customer is kept uncalled on this day of calling.

    The same answer for the same seed, campaign, customer and day, whoever asks and when; the share of
    yes is `percent` in a hundred.
    """
    text = f"{seed}:{campaign_id}:{customer_id}:{day.isoformat()}"
    return int(hashlib.sha256(text.encode()).hexdigest(), 16) % 100 < percent
