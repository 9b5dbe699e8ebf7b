"""Safety F34 and F7 for texts: receipts and replies, by signature or by the secret in the address."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import urlencode

import pytest

from adapters.identifiers import token_hash
from adapters.store.models.customers import customer_phone, suppression
from adapters.store.models.lines import line_event, sms, sms_reply
from campaigns.values import SmsState
from scheduler.flows.text_events import apply_waiting_texts
from scheduler.flows.texts import token_of
from tests.factories import at
from tests.web.webhooks.outside import ACCOUNT, CALLBACK_TOKEN, FORM, Held, everything, send, sign

RECEIPTS = f"/line/aliyun/receipts/{CALLBACK_TOKEN}"
REPLIES = f"/line/aliyun/replies/{CALLBACK_TOKEN}"
PLAIN: dict[str, Any] = {"body": "[]", "headers": {}, "content_type": "application/json"}
SMS_ID = "019cb660-743e-781b-8fec-e32b5b8adc12"
SID = "SM" + "4" * 32

BAD: dict[str, tuple[int, dict[str, Any]]] = {
    "a secret of nobody": (403, {"path": f"/line/aliyun/receipts/{'x' * 23}"}),
    "one letter less": (403, {"path": RECEIPTS[:-1]}),
    "one letter more": (403, {"path": f"{RECEIPTS}x"}),
    "in another case": (403, {"path": f"/line/aliyun/receipts/{CALLBACK_TOKEN.upper()}"}),
    "in the query": (403, {"path": f"/line/aliyun/receipts/{'x' * 20}?/{CALLBACK_TOKEN}"}),
    "in a header": (
        403,
        {"path": f"/line/aliyun/receipts/{'x' * 20}", "headers": {"X-Token": CALLBACK_TOKEN}},
    ),
    "replies of nobody": (403, {"path": f"/line/aliyun/replies/{'x' * 23}"}),
    "a form": (415, {"content_type": FORM}),
    "plain text": (415, {"content_type": "text/plain"}),
    "nothing": (403, {"body": ""}),
    "cut short": (403, {"body": '[{"out_id":'}),
    "no list": (403, {"body": "{}"}),
    "numbers": (403, {"body": "[1]"}),
    "no text": (403, {"body": b"[\xff\xfe]"}),
    "nested without end": (403, {"body": "[" * 60_000}),
    "too long": (413, {"body": "[" + " " * 66_000 + "]"}),
    "too short a secret": (404, {"path": "/line/aliyun/replies/short"}),
    "no secret": (404, {"path": "/line/aliyun/replies/"}),
    "of another line": (404, {"path": f"/line/tencent/receipts/{CALLBACK_TOKEN}"}),
    "get": (405, {"method": "GET"}),
    "another host": (400, {"base_url": "https://evil.example"}),
    "reply without a signature": (403, {"path": "/line/twilio/replies", "content_type": FORM}),
    "reply with a call's signature": (
        403,
        {
            "path": "/line/twilio/replies",
            "content_type": FORM,
            "body": "Body=R",
            "headers": sign("/line/twilio/sms/x", "Body=R"),
        },
    ),
    "reply as json": (415, {"path": "/line/twilio/replies"}),
    "get of replies": (405, {"path": "/line/twilio/replies", "method": "GET"}),
    "receipt without a signature": (
        403,
        {"path": f"/line/twilio/sms/{'x' * 22}", "content_type": FORM},
    ),
}


@pytest.mark.parametrize("name", list(BAD))
def test_safety_f34_a_bad_callback_leaves_no_trace(quiet: Held, name: str) -> None:
    status, request = BAD[name]
    quiet.refuses({"path": RECEIPTS, **PLAIN, **request}, status)


def push(held: Held, path: str, records: object) -> None:
    answer = send(held.app, {"path": path, **PLAIN, "body": json.dumps(records)})
    assert (answer.status_code, answer.json) == (200, {"code": 0, "msg": "接收成功"})
    assert "Set-Cookie" not in answer.headers


def tell(held: Held, path: str, **fields: str) -> Any:
    body = urlencode({"AccountSid": ACCOUNT, **fields})
    return send(held.app, {"path": path, "body": body, "headers": sign(path, body)})


def a_text(held: Held, line: str) -> str:
    """A text that this line sent, of which it has told nothing yet; its token."""
    shop = held.shop
    task = shop.tasks()[0]
    token = token_of(held.lines.runtime, SMS_ID)
    (phone,) = [row for row in shop.rows(customer_phone) if row.customer_id == task.customer_id]
    values = {
        "id": SMS_ID,
        "dedupe_key": "once",
        "task_id": task.id,
        "campaign_id": task.campaign_id,
        "kind": task.kind,
        "customer_id": task.customer_id,
        "phone_id": phone.id,
        "phone_key": phone.phone_key,
        "line": line,
        "occasion": "blast",
        "script_id": "dunning.sms",
        "script_version": 1,
        "wording": "【四季花坊】…",
        "text_hash": "x",
        "segments": 1,
        "state": SmsState.SENT,
        "token_hash": token_hash(token),
        "created_at": at("05-13 09:20"),
        "not_before": at("05-13 09:20"),
        "at": at("05-13 09:20"),
        "sent_machine": held.lines.clock.now(),
    }
    with shop.runtime.transaction() as connection:
        connection.execute(sms.insert().values(values))
    return token


def state_of(held: Held) -> str:
    apply_waiting_texts(held.lines.runtime)
    (row,) = held.shop.rows(sms)
    return str(row.state)


def receipt(out_id: str = SMS_ID, **more: object) -> dict[str, object]:
    return {
        "phone_number": "13900000002",
        "report_time": "2025-05-13 09:30:09",
        "success": True,
        "err_code": "DELIVERED",
        "sms_size": "1",
        "biz_id": "77^0",
        "out_id": out_id,
        **more,
    }


def test_r_msg_2_pushed_receipts_are_stored_once_and_worked_off_later(held: Held) -> None:
    a_text(held, "aliyun")
    push(held, RECEIPTS, [receipt(), receipt("of another program"), {"odd": True}])
    push(held, RECEIPTS, [receipt()])
    assert {row.sms_id for row in held.shop.rows(line_event)} == {SMS_ID, None}
    assert len(held.shop.rows(line_event)) == 2
    assert held.shop.rows(sms)[0].state == "sent"
    assert state_of(held) == "delivered"
    before = everything(held.shop.runtime.engine)
    push(held, RECEIPTS, [receipt()])
    apply_waiting_texts(held.lines.runtime)
    assert everything(held.shop.runtime.engine) == before


def test_r_msg_2_a_signed_receipt_speaks_of_its_tokens_text(held: Held) -> None:
    token = a_text(held, "twilio")
    path = f"/line/twilio/sms/{token}"
    assert tell(held, path, MessageSid=SID, MessageStatus="queued").status_code == 204
    for _ in range(2):
        assert tell(held, path, MessageSid=SID, MessageStatus="delivered").status_code == 204
    assert state_of(held) == "delivered"
    assert held.shop.rows(sms)[0].provider_id == SID
    other = tell(held, path, MessageSid="SM" + "5" * 32, MessageStatus="failed")
    assert (other.status_code, other.data) == (403, b"refused\n")
    nobody = tell(held, f"/line/twilio/sms/{'x' * 22}", MessageSid=SID, MessageStatus="failed")
    assert (nobody.status_code, nobody.data) == (403, b"refused\n")
    assert state_of(held) == "delivered"


def test_r_dnc_2_a_reply_that_opts_out_acts_at_once(held: Held) -> None:
    buyers = [held.lines.runtime.vault.open(row.sealed) for row in held.shop.rows(customer_phone)]
    first, second = buyers
    for _ in range(2):
        answer = tell(held, "/line/twilio/replies", MessageSid=SID, From=first.e164, Body="td")
        assert answer.status_code == 204
        pushed = {"phone_number": second.national, "content": "R", "send_time": "20250513093000"}
        push(held, REPLIES, [{**pushed, "sequence_id": 7}, {"content": "R"}])
    replies = held.shop.rows(sms_reply)
    assert [(row.line, row.is_opt_out) for row in replies] == [("twilio", True), ("aliyun", True)]
    assert len(held.shop.rows(suppression)) == 2


def test_a_reply_that_cannot_be_stored_as_it_is_does_no_harm(held: Held) -> None:
    number = held.lines.runtime.vault.open(held.shop.rows(customer_phone)[0].sealed)
    wording = "R\0" + "好" * 9_000
    fields = {"From": number.e164, "Body": wording[:7_000]}
    assert tell(held, "/line/twilio/replies", MessageSid=SID, **fields).status_code == 204
    push(held, REPLIES, [{"phone_number": number.national, "content": wording, "sequence_id": 1}])
    push(held, REPLIES, [{"phone_number": "110", "content": "R"}, {"phone_number": "x" * 9_999}])
    assert len(held.shop.rows(sms_reply)) == 2
