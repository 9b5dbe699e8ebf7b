"""Reading order files in tests, in few words."""

from __future__ import annotations

from typing import Any

from adapters.importers.recognise import open_file
from adapters.importers.rows import OrderRow, Taken
from tests.factories_exports import order_file


def read(content: bytes) -> list[Any]:
    return list(open_file("orders.csv", content).rows())


def one(**order: str) -> Any:
    """The only row of a 2022 export of one order."""
    (answer,) = read(order_file("2022", [order]))
    return answer


def taken(**order: str) -> OrderRow:
    answer = one(**order)
    assert isinstance(answer, Taken), answer
    assert isinstance(answer.row, OrderRow)
    return answer.row


def is_taken(answer: Any) -> bool:
    return isinstance(answer, Taken)
