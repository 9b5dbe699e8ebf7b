"""Options that many commands share, and how their texts are read."""

from __future__ import annotations

from typing import Annotated

import typer

from campaigns.errors import UsageError
from campaigns.values import Kind

CLI = "cli"
"""Who the audit trail names for a command that no person's name came with."""

At = Annotated[str | None, typer.Option("--at", help="这条命令的时间，仅培训店铺（ISO 8601）。")]
By = Annotated[str | None, typer.Option("--by", help="谁；培训店铺可以不写。")]
Json = Annotated[bool, typer.Option("--json", help="输出一个 JSON 文档。")]
KindOption = Annotated[
    str | None, typer.Option("--kind", help="活动类型：dunning、callback、stock_out。")
]


def kind_of(text: str | None) -> Kind | None:
    """A kind of campaign by its name."""
    if text is None:
        return None
    try:
        return Kind(text)
    except ValueError as error:
        known = "、".join(Kind)
        raise UsageError(f"没有这种活动：{text}。可用：{known}", field="kind") from error
