"""What is outside: the database, spreadsheets, the clock, the official calendar, settings, secrets.

Belongs here: code that speaks to one outside thing and translates it into the values of `campaigns`.
Never here: a decision whom to call or when.
"""
