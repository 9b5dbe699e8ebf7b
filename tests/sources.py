"""The source tree as data, for the tests that read it."""

from __future__ import annotations

import ast
import re
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parent.parent
PACKAGES = ("campaigns", "scripts_zh", "adapters", "scheduler", "web")
RULE_ID = re.compile(r"\bR-[A-Z]+-\d+\b")


@cache
def python_files(*folders: str) -> tuple[Path, ...]:
    """All Python files below these folders of the project, in a fixed order."""
    return tuple(sorted(path for folder in folders for path in (ROOT / folder).rglob("*.py")))


@cache
def tree_of(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"), filename=str(path))


def name_of(path: Path) -> str:
    """How a failure names a file: relative to the project."""
    return path.relative_to(ROOT).as_posix()


def docstrings(path: Path) -> Iterator[str]:
    """Every string that stands as a statement: docstrings, and those below a field or constant."""
    for node in ast.walk(tree_of(path)):
        match node:
            case ast.Expr(value=ast.Constant(value=str(text))):
                yield text


def functions(path: Path) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def imported_modules(path: Path) -> Iterator[str]:
    """Full names of the modules that a file imports, wherever in the file."""
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module


def front_matter(path: Path) -> str:
    """The block between two `+++` lines at a script's start, else nothing."""
    found = re.match(r"\+\+\+\n(.*?)\n\+\+\+\n", path.read_text("utf-8"), re.DOTALL)
    return found[1] if found else ""


@cache
def known_rules() -> frozenset[str]:
    """The ids that docs/rules.md defines: the first cell of a table row."""
    text = (ROOT / "docs" / "rules.md").read_text(encoding="utf-8")
    return frozenset(re.findall(r"^\| (R-[A-Z]+-\d+) \|", text, re.MULTILINE))


def homes() -> dict[str, set[str]]:
    """Where each rule lives: docstrings, front matter of scripts, templates of pages."""
    found: dict[str, set[str]] = {}

    def note(text: str, path: Path) -> None:
        for rule in RULE_ID.findall(text):
            found.setdefault(rule, set()).add(name_of(path))

    for path in python_files(*PACKAGES):
        for text in docstrings(path):
            note(text, path)
    for path in (ROOT / "scripts_zh").rglob("*.j2"):
        note(front_matter(path), path)
    for path in (ROOT / "web").rglob("*.html"):
        note(path.read_text(encoding="utf-8"), path)
    return found


def tested_rules() -> dict[str, set[str]]:
    """Which rules a test's name carries, e.g. `test_r_hours_1_…`, and in which files."""
    found: dict[str, set[str]] = {}
    for path in python_files("tests"):
        for function in functions(path):
            if function.name.startswith("test_"):
                for word, number in re.findall(r"(?<=_)r_([a-z]+)_(\d+)(?=_|$)", function.name):
                    found.setdefault(f"R-{word.upper()}-{number}", set()).add(name_of(path))
    return found


def project_files() -> list[Path]:
    """Everything that is or would be tracked."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    return [path for name in listed.stdout.split("\0") if name and (path := ROOT / name).is_file()]
