"""What comes from outside: a provider who signs as its own library does, and strangers."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from urllib.parse import parse_qsl, urlencode

from flask import Flask
from sqlalchemy import Engine, select, update
from structlog.testing import capture_logs
from twilio.request_validator import RequestValidator
from werkzeug.datastructures import MultiDict
from werkzeug.test import TestResponse

from adapters.channels.aliyun import AliyunCallbacks
from adapters.channels.registry import Lines
from adapters.channels.twilio_callbacks import TwilioCallbacks
from adapters.line_settings import AliyunSettings, LineSettings, TwilioSettings
from adapters.store.models.base import METADATA
from adapters.store.models.lines import line_call
from campaigns.values import LineName
from scheduler.runtime import Runtime
from tests.scheduler.flows.lines import LineShop
from tests.shops import Shop
from tests.web import panel_shop
from web.app import create_app

PUBLIC = "https://waihu.shop.example"
ACCOUNT = "AC" + "5" * 32
FORM = "application/x-www-form-urlencoded"
AUTH, OLD_AUTH = "a-token-of-the-account", "the-token-before-it"
CALL = "CA" + "1" * 32
LEG = "CA" + "2" * 32
OTHER_CALL = "CA" + "9" * 32
CALLBACK_TOKEN = "receipts-secret-1234567"

TWILIO = TwilioSettings(ACCOUNT, AUTH, "+15005550006", old_token=OLD_AUTH)
ALIYUN = AliyunSettings("key", "secret", "四季花坊", {}, callback_token=CALLBACK_TOKEN)


def line_panel(shop: Shop, public: str | None = PUBLIC) -> tuple[LineShop, Flask]:
    """The shop with a call on its line, and its panel as providers reach it."""
    held = LineShop(shop)
    settings = replace(
        shop.runtime.settings, public_url=public, lines=LineSettings(twilio=TWILIO, aliyun=ALIYUN)
    )
    runtime = Runtime(settings, shop.runtime.engine, held.clock)
    address = settings.callback_url
    runtime.lines = Lines(
        voice={LineName.TWILIO: held.line},
        readers={
            LineName.TWILIO: TwilioCallbacks(TWILIO, address),
            LineName.ALIYUN: AliyunCallbacks(ALIYUN),
        },
    )
    held.runtime = runtime
    return held, create_app(runtime, panel_shop.CHEAP)


def token_of_call(held: LineShop, sid: str = CALL) -> str:
    """Have somebody dial; the line answers with this id, and its addresses carry this token."""
    placed = held.dialled(held.shop.person(f"张{len(held.line.calls)}"))[1]
    with held.shop.runtime.transaction() as connection:
        is_it = line_call.c.id == placed.order.call_id
        connection.execute(update(line_call).where(is_it).values(provider_id=sid))
    return placed.order.token


def form(status: str = "ringing", **more: str) -> str:
    fields = {
        "AccountSid": ACCOUNT,
        "CallSid": CALL,
        "CallStatus": status,
        "From": "+15005550006",
        "To": "+8613900000002",
        "Timestamp": "Tue, 13 May 2025 01:31:00 +0000",
        **more,
    }
    return urlencode(fields)


def sign(
    path_and_query: str, body: str | bytes, *, public: str = PUBLIC, auth: str = AUTH
) -> dict[str, str]:
    """The header that the provider's own library would make."""
    text = body.decode("latin-1") if isinstance(body, bytes) else body
    fields: MultiDict[str, str] = MultiDict(parse_qsl(text, keep_blank_values=True))
    signature = RequestValidator(auth).compute_signature(public + path_and_query, fields)
    return {"X-Twilio-Signature": signature}


def call(
    app: Flask, path_and_query: str, body: str | bytes, headers: dict[str, str], **more: Any
) -> TestResponse:
    """POST it, addressed as the proxy in front of the panel addresses it."""
    environ = {"REQUEST_URI": path_and_query, "RAW_URI": path_and_query}
    return app.test_client().post(
        path_and_query,
        data=body,
        content_type=more.pop("content_type", FORM),
        headers=headers,
        base_url=more.pop("base_url", PUBLIC),
        environ_overrides=more.pop("environ", environ),
        **more,
    )


def everything(engine: Engine) -> dict[str, list[tuple[Any, ...]]]:
    """Each row of each table."""
    with engine.connect() as connection:
        return {
            table.name: sorted((tuple(row) for row in connection.execute(select(table))), key=repr)
            for table in METADATA.sorted_tables
        }


def send(app: Flask, request: dict[str, Any]) -> Any:
    request = {
        "body": form(),
        "base_url": PUBLIC,
        "content_type": FORM,
        "method": "POST",
        **request,
    }
    path = request.pop("path")
    environ = {"REQUEST_URI": path, "RAW_URI": path}
    return app.test_client().open(
        path, data=request.pop("body"), environ_overrides=environ, **request
    )


class Held:
    """One call on the line, its token, and the panel."""

    def __init__(self, shop: Shop) -> None:
        for name in ("tb_hua01", "tb_hua02"):
            shop.buyer(name)
        shop.plan()
        self.shop = shop
        self.lines, self.app = line_panel(shop)
        self.token = token_of_call(self.lines)
        self.path = f"/line/twilio/leg/{self.token}"

    def genuine(self, path: str | None = None, body: str | None = None, **more: Any) -> Any:
        target, text = path or self.path, form() if body is None else body
        return call(self.app, target, text, sign(target, text), **more)

    def refuses(self, request: dict[str, Any], status: int) -> None:
        """What is sent is answered so, leaves no row anywhere, and gives nothing away."""
        engine = self.shop.runtime.engine
        before = everything(engine)
        with capture_logs() as said:
            answer = send(self.app, request)
        assert answer.status_code == status, answer.text
        assert everything(engine) == before
        if answer.mimetype == "text/plain" and status != 400:
            assert answer.data == b"refused\n"
            assert "Set-Cookie" not in answer.headers
            assert [entry["event"] for entry in said] == ["callback.refused"]
        else:
            assert status in (400, 404, 405) or "Sec-Fetch-Site" in request["headers"]
        for secret in (self.token, AUTH, CALLBACK_TOKEN, "13900000002", CALL):
            assert secret not in repr(said)
