"""XLSX workbooks: checked as an archive first, then read sheet by sheet (R-IMP-2)."""

from __future__ import annotations

import re
import struct
import zipfile
import zlib
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from typing import BinaryIO

from adapters.importers.csv_reader import Opener, Record
from adapters.importers.limits import MEGABYTE, Limits
from adapters.importers.refusals import RefusalCode, refusal

Cell = str | int | float | bool | time | date | datetime | timedelta


def check_archive(opened: Opener, limits: Limits) -> None:
    """Refuse what would cost too much before anything is parsed.

    Everything is unpacked once, in constant memory, because the sizes that an archive states
    about itself may be false; the sheets' cell addresses bound the grid that a reader allocates.
    """
    with opened() as raw:
        try:
            entries = zipfile.ZipFile(raw).infolist()
            _check_entries(entries, limits)
            _check_contents(raw, entries, limits)
        except (zipfile.BadZipFile, zlib.error, struct.error, EOFError, OSError, ValueError):
            raise refusal(RefusalCode.BROKEN_ZIP) from None
        except (NotImplementedError, UnicodeDecodeError):
            raise refusal(RefusalCode.NOT_XLSX) from None


def _check_entries(entries: list[zipfile.ZipInfo], limits: Limits) -> None:
    if len(entries) > limits.zip_entries:
        raise refusal(RefusalCode.ZIP_LIMITS, detail=f"多于 {limits.zip_entries} 个文件")
    for entry in entries:
        if entry.flag_bits & _ENCRYPTED:
            raise refusal(RefusalCode.PASSWORD)
        parts = entry.filename.replace("\\", "/").split("/")
        if entry.filename.startswith(("/", "\\")) or ".." in parts or ":" in entry.filename:
            raise refusal(RefusalCode.ZIP_LIMITS, detail="含有指向包外的路径")
        if entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise refusal(RefusalCode.NOT_XLSX)
    if _WORKBOOK not in {entry.filename for entry in entries}:
        raise refusal(RefusalCode.NOT_XLSX)


def _check_contents(raw: BinaryIO, entries: list[zipfile.ZipInfo], limits: Limits) -> None:
    most = limits.zip_unpacked_mb * MEGABYTE
    unpacked = packed = 0
    for entry in entries:
        packed += entry.compress_size
        grid = _Grid(limits) if _SHEET.fullmatch(entry.filename) else None
        for chunk in _unpacked(raw, entry):
            unpacked += len(chunk)
            if unpacked > most:
                detail = f"多于 {limits.zip_unpacked_mb} MB"
                raise refusal(RefusalCode.ZIP_LIMITS, detail=detail)
            if grid is not None:
                grid.see(chunk)
        if unpacked > max(packed * limits.zip_ratio, MEGABYTE):
            detail = f"压缩比超过 {limits.zip_ratio}"
            raise refusal(RefusalCode.ZIP_LIMITS, detail=detail)


_ENCRYPTED = 0x1
_WORKBOOK = "xl/workbook.xml"
_SHEET = re.compile(r"xl/worksheets/[^/]+\.xml")
_LOCAL_HEADER = struct.Struct("<26xHH")
_CHUNK_BYTES = 1 << 20


def _unpacked(raw: BinaryIO, entry: zipfile.ZipInfo) -> Iterator[bytes]:
    """Unpack one entry for real, in chunks of at most a megabyte."""
    raw.seek(entry.header_offset)
    name_bytes, extra_bytes = _LOCAL_HEADER.unpack(raw.read(_LOCAL_HEADER.size))
    raw.seek(name_bytes + extra_bytes, 1)
    left = entry.compress_size
    inflate = zlib.decompressobj(-15) if entry.compress_type == zipfile.ZIP_DEFLATED else None
    while left > 0:
        data = raw.read(min(left, _CHUNK_BYTES))
        if not data:
            raise EOFError
        left -= len(data)
        if inflate is None:
            yield data
            continue
        while data:
            yield inflate.decompress(data, _CHUNK_BYTES)
            data = inflate.unconsumed_tail


