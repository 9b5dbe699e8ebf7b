"""A shop that does not exist, for training and for tests: goods, buyers, orders, export files.

Belongs here: inventing a marketplace from a seed, and writing what it would export, byte for byte.
Never here: the database, the rules, the machine's clock, or anything taken from a real person.
"""
