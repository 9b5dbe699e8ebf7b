"""Files from outside, turned from bytes into rows and row errors.

Belongs here: encodings, spreadsheet readers, header recognition, cell cleaning. Never here: the
database, a decision about a customer.
"""
