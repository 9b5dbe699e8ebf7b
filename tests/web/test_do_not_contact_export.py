"""R-DNC-3: the list goes out in the form in which it comes in; R-PII-1: whole numbers for few."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from adapters.importers.recognise import open_file
from adapters.importers.rows import DoNotContactRow, Taken
from adapters.reports.do_not_contact_csv import do_not_contact_csv
from adapters.store.models.audit import audit
from campaigns.errors import RefusedError
from campaigns.values import Kind, Role, Scope
from scheduler.flows.do_not_contact import EntryForm, add_entry, export_entries
from tests.factories import a_number, at
from tests.shops import Shop


@pytest.fixture
def shop(database_url: str, tmp_path: Path) -> Iterator[Shop]:
    made = Shop(database_url, tmp_path)
    made.buyer("tb_hua01")
    yield made
    made.close()


def test_r_dnc_3_what_goes_out_comes_in_again(shop: Shop) -> None:
    number = a_number()
    when = at("05-13 10:00")
    add_entry(shop.runtime, EntryForm("=不想接", user_id="tb_hua01", kind=Kind.DUNNING), when, "王")
    add_entry(shop.runtime, EntryForm("来信要求", phone=number.display), when, "王")
    lines = export_entries(shop.runtime, when, "主管", Role.SUPERVISOR, full=True)
    opened = open_file("list.csv", do_not_contact_csv(lines))
    taken = [answer.row for answer in opened.rows() if isinstance(answer, Taken)]
    assert all(isinstance(row, DoNotContactRow) for row in taken)
    told = [(r.scope, r.user_id, r.phone, r.kind, r.reason) for r in taken]  # type: ignore[union-attr]
    assert told == [
        (Scope.CUSTOMER, "tb_hua01", None, Kind.DUNNING, "=不想接"),
        (Scope.PHONE, None, number, None, "来信要求"),
    ]
    assert [row.what for row in shop.rows(audit)][-1] == "suppression.exported"


def test_r_pii_1_numbers_go_out_masked_but_for_a_supervisor(shop: Shop) -> None:
    number = a_number()
    add_entry(shop.runtime, EntryForm("来信要求", phone=number.display), at("05-13 10:00"), "王")
    masked = export_entries(shop.runtime, at("05-13 10:01"), "组长", Role.LEADER, full=False)
    assert [line.phone for line in masked] == [number.masked]
    with pytest.raises(RefusedError) as error:
        export_entries(shop.runtime, at("05-13 10:01"), "组长", Role.LEADER, full=True)
    assert error.value.rules == ("R-PII-1",)
