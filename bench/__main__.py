"""`python -m bench [import|claim|next|panel|texts]`: run the benches, all of them without a name."""

from __future__ import annotations

import argparse
import sys

from bench import claim, imports, mass_message, next_call, panel


def main() -> int:
    """Run what was asked for; 1 when a promise was broken, not when a figure is slow."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument(
        "name",
        nargs="?",
        choices=["import", "claim", "next", "panel", "texts"],
        help="all without it",
    )
    parser.add_argument("--rows", type=int, default=200_000, help="rows of the export")
    asked = parser.parse_args()
    if asked.name in (None, "import"):
        imports.measure(asked.rows)
    if asked.name in (None, "next"):
        next_call.measure()
    if asked.name in (None, "panel"):
        panel.measure()
    if asked.name in (None, "texts"):
        mass_message.measure()
    return claim.main() if asked.name in (None, "claim") else 0


sys.exit(main())
