"""Ledger rows, laid out as a workbook or as CSV.

Belongs here: formats, widths, page set-up, and what keeps a buyer's text from becoming a formula.
Never here: a figure that is computed, a question to the database.
"""
