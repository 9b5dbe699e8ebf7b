"""What a file is, by its content, and the rows in it (R-IMP-1, R-IMP-2)."""

from __future__ import annotations

import codecs
import io
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from itertools import islice
from pathlib import Path, PurePath
from typing import BinaryIO

from adapters.importers import csv_reader, xlsx_reader
from adapters.importers.csv_reader import Opener, Record
from adapters.importers.do_not_contact import DoNotContactParser
from adapters.importers.headers import Header, read_header
from adapters.importers.items import ItemParser
from adapters.importers.limits import DEFAULT_LIMITS, MEGABYTE, Limits
from adapters.importers.official_days import JSON_HEADERS, CalendarParser, read_json_days
from adapters.importers.order_lines import SeenOrder, sum_lines
from adapters.importers.orders import OrderParser
from adapters.importers.refusals import RefusalCode, refusal
from adapters.importers.registers import SOURCES, RegisterParser
from adapters.importers.rows import (
    SHEET_MARK,
    FileKind,
    OpenFile,
    OrderRow,
    Problem,
    Recognised,
    RefusedFile,
    Rejected,
    Taken,
)
from adapters.importers.shipments import ShipmentParser
from adapters.importers.stock_out import StockOutParser
from adapters.importers.table import RowParser
from campaigns.values import SHOP_ZONE


def open_file(
    name: str,
    content: bytes | Path,
    *,
    kind: FileKind | None = None,
    limits: Limits = DEFAULT_LIMITS,
) -> OpenFile:
    """R-IMP-1. Recognise a file by its content; `kind` settles what a header leaves open.

    `name` is only asked for the time in it. Nothing but the first rows is read here. Raises
    RefusedFile with a code and a Chinese reason when the file cannot be taken.
    """
    source = _source(name, content, kind, limits)
    if source.size_bytes > limits.file_mb * MEGABYTE:
        raise refusal(RefusalCode.TOO_BIG, limit=limits.file_mb)
    with source.opened() as raw:
        head = raw.read(csv_reader.SNIFFED_BYTES)
    if not head.removeprefix(codecs.BOM_UTF8).strip():
        raise refusal(RefusalCode.EMPTY)
    if head.startswith(_ZIP_MAGIC):
        return _open_workbook(source)
    _refuse_foreign(head)
    encoding = csv_reader.sniff_encoding(head)
    if head.removeprefix(codecs.BOM_UTF8).lstrip().startswith(b"{"):
        return _open_json(source, encoding)

    def records() -> Iterator[Record]:
        return csv_reader.read_records(source.opened, encoding, limits)

    return _open_table(source, records, encoding)


def is_workbook(content: bytes | Path) -> bool:
    """Whether the content is an archive, and so read by a spreadsheet library and not by us."""
    _, opened = _size_and_opener(content)
    with opened() as raw:
        return raw.read(len(_ZIP_MAGIC[0])) in _ZIP_MAGIC


def time_in_name(name: str) -> datetime | None:
    """R-IMP-3. The instant in a file's name (yyyyMMddHHmm or with seconds), aware UTC, or None."""
    for run in re.findall(r"(?<![0-9])(?:[0-9]{14}|[0-9]{12})(?![0-9])", PurePath(name).name):
        parts = [int(run[:4]), *(int(run[at : at + 2]) for at in range(4, len(run), 2))]
        year, month, day, hour, minute, second = [*parts, 0][:6]
        if not 2003 <= year <= 2100:
            continue
        try:
            local = datetime(year, month, day, hour, minute, second, tzinfo=SHOP_ZONE)
        except ValueError:
            continue
        return local.astimezone(UTC)
    return None


_ZIP_MAGIC = (b"PK\x03\x04", b"PK\x05\x06")
_OLE_MAGIC = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ENCRYPTED_STREAM = "EncryptedPackage".encode("utf-16-le")
_MARKUP = re.compile(rb"\s*<(?:[!?a-z])", re.IGNORECASE)
_SAMPLED_ROWS = 100


@dataclass(frozen=True, slots=True)
class _Source:
    name: str
    size_bytes: int
    opened: Opener
    kind: FileKind | None
    limits: Limits


