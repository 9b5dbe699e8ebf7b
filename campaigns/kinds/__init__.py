"""One module per kind of call: who qualifies, which outcomes it has, what follows each of them.

Belongs here: the SOP's tables of one kind, as data and pure functions. Never here: what every kind shares.
"""
