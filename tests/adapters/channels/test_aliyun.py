"""SMS by Aliyun, over real HTTP against a server that checks the signature by itself."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from adapters.channels.aliyun import AliyunSms
from adapters.channels.aliyun_client import authorization, canonical_query
from adapters.channels.base import (
    Accepted,
    LineReport,
    Missing,
    Refused,
    SmsFound,
    Unknown,
)
from campaigns.values import LineName, PhoneNumber, SmsState
from tests.adapters.channels.aliyun_bench import (
    NOW,
    ORDER,
    Bench,
    settings,
    sms_line,
    trace,
)
from tests.adapters.channels.aliyun_server import SIGN, TEMPLATE, AliyunServer
from tests.adapters.channels.contract import (
    SmsContract,
    text_trace_of,
)


@pytest.fixture
def server() -> Iterator[AliyunServer]:
    opened = AliyunServer()
    yield opened
    opened.shutdown()
    opened.server_close()


class TestAliyunSms(SmsContract):
    @pytest.fixture
    def bench(self, server: AliyunServer) -> Bench:
        return Bench(server)

    def test_another_wording_is_another_text(self, bench):
        """Here our own id decides: the provider's list shows its template's text, not ours."""
        bench.line.send(ORDER)
        other = replace(text_trace_of(ORDER, NOW), sms_id="019cb660-743e-781b-8fec-e32b5b8adc99")
        assert bench.line.look_up(other) == Missing()


@pytest.mark.parametrize(
    ("date", "nonce", "signature"),
    [
        (
            "2023-10-26T10:22:32Z",
            "3156853299f313e23d1673dc12e1703d",
            "06563a9e1b43f5dfe96b81484da74bceab24a1d853912eee15083a6f0f3283c0",
        ),
        (
            "2023-10-26T09:01:01Z",
            "d410180a5abf7fe235dd9b74aca91fc0",
            "e521358f7776c97df52e6b2891a8bc73026794a071b50c3323388c4e0df64804",
        ),
    ],
)
def test_the_signature_is_the_one_the_provider_publishes(date, nonce, signature):
    image = "win2019_1809_x64_dtc_zh-cn_40G_alibase_20230811.vhd"
    headers = {
        "host": "ecs.cn-shanghai.aliyuncs.com",
        "x-acs-action": "RunInstances",
        "x-acs-content-sha256": "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        "x-acs-date": date,
        "x-acs-signature-nonce": nonce,
        "x-acs-version": "2014-05-26",
    }
    query = canonical_query({"RegionId": "cn-shanghai", "ImageId": image})
    said = authorization("/", query, headers, "YourAccessKeyId", "YourAccessKeySecret")
    assert said == (
        "ACS3-HMAC-SHA256 Credential=YourAccessKeyId,SignedHeaders=host;x-acs-action;"
        "x-acs-content-sha256;x-acs-date;x-acs-signature-nonce;x-acs-version,"
        f"Signature={signature}"
    )


def test_the_query_is_escaped_as_the_provider_escapes_it():
    said = canonical_query({"B": "a b+*/~&=", "A": "样例"})
    assert said == "A=%E6%A0%B7%E4%BE%8B&B=a%20b%2B%2A%2F~%26%3D"


def test_r_msg_2_a_text_goes_out_by_its_template_with_our_id(server):
    answer = sms_line(server).send(ORDER)

    assert answer == Accepted("000000000000000000^0")
    (text,) = server.texts
    assert json.loads(text.pop("TemplateParam")) == dict(ORDER.params)
    assert text == {
        "PhoneNumbers": "13900000002",
        "SignName": SIGN,
        "TemplateCode": TEMPLATE,
        "OutId": ORDER.sms_id,
        "BizId": "000000000000000000^0",
    }


def test_a_template_without_variables_gets_none(server):
    sms_line(server).send(replace(ORDER, params={}))
    assert "TemplateParam" not in server.texts[0]


def test_a_number_abroad_has_its_country_in_front(server):
    sms_line(server).send(replace(ORDER, to=PhoneNumber("+85251234567")))
    assert server.texts[0]["PhoneNumbers"] == "85251234567"


def test_a_script_without_a_template_is_refused_before_any_request(server):
    answer = sms_line(server).send(replace(ORDER, script_id="callback.sms"))

    assert isinstance(answer, Refused)
    assert (answer.code, answer.is_permanent) == ("no_template", False)
    assert "callback.sms" in answer.reason
    assert server.asked == []


def test_an_extension_gets_no_text(server):
    answer = sms_line(server).send(replace(ORDER, to=PhoneNumber("+8613900000002", "1234")))
    assert isinstance(answer, Refused)
    assert answer.is_permanent
    assert server.asked == []


@pytest.mark.parametrize(
    ("code", "is_permanent", "is_opted_out"),
    [
        ("isv.BUSINESS_LIMIT_CONTROL", False, False),
        ("isv.DAY_LIMIT_CONTROL", False, False),
        ("isv.AMOUNT_NOT_ENOUGH", False, False),
        ("isv.OUT_OF_SERVICE", False, False),
        ("isv.SMS_SIGNATURE_ILLEGAL", False, False),
        ("isv.SMS_TEMPLATE_ILLEGAL", False, False),
        ("isp.RAM_PERMISSION_DENY", False, False),
        ("isv.SOMETHING_NEW", False, False),
        ("isv.MOBILE_NUMBER_ILLEGAL", True, False),
        ("isv.PARAM_LENGTH_LIMIT", True, False),
        ("isv.CUSTOMER_REFUSED", True, True),
        ("isv.BLACK_KEY_CONTROL_LIMIT", True, True),
    ],
)
def test_what_a_code_means(server, code, is_permanent, is_opted_out):
    for status in (200, 400):
        server.plan.append(f"code:{status}:{code}")
        answer = sms_line(server).send(ORDER)
        assert isinstance(answer, Refused)
        assert answer.code == code
        assert (answer.is_permanent, answer.is_opted_out) == (is_permanent, is_opted_out)
        assert answer.retry_after is None
        assert any("一" <= letter <= "鿿" for letter in answer.reason)


def test_r_dnc_2_a_forbidden_word_abroad_is_no_opt_out(server):
    server.plan.append("code:200:isv.BLACK_KEY_CONTROL_LIMIT")
    answer = sms_line(server).send(replace(ORDER, to=PhoneNumber("+85251234567")))
    assert isinstance(answer, Refused)
    assert not answer.is_opted_out


@pytest.mark.parametrize("code", ["Throttling.User", "Throttling", "Throttling.Api"])
def test_a_throttled_text_may_go_later(server, code):
    server.plan.append(f"code:400:{code}")
    answer = sms_line(server).send(ORDER)
    assert isinstance(answer, Refused)
    assert not answer.is_permanent
    assert answer.retry_after == timedelta(seconds=5)


@pytest.mark.parametrize(
    "plan",
    [
        "code:200:isp.SYSTEM_ERROR",
        "code:200:isp.GATEWAY_ERROR",
        "long",
        "raw:",
        "raw:[]",
        "raw:null",
        'raw:{"Code":1}',
        'raw:{"BizId":"1"}',
        'raw:{"Code":"OK"}',
        'raw:{"Code":"OK","BizId":""}',
        'raw:{"Code":"OK","BizId":7}',
        "raw:<html>",
        "raw:" + "[" * 200_000,
    ],
)
def test_r_msg_2_what_cannot_be_read_is_unknown(server, plan):
    server.plan.append(plan)
    answer = sms_line(server).send(ORDER)
    assert isinstance(answer, Unknown)
    assert server.count("SendSms") == 1


def test_a_code_that_is_none_leaves_no_mess(server):
    server.plan.append('raw:{"Code":"x\\u0000<b>13900000002 ' + "y" * 500 + '"}')
    answer = sms_line(server).send(ORDER)
    assert isinstance(answer, Refused)
    assert len(answer.code) <= 60
    assert not set("\0<> ") & set(answer.code)


def test_no_proxy_of_the_environment_stands_before_this_machine(server, monkeypatch):
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    assert isinstance(sms_line(server).send(ORDER), Accepted)


def test_no_password_file_replaces_the_signature(tmp_path, monkeypatch):
    (tmp_path / "netrc").write_text("machine 127.0.0.2 login a password b\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    monkeypatch.setenv("NO_PROXY", "*")
    with contextlib.closing(AliyunServer("127.0.0.2")) as elsewhere:
        assert isinstance(sms_line(elsewhere).send(ORDER), Accepted)


@pytest.mark.parametrize(
    ("status", "err", "state", "key"),
    [
        (1, "", SmsState.SENT, "sent:"),
        (2, "MK:0001", SmsState.FAILED, "failed:MK:0001"),
        (3, "DELIVERED", SmsState.DELIVERED, "delivered:"),
        ("3", "DELIVERED", SmsState.DELIVERED, "delivered:"),
    ],
)
def test_a_looked_up_text_says_where_it_stands(server, status, err, state, key):
    server.add_detail(ORDER.sms_id, status, ErrCode=err)

    found = sms_line(server).look_up(trace())

    assert isinstance(found, SmsFound)
    assert found.provider_id == ORDER.sms_id
    (event,) = found.events
    assert (event.state, event.sms_id) == (state, ORDER.sms_id)
    assert event.key == f"{ORDER.sms_id}:{key}"
    assert event.error_code == (err if state is SmsState.FAILED else None)
    assert event.at is not None
    assert event.at.astimezone(UTC).hour == 2


def test_a_state_of_the_future_is_found_without_an_event(server):
    server.add_detail(ORDER.sms_id, 9)
    assert sms_line(server).look_up(trace()) == SmsFound(ORDER.sms_id, ())


def test_other_peoples_texts_on_the_list_are_not_ours(server):
    for number in range(120):
        server.add_detail(f"other-{number}", 3)
    server.add_detail("", 3)
    line = sms_line(server)
    assert line.look_up(trace()) == Missing()
    server.add_detail(ORDER.sms_id, 3)
    assert isinstance(line.look_up(trace()), SmsFound)
    assert server.asked[-1][1]["CurrentPage"] == "3"


def test_a_list_without_end_is_given_up(server):
    for number in range(520):
        server.add_detail(f"other-{number}", 3)
    assert isinstance(sms_line(server).look_up(trace()), Unknown)
    assert server.count("QuerySendDetails") == 10


@pytest.mark.parametrize(
    ("sent_at", "days"),
    [
        (datetime(2026, 3, 4, 2, 0, tzinfo=UTC), ["20260304"]),
        (datetime(2026, 3, 4, 15, 55, tzinfo=UTC), ["20260304", "20260305"]),
        (datetime(2026, 3, 4, 16, 5, tzinfo=UTC), ["20260305", "20260304"]),
    ],
)
def test_around_midnight_both_days_are_looked_at(server, sent_at, days):
    server.day = "none"
    assert sms_line(server).look_up(trace(sent_at=sent_at)) == Missing()
    assert [params["SendDate"] for _, params in server.asked] == days


def test_a_list_that_cannot_be_had_is_unknown(server):
    server.secret = "another"
    assert isinstance(sms_line(server).look_up(trace()), Unknown)
    server.shutdown()
    server.server_close()
    assert isinstance(sms_line(server).look_up(trace()), Unknown)


def test_the_check_names_what_is_missing(server):
    report = sms_line(server).check()
    assert report == LineReport(True, ("短信账户可用，签名已审核通过",))
    report = sms_line(server, templates={}, callback_token="short").check()
    assert not report.is_ready
    assert "WAIHU_ALIYUN_TEMPLATES" in report.details[1]
    assert "WAIHU_ALIYUN_CALLBACK_TOKEN" in report.details[2]
    server.sign_status = 2
    assert not sms_line(server).check().is_ready
    assert server.texts == []


def test_the_line_says_what_it_is(server):
    line = sms_line(server)
    assert (line.name, line.texts_per_second, line.is_training) == (LineName.ALIYUN, 10.0, True)
    assert not AliyunSms(settings()).is_training
