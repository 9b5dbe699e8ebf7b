"""The questions asked of the database, one module for each aggregate.

Belongs here: SQL that takes a connection and gives back facts or counts. Never here: a commit, a rule.
"""
