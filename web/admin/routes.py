"""People: who may sign in, and as what; and the state of the installation."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from campaigns.errors import ConflictError, NotFoundError, UsageError, WaihuError
from campaigns.labels_zh import ROLE_LABELS
from campaigns.values import Role
from scheduler.flows import people
from scheduler.flows.health import examine
from web.auth import me, now, the_passwords, the_runtime
from web.errors import beside_the_form
from web.language import say

admin = Blueprint("admin", __name__, url_prefix="/admin")


@admin.get("/people")
def people_list() -> str:
    """Everybody, with what an administrator may do about them."""
    return _page()


def _page(fault: WaihuError | None = None, resetting: int | None = None) -> str:
    return render_template(
        "admin/people.html",
        people=people.people(the_runtime()),
        roles=ROLE_LABELS,
        fault=fault,
        resetting=resetting,
        typed=request.form,
    )


@admin.post("/people")
def add() -> Response:
    """Add a person with a first password, which they are to change."""
    try:
        new = _read_person()
        person = people.add_person(the_runtime(), new, now(), me().name, the_passwords())
    except (UsageError, ConflictError) as error:
        return beside_the_form(error, _page(error))
    role = say(ROLE_LABELS[person.role])
    flash(_("已添加 %(name)s（%(role)s）", name=person.name, role=role))
    return redirect(url_for("admin.people_list"), 303)


def _read_person() -> people.NewPerson:
    try:
        role = Role(request.form.get("role", ""))
    except ValueError as error:
        raise UsageError("请选择角色", field="role") from error
    return people.NewPerson(request.form.get("name", ""), role, request.form.get("password", ""))


@admin.post("/people/<int:person_id>/password")
def reset_password(person_id: int) -> Response:
    """Set somebody's new password; all their browsers are signed out."""
    new = people.NewPassword(person_id, request.form.get("password", ""))
    try:
        people.set_password(the_runtime(), new, now(), me().name, the_passwords())
    except NotFoundError:
        raise
    except UsageError as error:
        return beside_the_form(error, _page(error, person_id))
    flash(_("密码已重设，该用户的所有设备已退出登录"))
    return redirect(url_for("admin.people_list"), 303)


@admin.post("/people/<int:person_id>/active")
def set_active(person_id: int) -> Response:
    """Lock somebody out at once, or let them in again."""
    is_active = request.form.get("active") == "1"
    people.set_active(the_runtime(), person_id, is_active, now(), who=me())
    flash(_("已启用") if is_active else _("已停用，该用户立即退出登录"))
    return redirect(url_for("admin.people_list"), 303)


@admin.get("/status")
def status() -> str:
    """Show whether the installation is fit to work, the calendar's years too (R-HOURS-6)."""
    return render_template("admin/status.html", findings=examine(the_runtime().settings))
