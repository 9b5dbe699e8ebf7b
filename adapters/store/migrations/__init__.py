"""Numbered, one head, forward-only. Each is tested on a filled database."""
