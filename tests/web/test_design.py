"""The style sheets keep their promise: colours are roles, both themes have them, all is readable."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

STATIC = Path(__file__).parents[2] / "web/static"
SHEETS = sorted(path for path in STATIC.rglob("*.css"))
STYLING = [path for path in SHEETS if path.name not in ("dark.css", "print.css")]
ROLE = re.compile(r"(--[\w-]+):\s*([^;]+);")
LITERAL = re.compile(r"#[0-9a-fA-F]{3,8}\b|\brgba?\(|\bhsla?\(")
VEIL = re.compile(r"rgb\((0 0 0|255 255 255) / \d+%\)")
"""Black or white that lets what lies below shine through fits both themes."""

ON_SURFACES = ("--ink", "--ink-soft", "--accent", "--good", "--warn", "--bad")
SURFACES = ("--paper", "--card", "--sunken", "--hover")
PAIRS = (
    *((ink, surface) for ink in ON_SURFACES for surface in SURFACES),
    *((f"--{state}", f"--{state}-wash") for state in ("good", "warn", "bad")),
    *(("--ink", f"--{state}-wash") for state in ("good", "warn", "bad", "accent")),
    *(("--ink", f"--heat-{step}") for step in range(1, 5)),
    *(("--on-fill", fill) for fill in ("--fill", "--fill-strong")),
    *(("--on-fill", fill) for fill in ("--bad-fill", "--bad-fill-strong")),
    ("--accent-strong", "--accent-wash"),
    ("--on-heat-5", "--heat-5"),
    ("--on-undo", "--undo"),
    ("--on-training", "--training"),
)
EDGES = (("--field-line", "--card"), ("--focus", "--card"), ("--focus", "--paper"))


def without_comments(path: Path) -> str:
    return re.sub(r"/\*.*?\*/", "", path.read_text(encoding="utf-8"), flags=re.DOTALL)


def values(name: str) -> dict[str, str]:
    """The roles of the first `:root` block of a sheet."""
    block = without_comments(STATIC / name).split(":root {", 1)[1].split("\n}", 1)[0]
    return {role: value.strip() for role, value in ROLE.findall(block)}


LIGHT = values("waihu.css")
DARK = {**LIGHT, **values("dark.css")}


def is_colour(value: str) -> bool:
    return bool(LITERAL.match(value))


def test_dark_has_a_value_for_each_colour_and_nothing_else() -> None:
    colours = {role for role, value in LIGHT.items() if is_colour(value)}
    assert {"--on-fill"} == colours - values("dark.css").keys()  # white on both
    assert values("dark.css").keys() <= LIGHT.keys()
    after_roles = without_comments(STATIC / "dark.css").split("\n}", 1)[1]
    assert after_roles.strip() == ""


@pytest.mark.parametrize("path", STYLING, ids=lambda path: path.name)
def test_no_colour_stands_outside_the_roles(path: Path) -> None:
    text = without_comments(path)
    if path.name == "waihu.css":
        text = text.split("\n}", 1)[1]
    assert LITERAL.findall(VEIL.sub("", text)) == []
    assert "data-bs-theme" not in text.replace('[data-bs-theme="light"]', "").replace(
        '[data-bs-theme="dark"] {', ""
    ).replace("[data-bs-theme] .form-select", "")


@pytest.mark.parametrize("path", SHEETS, ids=lambda path: path.name)
def test_every_role_that_is_used_exists(path: Path) -> None:
    text = without_comments(path)
    used = set(re.findall(r"var\((--[\w-]+)\)", text))
    own = {role for role, _ in ROLE.findall(text)}
    assert {role for role in used if not role.startswith("--bs-")} - own <= LIGHT.keys()


@pytest.mark.parametrize("theme", [LIGHT, DARK], ids=["light", "dark"])
def test_text_is_readable_on_its_surface(theme: dict[str, str]) -> None:
    assert list(too_faint(theme, PAIRS, 4.5)) == []
    assert list(too_faint(theme, EDGES, 3.0)) == []


def too_faint(
    theme: dict[str, str], pairs: tuple[tuple[str, str], ...], least: float
) -> Iterator[tuple[str, str, float]]:
    for ink, surface in pairs:
        found = contrast(theme[ink], theme[surface])
        if found < least:
            yield ink, surface, round(found, 2)


def contrast(one: str, two: str) -> float:
    """The ratio of WCAG 2.2 between two opaque colours, 1 to 21."""
    light, dark = sorted((luminance(one), luminance(two)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def luminance(colour: str) -> float:
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    red, green, blue = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def test_the_ratio_is_that_of_the_guideline() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)
