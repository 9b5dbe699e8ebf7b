"""What went wrong, as a page or as a notice on the page. The only place that knows HTTP's numbers.

A page that asked by script gets the notice alone and keeps what was typed; a plain form gets a
whole page with a way back.
"""

from __future__ import annotations

from flask import Flask, Response, make_response, render_template, request
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import HTTPException, SecurityError

from adapters import event_log
from campaigns.errors import (
    ConflictError,
    NotFoundError,
    NotReadyError,
    RefusedError,
    UsageError,
    WaihuError,
)
from web.auth import person_or_none

log = event_log.get_logger(__name__)

STATUS: tuple[tuple[type[WaihuError], int, str], ...] = (
    (NotFoundError, 404, "没有找到"),
    (UsageError, 400, "请检查一下"),
    (ConflictError, 409, "已经有变化"),
    (RefusedError, 409, "按规则不能这样做"),
    (NotReadyError, 503, "系统还没准备好"),
    (WaihuError, 400, "没有完成"),
)
HTTP_WORDS = {
    400: ("请求不完整", "浏览器发来的内容看不懂，请返回重试。"),
    401: ("请先登录", "登录后再继续。"),
    403: ("没有权限", "您的角色不能打开这一页，或请求来自别的网站。"),
    404: ("没有这一页", "地址可能打错了，或者内容已经移走。"),
    405: ("不能这样打开", "这个地址只接受页面上的按钮。"),
    413: ("内容太大", "超过了允许的大小，没有接收。"),
    429: ("太频繁", "请稍等一会儿再试。"),
    500: ("系统出错", "出了意外，已经记录。刚才的操作没有保存，请重试。"),
}


def init_errors(app: Flask) -> None:
    """Map every error to what a person reads."""
    app.register_error_handler(WaihuError, _expected)
    app.register_error_handler(CSRFError, _stale_form)
    app.register_error_handler(SecurityError, _unknown_host)
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(Exception, _defect)


def beside_the_form(error: WaihuError, page: str) -> Response:
    """Answer a refused form with its own page, which shows the message and what was typed."""
    return make_response(page, _meaning(error)[0])


def _meaning(error: WaihuError) -> tuple[int, str]:
    return next((code, text) for kind, code, text in STATUS if isinstance(error, kind))


def _expected(error: WaihuError) -> Response:
    status, title = _meaning(error)
    rules = error.rules if isinstance(error, RefusedError) else ()
    field = error.field if isinstance(error, UsageError) else None
    return _answer(status, title, error.message, rules, field)


def _stale_form(error: CSRFError) -> Response:
    return _answer(400, "页面已过期", "页面打开太久或已重新登录，请刷新后再提交一次。")


def _unknown_host(_error: SecurityError) -> Response:
    """Answer without a page: of an address that is not ours no link can be made."""
    text = "外呼不接受这个地址。请在运行外呼的电脑上打开，或用管理员给的地址。\n"
    return Response(text, 400, mimetype="text/plain; charset=utf-8")


def _http(error: HTTPException) -> Response:
    code = error.code or 500
    if error.response is not None or code < 400:
        return make_response(error.get_response())
    title, message = HTTP_WORDS.get(code, ("没有完成", "请返回重试。"))
    return _answer(code, title, message)


def _defect(error: Exception) -> Response:
    log.error("request.failed", endpoint=request.endpoint, exc_info=error)
    return _answer(500, *HTTP_WORDS[500])


def _answer(
    status: int,
    title: str,
    message: str,
    rules: tuple[str, ...] = (),
    field: str | None = None,
) -> Response:
    words = {
        "title": title,
        "message": message,
        "rules": rules,
        "status": status,
        "field": field,
    }
    if "HX-Request" in request.headers:
        response = make_response(render_template("parts/notice.html", **words), status)
        response.headers["HX-Retarget"] = "#notice"
        response.headers["HX-Reswap"] = "innerHTML"
        response.headers["HX-Push-Url"] = "false"
        return response
    try:
        person = person_or_none()
    except NotReadyError:
        person = None
    page = render_template("error.html", person=person, **words)
    return make_response(page, status)
