"""The child process of `confined`: takes its limits, reads one file, sends what it finds."""

from __future__ import annotations

import pickle
import resource
import sys
from itertools import islice
from typing import IO

from adapters.importers.confined import (
    Finished,
    Opened,
    Request,
    receive_bytes,
    send,
)
from adapters.importers.limits import Limits
from adapters.importers.recognise import open_file
from adapters.importers.refusals import RefusalCode, refusal
from adapters.importers.rows import RefusedFile

MEMORY_BYTES = 1_000_000_000
BATCH_ROWS = 1_000


def cpu_seconds(limits: Limits) -> int:
    """Ten seconds, and thirty more for every hundred thousand rows that may come."""
    return 10 + 30 * -(-limits.rows // 100_000)


def main() -> None:
    """Read the request from standard input, write the messages to standard output."""
    request_bytes = receive_bytes(sys.stdin.buffer)
    if request_bytes is None:
        return
    request: Request = pickle.loads(request_bytes)  # noqa: S301 - written by our own parent
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))  # it has nothing to write but its answer
    cpu = cpu_seconds(request.limits)
    resource.setrlimit(resource.RLIMIT_CPU, (cpu, cpu))
    try:
        _answer(request, sys.stdin.buffer, sys.stdout.buffer)
    except RefusedFile as refused:
        send(sys.stdout.buffer, refused.refusal)
    except MemoryError:
        send(sys.stdout.buffer, refusal(RefusalCode.FILE_TOO_COSTLY).refusal)


def _answer(request: Request, rest: IO[bytes], answers: IO[bytes]) -> None:
    content = request.path if request.path is not None else rest.read()
    opened = open_file(request.name, content, kind=request.kind, limits=request.limits)
    send(answers, Opened(opened.recognised, opened.size_bytes))
    if request.with_rows:
        rows = opened.rows()
        while batch := list(islice(rows, BATCH_ROWS)):
            send(answers, batch)
    send(answers, Finished())


if __name__ == "__main__":
    main()
