"""Taking registers in by command (R-SMP-1, R-IMP-1, R-IMP-2)."""

from __future__ import annotations

import pytest

from tests.web.cli.shell import Shell, order

REGISTERS = {
    "after-sales": ("用户ID,订单编号,登记日期,处理人,问题类型,联系手机", "{},,{},张三,退款,{}"),
    "parcels": ("用户ID,订单编号,快递单号,登记日期,处理人,联系手机", "{},,SF0001,{},张三,{}"),
    "reviews": ("用户ID,订单编号,评价,评价日期,处理人,联系手机", "{},,很好,{},张三,{}"),
    "vip": ("用户ID,联系手机", "{0},{2}"),
}


@pytest.mark.parametrize("kind", REGISTERS)
def test_r_smp_1_a_register_is_taken_and_plans_nothing(shell: Shell, kind: str) -> None:
    header, row = REGISTERS[kind]
    told = row.format("买家001", order(1)["placed_at"][:10], "13900000001")
    file = shell.file("登记.csv", f"{header}\n{told}\n".encode("gb18030"))
    said = shell.ask("import", file, at="08:40")
    if kind == "vip":  # R-IMP-1: it looks like the do-not-contact list
        assert said.code == 1
        assert said.json["files"][0]["refused"]["code"] == "kind_needed"
        said = shell.ask("import", file, "--kind", kind, at="08:40")
    assert said.code == 0
    assert said.json["files"] == [
        {
            "file": str(file),
            "kind": kind,
            "encoding": "gb18030",
            "rows": 1,
            "taken": 1,
            "unchanged": 0,
            "rejected": [],
            "warnings": [],
        }
    ]
    (again,) = shell.ok("import", file, "--kind", kind, at="08:50")["files"]
    assert (again["taken"], again["unchanged"]) == (0, 1)
    assert shell.plan()["tasks"] == []
    shell.clean()


def test_r_imp_2_rejected_rows_of_a_register_are_listed(shell: Shell) -> None:
    header, _ = REGISTERS["after-sales"]
    rows = [",,2026/2/3,张三,退款,", "甲,,上周,张三,退款,", "t**1,3515313147329300001,20260203,,,"]
    file = shell.file("登记.csv", "\n".join([header, *rows]).encode())
    answer = shell.ask("import", file, at="08:40")
    assert answer.code == 1
    (report,) = answer.json["files"]
    assert (report["rows"], report["taken"]) == (3, 0)
    told = [(problem["line"], problem["column"]) for problem in report["rejected"]]
    assert told == [(2, "用户ID"), (3, "登记日期"), (4, "用户ID")]
