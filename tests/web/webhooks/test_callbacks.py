"""Safety F34 and F7: what is forged leaves no trace, what is real is taken once, however it comes."""

from __future__ import annotations

import http.client
import json
import threading
from collections.abc import Callable
from typing import Any

import pytest
import waitress

from adapters.channels.registry import Lines
from adapters.store.models.lines import line_call, line_event
from scheduler.flows.line_events import apply_waiting
from scheduler.flows.line_gate import NotNow
from tests.web.webhooks.outside import (
    ACCOUNT,
    CALL,
    FORM,
    LEG,
    OLD_AUTH,
    OTHER_CALL,
    PUBLIC,
    Held,
    call,
    everything,
    form,
    sign,
    token_of_call,
)
from web.webhooks.reception import target_as_received

BODY = form()


def _signed(path: str, body: str | bytes = BODY, **more: Any) -> dict[str, Any]:
    """A request that is signed as it stands, for what is wrong about it besides."""
    return {"path": path, "body": body, "headers": sign(path, body), **more}


def _forged(headers: dict[str, str]) -> Callable[[str], dict[str, Any]]:
    return lambda path: {"path": path, "headers": headers}


def _moved(signed_path: Callable[[str], str], to: Callable[[str], str] = str) -> Any:
    """Signed for one address, sent to another."""
    return lambda path: {"path": to(path), "headers": sign(signed_path(path), BODY)}


def _changed(body: str) -> Callable[[str], dict[str, Any]]:
    """Signed with one form, sent with another."""
    return lambda path: {"path": path, "body": body, "headers": sign(path, BODY)}


def _root(path: str) -> str:
    return path.rpartition("/")[0]


