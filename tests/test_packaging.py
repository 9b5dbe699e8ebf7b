"""What is shipped: the wheel runs outside the tree, our names are ours, the locks are locks."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterable
from importlib.metadata import packages_distributions
from pathlib import Path
from zipfile import ZipFile

import pytest

ROOT = Path(__file__).parent.parent
PACKAGES = ("campaigns", "scripts_zh", "adapters", "scheduler", "web")
LOCKS = ("requirements.lock", "requirements-dev.lock")


def run(*command: str | Path, cwd: Path, **environment: str) -> str:
    done = subprocess.run(
        command,
        cwd=cwd,
        env={**os.environ, **environment},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    target = tmp_path_factory.mktemp("wheel")
    run(sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", target, cwd=ROOT)
    (built,) = target.glob("waihu-*.whl")
    return built


def shipped_sources() -> Iterable[str]:
    """Every file of the five packages that belongs into the wheel."""
    for package in PACKAGES:
        for path in sorted((ROOT / package).rglob("*")):
            if path.is_file() and "__pycache__" not in path.parts and path.suffix != ".pyc":
                yield path.relative_to(ROOT).as_posix()


def test_the_wheel_carries_every_file_of_the_five_packages_and_nothing_else(wheel: Path) -> None:
    names = ZipFile(wheel).namelist()
    inside = [name for name in names if ".dist-info/" not in name]
    assert sorted(inside) == sorted(shipped_sources())
    assert any(name.endswith(".dist-info/licenses/LICENSE") for name in names)


@pytest.mark.parametrize(
    "pattern",
    [
        r"scripts_zh/dunning/\w+\.voice\.j2",
        r"web/templates/.+\.html",
        r"web/static/.+\.css",
        r"adapters/store/migrations/env\.py",
        r"adapters/store/migrations/versions/\w+\.py",
    ],
)
def test_the_wheel_carries_what_is_not_imported(wheel: Path, pattern: str) -> None:
    assert any(re.fullmatch(pattern, name) for name in ZipFile(wheel).namelist())


def test_the_wheel_runs_outside_the_tree(wheel: Path, tmp_path: Path) -> None:
    target, elsewhere = tmp_path / "installed", tmp_path / "elsewhere"
    elsewhere.mkdir()
    run(
        *(sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"),
        *("--no-deps", "--no-index", "--target", target, wheel),
        cwd=elsewhere,
    )
    where = run(
        *(sys.executable, "-c", "import web.cli; print(web.cli.__file__)"),
        cwd=elsewhere,
        PYTHONPATH=str(target),
    )
    assert Path(where.strip()).is_relative_to(target)
    command = target / "bin" / "waihu"
    assert "init" in run(command, "--help", cwd=elsewhere, PYTHONPATH=str(target))
    database = f"sqlite:///{elsewhere / 'shop.db'}"
    run(command, "init", cwd=elsewhere, PYTHONPATH=str(target), WAIHU_DATABASE_URL=database)
    assert (elsewhere / "shop.db").stat().st_size > 0


def test_nobody_else_ships_our_package_names() -> None:
    shippers = packages_distributions()
    taken = {name: set(shippers.get(name, ())) - {"waihu"} for name in (*PACKAGES, "tests")}
    assert {name: others for name, others in taken.items() if others} == {}


def requirements(lock: str) -> dict[str, str]:
    """Each locked requirement with everything that is said about it."""
    text = (ROOT / lock).read_text(encoding="utf-8")
    entries = re.findall(r"^([a-z0-9][\w.-]*)==(.*(?:\n[ ]+.*)*)", text, re.MULTILINE)
    return dict(entries)


@pytest.mark.parametrize("lock", LOCKS)
def test_a_lock_has_hashes_and_names_no_host(lock: str) -> None:
    text = (ROOT / lock).read_text(encoding="utf-8")
    entries = requirements(lock)
    assert len(entries) > 20
    assert [name for name, entry in entries.items() if "--hash=sha256:" not in entry] == []
    known = re.compile(r"^(#|[a-z0-9][\w.-]*==|    --hash=sha256:[0-9a-f]{64}|    #)")
    assert [line for line in text.splitlines() if not known.match(line)] == []
    assert "://" not in text


def test_tests_run_on_the_versions_that_are_shipped() -> None:
    runtime, dev = requirements(LOCKS[0]), requirements(LOCKS[1])
    version = re.compile(r"^[^\s;]+")
    drifted = {
        name
        for name, entry in runtime.items()
        if name not in dev or version.match(entry)[0] != version.match(dev[name])[0]  # type: ignore[index]
    }
    assert drifted == set()


def test_the_locks_hold_every_declared_requirement() -> None:
    declared = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    groups = declared["dependency-groups"]
    wanted = {
        "requirements.lock": declared["project"]["dependencies"] + groups["build"],
        "requirements-dev.lock": groups["dev"],
    }
    for lock, lines in wanted.items():
        names = {re.split(r"[<>=\[;!~ ]", line)[0].lower() for line in lines}
        assert names - set(requirements(lock)) == set()
