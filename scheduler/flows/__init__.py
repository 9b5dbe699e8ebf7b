"""The use cases, one module each: a flow opens a transaction, asks queries and rules, and writes.

Belongs here: the order of steps of one use case. Never here: a request, a page, SQL.
"""
