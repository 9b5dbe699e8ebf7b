"""Signing in and out, and one's own password."""

from __future__ import annotations

from flask import (
    Blueprint,
    flash,
    make_response,
    redirect,
    render_template,
    request,
    session,
    url_for,
)
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from campaigns.values import SHOP_ZONE
from scheduler.flows import people
from scheduler.flows.training import training_logins
from web.auth import (
    drop_session,
    home_of,
    keep_session,
    machine_now,
    me,
    now,
    own_session_id,
    person_or_none,
    the_passwords,
    the_runtime,
)
from web.forms import local_path

sign_in = Blueprint("sign_in", __name__)
account = Blueprint("account", __name__)


@sign_in.get("/sign-in")
def show() -> Response | str:
    """Show the form, or go onwards for somebody who is signed in."""
    person = person_or_none()
    if person is not None:
        return redirect(local_path(request.args.get("next")) or home_of(person.role))
    return _form()


@sign_in.post("/sign-in")
def enter() -> Response:
    """Check name and password. Wrong and unknown look alike."""
    name = request.form.get("name", "")
    answer = people.sign_in(
        the_runtime(),
        people.SignIn(
            name=name,
            password=request.form.get("password", ""),
            address=request.remote_addr or "",
            user_agent=request.user_agent.string,
        ),
        now(),
        machine_now(),
        passwords=the_passwords(),
    )
    if isinstance(answer, people.SignInRefused):
        if answer.wait_until is None:
            return make_response(_form(_("用户名或密码不对"), name), 401)
        until = f"{answer.wait_until.astimezone(SHOP_ZONE):%H:%M:%S}"
        fault = _("尝试次数太多，请在 %(until)s 之后再试", until=until)
        return make_response(_form(fault, name), 429)
    before = own_session_id()
    if before:
        people.sign_out(the_runtime(), before)
    session.clear()  # new form tokens for a new person
    target = local_path(request.form.get("next")) or home_of(answer.person.role)
    response = redirect(target, 303)
    keep_session(response, answer.session_id)
    return response


@account.post("/sign-out")
def leave() -> Response:
    """Sign out of this browser."""
    session_id = own_session_id()
    if session_id:
        people.sign_out(the_runtime(), session_id)
    session.clear()
    response = redirect(url_for("sign_in.show"), 303)
    drop_session(response)
    response.headers["Clear-Site-Data"] = '"cache"'
    return response


@account.get("/password")
def password() -> str:
    """Show the form for one's own new password."""
    return render_template("account/password.html")


@account.post("/password")
def change_password() -> Response:
    """Set one's own new password; other browsers are signed out."""
    new = people.NewPassword(me().id, request.form.get("new", ""), own_session_id())
    people.change_own_password(
        the_runtime(), new, request.form.get("old", ""), now(), the_passwords()
    )
    flash(_("密码已更换，其他设备已退出登录"))
    return redirect(url_for("account.password"), 303)


def _form(fault: str = "", name: str = "") -> str:
    logins = training_logins() if the_runtime().is_training else ()
    return render_template(
        "account/sign_in.html",
        fault=fault,
        name=name,
        target=local_path(request.values.get("next")) or "",
        logins=logins,
    )
