"""Taking in the list of goods out of stock (R-OOS-1), with every day they were expected (R-OOS-2)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from adapters.importers.rows import Problem, StockOutRow, Taken
from adapters.store.queries import intake as queries
from campaigns.days import business_day
from campaigns.kinds.stock_out import folded
from scheduler.flows.intake_parts import Frame, Judged
from scheduler.flows.shortages import follow_up, unmatched

_GOODS_COLUMN = "商品"
_DATE_COLUMN = "预计到货日期"
_ARRIVED_COLUMN = "到货"
_OTHER_DATE = "同一商品在这份清单里写了两个预计到货日期"
_NOT_YET = "到货日期在将来；还没到货的请写预计到货日期"
_OLD_LIST = "已知的比这份清单新，保持不变"


@dataclass(frozen=True, slots=True)
class _Shortage:
    """Goods as the list knows them; `id` is None for new ones."""

    id: int | None
    name: str
    code: str | None
    expected_on: date
    reason: str | None
    gift: str | None
    changed_at: datetime
    arrived_at: datetime | None
    closed_at: datetime | None

    @property
    def match_key(self) -> str:
        """What makes two rows the same goods: the code, else the name."""
        return folded(self.code or self.name)


class StockOutIntake:
    """Takes in the rows of one list. Goods that it does not name stay as they are."""

    def __init__(self, frame: Frame) -> None:
        self._frame = frame
        self._by_key: dict[str, _Shortage] = {}
        self._by_name: dict[str, list[str]] = defaultdict(list)
        self._listed: dict[str, date] = {}
        self._moved: set[int] = set()
        for found in queries.shortages(frame.connection):
            self._remember(_Shortage(**found._mapping))

    def _remember(self, known: _Shortage) -> None:
        self._by_key[known.match_key] = known
        self._by_name[folded(known.name)].append(known.match_key)

    def take(self, rows: Sequence[Taken], judged: Judged) -> None:
        """See Intake. The list is short, so each row is written by itself.

        R-OOS-1: goods that no paid order waits for are named.
        """
        listed = [taken.row for taken in rows if isinstance(taken.row, StockOutRow)]
        kept = [row for row in listed if self._take_row(row, judged)]
        missing = [row for row in kept if not row.is_arrived]
        for row in unmatched(self._frame.connection, missing):
            reason = f"没有已付款未发货的订单买了这件商品：{row.goods or row.code}"
            judged.warnings.append(Problem(row.line, _GOODS_COLUMN, reason))

    def finish(self) -> None:
        """See Intake. R-OOS-2: those who agreed to wait hear of dates that moved, or arrived."""
        frame = self._frame
        follow_up(frame.connection, frame.runtime, sorted(self._moved), frame.now, frame.who)

    def _take_row(self, row: StockOutRow, judged: Judged) -> bool:
        """Take one row; False when it is rejected."""
        frame = self._frame
        if row.arrived_on is not None and row.arrived_on > business_day(frame.now):
            judged.reject(Problem(row.line, _ARRIVED_COLUMN, _NOT_YET))
            return False
        known = self._found(row)
        new = self._told(known, row)
        if self._listed.setdefault(new.match_key, row.expected_on) != row.expected_on:
            judged.reject(Problem(row.line, _DATE_COLUMN, _OTHER_DATE))
            return False
        if known is not None and frame.data_time < known.changed_at:
            judged.warnings.append(Problem(row.line, _DATE_COLUMN, _OLD_LIST))
            judged.count(is_changed=False)
            return True
        judged.count(is_changed=new != known)
        if new != known:
            self._write(known, replace(new, changed_at=frame.data_time))
        return True

    def _found(self, row: StockOutRow) -> _Shortage | None:
        """Find the goods by code; by name where only one of the list and what is known has a code."""
        if row.code is not None and folded(row.code) in self._by_key:
            return self._by_key[folded(row.code)]
        named = self._by_name.get(folded(row.goods), []) if row.goods is not None else []
        goods = [self._by_key[key] for key in named]
        if row.code is not None:
            goods = [known for known in goods if known.code is None]
        return goods[0] if len(goods) == 1 else None

    def _told(self, known: _Shortage | None, row: StockOutRow) -> _Shortage:
        """Lay the row over what is known; an empty cell takes nothing away."""
        now = self._frame.now
        if known is None:
            return _Shortage(
                id=None,
                name=row.goods or row.code or "",
                code=row.code,
                expected_on=row.expected_on,
                reason=row.reason,
                gift=row.gift,
                changed_at=now,
                arrived_at=now if row.is_arrived else None,
                closed_at=None,
            )
        told = replace(
            known,
            name=_respelt(known.name, row.goods) or known.name,
            code=_respelt(known.code, row.code),
            expected_on=row.expected_on,
            reason=row.reason or known.reason,
            gift=row.gift or known.gift,
        )
        if row.is_arrived:
            return replace(told, arrived_at=known.arrived_at or now)
        is_later = row.expected_on != known.expected_on and row.expected_on > business_day(now)
        return replace(told, arrived_at=None, closed_at=None) if is_later else told

    def _write(self, known: _Shortage | None, new: _Shortage) -> None:
        """R-OOS-2. Store it; a day that was not expected before joins the others on record."""
        frame = self._frame
        values: dict[str, Any] = {
            "name": new.name,
            "code": new.code,
            "match_key": new.match_key,
            "expected_on": new.expected_on,
            "reason": new.reason,
            "gift": new.gift,
            "changed_at": new.changed_at,
            "arrived_at": new.arrived_at,
            "closed_at": new.closed_at,
        }
        if known is None or known.id is None:
            values |= {"listed_at": frame.now, "created_by": frame.who}
            new = replace(new, id=queries.add_shortage(frame.connection, values))
        else:
            queries.change_shortage(frame.connection, known.id, values)
            self._by_key.pop(known.match_key, None)
            self._by_name[folded(known.name)].remove(known.match_key)
        self._remember(new)
        assert new.id is not None
        is_moved = known is None or known.expected_on != new.expected_on
        if is_moved:
            queries.add_expected_day(
                frame.connection,
                shortage_id=new.id,
                expected_on=new.expected_on,
                known_at=frame.now,
                import_id=frame.import_id,
                who=frame.who,
            )
        if is_moved or (known is not None and known.arrived_at != new.arrived_at):
            self._moved.add(new.id)


def _respelt(known: str | None, told: str | None) -> str | None:
    """Take over another name or code; another spelling of the same one is nothing new."""
    is_same = told is None or (known is not None and folded(told) == folded(known))
    return known if is_same else told
