"""Rows of a file that were not taken, as CSV to be mended by (R-IMP-2)."""

from __future__ import annotations

import codecs
import csv
import io
from collections.abc import Iterable

from adapters.importers.rows import Problem
from adapters.reports.safe_text import guarded_line


def problems_csv(problems: Iterable[Problem]) -> bytes:
    """Write line, column and reason: UTF-8 with a byte order mark, no cell a live formula."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(["行号", "列", "原因"])
    for problem in problems:
        writer.writerow([problem.line, guarded_line(problem.column), guarded_line(problem.reason)])
    return codecs.BOM_UTF8 + text.getvalue().encode()
