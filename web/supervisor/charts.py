"""Pictures of the panel's tables, drawn on the server; colours are the roles of the style sheets."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Mapping
from datetime import date, timedelta
from functools import cache

import pygal
from flask_babel import gettext as _
from pygal.style import Style

from campaigns.kinds.dunning_ledger import Totals
from scheduler.flows.panel import PanelDays
from web.assets import asset_of

# pygal leaves a finder behind for plug-ins of its own, of a kind that Python warns of at each import
# that finds nothing. We use no plug-in.
sys.meta_path[:] = [one for one in sys.meta_path if type(one).__name__ != "PluginImportFixer"]

_ROLE = re.compile(r"--([\w-]+):\s*(#[0-9a-f]{3,6})\b")
_FONTS = "'PingFang SC', 'Microsoft YaHei', 'Noto Sans CJK SC', 'WenQuanYi Micro Hei', sans-serif"
_SIZE = {"width": 760, "height": 260}
LOOK: Mapping[str, object] = {
    "js": [],
    "explicit_size": True,
    "legend_at_bottom": True,
    "legend_box_size": 12,
    "margin": 8,
    "margin_bottom": 4,
    "truncate_label": -1,
    "truncate_legend": -1,
    "show_x_guides": False,
}
"""What all pictures have in common."""
SVG_POLICY = "default-src 'none'; style-src 'unsafe-inline'; sandbox"
"""Of a picture alone: its own style sheet stands inside it, and nothing else may happen."""
_LABELLED = 10
"""So many days are named below a chart; more would lie on each other."""


@cache
def colours(theme: str) -> Mapping[str, str]:
    """Give the roles of a theme, as the pages have them; dark ones replace the light ones."""
    roles = dict(_ROLE.findall(asset_of("waihu.css").content.decode()))
    if theme == "dark":
        roles |= dict(_ROLE.findall(asset_of("dark.css").content.decode()))
    return roles


def style_of(theme: str, *names: str) -> Style:
    """Give the look of a picture whose series have the colours of these roles, in their order."""
    roles = colours(theme)
    return Style(
        background="transparent",
        plot_background="transparent",
        foreground=roles["ink-soft"],
        foreground_strong=roles["ink"],
        foreground_subtle=roles["line"],
        guide_stroke_color=roles["line"],
        major_guide_stroke_color=roles["line"],
        opacity="1",
        opacity_hover="1",
        transition="0s",
        font_family=_FONTS,
        label_font_size=12,
        major_label_font_size=12,
        legend_font_size=13,
        no_data_font_size=15,
        colors=tuple(roles[name] for name in names),
    )


def _frame(theme: str, days: PanelDays, *names: str) -> dict[str, object]:
    every = max(-(-len(_by_calendar(days)) // _LABELLED), 1)
    return {
        **_SIZE,
        **LOOK,
        "style": style_of(theme, *names),
        "x_labels_major_every": every,
        "show_minor_x_labels": False,
        "no_data_text": _("这几天没有催款"),
        "include_x_axis": True,
    }


def _by_calendar(days: PanelDays) -> Mapping[date, Totals | None]:
    """Give every day from the first to the last that has figures; None where nobody was called."""
    known = {row.head: row.totals for row in days.by_day if isinstance(row.head, date)}
    if not known:
        return {}
    first, last = min(known), max(known)
    every = (first + timedelta(days=n) for n in range((last - first).days + 1))
    return {day: known.get(day) for day in every}


def money_chart(days: PanelDays, theme: str) -> bytes:
    """R-DUN-8. What was owed day by day: the part that came in, and the rest."""
    drawn = pygal.StackedBar(
        **_frame(theme, days, "fill", "heat-2"), value_formatter=lambda yuan: f"{yuan:,.0f}"
    )
    shown = _by_calendar(days)
    drawn.x_labels = [f"{day:%m-%d}" for day in shown]
    if shown:
        totals = list(shown.values())
        drawn.add(_("追回金额（元）"), [one.recovered_fen / 100 if one else 0 for one in totals])
        rest = [max(one.owed_fen - one.recovered_fen, 0) / 100 if one else 0 for one in totals]
        drawn.add(_("还没追回（元）"), rest)
    return still(drawn.render())


def rate_chart(days: PanelDays, theme: str) -> bytes:
    """R-DUN-8. 成功率 day by day; a day without calls, or on which nothing was owed, is a gap."""
    drawn = pygal.Line(
        **_frame(theme, days, "accent"),
        value_formatter=lambda rate: f"{rate:.0%}",
        range=(0, 1),
        dots_size=3,
        stroke_style={"width": 2},
        allow_interruptions=True,
    )
    drawn.y_labels = [0, 0.25, 0.5, 0.75, 1]
    shown = _by_calendar(days)
    drawn.x_labels = [f"{day:%m-%d}" for day in shown]
    if shown:
        drawn.add(_("成功率"), [one.success_rate if one else None for one in shown.values()])
    return still(drawn.render())


def still(picture: bytes) -> bytes:
    """Take out the script that pygal puts into every picture, even where it has nothing to do."""
    return re.sub(rb"<script\b.*?</script>", b"", picture, flags=re.DOTALL)


CHARTS: Mapping[str, Callable[[PanelDays, str], bytes]] = {
    "money": money_chart,
    "rate": rate_chart,
}
"""Every chart by its address."""
