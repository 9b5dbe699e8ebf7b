"""The main menu of each role."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from flask import request, url_for

from campaigns.values import Role

_CALLING = (
    ("caller.work", "拨打"),
    ("caller.todos", "我的待办"),
    ("cases.listed", "售后"),
    ("caller.day", "我的今天"),
)
_LEADING = (
    ("leader.today", "今日"),
    ("caller.work", "拨打"),
    ("leader.imports", "导入"),
    ("leader.work_lists", "待办"),
    ("cases.listed", "售后"),
    ("leader.customers", "客户"),
    ("sampling.plan", "抽查"),
    ("leader.suppressions", "免打扰"),
    ("leader.campaigns", "活动"),
    ("leader.ledger", "报表"),
)
_PANEL = ("panel.show", "面板")
MENUS: Mapping[Role, tuple[tuple[str, str], ...]] = {
    Role.CALLER: _CALLING,
    Role.LEADER: (_LEADING[0], _PANEL, *_LEADING[1:]),
    Role.SUPERVISOR: (_PANEL, *_LEADING),
    Role.ADMIN: (("admin.people_list", "人员"), ("admin.status", "系统")),
}

_PART_OF = {
    "/escalations": "/sampling",
    "/desk/offers": "/desk/campaigns",
    "/desk/lines": "/desk/campaigns",
}
"""Pages that stand under another entry of the menu than their address says."""
_PART_OF_ADMINS = {"/desk/lines": "/admin/status"}


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of the menu."""

    url: str
    label: str
    is_current: bool


def menu_of(role: Role) -> list[Entry]:
    """List the role's entries; the one of the present page is marked."""
    parts = _PART_OF | (_PART_OF_ADMINS if role is Role.ADMIN else {})
    here = parts.get(request.path, request.path)
    if request.blueprint == "texting":
        here = url_for("leader.campaigns")
    if request.endpoint == "panel.call":
        here = url_for("panel.show")
    entries = []
    for endpoint, label in MENUS[role]:
        url = url_for(endpoint)
        entries.append(Entry(url, label, here == url or here.startswith(f"{url}/")))
    longest = max((entry.url for entry in entries if entry.is_current), key=len, default="")
    return [Entry(e.url, e.label, e.is_current and e.url == longest) for e in entries]