def _source(name: str, content: bytes | Path, kind: FileKind | None, limits: Limits) -> _Source:
    size_bytes, opened = _size_and_opener(content)
    return _Source(name, size_bytes, opened, kind, limits)


def _size_and_opener(content: bytes | Path) -> tuple[int, Opener]:
    if isinstance(content, Path):
        path = content
        return path.stat().st_size, lambda: path.open("rb")
    data = content
    return len(data), lambda: io.BytesIO(data)


def _refuse_foreign(head: bytes) -> None:
    if head.startswith(_OLE_MAGIC):
        is_encrypted = _ENCRYPTED_STREAM in head
        raise refusal(RefusalCode.PASSWORD if is_encrypted else RefusalCode.OLD_EXCEL)
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        head = head.decode("utf-16", "replace").encode()
    if _MARKUP.match(head.removeprefix(b"\xef\xbb\xbf")):
        raise refusal(RefusalCode.HTML)


# --- tables --------------------------------------------------------------------------------------


@dataclass(slots=True)
class TableFile:
    """An OpenFile over records: every call of `rows` reads the source anew."""

    recognised: Recognised
    size_bytes: int
    header: Header
    sample: tuple[list[str], ...]
    records: Callable[[], Iterator[Record]]
    most_rows: int

    def rows(self) -> Iterator[Taken | Rejected]:
        """See OpenFile."""
        return self.rows_after({})

    def rows_after(self, seen: dict[str, SeenOrder]) -> Iterator[Taken | Rejected]:
        """Read the rows as those of a sheet behind others, which listed the orders `seen`."""
        parse = self._parser(seen)
        data = islice(_filled(self.records()), 1, None)
        for count, (line, cells) in enumerate(data, start=1):
            if count > self.most_rows:
                raise refusal(RefusalCode.TOO_MANY_ROWS, limit=self.most_rows)
            if isinstance(cells, str):
                yield Rejected(line, (Problem(line, "", cells),))
            else:
                yield parse(line, cells)

    def _parser(self, seen: dict[str, SeenOrder]) -> RowParser:
        header = self.header
        if header.kind is FileKind.ORDERS:
            is_summed = "line_amount" in header.positions and "total" not in header.positions
            cells = (cells for _, cells in islice(_filled(self.records()), 1, None))
            sums = sum_lines(header, cells) if is_summed else None
            return OrderParser(header, self.sample, seen, sums)
        if header.kind in SOURCES:
            return RegisterParser(header, self.sample)
        return _PARSERS[header.kind](header)


_PARSERS: Mapping[FileKind, Callable[[Header], RowParser]] = {
    FileKind.ITEMS: ItemParser,
    FileKind.SHIPMENTS: ShipmentParser,
    FileKind.STOCK_OUT: StockOutParser,
    FileKind.DO_NOT_CONTACT: DoNotContactParser,
    FileKind.CALENDAR: CalendarParser,
}


def _open_table(
    source: _Source, records: Callable[[], Iterator[Record]], encoding: str
) -> TableFile:
    """Read the header, which must be the first row with anything in it; raises RefusedFile."""
    first_rows = list(islice(_filled(records()), 1 + _SAMPLED_ROWS))
    if not first_rows:
        raise refusal(RefusalCode.EMPTY)
    _, cells = first_rows[0]
    if isinstance(cells, str):
        raise refusal(RefusalCode.UNKNOWN_TABLE, detail=f"（{cells}）")
    header = read_header(cells, source.kind)
    sample = tuple(cells for _, cells in first_rows[1:] if isinstance(cells, list))
    recognised = Recognised(
        kind=header.kind,
        encoding=encoding,
        headers=header.names,
        generation=header.generation,
        data_time=time_in_name(source.name),
        columns=header.columns,
    )
    return TableFile(recognised, source.size_bytes, header, sample, records, source.limits.rows)


def _filled(records: Iterator[Record]) -> Iterator[Record]:
    """Pass on the records with anything in them; the line numbers stay."""
    for record in records:
        cells = record[1]
        if isinstance(cells, str) or any(map(str.strip, cells)):
            yield record


# --- workbooks -----------------------------------------------------------------------------------


