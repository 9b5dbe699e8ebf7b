"""The sampling month: its plan and result, the review of its calls, the promised answers.

Belongs here: pages by which leaders and supervisors run a month's sample. Never here: the calls
themselves.
"""

from web.sampling import escalations, plan, review
from web.sampling.blueprint import sampling

__all__ = ["escalations", "plan", "review", "sampling"]
