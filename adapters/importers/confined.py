"""The same reading in a child process with bounded memory and time, for files of strangers."""

from __future__ import annotations

import os
import pickle
import struct
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from adapters.importers.limits import DEFAULT_LIMITS, Limits
from adapters.importers.recognise import is_workbook, open_file
from adapters.importers.refusals import RefusalCode, refusal
from adapters.importers.rows import (
    FileKind,
    OpenFile,
    Recognised,
    Refusal,
    RefusedFile,
    Rejected,
    Taken,
)

_CHILD_MODULE = "adapters.importers.confined_child"
_LENGTH = struct.Struct("!Q")


@dataclass(frozen=True, slots=True)
class Request:
    """What the child is asked to do; a content of None follows on its standard input."""

    name: str
    path: Path | None
    kind: FileKind | None
    limits: Limits
    with_rows: bool


@dataclass(frozen=True, slots=True)
class Finished:
    """The child's last message: everything was sent."""


@dataclass(frozen=True, slots=True)
class Opened:
    """The child's first message: what the file is."""

    recognised: Recognised
    size_bytes: int


Batch = list[Taken | Rejected]
Message = Opened | Batch | Refusal | Finished


def open_confined(
    name: str,
    content: bytes | Path,
    *,
    kind: FileKind | None = None,
    limits: Limits = DEFAULT_LIMITS,
    only_workbooks: bool = False,
) -> OpenFile:
    """R-IMP-2. As `open_file`, but a hostile file can cost no more than its child process.

    A child that crashes, or runs out of memory or time, becomes a RefusedFile; nothing it sent
    before may be kept then. With `only_workbooks` a text file, whose reader is ours and bounded,
    is read in this process.
    """
    if only_workbooks and not is_workbook(content):
        return open_file(name, content, kind=kind, limits=limits)
    (opened,) = _ask(name, content, kind, limits, with_rows=False)
    assert isinstance(opened, Opened)
    return ConfinedFile(opened.recognised, opened.size_bytes, name, content, kind, limits)


@dataclass(slots=True)
class ConfinedFile:
    """An OpenFile whose every reading happens in a child process of its own."""

    recognised: Recognised
    size_bytes: int
    name: str
    content: bytes | Path
    kind: FileKind | None
    limits: Limits

    def rows(self) -> Iterator[Taken | Rejected]:
        """See OpenFile."""
        for message in _ask(self.name, self.content, self.kind, self.limits, with_rows=True):
            if isinstance(message, list):
                yield from message


def _ask(
    name: str, content: bytes | Path, kind: FileKind | None, limits: Limits, *, with_rows: bool
) -> Iterator[Message]:
    """Messages of one child up to its end; raises RefusedFile, and never leaves a child behind."""
    path = content if isinstance(content, Path) else None
    request = Request(name, path, kind, limits, with_rows)
    child = subprocess.Popen(  # noqa: S603 - our own module in our own interpreter
        [sys.executable, "-m", _CHILD_MODULE],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env={"PYTHONPATH": os.pathsep.join(filter(None, sys.path)), "PYTHONUTF8": "1"},
    )
    assert child.stdin is not None
    assert child.stdout is not None
    try:
        _send_request(child.stdin, request, content)
        while True:
            message = receive(child.stdout)
            if message is None:
                raise _crash(child)
            if isinstance(message, Refusal):
                raise RefusedFile(message)
            if isinstance(message, Finished):
                return
            yield message
    finally:
        child.stdout.close()
        child.kill()
        child.wait()


def _send_request(pipe: IO[bytes], request: Request, content: bytes | Path) -> None:
    with suppress(BrokenPipeError):  # the child is gone: what it said, or its silence, comes next
        send(pipe, request)
        if isinstance(content, bytes):
            pipe.write(content)
    with suppress(BrokenPipeError):
        pipe.close()


def _crash(child: subprocess.Popen[bytes]) -> RefusedFile:
    """Tell a child that the system stopped (a limit, an abort) from one that gave up."""
    if child.wait() < 0:
        return refusal(RefusalCode.FILE_TOO_COSTLY)
    return refusal(RefusalCode.UNREADABLE, detail="读取程序中断")


def send(pipe: IO[bytes], message: Message | Request) -> None:
    """Write one message: its length, then the pickled object. Only ever between our processes."""
    payload = pickle.dumps(message, pickle.HIGHEST_PROTOCOL)
    pipe.write(_LENGTH.pack(len(payload)))
    pipe.write(payload)
    pipe.flush()


def receive(pipe: IO[bytes]) -> Message | None:
    """Read one message of our own child, None where there is no whole one any more."""
    payload = receive_bytes(pipe)
    if payload is None:
        return None
    message: Message = pickle.loads(payload)  # noqa: S301 - written by our own child
    return message


def receive_bytes(pipe: IO[bytes]) -> bytes | None:
    """Read the payload of one message, None where there is no whole one any more."""
    head = pipe.read(_LENGTH.size)
    if len(head) < _LENGTH.size:
        return None
    (length,) = _LENGTH.unpack(head)
    payload = pipe.read(length)
    return payload if len(payload) == length else None
