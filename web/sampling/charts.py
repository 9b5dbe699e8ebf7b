"""The picture of satisfaction over the months, drawn on the server like those of the panel."""

from __future__ import annotations

from collections.abc import Sequence

import pygal
from flask_babel import gettext as _

from campaigns.kinds.sampling import TARGET
from campaigns.kinds.sampling_tally import SCALE
from scheduler.flows.sampling_results import TrendPoint
from web.supervisor.charts import LOOK, still, style_of

SIZES = {"wide": (760, 280), "narrow": (360, 300)}
"""A phone's picture is one of its own: the wide one's words would be too small to read there."""


def trend_chart(trend: Sequence[TrendPoint], theme: str, size: str) -> bytes:
    """R-SMP-10. Each month's mean with its 95 % interval, and the target; few scores look paler.

    Months in which nobody scored have no point. One of them stands before the first score, so that
    its interval does not lie on the axis; earlier ones are left out.
    """
    first = next((place for place, point in enumerate(trend) if point.n), 0)
    trend = trend[max(first - 1, 0) :]
    width, height = SIZES[size]
    drawn = pygal.Line(
        **LOOK,
        style=style_of(theme, "fill", "field-line", "warn"),
        width=width,
        height=height,
        range=(min(SCALE), max(SCALE)),
        value_formatter=lambda mean: f"{mean:.2f}",
        legend_at_bottom_columns=1 if size == "narrow" else 3,
        x_label_rotation=60 if size == "narrow" else 0,
        dots_size=5,
    )
    drawn.y_labels = [{"value": value, "label": str(value)} for value in sorted(SCALE)]
    drawn.x_labels = [point.month[2:] for point in trend]
    few = _("评分太少，只作参考")
    drawn.add(_("满意度和 95% 区间"), [_dot(one, is_few=False) for one in trend], stroke=False)
    drawn.add(few, [_dot(one, is_few=True) for one in trend], stroke=False)
    drawn.add(
        _("目标 %(target)s", target=TARGET),
        [TARGET] * len(trend),
        show_dots=False,
        stroke_style={"width": 2, "dasharray": "6, 4"},
    )
    return still(drawn.render())


def _dot(point: TrendPoint, *, is_few: bool) -> dict[str, object] | None:
    if point.mean is None or point.is_too_few is not is_few:
        return None
    if point.low is None or point.high is None:
        return {"value": point.mean}
    return {"value": point.mean, "ci": {"low": point.low, "high": point.high}}
