"""What one file may cost before it is refused (numbers of the file limits, R-IMP-2)."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds for one file; the panel passes fewer rows than the command line."""

    file_mb: int = 1_024
    rows: int = 1_000_000
    columns: int = 256
    cell_chars: int = 8_000
    json_mb: int = 1
    zip_entries: int = 200
    zip_unpacked_mb: int = 100
    zip_ratio: int = 100
    grid_cells: int = 12_000_000


DEFAULT_LIMITS = Limits()

MEGABYTE = 1_000_000
