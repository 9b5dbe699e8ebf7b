"""Who may speak to us for a line. A stranger learns nothing, not even which address exists for whom.

Whatever is wrong with what came, the answer to it is one and the same; what it was stands in the log,
without numbers and tokens, and is counted for the panel (safety F34).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import NoReturn
from urllib.parse import quote

from flask import Blueprint, Response, abort, request
from flask.blueprints import BlueprintSetupState
from werkzeug.routing import BaseConverter

from adapters import event_log
from adapters.channels.base import CallbackReader, RawCallback
from campaigns.lines import CallbackFault
from campaigns.values import LineName
from web.auth import the_runtime
from web.protection import csrf

log = event_log.get_logger(__name__)

webhooks = Blueprint("webhooks", __name__, url_prefix="/line")
csrf.exempt(webhooks)

BODY_BYTES = 65_536
"""Receipts come a hundred at a time at most; nothing that a provider says is longer."""

MEDIA_TYPES = {
    LineName.TWILIO: "application/x-www-form-urlencoded",
    LineName.ALIYUN: "application/json",
}
"""In which form each provider speaks."""

_ABSOLUTE = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://[^/?#]*")


class CallToken(BaseConverter):
    """128 bits in the address: of one call, or of one text."""

    regex = "[A-Za-z0-9_-]{22}"


class Secret(BaseConverter):
    """What the installation put into an address that it gave to a provider by hand."""

    regex = "[A-Za-z0-9._~-]{16,200}"


@webhooks.record_once
def _teach_addresses(state: BlueprintSetupState) -> None:
    """Tell the application what a token looks like; any other address is a page that is not there."""
    state.app.url_map.converters |= {"call_token": CallToken, "secret": Secret}


def receive(line: LineName) -> tuple[CallbackReader, RawCallback]:
    """Read what came, and go on only when the line's provider itself sent it.

    Refused otherwise: 413 for what is too long, 415 for another form than the provider's, 403 for
    everything else.
    """
    request.max_content_length = BODY_BYTES
    if (request.content_length or 0) > BODY_BYTES:
        refuse(CallbackFault.SIZE, 413)
    if request.mimetype != MEDIA_TYPES[line]:
        refuse(CallbackFault.MEDIA_TYPE, 415)
    raw = RawCallback(
        path_and_query=target_as_received(request.environ),
        headers={name.lower(): value for name, value in request.headers.items()},
        body=request.get_data(cache=False),
    )
    reader = the_runtime().lines.readers.get(line)
    if reader is None:
        refuse(CallbackFault.NO_LINE)
    if not raw.path_and_query.isascii() or not reader.authenticate(raw):
        refuse(CallbackFault.FORGED)
    return reader, raw


def target_as_received(environ: Mapping[str, object]) -> str:
    """Path and query with their escapes as they came: what a provider signs.

    Servers name it differently, and not all of them keep it. Put together again it is the same for
    the addresses that we give away, which need no escapes.
    """
    told = environ.get("REQUEST_URI") or environ.get("RAW_URI")
    target = _ABSOLUTE.sub("", told, count=1) if isinstance(told, str) else ""
    if target.startswith("/"):
        return target
    path = f"{environ.get('SCRIPT_NAME', '')}{environ.get('PATH_INFO', '')}"
    query = environ.get("QUERY_STRING")
    return quote(path.encode("latin-1", "replace"), safe="/~") + (f"?{query}" if query else "")


def told() -> Response:
    """Heard; there is nothing to say."""
    return Response(status=204)


def refuse(why: CallbackFault, status: int = 403) -> NoReturn:
    """Answer, count it and note it.

    What is authentic but not about the call whose token it carries looks like what is forged, so
    tokens cannot be tried out.
    """
    runtime = the_runtime()
    runtime.refused_callbacks.add(why, runtime.machine_clock.now())
    log.warning("callback.refused", endpoint=request.endpoint, why=why.value)
    abort(Response("refused\n", status, mimetype="text/plain"))
