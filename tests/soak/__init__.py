"""A day of calls and texts through a carrier with every fault on, by workers that are killed.

`python -m tests.soak --help`, `make soak`. What must hold afterwards is in `truth.py`.
"""
