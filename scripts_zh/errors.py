"""What can go wrong with a script: its file, its template, or the facts it is filled with."""

from __future__ import annotations

from campaigns.errors import WaihuError


class ScriptError(WaihuError):
    """A script is not what it must be, or cannot be filled in. `script_id` names it if known."""

    def __init__(self, message: str, *, script_id: str = "") -> None:
        super().__init__(f"{script_id}：{message}" if script_id else message)
        self.script_id = script_id
