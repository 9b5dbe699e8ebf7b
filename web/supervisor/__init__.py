"""What needs a supervisor: lifting a do-not-contact entry (R-DNC-3).

Belongs here: decisions above a leader's. Never here: pages that leaders share.
"""
