"""R-HOURS-6 on the command line: a year becomes known when its entered days are confirmed."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from web.cli import run

_DAYS = "日期,类型,名称\n2027-01-01,休息,元旦\n2027-01-02,上班,元旦调休\n"


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("WAIHU_DATABASE_URL", f"sqlite:///{tmp_path / 'shop.db'}")
    assert run(["init", "--training", "--empty", "--json"]) == 0
    return tmp_path


def _told(capsys: pytest.CaptureFixture[str], *command: str) -> tuple[int, dict[str, object]]:
    capsys.readouterr()
    code = run([*command, "--json"])
    return code, json.loads(capsys.readouterr().out)


def test_r_hours_6_a_year_is_known_once_its_days_are_confirmed(
    shop: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert _told(capsys, "calendar", "confirm", "2027")[0] == 2  # no day off was entered
    file = shop / "days.csv"
    file.write_text(_DAYS, encoding="utf-8")
    assert _told(capsys, "import", str(file))[0] == 0
    code, shown = _told(capsys, "calendar", "show", "2027")
    assert (code, shown["known"], len(shown["entered"])) == (0, False, 2)  # type: ignore[arg-type]
    assert _told(capsys, "calendar", "confirm", "2028")[0] == 2  # years come in their order
    assert _told(capsys, "calendar", "confirm", "2027")[0] == 0
    assert _told(capsys, "calendar", "show", "2027")[1]["known"] is True
    assert _told(capsys, "calendar", "confirm", "2027")[0] == 2  # known already
    more = shop / "more.csv"
    more.write_text("日期,类型,名称\n2027-01-03,休息,元旦\n", encoding="utf-8")
    assert _told(capsys, "import", str(more))[0] == 0
    assert _told(capsys, "calendar", "show", "2027")[1]["known"] is True
