"""What we call about and by which rules: values, facts, policy, and one module per kind of call.

Belongs here: pure code that turns facts into decisions. Never here: a database, a file, a clock, a
random number, a sentence that is spoken to a customer.
"""
