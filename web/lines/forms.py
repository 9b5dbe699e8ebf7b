"""What the forms of the lines say, as values."""

from __future__ import annotations

from campaigns.errors import UsageError
from campaigns.values import LineName


def read_line(text: str | None) -> LineName:
    """Read the name of a line. Raises UsageError."""
    try:
        return LineName(text or "")
    except ValueError as error:
        raise UsageError("请选一条线路", field="line") from error


def read_carrier(text: str | None) -> tuple[str, LineName]:
    """Read a line with what it carries, `call:twilio`. Raises UsageError."""
    medium, _, line = (text or "").partition(":")
    return medium, read_line(line)


def read_scope(which: str | None, prefix: str | None) -> str:
    """Whom a line is to serve; `number` is completed by the prefix that was typed."""
    if which != "number":
        return which or ""
    digits = "".join((prefix or "").split())
    if not digits.startswith("+"):
        raise UsageError("号码开头要写国际区号，如 +852", field="scope")
    return f"number:{digits}"
