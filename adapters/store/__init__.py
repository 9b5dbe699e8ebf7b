"""The database: tables (`models/`), questions (`queries/`), `migrations/`, and how a session is opened.

Belongs here: SQL and its mapping to facts. Never here: a rule, a commit (flows commit).
"""
