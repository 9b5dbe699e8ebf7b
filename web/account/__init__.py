"""Signing in and out, and one's own password.

Belongs here: what concerns the person at the screen. Never here: other people's accounts.
"""