X = "X-Twilio-Signature"
BAD: dict[str, tuple[int, Callable[[str], dict[str, Any]]]] = {
    # Whoever has no signature, or not one of this account.
    "no signature": (403, _forged({})),
    "empty signature": (403, _forged({X: ""})),
    "wrong signature": (403, _forged({X: "RSOYDt4T1cUTdK1PDd93/VVr8B8="})),
    "no base64": (403, _forged({X: "%%%"})),
    "long signature": (403, _forged({X: "A" * 4_000})),
    "signature beyond ascii": (403, _forged({X: "\xff\xfe"})),
    "other token": (403, lambda p: {"path": p, "headers": sign(p, BODY, auth="other")}),
    "empty token": (403, lambda p: {"path": p, "headers": sign(p, BODY, auth="")}),
    "signature in a query": (403, lambda p: {"path": f"{p}?{X}={sign(p, BODY)[X]}", "headers": {}}),
    "other header": (403, lambda p: {"path": p, "headers": {"X-Signature": sign(p, BODY)[X]}}),
    # Signed for another address.
    "http for https": (
        403,
        lambda p: {"path": p, "headers": sign(p, BODY, public=PUBLIC.replace("https", "http"))},
    ),
    "other host": (
        403,
        lambda p: {"path": p, "headers": sign(p, BODY, public="https://evil.example")},
    ),
    "other port": (403, lambda p: {"path": p, "headers": sign(p, BODY, public=f"{PUBLIC}:8443")}),
    "slash behind": (403, _moved(lambda p: f"{p}/")),
    "query added": (403, _moved(str, lambda p: f"{p}?x=1")),
    "query lost": (403, _moved(lambda p: f"{p}?x=1")),
    "query in another order": (403, _moved(lambda p: f"{p}?a=1&b=2", lambda p: f"{p}?b=2&a=1")),
    "query unescaped": (403, _moved(lambda p: f"{p}?a=%20", lambda p: f"{p}?a=+")),
    "escapes in lower case": (403, _moved(lambda p: f"{p}?a=%C3", lambda p: f"{p}?a=%c3")),
    "query decoded": (403, _moved(lambda p: f"{p}?name=张", lambda p: f"{p}?name=%E5%BC%A0")),
    "fragment signed": (403, _moved(lambda p: f"{p}#rc=3&rp=all&tt=15000")),
    "other part": (403, _moved(str, lambda p: p.replace("/leg/", "/customer/"))),
    "token beyond ascii in the query": (
        403,
        lambda p: {"path": f"{p}?a=\xff", "headers": sign(f"{p}?a=\xff", BODY)},
    ),
    # Signed with another form.
    "status changed": (403, _changed(form("completed"))),
    "field added": (403, _changed(f"{BODY}&X=1")),
    "field lost": (403, _changed(BODY.partition("&")[0])),
    "key repeated": (403, _changed(f"{BODY}&CallStatus=completed")),
    "sid of another call in the form": (403, _changed(form(CallSid=OTHER_CALL))),
    "nothing in the body": (403, _changed("")),
    # Signed, and yet not from this account or not readable.
    "other account": (403, lambda p: _signed(p, form(AccountSid="AC" + "6" * 32))),
    "account twice": (403, lambda p: _signed(p, f"{BODY}&AccountSid={ACCOUNT}")),
    "no account": (403, lambda p: _signed(p, "CallSid=x")),
    "broken form": (403, lambda p: _signed(p, "AccountSid")),
    "form that is no text": (403, lambda p: _signed(p, b"AccountSid=\xff\xfe")),
    "escapes that are no text": (403, lambda p: _signed(p, f"{BODY}&x=%ff%fe")),
    "thousand fields": (403, lambda p: _signed(p, BODY + "&a=1" * 1_000)),
    # Signed and readable, but of nobody.
    "token of nobody": (403, lambda p: _signed(f"{_root(p)}/{'x' * 22}")),
    "token in another case": (
        403,
        lambda p: _signed(f"{_root(p)}/{p.rpartition('/')[2].swapcase()}"),
    ),
    # Another form, size, method or address.
    "json": (415, lambda p: _signed(p, BODY, content_type="application/json")),
    "multipart": (415, lambda p: _signed(p, BODY, content_type="multipart/form-data; boundary=x")),
    "plain text": (415, lambda p: _signed(p, BODY, content_type="text/plain")),
    "no media type": (415, lambda p: _signed(p, BODY, content_type="")),
    "too long": (413, lambda p: _signed(p, f"{BODY}&x={'y' * 66_000}")),
    "ten megabytes": (413, lambda p: _signed(p, f"{BODY}&x={'y' * 10_000_000}")),
    "short token": (404, lambda p: _signed(p[:-1])),
    "long token": (404, lambda p: _signed(f"{p}x")),
    "no token": (404, lambda p: _signed(f"{_root(p)}/")),
    "token with a slash": (404, lambda p: _signed(f"{_root(p)}/{'x' * 10}/{'x' * 11}")),
    "nul in the token": (404, lambda p: _signed(f"{p[:-1]}%00")),
    "traversal": (404, lambda p: _signed(f"{_root(p)}/..%2F..%2Fsign-in")),
    "unknown part": (404, lambda p: _signed(p.replace("/leg/", "/other/"))),
    "get": (405, lambda p: _signed(p, method="GET")),
    "put": (405, lambda p: _signed(p, method="PUT")),
    "head": (405, lambda p: _signed(p, method="HEAD")),
    "options": (405, lambda p: _signed(p, method="OPTIONS")),
    "delete": (405, lambda p: _signed(p, method="DELETE")),
    # Not from a provider's machine.
    "from another site": (
        403,
        lambda p: {"path": p, "headers": {**sign(p, BODY), "Sec-Fetch-Site": "cross-site"}},
    ),
    "to another host": (400, lambda p: _signed(p, base_url="https://evil.example")),
}


@pytest.mark.parametrize("name", list(BAD))
def test_safety_f34_a_bad_callback_leaves_no_trace(quiet: Held, name: str) -> None:
    status, make = BAD[name]
    quiet.refuses(make(quiet.path), status)


def test_safety_f34_the_table_is_long_enough() -> None:
    assert len(BAD) >= 40


def test_a_real_one_is_stored_once_and_worked_off_later(held: Held) -> None:
    for _ in range(3):
        answer = held.genuine()
        assert (answer.status_code, answer.data) == (204, b"")
        assert "Set-Cookie" not in answer.headers
    (event,) = held.shop.rows(line_event)
    assert (event.what, event.applied_at) == ("ringing", None)
    apply_waiting(held.lines.runtime)
    before = everything(held.shop.runtime.engine)
    assert held.genuine().status_code == 204
    apply_waiting(held.lines.runtime)
    assert everything(held.shop.runtime.engine) == before