class _Grid:
    """How large a rectangle one sheet's row and cell addresses span."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._rest = b""
        self._last_column = 0
        self._last_row = 0

    def see(self, chunk: bytes) -> None:
        """Take in the next part of the sheet; raises RefusedFile beyond the limits."""
        seen = self._rest + chunk
        end = seen.rfind(b"<")
        self._rest = seen[end:][:_LONGEST_TAG] if end >= 0 else b""
        addresses = _ADDRESS.findall(seen, 0, max(end, 0))
        if not addresses:
            return
        if (b"", b"") in addresses:
            raise refusal(RefusalCode.UNREADABLE, detail="单元格地址不对")
        last_column = max(map(_column_number, {letters for letters, _ in addresses}))
        last_row = max(int(row) for _, row in addresses)
        self._last_column = max(self._last_column, last_column)
        self._last_row = max(self._last_row, last_row)
        if self._last_column > self._limits.columns:
            raise refusal(RefusalCode.TOO_MANY_COLUMNS, limit=self._limits.columns)
        if self._last_column * self._last_row > self._limits.grid_cells:
            detail = f"表格的行数乘列数多于 {self._limits.grid_cells}"
            raise refusal(RefusalCode.ZIP_LIMITS, detail=detail)


_ADDRESS = re.compile(
    rb"<(?:\w+:)?(?:c|row)\s(?:[^<>]*?\s)?r\s*=\s*[\"'](?:([A-Z]{0,3})([0-9]{1,7})[\"'])?"
)
_LONGEST_TAG = 10_000


def _column_number(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + letter - 64
    return number


def sheet_names(opened: Opener) -> list[str]:
    """Names of the sheets that a person can see, in order."""
    from python_calamine import (  # noqa: PLC0415 - most commands read no workbook
        CalamineWorkbook,
        SheetTypeEnum,
        SheetVisibleEnum,
    )

    with opened() as raw, _Guard(), CalamineWorkbook.from_filelike(raw) as workbook:
        return [
            sheet.name
            for sheet in workbook.sheets_metadata
            if sheet.visible == SheetVisibleEnum.Visible and sheet.typ == SheetTypeEnum.WorkSheet
        ]


def read_records(opened: Opener, sheet_name: str, limits: Limits) -> Iterator[Record]:
    """Every row of one sheet, blank ones too, with its row number; cells as text."""
    from python_calamine import CalamineWorkbook  # noqa: PLC0415 - as above

    with opened() as raw, _Guard(), CalamineWorkbook.from_filelike(raw) as workbook:
        rows = iter(workbook.get_sheet_by_name(sheet_name).iter_rows())
    for line in range(1, limits.grid_cells):
        with _Guard():
            row = next(rows, None)
        if row is None:
            return
        if len(row) > limits.columns and any(cell != "" for cell in row[limits.columns :]):
            raise refusal(RefusalCode.TOO_MANY_COLUMNS, limit=limits.columns)
        cells = [cell if type(cell) is str else _text_of(cell) for cell in row]
        if cells and max(map(len, cells)) > limits.cell_chars:
            yield line, f"有一格超过 {limits.cell_chars} 字"
        elif any("\0" in cell for cell in cells):
            yield line, _NO_TEXT
        else:
            yield line, cells


_NO_TEXT = "有一格含有不是文字的字符"
"""NUL, which a workbook can hold as `_x0000_` and no database keeps in a text."""


def _text_of(cell: Cell) -> str:
    """Write down what the cell shows, without rounding anything into a plausible value.

    A number that the workbook no longer holds exactly (more than 15 digits) keeps its exponent,
    so that nobody takes it for an order number.
    """
    if isinstance(cell, bool):
        return "TRUE" if cell else "FALSE"
    if isinstance(cell, int | float):
        if cell == cell // 1 and abs(cell) < _EXACT_BELOW:
            return str(int(cell))
        return f"{cell:.15g}" if abs(cell) < _EXACT_BELOW else f"{float(cell):.14e}"
    if isinstance(cell, datetime):
        return cell.isoformat(" ", "seconds")
    return str(cell)


_EXACT_BELOW = 10**15


class _Guard:
    """Turns what the native reader raises, its panics included, into a refused file."""

    def __enter__(self) -> None:
        return

    def __exit__(self, kind: type[BaseException] | None, error: object, _: object) -> None:
        if kind is None or issubclass(kind, KeyboardInterrupt | SystemExit | GeneratorExit):
            return
        name = kind.__name__
        if name == "PasswordError":
            raise refusal(RefusalCode.PASSWORD) from None
        if issubclass(kind, MemoryError):
            raise refusal(RefusalCode.FILE_TOO_COSTLY) from None
        if kind.__module__.startswith(
            ("python_calamine", "_python_calamine", "pyo3")
        ) or issubclass(kind, ValueError | OSError | OverflowError | KeyError):
            raise refusal(RefusalCode.UNREADABLE, detail=name) from None
