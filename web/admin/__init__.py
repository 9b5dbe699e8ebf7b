"""The administrator's pages: people and their roles.

Belongs here: what runs the shop's installation. Never here: a customer's data (R-PII-1).
"""
