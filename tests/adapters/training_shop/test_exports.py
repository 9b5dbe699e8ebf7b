"""The training shop's files are what the marketplace exports, so the real importer takes them."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from adapters.importers.confined import open_confined
from adapters.importers.limits import DEFAULT_LIMITS
from adapters.importers.rows import FileKind, ItemRow, OrderRow, Taken
from adapters.training_shop.exports import ExportDesk, ExportFile, Generation
from adapters.training_shop.marketplace import Marketplace
from campaigns.phone import is_relay
from campaigns.values import OrderState

AT = datetime(2026, 10, 14, 0, 30, tzinfo=UTC)
WIDTHS = {Generation.OF_2017: 46, Generation.OF_2020: 61, Generation.OF_2022: 71}


@pytest.fixture(scope="module")
def desk() -> ExportDesk:
    marketplace = Marketplace("exports")
    for day in (12, 13, 14):
        marketplace.open_day(date(2026, 10, day), 400)
    return ExportDesk(marketplace, "样例店")


def read(export: ExportFile) -> tuple[FileKind, tuple[str, ...], str, datetime | None, list[Taken]]:
    opened = open_confined(
        export.name, export.content, kind=None, limits=DEFAULT_LIMITS, only_workbooks=True
    )
    rows = list(opened.rows())
    assert all(isinstance(row, Taken) for row in rows)
    taken = [row for row in rows if isinstance(row, Taken)]
    found = opened.recognised
    return found.kind, found.headers, found.encoding, found.data_time, taken


@pytest.mark.parametrize("generation", list(Generation))
def test_r_imp_1_every_generation_is_recognised_and_whole(
    desk: ExportDesk, generation: Generation
) -> None:
    kind, headers, encoding, data_time, taken = read(desk.orders(AT, 2, generation))
    assert (kind, len(headers), encoding) == (FileKind.ORDERS, WIDTHS[generation], "gb18030")
    assert data_time == AT
    rows = [one.row for one in taken if isinstance(one.row, OrderRow)]
    assert len(rows) > 400
    assert {row.state for row in rows} > {OrderState.AWAITING_PAYMENT, OrderState.PAID}
    assert all(row.placed_at <= AT for row in rows)
    assert all((row.paid_fen == row.total_fen) == (row.paid_at is not None) for row in rows)


def test_r_imp_1_a_workbook_holds_the_same_rows(desk: ExportDesk) -> None:
    *_, from_text = read(desk.orders(AT, 2))
    *_, encoding, _, from_workbook = read(desk.orders(AT, 2, as_workbook=True))
    assert encoding == "xlsx"
    assert [one.row for one in from_workbook] == [one.row for one in from_text]


@pytest.mark.parametrize("generation", list(Generation))
def test_r_imp_1_items_belong_to_the_orders(desk: ExportDesk, generation: Generation) -> None:
    *_, orders = read(desk.orders(AT, 2, generation))
    kind, *_, items = read(desk.items(AT, 2, generation))
    assert kind is FileKind.ITEMS
    numbers = {one.row.order_no for one in orders if isinstance(one.row, OrderRow)}
    assert {one.row.order_no for one in items if isinstance(one.row, ItemRow)} == numbers


def test_r_phone_2_relays_masks_landlines_and_masked_names_occur(desk: ExportDesk) -> None:
    *_, taken = read(desk.orders(AT, 3))
    rows = [one.row for one in taken if isinstance(one.row, OrderRow)]
    relays = [cell for row in rows for cell in row.phones if is_relay(cell.number)]
    assert 0.08 < len(relays) / len(rows) < 0.22
    assert all(cell.usable_until is not None for cell in relays)
    assert any(row.user_id_masked for row in rows)
    assert any(one.warnings for one in taken), "no masked number"
    landlines = [c for row in rows for c in row.phones if not c.number.national.startswith("1")]
    assert landlines