def _open_workbook(source: _Source) -> OpenFile:
    """Open the one visible sheet that is recognised, or all sheets of sold orders (R-IMP-1).

    Raises RefusedFile for no such sheet, and for several others.
    """
    xlsx_reader.check_archive(source.opened, source.limits)
    found: dict[str, TableFile] = {}
    refused: list[RefusedFile] = []
    for sheet in xlsx_reader.sheet_names(source.opened):
        records = partial(xlsx_reader.read_records, source.opened, sheet, source.limits)
        try:
            found[sheet] = _open_table(source, records, "xlsx")
        except RefusedFile as refusal_of_sheet:
            refused.append(refusal_of_sheet)
    sold = {name: sheet for name, sheet in found.items() if _is_of_sold_orders(name, sheet)}
    if len(sold) > 1:
        return SoldOrders(sold)
    if len(sold or found) > 1:
        raise refusal(RefusalCode.SEVERAL_SHEETS, detail="、".join(found))
    if found:
        return next(iter((sold or found).values()))
    telling = [one for one in refused if one.refusal.code != RefusalCode.EMPTY]
    raise next(iter(telling), refusal(RefusalCode.EMPTY))


def _is_of_sold_orders(name: str, sheet: TableFile) -> bool:
    """A workbook of 抖店 splits its orders over sheets of this name; after-sales stand apart."""
    is_named = "销售订单明细" in name and "售后" not in name
    return is_named and sheet.recognised.kind is FileKind.ORDERS


class SoldOrders:
    """An OpenFile over several sheets of orders; a problem's column begins with its sheet."""

    def __init__(self, sheets: dict[str, TableFile]) -> None:
        self._sheets = sheets
        first = next(iter(sheets.values()))
        self.recognised = first.recognised
        self.size_bytes = first.size_bytes
        self._most_rows = first.most_rows

    def rows(self) -> Iterator[Taken | Rejected]:
        """See OpenFile."""
        seen: dict[str, SeenOrder] = {}
        count = 0
        for name, sheet in self._sheets.items():
            for answer in sheet.rows_after(seen):
                count += 1
                if count > self._most_rows:
                    raise refusal(RefusalCode.TOO_MANY_ROWS, limit=self._most_rows)
                if isinstance(answer, Rejected):
                    yield Rejected(answer.line, _in_sheet(name, answer.problems))
                else:
                    assert isinstance(answer.row, OrderRow)
                    row = replace(answer.row, sheet=name)
                    yield Taken(row, _in_sheet(name, answer.warnings))


def _in_sheet(sheet: str, problems: tuple[Problem, ...]) -> tuple[Problem, ...]:
    return tuple(replace(one, column=f"{sheet}{SHEET_MARK}{one.column}") for one in problems)


# --- the JSON form of a calendar -----------------------------------------------------------------


@dataclass(slots=True)
class JsonCalendar:
    """An OpenFile over the JSON form of official days."""

    recognised: Recognised
    size_bytes: int
    text: str

    def rows(self) -> Iterator[Taken | Rejected]:
        """See OpenFile."""
        return read_json_days(self.text)


def _open_json(source: _Source, encoding: str) -> JsonCalendar:
    found = FileKind.CALENDAR
    if source.kind is not None and source.kind is not found:
        chosen = source.kind.value
        raise refusal(RefusalCode.KIND_MISMATCH, chosen=chosen, found=found.value)
    if source.size_bytes > source.limits.json_mb * MEGABYTE:
        raise refusal(RefusalCode.TOO_BIG, limit=source.limits.json_mb)
    with source.opened() as raw:
        text = _decoded(raw, encoding)
    next(read_json_days(text), None)  # refuses another form at once
    recognised = Recognised(
        kind=FileKind.CALENDAR,
        encoding=encoding,
        headers=JSON_HEADERS,
        generation="json",
        data_time=time_in_name(source.name),
    )
    return JsonCalendar(recognised, source.size_bytes, text)


def _decoded(raw: BinaryIO, encoding: str) -> str:
    try:
        return raw.read().decode(encoding)
    except UnicodeDecodeError:
        raise refusal(RefusalCode.ENCODING) from None
