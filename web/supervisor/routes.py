"""What needs a supervisor."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from campaigns.errors import NotFoundError, UsageError
from scheduler.flows.do_not_contact import lift_entry
from scheduler.flows.recordings import listen
from web.auth import me, now, the_runtime
from web.errors import beside_the_form
from web.leader import suppressions

supervisor = Blueprint("supervisor", __name__, url_prefix="/supervisor")


@supervisor.post("/do-not-contact/<int:entry_id>/lift")
def lift(entry_id: int) -> Response:
    """Lift a do-not-contact entry with a reason (R-DNC-3)."""
    try:
        lift_entry(the_runtime(), entry_id, request.form.get("reason", ""), now(), me())
    except NotFoundError:
        raise
    except UsageError as error:
        return beside_the_form(error, suppressions.page(error, lifting=entry_id))
    flash(_("已解除，记录保留在名单里"))
    return redirect(url_for("leader.suppressions"), 303)


@supervisor.get("/recordings/<int:recording_id>")
def recording(recording_id: int) -> Response:
    """Play a recording (R-SMP-12). That it is listened to is kept in the trail."""
    sound = listen(the_runtime(), recording_id, now(), me())
    return Response(sound.content, mimetype=sound.media_type)