def test_safety_f4_the_first_callback_tells_an_unknown_call_its_id(held: Held) -> None:
    with held.shop.runtime.transaction() as connection:
        connection.execute(line_call.update().values(provider_id=None))
    assert held.genuine().status_code == 204
    (row,) = held.shop.rows(line_call)
    assert row.provider_id == CALL


def test_the_sid_of_another_call_is_refused_and_kept_apart(held: Held) -> None:
    body = form(CallSid=OTHER_CALL)
    answer = held.genuine(body=body)
    assert (answer.status_code, answer.data) == (403, b"refused\n")
    (event,) = held.shop.rows(line_event)
    assert event.line_call_id is None
    (row,) = held.shop.rows(line_call)
    assert row.provider_id == CALL


def test_the_token_of_another_call_is_refused(held: Held) -> None:
    other = token_of_call(held.lines, OTHER_CALL)
    answer = held.genuine(path=f"/line/twilio/leg/{other}")
    assert (answer.status_code, answer.data) == (403, b"refused\n")
    assert [row.line_call_id for row in held.shop.rows(line_event)] == [None]


@pytest.mark.parametrize(
    ("base_url", "environ"),
    [
        ("http://127.0.0.1:8765", {}),
        ("http://localhost", {"HTTP_X_FORWARDED_HOST": "evil.example"}),
        ("http://127.0.0.1:9", {"HTTP_X_FORWARDED_PROTO": "http"}),
        ("https://waihu.shop.example:8443", {"HTTP_X_FORWARDED_FOR": "203.0.113.9"}),
        (PUBLIC, {"HTTP_FORWARDED": "host=evil.example;proto=http"}),
    ],
)
def test_a_proxy_may_speak_to_us_by_another_name(
    quiet_copy: Held, base_url: str, environ: dict[str, str]
) -> None:
    path = quiet_copy.path
    environ = {"REQUEST_URI": path, **environ}
    assert quiet_copy.genuine(base_url=base_url, environ=environ).status_code == 204


@pytest.mark.parametrize("query", ["", "?name=%E5%BC%A0%E4%B8%89&x=%20+%2B&empty=", "?last=1"])
def test_escapes_stay_as_they_came(quiet_copy: Held, query: str) -> None:
    assert quiet_copy.genuine(path=quiet_copy.path + query).status_code == 204


def test_the_port_may_be_written_or_left_out(quiet_copy: Held) -> None:
    headers = sign(quiet_copy.path, BODY, public=f"{PUBLIC}:443")
    assert call(quiet_copy.app, quiet_copy.path, BODY, headers).status_code == 204


def test_safety_f32_while_the_token_changes_the_old_one_is_taken(quiet_copy: Held) -> None:
    headers = sign(quiet_copy.path, BODY, auth=OLD_AUTH)
    assert call(quiet_copy.app, quiet_copy.path, BODY, headers).status_code == 204


def test_through_the_server_that_is_shipped(quiet_copy: Held) -> None:
    """Over a real socket, with what waitress makes of the address."""
    server = waitress.create_server(quiet_copy.app, host="127.0.0.1", port=0, threads=2)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    path = f"{quiet_copy.path}?name=%E5%BC%A0%E4%B8%89"
    wire = http.client.HTTPConnection("127.0.0.1", server.effective_port, timeout=10)
    try:
        headers = {"Content-Type": FORM, **sign(path, BODY)}
        for target in (path, f"http://waihu.shop.example{path}"):
            wire.request("POST", target, BODY, headers)
            answer = wire.getresponse()
            answer.read()
            assert answer.status == 204, target
        wire.request("POST", path.replace("%E5", "%e5"), BODY, headers)
        assert wire.getresponse().status == 403
    finally:
        wire.close()
        server.close()
        thread.join(5)


@pytest.mark.parametrize(
    ("environ", "target"),
    [
        ({"REQUEST_URI": "/a%20b?x=%E5"}, "/a%20b?x=%E5"),
        ({"RAW_URI": "/a?x"}, "/a?x"),
        ({"REQUEST_URI": "https://h.example:1/a?x=http://b"}, "/a?x=http://b"),
        ({"REQUEST_URI": "https://h.example", "PATH_INFO": "/"}, "/"),
        ({"REQUEST_URI": "*", "PATH_INFO": "/a", "QUERY_STRING": "x=%E5"}, "/a?x=%E5"),
        ({"PATH_INFO": "/a", "SCRIPT_NAME": "/m", "QUERY_STRING": ""}, "/m/a"),
        ({"PATH_INFO": "/\xe5\xbc\xa0~"}, "/%E5%BC%A0~"),
        ({}, ""),
    ],
)
def test_the_address_is_taken_as_it_came(environ: dict[str, str], target: str) -> None:
    assert target_as_received(environ) == target


