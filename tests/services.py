"""What the tests need from the machine: a missing service is a loud skip here, an error in CI."""

from __future__ import annotations

import os
from typing import NoReturn

import pytest

absent: set[str] = set()
"""Services asked for and not found in this run; the last lines of the run name them."""


def in_ci() -> bool:
    return os.environ.get("CI") == "true"


def missing(service: str, packages: str) -> NoReturn:
    """Skip the asking test, or fail it in CI, and say which packages would help."""
    absent.add(f"{service} (install {packages}, or run `make test` as root)")
    message = f"{service} is not on this machine: install {packages}"
    if in_ci():
        pytest.fail(message, pytrace=False)
    pytest.skip(message)
