"""The tree keeps its shape: rules have homes and tests, files stay small, nothing local stays."""

from __future__ import annotations

import ast
import re
import sys
from pathlib import Path

import pytest

from tests import sources
from tests.sources import PACKAGES, ROOT, name_of, python_files

CODE = (*PACKAGES, "bench", "tests")

NOT_BUILT_YET = {
    *{f"R-EXP-{n}" for n in range(1, 4)},
    *{f"R-RET-{n}" for n in range(1, 3)},
    "R-EXC-1",
    *{f"R-REF-{n}" for n in range(1, 3)},
    *{f"R-POL-{n}" for n in range(1, 4)},
    *{f"R-CARE-{n}" for n in range(1, 3)},
    "R-CPL-3",
}
"""Rules of parts that are not there yet. This set only shrinks."""

MAX_FILE_LINES = 400
MAX_FUNCTION_LINES = 70
LONG_FILES: set[str] = set()
"""Files that may be longer, each for a reason written at its top."""
LONG_FUNCTIONS: set[str] = set()
"""`file:function` that may be longer, each for a reason written in its docstring."""

NO_MODULE_NAMES = {"utils", "util", "common", "helpers", "helper", "manager", "misc"}
LIKE_THE_STANDARD_LIBRARY = {"campaigns/statistics.py"}
"""Modules that share a name with the standard library's and are only ever imported by full name."""

OUTSIDE_OF_CAMPAIGNS = {"asyncio", "io", "os", "pathlib", "random", "shutil", "socket"}
OUTSIDE_OF_CAMPAIGNS |= {"sqlite3", "subprocess", "tempfile", "threading", "time", "urllib"}


def test_the_rules_are_read() -> None:
    assert len(sources.known_rules()) > 60


def test_every_rule_has_a_home() -> None:
    homeless = sources.known_rules() - NOT_BUILT_YET - set(sources.homes())
    assert sorted(homeless) == []


def test_every_rule_has_a_test_that_carries_its_id() -> None:
    untested = sources.known_rules() - NOT_BUILT_YET - set(sources.tested_rules())
    assert sorted(untested) == []


def test_nobody_cites_a_rule_that_does_not_exist() -> None:
    cited = {**sources.homes(), **sources.tested_rules()}
    unknown = {rule: where for rule, where in cited.items() if rule not in sources.known_rules()}
    assert unknown == {}


def test_what_is_not_built_yet_only_shrinks() -> None:
    built = NOT_BUILT_YET & set(sources.homes()) & set(sources.tested_rules())
    assert sorted(built) == [], "built now: take it out of NOT_BUILT_YET"
    assert sorted(NOT_BUILT_YET - sources.known_rules()) == [], "no such rule"


def test_every_folder_of_tests_is_a_package() -> None:
    folders = {path.parent for path in python_files("tests")}
    assert [name_of(folder) for folder in folders if not (folder / "__init__.py").exists()] == []


def test_every_package_says_what_belongs_there() -> None:
    silent = [
        name_of(path)
        for path in python_files(*PACKAGES)
        if path.name == "__init__.py" and not any(sources.docstrings(path))
    ]
    assert silent == []


def test_campaigns_imports_no_input_output_clock_or_chance() -> None:
    allowed = (sys.stdlib_module_names - OUTSIDE_OF_CAMPAIGNS) | {"campaigns", "phonenumbers"}
    outside = {
        f"{name_of(path)} imports {module}"
        for path in python_files("campaigns")
        for module in sources.imported_modules(path)
        if module.split(".")[0] not in allowed
    }
    assert sorted(outside) == []


def kept_short() -> list[Path]:
    """All code but the migrations, which are written once and read from top to bottom."""
    return [path for path in python_files(*CODE) if "versions" not in path.parts]


def test_files_are_short() -> None:
    long = {
        name_of(path)
        for path in kept_short()
        if len(path.read_text(encoding="utf-8").splitlines()) >= MAX_FILE_LINES
    }
    assert long == LONG_FILES


def test_functions_are_short() -> None:
    long = {
        f"{name_of(path)}:{function.name}"
        for path in kept_short()
        for function in sources.functions(path)
        if (function.end_lineno or 0) - function.lineno + 1 >= MAX_FUNCTION_LINES
    }
    assert long == LONG_FUNCTIONS


def test_modules_are_named_for_what_they_hold() -> None:
    named = {name_of(path): path.stem.strip("_") for path in python_files(*CODE)}
    assert [path for path, stem in named.items() if stem in NO_MODULE_NAMES] == []
    clashing = {path for path, stem in named.items() if stem in sys.stdlib_module_names}
    assert clashing <= LIKE_THE_STANDARD_LIBRARY


def settings_in_code() -> set[str]:
    places = [*python_files(*PACKAGES), ROOT / "Makefile", *(ROOT / "tools").glob("*.sh")]
    texts = (path.read_text(encoding="utf-8") for path in places)
    return {name for text in texts for name in re.findall(r"\bWAIHU_[A-Z][A-Z_]*[A-Z]\b", text)}


def settings_of_lines() -> set[str]:
    """Names put together of a line's prefix and what is asked of it: `own.need("FROM")`."""
    found = set()
    for function in sources.functions(ROOT / "adapters" / "line_settings.py"):
        calls = [node for node in ast.walk(function) if isinstance(node, ast.Call)]
        texts = [[str(a.value) for a in c.args if isinstance(a, ast.Constant)] for c in calls]
        prefixes = [t for ts in texts for t in ts if t.startswith("WAIHU_")]
        for call, (name, *_) in ((c, ts) for c, ts in zip(calls, texts, strict=True) if ts):
            asked = call.func.value if isinstance(call.func, ast.Attribute) else None
            if prefixes and isinstance(asked, ast.Name) and asked.id == "own":
                found.add(f"{prefixes[0]}{name}")
    return found


def test_every_setting_is_documented() -> None:
    documented = (ROOT / "docs" / "operators.md").read_text(encoding="utf-8")
    settings = settings_in_code() | settings_of_lines()
    assert "WAIHU_DATABASE_URL" in settings
    assert {"WAIHU_TWILIO_FROM", "WAIHU_ASTERISK_TRUNK", "WAIHU_ALIYUN_TEMPLATES"} <= settings
    assert sorted(name for name in settings if f"`{name}`" not in documented) == []


# Written in pieces, so that this file does not find itself.
LOCAL_PATH = re.compile(r"(?<![\w.}~$])/" + r"(?:work|root|tmp|home/\w+)/")
INDEX_HOST = re.compile(
    "|".join(["pypi" + r"\.org", "python" + r"hosted\.", "debian" + r"\.org", "npmjs" + r"\."])
)


@pytest.mark.parametrize("pattern", [LOCAL_PATH, INDEX_HOST], ids=["local path", "index host"])
def test_nothing_of_one_machine_is_tracked(pattern: re.Pattern[str]) -> None:
    found = []
    for path in sources.project_files():
        text = path.read_bytes().decode("utf-8", errors="replace")
        found += [
            f"{name_of(path)}:{number}: {line.strip()[:100]}"
            for number, line in enumerate(text.splitlines(), start=1)
            if pattern.search(line)
        ]
    assert found == []
