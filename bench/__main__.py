"""`python -m bench [import|claim]`: run the benches, all of them without a name."""

from __future__ import annotations

import argparse
import sys

from bench import claim, imports


def main() -> int:
    """Run what was asked for; 1 when a promise was broken, not when a figure is slow."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("name", nargs="?", choices=["import", "claim"], help="all without it")
    parser.add_argument("--rows", type=int, default=200_000, help="rows of the export")
    asked = parser.parse_args()
    if asked.name != "claim":
        imports.measure(asked.rows)
    return claim.main() if asked.name != "import" else 0


sys.exit(main())