def test_a_shop_without_the_line_believes_nobody(quiet_copy: Held) -> None:
    quiet_copy.lines.runtime.lines = Lines()
    assert quiet_copy.genuine().status_code == 403


def _instructions(answer: Any) -> str:
    assert answer.status_code == 200, answer.text
    assert answer.mimetype == "text/xml"
    return str(answer.text)


def test_r_hours_3_the_last_gate_lets_the_customer_be_rung(held: Held) -> None:
    path = f"/line/twilio/voice/{held.token}"
    answer = _instructions(held.genuine(path, form("in-progress")))
    assert "<Dial" in answer
    assert f"{PUBLIC}/line/twilio/customer/{held.token}" in answer
    (row,) = held.shop.rows(line_call)
    assert row.gate_at is not None
    assert _instructions(held.genuine(path, form("in-progress"))) == answer


def test_another_leg_with_the_same_token_rings_nobody(held: Held) -> None:
    path = f"/line/twilio/voice/{held.token}"
    held.genuine(path, form("in-progress"))
    answer = held.genuine(path, form("in-progress", CallSid=OTHER_CALL))
    assert "<Dial" not in answer.text


def test_r_hours_3_outside_the_hours_the_caller_hears_why(held: Held) -> None:
    held.lines.at("05-13 21:30")
    answer = _instructions(held.genuine(f"/line/twilio/voice/{held.token}", form("in-progress")))
    assert "<Dial" not in answer
    assert "<Hangup" in answer
    assert "现在不能拨打" in answer


def test_nobody_is_rung_for_a_leg_without_an_id(held: Held) -> None:
    answer = held.genuine(f"/line/twilio/voice/{held.token}", form(CallSid=""))
    assert answer.status_code == 403
    assert not isinstance(held.lines.gate(held.lines.line.calls[-1], CALL), NotNow)


def test_the_rest_of_a_call(held: Held) -> None:
    t = held.token
    customer = form("ringing", CallSid=LEG, ParentCallSid=CALL)
    assert held.genuine(f"/line/twilio/customer/{t}", customer).status_code == 204
    assert "录音" in _instructions(held.genuine(f"/line/twilio/announce/{t}", customer))
    after = form("in-progress", DialCallSid=LEG, DialCallStatus="busy")
    assert "<Hangup" in _instructions(held.genuine(f"/line/twilio/after/{t}", after))
    recorded = form(
        RecordingSid="RE" + "3" * 32, RecordingStatus="completed", RecordingDuration="9"
    )
    assert held.genuine(f"/line/twilio/recording/{t}", recorded).status_code == 204
    apply_waiting(held.lines.runtime)
    (row,) = held.shop.rows(line_call)
    assert (row.customer_leg_id, row.cause) == (LEG, "busy")


def test_r_smp_4_the_keys_of_a_score(held: Held) -> None:
    t = held.token
    leg = {"CallSid": LEG, "ParentCallSid": CALL}
    question = _instructions(held.genuine(f"/line/twilio/keypad/{t}", form("in-progress", **leg)))
    assert f"{PUBLIC}/line/twilio/digits/{t}" in question
    digits = f"/line/twilio/digits/{t}"
    again = _instructions(held.genuine(digits, form("in-progress", Digits="7", **leg)))
    assert "<Gather" in again
    last = _instructions(held.genuine(f"{digits}?last=1", form("in-progress", Digits="7", **leg)))
    assert "<Gather" not in last
    assert not [row for row in held.shop.rows(line_event) if row.what == "digits"]
    thanks = _instructions(held.genuine(digits, form("in-progress", Digits="4", **leg)))
    assert "谢谢" in thanks
    (event,) = [row for row in held.shop.rows(line_event) if row.what == "digits"]
    assert json.loads(event.said)["digits"] == "4"
