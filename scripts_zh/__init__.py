"""What we say: one file for each thing said, in spoken Mandarin, and the library that renders them.

Belongs here: dialogue, its front matter and the sandbox that fills it in. Never here: a rule, a
query, a decision.
"""
