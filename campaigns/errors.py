"""What can go wrong, as one tree.

Expected refusals by a rule are decisions, not exceptions, until a person asked for exactly the
refused thing; then `RefusedError` carries the rules to them.

    WaihuError
    ├── UsageError        the asker got something wrong (a name, a time, a missing field)
    │   └── NotFoundError what was named does not exist
    ├── RefusedError      a rule of the SOP says no (rules)
    │   └── ConflictError somebody else was faster, or it was already done otherwise
    ├── ScriptError       a dialogue cannot be filled in (scripts_zh)
    └── NotReadyError     the installation cannot work yet (no database, wrong schema)
"""

from __future__ import annotations


class WaihuError(Exception):
    """Root of the tree. `message` is one Chinese sentence for the person at the screen."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class UsageError(WaihuError):
    """The request itself is wrong. `field` names the field, where there is one."""

    def __init__(self, message: str, *, field: str | None = None) -> None:
        super().__init__(message)
        self.field = field


class NotFoundError(UsageError):
    """What was asked for does not exist here."""


class RefusedError(WaihuError):
    """A rule refuses the action. `rules` are SOP ids, the binding one first."""

    def __init__(self, message: str, *, rules: tuple[str, ...]) -> None:
        super().__init__(message)
        self.rules = rules


class ConflictError(RefusedError):
    """The work is somebody else's now, or was already done in another way (R-CLAIM-1)."""


class NotReadyError(WaihuError):
    """The installation is not ready: no database, an older schema, no shop."""
