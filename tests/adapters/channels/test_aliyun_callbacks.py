"""What Aliyun pushes to us: believed by the secret in the address, read many at once."""

from __future__ import annotations

import contextlib
import json
from datetime import UTC, datetime

import pytest

from adapters.channels.aliyun import AliyunCallbacks
from adapters.channels.base import RawCallback, SmsFound
from campaigns.lines import SmsReply
from campaigns.values import SmsState
from tests.adapters.channels.aliyun_bench import (
    ORDER,
    TOKEN,
    settings,
    sms_line,
    trace,
)
from tests.adapters.channels.aliyun_server import SECRET, SIGN, AliyunServer
from tests.adapters.channels.contract_callbacks import CallbackContract


class TestAliyunCallbacks(CallbackContract):
    @pytest.fixture
    def bench(self):
        class Held:
            reader = AliyunCallbacks(settings())
            secrets = (SECRET, TOKEN)

            def genuine(self) -> RawCallback:
                return pushed([receipt()])

        return Held()


def pushed(records: object, what: str = "receipts", token: str = TOKEN) -> RawCallback:
    return RawCallback(
        f"/line/aliyun/{what}/{token}",
        {"content-type": "application/json;charset=utf-8"},
        records if isinstance(records, bytes) else json.dumps(records).encode(),
    )


def receipt(**more) -> dict[str, object]:
    return {
        "phone_number": "13900000002",
        "send_time": "2026-03-04 10:00:01",
        "report_time": "2026-03-04 10:00:09",
        "success": True,
        "err_code": "DELIVERED",
        "err_msg": "用户接收成功",
        "sms_size": "2",
        "biz_id": "000000000000000000^0",
        "out_id": ORDER.sms_id,
        **more,
    }


READER = AliyunCallbacks(settings())


def test_receipts_are_read_many_at_once():
    raw = pushed(
        [
            receipt(),
            receipt(success=False, err_code="MK:0001", out_id="other", more=[1]),
            receipt(out_id="", biz_id="7^0", sms_size=1),
        ]
    )
    assert READER.authenticate(raw)
    first, second, third = READER.read_sms(raw, None)
    assert first.key == f"{ORDER.sms_id}:delivered:"
    assert (first.sms_id, first.provider_id) == (ORDER.sms_id, None)
    assert first.segments == 2
    assert first.at is not None
    assert first.at.astimezone(UTC) == datetime(2026, 3, 4, 2, 0, 9, tzinfo=UTC)
    assert (second.key, second.state) == ("other:failed:MK:0001", SmsState.FAILED)
    assert second.error_code == "MK:0001"
    assert (third.key, third.sms_id, third.segments) == ("7^0:delivered:", None, 1)
    assert third.provider_id == "7^0"


def test_safety_f7_told_and_looked_up_is_the_same_event():
    with contextlib.closing(AliyunServer()) as server:
        server.add_detail(ORDER.sms_id, 3)
        found = sms_line(server).look_up(trace())
    assert isinstance(found, SmsFound)
    (told,) = READER.read_sms(pushed([receipt()]), None)
    assert found.events[0].key == told.key


@pytest.mark.parametrize(
    "odd",
    [
        {},
        {"out_id": "x"},
        {"success": True},
        {"success": "true", "out_id": "x"},
        {"success": True, "out_id": ["x"]},
        {"success": None, "out_id": "x"},
    ],
)
def test_a_record_that_says_nothing_is_left_out(odd):
    raw = pushed([odd, receipt()])
    assert READER.authenticate(raw)
    assert len(READER.read_sms(raw, None)) == 1
    assert READER.read_replies(pushed([odd], "replies")) == ()


def test_odd_fields_do_no_harm():
    odd = receipt(report_time="2026-13-45", sms_size="1e9", err_code="x" * 999, success=False)
    (event,) = READER.read_sms(pushed([odd]), None)
    assert (event.at, event.segments) == (None, None)
    assert len(event.error_code or "") <= 60
    assert len(event.key) <= 200


def test_half_characters_and_nul_are_not_handed_on():
    raw = pushed(b'[{"phone_number":"13900000002","content":"R\\u0000\\ud800","sequence_id":1}]')
    (reply,) = READER.read_replies(raw)
    assert reply.wording == "R?"
    (event,) = READER.read_sms(pushed(b'[{"out_id":"a\\udfff\\u0000","success":true}]'), None)
    assert event.sms_id == "a?"


def test_r_dnc_2_replies_are_read():
    reply = {
        "phone_number": "13900000002",
        "send_time": "2026-03-04 10:05:00",
        "content": "R",
        "sign_name": SIGN,
        "dest_code": "1234",
        "sequence_id": 1234567890,
    }
    raw = pushed([reply, {**reply, "send_time": "20260304100500", "sequence_id": 2}], "replies")
    first, second = READER.read_replies(raw)
    assert first == SmsReply(first.key, "13900000002", "R", datetime(2026, 3, 4, 2, 5, tzinfo=UTC))
    assert second.at == first.at
    assert first.key != second.key
    assert READER.read_replies(raw) == (first, second)
    assert "13900000002" not in first.key
    assert READER.read_call(raw, "x") == ()


@pytest.mark.parametrize(
    "raw",
    [
        pushed([receipt()], token="another-callback-token-of-31-ch"),
        pushed([receipt()], token=TOKEN[:-1]),
        pushed([receipt()], token=TOKEN + "x"),
        pushed([receipt()], token=TOKEN.upper()),
        pushed([receipt()], token=""),
        pushed([receipt()], token=f"?token={TOKEN}"),
        pushed([receipt()], token=f"x?/{TOKEN}"),
        pushed([receipt()], token=TOKEN.replace("a", "%61", 1)),
        pushed(receipt()),
        pushed(b""),
        pushed(b"["),
        pushed(b"[1]"),
        pushed(b"[null]"),
        pushed(b"\xff"),
        pushed(b"[" * 60_000),
        pushed([receipt(x="y" * 66_000)]),
    ],
)
def test_safety_f34_what_is_not_the_providers_is_not_believed(raw):
    assert not READER.authenticate(raw)


@pytest.mark.parametrize("secret", [None, "", "fifteen-letters"])
def test_without_a_real_secret_nobody_is_believed(secret):
    reader = AliyunCallbacks(settings(callback_token=secret))
    assert not reader.authenticate(pushed([receipt()], token=secret or ""))
