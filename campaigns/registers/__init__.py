"""The after-sales registers: their states, deadlines and forms, as data and pure functions.

Belongs here: what a register demands of its entries. Never here: how they are stored or shown.
"""
