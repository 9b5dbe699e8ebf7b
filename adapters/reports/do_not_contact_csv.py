"""The do-not-contact list as CSV, in the very columns that the importer reads back (R-DNC-3)."""

from __future__ import annotations

import codecs
import csv
import io
from collections.abc import Iterable
from datetime import datetime
from typing import Protocol

from adapters.reports.safe_text import guarded_line
from campaigns.labels_zh import KIND_LABELS
from campaigns.values import SHOP_ZONE, Kind, Scope

_SCOPES = {Scope.CUSTOMER: "客户", Scope.PHONE: "号码"}


class Line(Protocol):
    """What a row is made of."""

    @property
    def user_id(self) -> str: ...  # noqa: D102
    @property
    def phone(self) -> str: ...  # noqa: D102
    @property
    def reason(self) -> str: ...  # noqa: D102
    @property
    def scope(self) -> Scope: ...  # noqa: D102
    @property
    def kind(self) -> Kind | None: ...  # noqa: D102
    @property
    def since(self) -> datetime: ...  # noqa: D102
    @property
    def created_by(self) -> str: ...  # noqa: D102


def do_not_contact_csv(lines: Iterable[Line]) -> bytes:
    """UTF-8 with a byte order mark, no cell a live formula."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(["用户ID", "手机号", "免打扰原因", "范围", "业务", "加入时间", "加入人"])
    for line in lines:
        since = line.since.astimezone(SHOP_ZONE).strftime("%Y-%m-%d %H:%M:%S")
        kind = KIND_LABELS[line.kind] if line.kind else "全部"
        cells = (line.user_id, line.phone, line.reason, _SCOPES[line.scope], kind, since)
        writer.writerow([guarded_line(cell) for cell in (*cells, line.created_by)])
    return codecs.BOM_UTF8 + text.getvalue().encode()
