"""A terminal for the tests: runs `waihu` in this process on a shop of its own and reads the answer."""

from __future__ import annotations

import io
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast
from unittest import mock

from sqlalchemy import Engine

from adapters.store import session
from tests.factories_exports import Cells, order_file
from web.cli import run

WAIHU = Path(sys.executable).with_name("waihu")
ESCAPE = "\x1b"
OFFSET_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?\+08:00")
MONEY = re.compile(r"-?\d+\.\d\d")


@dataclass(frozen=True, slots=True)
class Answer:
    """What one command said."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """The one document on stdout; anything beside it fails here."""
        return json.loads(self.out)

    @property
    def error(self) -> dict[str, Any]:
        """The error in the document, which holds nothing else."""
        document = self.json
        assert list(document) == ["error"], document
        return document["error"]

    @property
    def rules(self) -> list[str]:
        """The rules that refused (exit 4)."""
        assert self.code == 4, (self.code, self.out)
        assert self.error["code"] == "refused"
        return self.error["rules"]


class Shell:
    """One shop's command line. `at` is a time of `day`, or an instant written in full."""

    def __init__(self, url: str, folder: Path, day: str = "2026-03-04") -> None:
        self.url, self.folder, self.day = url, folder, day
        self.environment = {
            "WAIHU_DATABASE_URL": url,
            "WAIHU_SECRET_FILE": str(folder / "waihu.key"),
        }
        self._exports = 0

    def run(self, *words: object, stdin: str | None = None) -> Answer:
        """Run the words as they are."""
        out, err = io.StringIO(), io.StringIO()
        typed = mock.patch.object(sys, "stdin", io.StringIO(stdin or ""))
        with (
            mock.patch.dict(os.environ, self.environment),
            typed,
            _no_engine_left_open(),
            redirect_stdout(out),
            redirect_stderr(err),
        ):
            code = run([str(word) for word in words])
        return Answer(code, out.getvalue(), err.getvalue())

    def ask(self, *words: object, at: str | None = None) -> Answer:
        """Run a command with `--json`, and `--at` where it is given."""
        timed = () if at is None else ("--at", self.when(at))
        return self.run(*words, *timed, "--json")

    def ok(self, *words: object, at: str | None = None) -> Any:
        """The document of a command that must end with 0."""
        answer = self.ask(*words, at=at)
        assert answer.code == 0, (words, answer)
        return answer.json

    def process(
        self, *words: object, stdin: str = "", **more: str
    ) -> subprocess.CompletedProcess[str]:
        """Run the installed command as a process of its own."""
        return subprocess.run(
            [str(WAIHU), *map(str, words)],
            input=stdin,
            capture_output=True,
            text=True,
            encoding="utf-8",
            timeout=60,
            check=False,
            env={**os.environ, **self.environment, **more},
            cwd=self.folder,
        )

    def when(self, at: str) -> str:
        """`09:10` of the shop's day in full; what is in full stays."""
        return at if "T" in at else f"{self.day}T{at}:00+08:00"

    # --- a day's work ----------------------------------------------------------------------------

    def file(self, name: str, content: bytes) -> Path:
        """A file to be taken in."""
        path = self.folder / name
        path.write_bytes(content)
        return path

    def export(self, *orders: Cells, generation: str = "2022", at: str = "") -> Path:
        """An order export, with its time in its name where there is one."""
        self._exports += 1
        made = "".join(sign for sign in at[:16] if sign.isdecimal())
        name = f"ExportOrderList{made}.csv" if made else f"orders-{self._exports}.csv"
        return self.file(name, order_file(generation, orders))

    def take(self, *orders: Cells, at: str) -> dict[str, Any]:
        """Import these orders, exported in that minute; the report of the file."""
        file = self.export(*orders, at=self.when(at))
        return self.ok("import", file, at=at)["files"][0]

    def plan(self, at: str = "08:45", *more: str, kind: str = "dunning") -> dict[str, Any]:
        """Plan the day of `at`; the part of the kind's campaign."""
        day = self.when(at)[:10]
        campaigns = self.ok("plan", "--date", day, *more, at=at)["campaigns"]
        assert [c["kind"] for c in campaigns] == ["dunning", "callback", "stock_out"]
        (part,) = (c for c in campaigns if c["kind"] == kind)
        return cast(dict[str, Any], part)

    def next(self, at: str, caller: str = "谷雨") -> dict[str, Any]:
        """The next call, or the document that says nobody."""
        return self.ok("work", "next", "--caller", caller, at=at)

    def call(self, at: str, code: str, *more: object, caller: str = "谷雨") -> dict[str, Any]:
        """Take the next customer and enter an outcome at the same instant."""
        got = self.next(at, caller)
        assert got["task"] is not None, got
        return self.ok("work", "outcome", got["attempt"], code, *more, at=at)

    def nobody(self, at: str, caller: str = "谷雨") -> dict[str, Any]:
        """Nobody may be called; the document that says so."""
        got = self.next(at, caller)
        assert got["task"] is None, got
        return got

    def todos(self, at: str) -> list[dict[str, Any]]:
        return self.ok("todo", "list", at=at)

    def detail(self, first: str, last: str, at: str | None = None) -> list[dict[str, Any]]:
        """The rows of 催款明细表."""
        return self.ok("ledger", "dunning-detail", "--from", first, "--to", last, at=at)

    def why(self, buyer: str, at: str) -> dict[str, Any]:
        return self.ok("why", buyer, at=at)

    def clean(self) -> dict[str, Any]:
        """`verify` finds nothing."""
        document = self.ok("verify")
        assert document["violations"] == []
        return document


def order(number: int, buyer: str | None = None, **more: str) -> Cells:
    """An order of an invented buyer, placed on 2026-03-03 at 15:00, unpaid, with a phone of its own."""
    return {
        "order_no": f"35153131473293{number:05d}",
        "buyer": buyer or f"买家{number:03d}",
        "mobile": f"'1390000{number:04d}",
        "placed_at": "2026-03-03 15:00:00",
        "total": "120.50",
        **more,
    }


def paid(made: Cells, at: str, **more: str) -> Cells:
    """The same order after its payment."""
    total = made["total"]
    return {**made, "state": "买家已付款,等待卖家发货", "paid": total, "paid_at": at, **more}


def copy_shop(template: Path, folder: Path) -> Shell:
    """A founded shop of its own for one test."""
    for name in ("waihu.db", "waihu.key"):
        shutil.copy(template / name, folder / name)
    return Shell(f"sqlite:///{folder / 'waihu.db'}", folder)


@contextmanager
def _no_engine_left_open() -> Iterator[None]:
    """A process ends and its connections with it; here they must be closed."""
    opened: list[Engine] = []
    plain = session.open_engine

    def remembered(url: str) -> Engine:
        engine = plain(url)
        opened.append(engine)
        return engine

    with mock.patch.object(session, "open_engine", remembered):
        try:
            yield
        finally:
            for engine in opened:
                engine.dispose()
