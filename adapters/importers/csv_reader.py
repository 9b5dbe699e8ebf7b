"""CSV and TSV as a stream of records with their physical lines (R-IMP-2)."""

from __future__ import annotations

import codecs
import csv
import io
from collections.abc import Callable, Iterator
from typing import BinaryIO

from adapters.importers.limits import Limits
from adapters.importers.refusals import RefusalCode, refusal
from adapters.importers.rows import RefusedFile

Opener = Callable[[], BinaryIO]
Record = tuple[int, list[str] | str]
"""The line where a record starts, and its cells, or the Chinese reason why it has none."""

SNIFFED_BYTES = 65_536
_CHUNK_BYTES = 131_072


def sniff_encoding(head: bytes) -> str:
    """Tell the encoding by a mark, else by the header: strict UTF-8, else GB18030.

    Bytes further down that are no text are a matter of their rows. Raises RefusedFile when the
    header is neither.
    """
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    if head.startswith(codecs.BOM_UTF8):
        return "utf-8-sig"
    if b"\0" in head:
        raise refusal(RefusalCode.BINARY)
    header = next((line for line in head.splitlines(keepends=True) if line.strip()), head)
    told_by = head if header.isascii() else header
    for encoding in ("utf-8", "gb18030"):
        try:
            codecs.getincrementaldecoder(encoding)().decode(told_by)
        except UnicodeDecodeError:
            continue
        return encoding
    raise refusal(RefusalCode.ENCODING)


def sniff_delimiter(head: str) -> str:
    """Tell a tab from a comma by which of them the first line with text has more of."""
    line = next((line for line in head.splitlines() if line.strip()), "")
    return "\t" if line.count("\t") > line.count(",") else ","


def read_records(opened: Opener, encoding: str, limits: Limits) -> Iterator[Record]:
    """Every record, blank ones too, in constant memory.

    A record that cannot be split into cells comes as a reason, and reading goes on with the line
    behind the one where it starts. Raises RefusedFile for NUL bytes, a quote that never ends, and
    cells or lines beyond all bounds.
    """
    with opened() as raw:
        lines = _Lines(raw, encoding, limits)
        reader = csv.reader(lines, delimiter=sniff_delimiter(lines.peek()), strict=True)
        while True:
            start = lines.begin_record()
            try:
                cells = next(reader)
            except StopIteration:
                return
            except csv.Error as error:
                if "unexpected end" in str(error):
                    raise refusal(RefusalCode.UNCLOSED_QUOTE, line=start) from None
                lines.give_back_all_but_the_first()
                yield start, _fault(error, limits)
                continue
            if len(cells) > limits.columns:
                raise refusal(RefusalCode.TOO_MANY_COLUMNS, limit=limits.columns)
            if lines.chars > limits.cell_chars and max(map(len, cells)) > limits.cell_chars:
                yield start, _TOO_LONG.format(limit=limits.cell_chars)
            elif lines.has_undecoded and any(_UNDECODED in cell for cell in cells):
                yield start, _NOT_DECODED
            else:
                yield start, cells


_UNDECODED = "\N{REPLACEMENT CHARACTER}"
_NOT_DECODED = "有无法识别的文字（编码损坏）"
_BAD_QUOTES = "引号不成对，分不清各列"
_TOO_LONG = "有一格超过 {limit} 字"


def _fault(error: csv.Error, limits: Limits) -> str:
    if "field limit" in str(error):
        return _TOO_LONG.format(limit=limits.cell_chars)
    return _BAD_QUOTES


class _Lines:
    """Physical lines for the csv reader; remembers those of the record at hand."""

    def __init__(self, raw: BinaryIO, encoding: str, limits: Limits) -> None:
        self._text = _Text(raw, encoding)
        self._limits = limits
        self._longest = limits.columns * limits.cell_chars
        self._waiting: list[str] = []  # reversed: the next line is the last
        self._tail = ""
        self._record: list[str] = []
        self._next_line = 1
        self._is_exhausted = False
        self.chars = 0

    @property
    def has_undecoded(self) -> bool:
        """Whether bytes were met that are no text in this encoding."""
        return self._text.has_undecoded

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        while not self._waiting:
            if self._is_exhausted:
                raise StopIteration
            self._read_chunk()
        line = self._waiting.pop()
        self._record.append(line)
        self.chars += len(line)
        if self.chars > self._longest:
            raise self._too_long()
        return line

    def peek(self) -> str:
        """Look at the first lines, which are still to come."""
        while not self._waiting and not self._is_exhausted:
            self._read_chunk()
        return "".join(reversed(self._waiting))

    def begin_record(self) -> int:
        """Forget the last record's lines; the line at which the next one starts."""
        self._next_line += len(self._record)
        self._record.clear()
        self.chars = 0
        return self._next_line

    def give_back_all_but_the_first(self) -> None:
        """After a record that could not be read: only its first line is spent."""
        self._waiting.extend(reversed(self._record[1:]))
        del self._record[1:]

    def _read_chunk(self) -> None:
        chunk = self._text.read()
        if "\0" in chunk:
            raise refusal(RefusalCode.BINARY)
        pieces = (self._tail + chunk).split("\n")
        self._tail = pieces.pop()
        if len(self._tail) > self._longest:
            raise self._too_long()
        self._waiting = [piece + "\n" for piece in reversed(pieces)]
        if self._text.is_exhausted:
            self._is_exhausted = True
            if self._tail:
                self._waiting.insert(0, self._tail)

    def _too_long(self) -> RefusedFile:
        limit = self._limits.cell_chars
        return refusal(RefusalCode.CELL_TOO_LONG, line=self._next_line, limit=limit)


class _Text:
    """Decoded chunks with one kind of line end; bytes that are no text are marked."""

    def __init__(self, raw: BinaryIO, encoding: str) -> None:
        self._raw = raw
        self._codec = codecs.getincrementaldecoder(encoding)
        self._decoder = self._codec("strict")
        self._newlines = io.IncrementalNewlineDecoder(None, translate=True)
        self.has_undecoded = False
        self.is_exhausted = False

    def read(self) -> str:
        """Read the next chunk; `is_exhausted` once it was the last."""
        data = self._raw.read(_CHUNK_BYTES)
        self.is_exhausted = not data
        before = self._decoder.getstate()
        try:
            text = self._decoder.decode(data, final=not data)
        except UnicodeDecodeError:
            self.has_undecoded = True
            self._decoder = self._codec("replace")
            self._decoder.setstate(before)
            text = self._decoder.decode(data, final=not data)
        return self._newlines.decode(text, final=not data)
