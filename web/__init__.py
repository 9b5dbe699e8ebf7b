"""Who sees it: pages, the command line, sign-in, and the mapping of errors to people.

Belongs here: parsing a request, calling one flow, showing what came back. Never here: SQL, a
rule, a commit.
"""
