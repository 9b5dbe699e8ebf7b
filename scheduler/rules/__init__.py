"""The rules that every kind shares, each a small pure function with its id, and the gate that lists them.

Belongs here: facts and an instant in, a decision out. Never here: a query, a clock, a side effect.
"""
