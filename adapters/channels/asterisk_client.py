"""One request to the exchange's REST interface (ARI)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from adapters.channels.base import Unknown
from adapters.channels.one_request import HttpAnswer, NotAsked, OneRequest, Timeouts
from adapters.line_settings import AsteriskSettings

PEER = "电话交换机"
ANSWER_BYTES = 200_000_000
"""No answer is larger; a recording takes 16 kB a second, so this is three and a half hours."""

Answered = HttpAnswer | NotAsked | Unknown


def base_of(settings: AsteriskSettings) -> str:
    """The interface's address, whether or not the setting names the /ari at its end."""
    return f"{settings.url.rstrip('/').removesuffix('/ari')}/ari"


@dataclass(frozen=True, slots=True)
class AsteriskClient:
    """Speaks for one user of the interface."""

    settings: AsteriskSettings
    timeouts: Timeouts = field(default_factory=Timeouts)

    def ask(
        self,
        method: str,
        path: str,
        query: Mapping[str, str] | None = None,
        body: Mapping[str, str | int] | None = None,
    ) -> Answered:
        """Send one request and read its answer. Raises nothing for what the network does."""
        own = self.settings
        return OneRequest(PEER, ANSWER_BYTES, self.timeouts).send(
            method, f"{base_of(own)}{path}", params=query, body=body, auth=(own.user, own.password)
        )
