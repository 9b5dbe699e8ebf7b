"""The training shop's clock controls.

Belongs here: what only a training shop has. Never here: anything that a real shop's panel shows.
"""
