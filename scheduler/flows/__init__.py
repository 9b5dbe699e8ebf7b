"""The use cases: each opens its transaction, asks the rules, changes state, writes the audit line.

Belongs here: one function for each thing a person or a job does. Never here: SQL text, HTML, a rule.
"""
