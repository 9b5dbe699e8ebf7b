"""Lines to the world outside: telephone calls and SMS. Each speaks one provider's language and nothing else.

A line rings, sends, looks up and reads what it is told; it decides nothing, stores nothing, and never
repeats a request. Rules, budgets and what follows an event belong to `scheduler/`.
"""
