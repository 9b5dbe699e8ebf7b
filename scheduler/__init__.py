"""When and whom next: the rules asked at an instant, the flows that change state, the checker.

Belongs here: `rules/` (pure checks), `flows/` (one use case each, with its transaction), `verify/` (an
independent second opinion). Never here: HTML, HTTP, argument parsing.
"""
