"""What the program writes about itself: one JSON object a line, UTC, and nobody's number in it.

An error is told by its type and its places in the code. Its message is left out: messages quote
what they were given, and that may be a customer's (R-PII-1).

Every module takes its logger from here, so that nothing is ever written before it is said where
to: standard output belongs to the documents of the commands.
"""

from __future__ import annotations

import json
import logging
import re
import sys
import traceback
from collections.abc import MutableMapping
from typing import Any, TextIO

import structlog

FRAMES = 30
"""Places of a traceback that are kept, the innermost ones."""

_NUMBER = re.compile(
    r"""
    (?<!\d)(?:\+?86[ -]?)?(?:1\d{2}[ -]?\d{4}[ -]?\d{4})(?!\d)   # a mobile number
    | (?<!\d)(?:\+?86[ -]?)?0\d{2,3}[ -]?\d{7,8}(?!\d)           # a fixed line
    | (?<!\d)\d{11}(?!\d)                                        # anything as long as a number
    """,
    re.VERBOSE,
)


def without_numbers(line: str) -> str:
    """Cover everything that looks like a telephone number but its last two digits."""
    return _NUMBER.sub(lambda found: f"***{found[0][-2:]}", line)


def get_logger(name: str) -> Any:
    """The logger of one module. The first one sets up where all of them write."""
    configure_log()
    return structlog.get_logger(name)  # noqa: TID251


def configure_log(stream: TextIO | None = None) -> None:
    """Write events to `stream`, or to whatever standard error is then. A second call changes nothing."""
    if structlog.is_configured():
        return
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            _error_without_data,
            _covered_json,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=lambda *_names: structlog.PrintLogger(stream or sys.stderr),
        cache_logger_on_first_use=False,
    )


def _error_without_data(
    _logger: object, _method: str, event: MutableMapping[str, Any]
) -> MutableMapping[str, Any]:
    """Say which error it was and where, outermost first; never what it was about."""
    error = event.pop("exc_info", None)
    if error is True:
        error = sys.exception()
    if isinstance(error, tuple):
        error = error[1]
    if isinstance(error, BaseException):
        places = traceback.extract_tb(error.__traceback__)[-FRAMES:]
        event["error"] = f"{type(error).__module__}.{type(error).__qualname__}"
        event["places"] = [f"{p.filename}:{p.lineno} {p.name}" for p in places]
    return event


def _covered_json(_logger: object, _method: str, event: MutableMapping[str, Any]) -> str:
    return without_numbers(json.dumps(dict(event), ensure_ascii=False, default=str))
