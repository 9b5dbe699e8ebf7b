"""Rows of a do-not-contact table (R-DNC-3)."""

from __future__ import annotations

from functools import partial

from adapters.importers.cells import BadCell, clean, clean_text
from adapters.importers.headers import Header
from adapters.importers.rows import DoNotContactRow, Rejected, Taken
from adapters.importers.table import Columns, RowProblems
from campaigns.labels_zh import KIND_LABELS
from campaigns.phone import FAULT_TEXTS, PhoneFault, read_phone
from campaigns.values import Kind, PhoneNumber, Scope

_ROLES = ("user_id", "phone", "reason", "scope", "kind")

NO_REASON = "名单导入"
"""The reason of an entry whose table gives none."""

_SCOPE_WORDS = {
    Scope.PHONE: "号码 电话 手机 手机号 phone",
    Scope.CUSTOMER: "客户 用户 买家 会员 customer",
}
_SCOPES = {word: scope for scope, words in _SCOPE_WORDS.items() for word in words.split()}
_KINDS: dict[str, Kind | None] = {
    **{KIND_LABELS[kind]: kind for kind in Kind},
    **{kind.value: kind for kind in Kind},
    "催付": Kind.DUNNING,
    "缺货": Kind.STOCK_OUT,
    "全部": None,
    "所有": None,
    "全部业务": None,
    "all": None,
    "": None,
}


class DoNotContactParser:
    """R-DNC-3. An entry names a customer, a phone or both; the scope says which one it covers."""

    def __init__(self, header: Header) -> None:
        self._columns = Columns(header, _ROLES)

    def __call__(self, line: int, cells: list[str]) -> Taken | Rejected:
        """See RowParser."""
        picked = self._columns.pick(cells)
        if picked is None:
            return self._columns.too_long(line)
        user_text, phone_text, reason, scope_text, kind_text = picked
        row = RowProblems(self._columns, line)
        user_id = clean(user_text) or None
        read = read_phone(phone_text)
        phone = None if isinstance(read, PhoneFault) else read
        usual = Scope.CUSTOMER if user_id else Scope.PHONE
        read_scope = partial(_read_scope, usual)
        scope = row.required("scope", read_scope, clean_text(scope_text).casefold())
        kind = row.required("kind", _read_kind, clean_text(kind_text).casefold())
        if isinstance(read, PhoneFault) and read is not PhoneFault.EMPTY:
            row.warn("phone", FAULT_TEXTS[read])
        _check_covered(row, scope, user_id, read)
        if row.faults or scope is None:
            return Rejected(line, tuple(row.faults))
        why = clean_text(reason) or NO_REASON
        return Taken(DoNotContactRow(line, scope, user_id, phone, kind, why), tuple(row.warnings))


def _read_scope(usual: Scope, text: str) -> Scope:
    scope = _SCOPES.get(text) if text else usual
    if scope is None:
        raise BadCell("范围应是 号码 或 客户")
    return scope


def _read_kind(text: str) -> Kind | None:
    if text not in _KINDS:
        raise BadCell("不认识的业务，应是 催款、回访、缺货通知 或 全部")
    return _KINDS[text]


def _check_covered(
    row: RowProblems, scope: Scope | None, user_id: str | None, phone: PhoneNumber | PhoneFault
) -> None:
    """Demand that what the scope covers is there, and whole."""
    if scope is Scope.CUSTOMER:
        if user_id is None:
            row.fault("user_id", "没有用户ID")
        elif "*" in user_id or "＊" in user_id:
            row.fault("user_id", "用户ID被打码，认不出是谁")
    if scope is Scope.PHONE and isinstance(phone, PhoneFault):
        row.fault("phone", FAULT_TEXTS[phone])
