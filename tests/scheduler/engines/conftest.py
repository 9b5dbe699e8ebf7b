"""Calls of several shops go through one exchange at a time."""

from tests.side_by_side import running, waits_among_others

__all__ = ["running", "waits_among_others"]
